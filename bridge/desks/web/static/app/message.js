// One message in the log. Made once, then changed in place: what plays goes on.

import { drawAttachment, drawSending, nameOf } from './attachments.js';
import { button, icon, make, put, tell } from './dom.js';
import { CLOCK, TICK, TICKS } from './icons.js';
import { fillText } from './rich.js';
import { NOTE, WARN } from './signs.js';
import { inFull, say } from './spoken.js';
import { isFewEmoji } from './text.js';
import { timeOf } from './times.js';
import { language } from './words.js';

const MARKS = { queued: CLOCK, sent: TICK, delivered: TICKS, seen: TICKS, failed: WARN };
const COLLAPSED = 1600; // letters of a text that are shown before «Показать целиком»

/** Who said it, as colleagues read it. */
export const whoOf = (message, { customer, me }) => {
  if (message.from === 'customer') return (customer && customer.name) || say('customer');
  const { author } = message;
  if (!author) return say('operator');
  return me && author.id === me.id ? say('you') : author.name || say('operator');
};

/** A message in a few words: for quotes, and to be read aloud. */
export const inShort = ({ text, deleted, attachments = [] }) => {
  const [first] = attachments;
  const said = text || (first && (first.caption || nameOf(first))) || '';
  return deleted && !said ? say('deleted') : said;
};

/** Fill in a block with somebody's words. */
export const paintQuote = (node, message, said, people) => node.replaceChildren(
  make('b', '', 0, make('bdi', '', 0, message ? whoOf(message, people) : say('quoted'))),
  make('span', '', { dir: 'auto' }, said || (message ? inShort(message).slice(0, 300) : '')));

// What the outbox holds, as if it were a message.
const ofItem = (item, me) => ({
  from: item.note ? 'note' : 'operator', author: me, text: item.text, attachments: [], at: new Date(item.at).toISOString(), reply_to: item.replyTo,
  quote: item.quote, delivery: item.note ? null : item.state === 'failed' ? 'failed' : 'queued', spans: [], can: {},
});

const UNCHANGED = new Set(['cannot-edit', 'cannot-unsend']); // it is at the customer's, only not as it is here

const reasonOf = ({ failure }) => {
  const reason = (failure && failure.text) || '';
  return failure && UNCHANGED.has(failure.code) ? reason.charAt(0).toUpperCase() + reason.slice(1) : say('not-delivered', { reason });
};

const deliveryOf = ({ delivery, deleted, from }) => (from === 'operator' && !deleted && Object.hasOwn(MARKS, delivery || '') ? delivery : '');

/** A row of a message: { node, update(row), progress(), message() }; `row` is as `arrange` made it. */
export const createMessage = (ui) => {
  const { state } = ui;
  let row = {};
  let message = {};
  let drawn = '';
  let filled = null;
  let whole = false;
  let sending = [];
  const who = make('div', 'who');
  const flag = make('div', 'flag', 0, icon(NOTE), say('note-flag'));
  const quote = button('quote', '', () => ui.log.jumpTo(message.reply_to));
  const files = make('div', 'files');
  const text = make('div', 'text', { dir: 'auto' });
  const more = button('more', '', () => {
    whole = !whole;
    updateText();
  });
  const meta = make('div', 'meta');
  const why = make('div', 'why');
  const bubble = make('div', 'bubble', 0, flag, quote, files, text, more, meta);
  const node = make('article', '', { tabIndex: -1 }, who, bubble, why);

  const updateFiles = () => {
    const { item } = row;
    const list = item ? item.files : message.attachments || [];
    const now = JSON.stringify([!!item, list.map(({ kind, name, size, url, caption, caption_spans: spans, data, mime }) => (
      [kind, name, size, !!url, caption, spans, data, mime]))]);
    if (now === drawn) return;
    drawn = now;
    sending = item ? list.map(drawSending) : [];
    files.hidden = !list.length;
    files.replaceChildren(...(item ? sending.map((one) => one.node) : list.flatMap((_, i) => (
      drawAttachment(() => message.attachments[i], ui)))));
  };
  function updateText() {
    const { text: said = '', spans = [] } = message;
    const long = said.length > COLLAPSED * 1.25;
    const shown = long && !whole ? said.slice(0, COLLAPSED).replace(/[\ud800-\udbff]$/, '') + '…' : said;
    const now = JSON.stringify([shown, spans]); // a link may have the focus: not made again for nothing
    text.hidden = !said;
    if (now !== filled) fillText(text, shown, spans);
    filled = now;
    more.hidden = !long;
    tell(more, say(whole ? 'less' : 'whole'));
  }
  const updateMeta = () => {
    const delivery = deliveryOf(message);
    const { edited, deleted, at } = message;
    meta.replaceChildren(...(deleted ? [make('span', '', 0, say('taken-back'))] : edited ? [make('span', '', 0, say('edited'))] : []),
      make('time', '', { dateTime: at, title: inFull(at) }, timeOf(new Date(at), language)));
    if (!delivery) return;
    const label = delivery === 'failed' && message.failure ? reasonOf(message) : say(row.item && delivery === 'queued' ? 'delivery-sending' : 'delivery-' + delivery);
    meta.append(make('span', 'mark ' + delivery, { title: label, role: 'img', 'aria-label': label }, icon(MARKS[delivery])));
  };
  const updateWhy = () => {
    const { item } = row;
    const failed = item ? item.state === 'failed' : message.failure;
    why.hidden = !failed;
    if (!failed) return why.replaceChildren();
    const reason = make('span', '', { dir: 'auto' }, item ? `${say('not-sent')} ${item.why}` : reasonOf(message));
    const act = (label, work) => button('', '', work, label);
    if (item) return why.replaceChildren(icon(WARN), reason, act(say('retry'), () => ui.retry(item)), act(say('to-field'), () => ui.takeBack(item)));
    return why.replaceChildren(icon(WARN), reason, ...(message.can && message.can.retry ? [act(say('retry'), () => ui.retryMessage(message))] : []));
  };
  const update = (next) => {
    row = next;
    const people = { customer: ui.talk() && ui.talk().customer, me: state.me };
    message = row.message || ofItem(row.item, state.me);
    const { side, mine, first, last, item } = row;
    const { deleted, attachments = [], reply_to: replyTo } = message;
    const emoji = !deleted && !attachments.length && !replyTo && side !== 'note' && isFewEmoji(message.text || '');
    const flags = { mine, first, last, deleted, emoji, pending: !!item && item.state !== 'failed', failed: deliveryOf(message) === 'failed' };
    node.className = ['msg', side, ...Object.keys(flags).filter((name) => flags[name])].join(' ');
    const name = whoOf(message, people);
    who.hidden = !first;
    if (who.textContent !== name) who.replaceChildren(make('bdi', '', 0, name));
    put(node, { 'aria-label': side === 'note' ? say('note-of', { name }) : deleted ? say('deleted-of', { name }) : name });
    flag.hidden = side !== 'note';
    const quoted = ui.talk() && ui.talk().messages.get(replyTo);
    quote.hidden = !quoted && !message.quote;
    quote.disabled = !quoted;
    if (!quote.hidden) paintQuote(quote, quoted, message.quote, people);
    updateFiles();
    updateText();
    updateMeta();
    updateWhy();
  };
  return {
    node, update, bubble,
    progress: () => sending.forEach((one) => one.paint()),
    message: () => row.message || null,
  };
};
