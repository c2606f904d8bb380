// One row of the log: a message with all that belongs to it. Made once, then changed in place: what plays goes on.

import { button, icon, linkOut, make, mark, tell, wordButton } from './dom.js';
import { drawFile, drawOutgoing, labelOf, looksOf, widthOf } from './files.js';
import { CLOCK, REPLY, TICK, TICKS } from './icons.js';
import { initialsOf, isFewEmoji, piecesOf } from './text.js';
import { timeOf } from './times.js';
import { words } from './words.js';

const DRAWINGS = new Map([['sending', CLOCK], ['stored', TICK], ['shown', TICKS]]);
const SIGHTS = ['photo', 'loop', 'video'];

/** A round picture of somebody, or their initials. */
export const drawFace = (name, url) => {
  const face = mark(make('span', 'face', initialsOf(name)), { 'aria-hidden': 'true' });
  if (!url) return face;
  const image = make('img');
  image.alt = '';
  image.referrerPolicy = 'no-referrer';
  image.onerror = () => image.remove();
  image.src = url;
  face.append(image);
  return face;
};

/** A message in a few words: for quotes, and to be read aloud. */
export const inShort = ({ text, deleted, attachments = [] }) => {
  if (deleted) return words.deleted;
  return text ? String(text).slice(0, 200) : attachments.length ? labelOf(attachments[0]) : '';
};

/** Who wrote it. */
export const whoOf = ({ mine, from, name }) => (
  mine || from === 'visitor' ? words.you : name || (from === 'operator' ? words.operator : ''));

const fillText = (node, text, spans) => node.replaceChildren(...piecesOf(text, spans).map(([part, tags, url]) => {
  const inner = tags.reduceRight((inside, tag) => make(tag, '', inside), part);
  return url ? mark(linkOut(url, '', inner), { title: words['new-tab'] }) : inner;
}));

/** A block with somebody's words: { node, paint({ who, words }) }. */
export const drawQuote = (tag) => {
  const who = make('b');
  const said = make('span');
  const node = make(tag, 'quote', who, said);
  who.dir = said.dir = 'auto';
  const paint = (quote) => {
    tell(who, quote.who);
    tell(said, quote.words);
  };
  return { node, paint };
};

/** A row of a message: { node, bubble, update(one), progress() }. `one` is as `arrange` made it. */
export const createRow = (ui) => {
  let one = null;
  let drawn = '';
  let outgoing = [];
  const name = make('div', 'name');
  const files = make('div', 'files');
  const text = make('span', 'text');
  const meta = make('span', 'meta');
  const why = make('div', 'why');
  const quote = drawQuote('button');
  quote.node.type = 'button';
  quote.node.onclick = () => ui.log.jumpTo(one.reply_to);
  const answer = button('answer', words.reply, () => ui.composer.quote(one.id), icon(REPLY, 18));
  const bubble = make('div', 'bubble', quote.node, files, text, meta, answer);
  const node = make('div', '', name, bubble, why);
  let face = null;
  text.dir = name.dir = 'auto';

  const drawFiles = (attachments) => {
    const previews = outgoing.length === attachments.length ? outgoing.map(({ image }) => image) : [];
    outgoing = [];
    files.replaceChildren(...attachments.map((_, i) => (
      drawFile(() => (one.attachments && one.attachments[i]) || attachments[i], ui, previews[i]))));
  };
  const drawOut = (item) => {
    outgoing = item.files.map((file) => drawOutgoing(item, file, ui));
    files.replaceChildren(...outgoing.map((out) => out.node));
  };
  const updateFiles = () => {
    const { item, attachments = [] } = one;
    const out = (item && item.files) || [];
    const now = [...attachments.map((file) => file.kind + file.name + file.size), ...out.map(({ key }) => key)].join('\n');
    if (now === drawn) return;
    drawn = now;
    if (item) drawOut(item); else drawFiles(attachments);
  };
  const updateMeta = () => {
    meta.replaceChildren();
    if (!one.at) return;
    meta.append((one.edited && !one.deleted ? words.edited + ' · ' : '') + timeOf(one.at, ui.language));
    meta.title = one.at.toLocaleString(ui.language);
    if (one.mine && !one.deleted && DRAWINGS.has(one.state)) {
      meta.append(mark(icon(DRAWINGS.get(one.state), 15), {
        role: 'img', 'aria-label': words[one.state], 'aria-hidden': 'false',
      }));
    }
  };
  const updateWhy = () => {
    const failed = one.state === 'failed';
    const { item } = one;
    why.hidden = !failed;
    why.replaceChildren();
    if (!failed) return;
    const reason = item.failed || (item.files || []).map((file) => file.failed).find(Boolean) || '';
    const act = (label, work) => wordButton('', label, () => {
      work(item.id);
      ui.composer.focus();
    });
    why.append(words.failed + (reason ? '. ' + reason : ''), act(words.retry, ui.client.retry),
      act(words.discard, ui.client.discard));
  };
  const updateFace = () => {
    if (face) face.remove();
    face = null;
    if (one.mine || !one.last) return;
    const { company } = ui.state;
    const theirs = one.from === 'operator';
    face = drawFace(theirs ? whoOf(one) : company.name || words.operator, one.avatar || company.avatar);
    node.append(face);
  };
  const looks = () => {
    const kinds = [...(one.attachments || []).map(looksOf),
      ...((one.item && one.item.files) || []).map((file) => (file.url && file.kind === 'photo' ? 'photo' : 'document'))];
    const sights = kinds.length && kinds.every((kind) => SIGHTS.includes(kind));
    const lone = kinds.length === 1 && (kinds[0] === 'round' || one.attachments?.[0].kind === 'sticker');
    const emoji = !kinds.length && !one.reply_to && isFewEmoji(one.text);
    return { sights, lone, emoji, album: sights && kinds.length > 1 };
  };

  const updateText = (before) => {
    const said = one.deleted ? words.deleted : String(one.text || '');
    if (said) files.after(text); else text.remove();
    if (before && text.textContent === said && (one.mine || before.seq === one.seq)) return; // a link may have the focus
    fillText(text, said, one.deleted ? [] : one.spans);
  };
  const update = (next) => {
    const before = one;
    one = next;
    const { sights, lone, emoji, album } = one.deleted ? {} : looks();
    const has = (flag, is) => (is ? ' ' + flag : '');
    node.className = 'row ' + (one.mine ? 'me' : 'them') + has('first', one.first) + has('last', one.last)
      + has('failed', one.state === 'failed') + has('gone', one.deleted) + has('sights', sights && !lone) + has('album', album)
      + has('lone', lone || emoji) + has('emoji', emoji) + has('silent', !one.text && !one.deleted);
    const lead = sights && !lone && [...(one.attachments || []), {}][0];
    bubble.style.width = lead ? (album ? 272 : widthOf(lead) + 8) + 'px' : '';
    const who = whoOf(one);
    tell(name, who);
    name.hidden = !who || !one.first;
    const quoted = ui.quoteOf(one);
    quote.node.hidden = !quoted;
    if (quoted) quote.paint(quoted);
    files.hidden = one.deleted;
    if (!one.deleted) updateFiles();
    updateText(before);
    updateMeta();
    updateWhy();
    updateFace();
    answer.hidden = !one.id || !!one.deleted;
  };
  return { node, bubble, update, progress: () => outgoing.forEach((out) => out.paint()), id: () => (answer.hidden ? 0 : one.id) };
};
