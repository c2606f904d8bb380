// One row of the log: a message with all that belongs to it. Made once, then changed in place: what plays goes on.

import { button, icon, make, picture, put, tell } from '../../../../web/shared/dom.js';
import { drawFile, labelOf } from '../../../../web/shared/files.js';
import { CLOCK, REPLY, TICK, TICKS } from '../../../../web/shared/icons.js';
import { fillText } from '../../../../web/shared/rich.js';
import { isFewEmoji } from '../../../../web/shared/text.js';
import { timeOf } from '../../../../web/shared/times.js';
import { drawOutgoing } from './outgoing.js';
import { words } from './words.js';

const TICK_OF = { sending: CLOCK, stored: TICK, shown: TICKS };

/** A round picture of somebody, or their initial. */
export const drawFace = (name, src) => make('span', 'face', { 'aria-hidden': true }, [...name][0],
  ...(src ? [picture({ src, onerror() { this.remove(); } })] : []));

/** A message in a few words: for quotes, and to be read aloud. */
export const inShort = ({ text, deleted, attachments }) => (
  deleted ? words.deleted : text || (attachments ? labelOf(attachments[0]) : ''));

/** Who wrote it. */
export const whoOf = ({ from, name }) => (from === 'visitor' ? words.you : name || (from === 'operator' ? words.operator : ''));

/** Fill in a block with somebody's words. */
export const paintQuote = (node, message, said) => node.replaceChildren(
  make('b', '', { dir: 'auto' }, message ? whoOf(message) : ''), make('span', '', { dir: 'auto' }, said || inShort(message)));

/** A row of a message: { node, update(one), progress(), is(id) }. `one` is as `arrange` made it. */
export const createRow = (ui) => {
  const { client, language, state } = ui;
  let one = {};
  let drawn = '';
  let filled = '';
  let outgoing = [];
  const name = make('div', 'name', { dir: 'auto' });
  const files = make('div', 'files');
  const text = make('span', 'text', { dir: 'auto' });
  const meta = make('span', 'meta');
  const why = make('div', 'why');
  const quote = button('quote', '', () => ui.log.jumpTo(one.reply_to));
  const answer = button('answer', words.reply, () => ui.composer.quote(one.id), icon(REPLY));
  const bubble = make('div', 'bubble', 0, quote, files, meta, answer);
  const node = make('div', '', 0, name, bubble, why);

  const updateFiles = (list) => {
    const { item } = one;
    const now = list.map(({ key, kind, name: called, size }) => [key, !item && kind, called, size]).join();
    if (now === drawn) return;
    drawn = now;
    // The visitor's own pictures are there already, and do not change.
    const previews = one.mine ? [...files.children].map((shown) => shown.querySelector('img')) : [];
    outgoing = item ? list.map((file) => drawOutgoing(item, file, ui)) : [];
    files.replaceChildren(...(item ? outgoing.map((out) => out.node) : list.map((_, i) => (
      drawFile(() => one.files[i], ui, previews[i])))));
  };
  const updateText = (said) => {
    if (said) files.after(text); else text.remove();
    const now = [said, one.mine || one.seq].join(); // a link may have the focus: not made again for nothing
    if (now !== filled) fillText(text, said, one.deleted ? [] : one.spans);
    filled = now;
  };
  const updateMeta = () => {
    const { at, state: how, mine, deleted } = one;
    meta.replaceChildren();
    if (!at) return;
    meta.append((one.edited && !deleted ? words.edited + ' · ' : '') + timeOf(at, language));
    if (mine && !deleted && TICK_OF[how]) {
      meta.append(put(icon(TICK_OF[how]), { role: 'img', 'aria-hidden': false, 'aria-label': words[how] }));
    }
  };
  const updateWhy = () => {
    const { item } = one;
    why.replaceChildren();
    if (one.state !== 'failed') return;
    const act = (work, label) => button('', '', () => {
      work(item.id);
      ui.composer.focus();
    }, label);
    why.append(words.failed + '. ' + item.failed, act(client.retry, words.retry), act(client.discard, words.discard));
  };
  const update = (next) => {
    one = next;
    const { mine, first, last, deleted, from, files: list } = one;
    const { company } = state;
    const who = mine ? words.you : whoOf(one);
    const emoji = !deleted && !list[0] && !one.reply_to && isFewEmoji(one.text);
    const flags = { first, last, deleted, failed: one.state === 'failed', emoji };
    node.className = ['row', mine ? 'me' : 'them', ...Object.keys(flags).filter((flag) => flags[flag])].join(' ');
    tell(name, first ? who : '');
    const quoted = state.messages.get(one.reply_to);
    quote.hidden = deleted || !(quoted || one.quote);
    if (!quote.hidden) paintQuote(quote, quoted, one.quote);
    updateFiles(deleted ? [] : list);
    updateText(deleted ? words.deleted : one.text);
    updateMeta();
    updateWhy();
    const face = node.querySelector('.face');
    if (face) face.remove();
    if (!mine && last) {
      node.append(drawFace(from === 'operator' ? who : company.name || words.operator, one.avatar || company.avatar));
    }
    answer.hidden = !one.id || deleted;
  };
  return { node, update, progress: () => outgoing.forEach((out) => out.paint()), is: (id) => id && one.id === id };
};
