// The conversation on the screen: what must be there against what is there, and where it is scrolled to.

import { button, calm, icon, make, mark, tell } from './dom.js';
import { arrange } from './grouping.js';
import { DOWN } from './icons.js';
import { createRow, drawFace, inShort, whoOf } from './row.js';
import { dayName } from './times.js';
import { words } from './words.js';

const NEAR = 60; // pixels from the end that count as being there

/** What makes a row look as it does: it is drawn again only when this changes. */
const lookOf = (one, quote, company) => [one.seq, one.first, one.last, one.state, one.text, one.deleted, company,
  quote && quote.words, one.item && [one.item.failed, ...one.item.files.map((file) => file.key + file.failed)]].join('\n');

export const createLog = (ui) => {
  const { client, state } = ui;
  const list = make('div', 'rows');
  const typing = mark(make('div', 'typing', make('i'), make('i'), make('i')), { role: 'img' });
  const log = mark(make('div', 'log', list, typing), {
    role: 'log', 'aria-label': words.log, 'aria-live': 'off', tabindex: 0,
  });
  const count = make('span', 'count');
  const jump = button('jump', words.newest, () => {
    toEnd(true);
    log.focus({ preventScroll: true });
  }, icon(DOWN), count);
  const hear = mark(make('div', 'hear'), { 'aria-live': 'polite', role: 'status' });
  const node = make('div', 'stage', log, jump, hear);
  const rows = new Map();
  let stuck = true; // to the end

  const toEnd = (slowly) => {
    stuck = true;
    log.scrollTo({ top: log.scrollHeight, behavior: slowly && !calm() ? 'smooth' : 'instant' });
  };
  const look = () => {
    const fresh = [...state.messages.values()].filter(({ id, from }) => from !== 'visitor' && id > state.seenId).length;
    jump.hidden = stuck;
    count.hidden = !fresh;
    tell(count, String(fresh));
    if (stuck && ui.shell.visible()) client.seen();
  };
  log.onscroll = () => {
    stuck = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
    look();
  };
  if (window.ResizeObserver) {
    const sizes = new ResizeObserver(() => stuck && toEnd());
    sizes.observe(log);
    sizes.observe(list);
  }

  ui.quoteOf = ({ reply_to: id, quote, deleted }) => {
    const message = state.messages.get(id);
    if (!id || deleted || !(message || quote)) return null;
    return { who: message ? whoOf(message) : '', words: quote || inShort(message) };
  };

  const rowOf = (one) => {
    let row = rows.get(one.key);
    if (!row) rows.set(one.key, row = one.day ? { node: make('div', 'day') } : createRow(ui));
    if (one.day) {
      tell(row.node, dayName(one.day, new Date(), ui.language, words.today, words.yesterday));
      return row;
    }
    const seen = lookOf(one, ui.quoteOf(one), state.company.avatar + state.company.name);
    if (row.seen !== seen) {
      row.seen = seen;
      row.update(one);
    }
    row.progress();
    return row;
  };
  /** Draw what is there now; older rows that change do not move what is being read. */
  const paint = () => {
    const top = log.getBoundingClientRect().top;
    const anchor = stuck ? null : [...rows.values()].find((row) => row.node.getBoundingClientRect().bottom > top);
    const before = anchor && anchor.node.getBoundingClientRect().top;
    const wanted = arrange(state.messages.values(), state.outbox, state.greeting);
    const keys = new Set(wanted.map(({ key }) => key));
    for (const [key, row] of rows) {
      if (keys.has(key)) continue;
      row.node.remove();
      rows.delete(key);
    }
    let next = list.firstChild;
    for (const one of wanted) {
      const { node: placed } = rowOf(one);
      if (placed === next) next = next.nextSibling; else list.insertBefore(placed, next);
    }
    const writes = state.typing;
    typing.hidden = !writes;
    if (writes) mark(typing, { 'aria-label': fillTyping(writes) });
    if (stuck) toEnd();
    else if (anchor && anchor.node.isConnected) log.scrollTop += anchor.node.getBoundingClientRect().top - before;
    look();
  };
  const fillTyping = ({ name }) => words.typing.replace('{name}', name || words.operator);

  const jumpTo = (id) => {
    const row = [...rows.values()].find((one) => one.id && one.id() === id);
    if (!row) return;
    stuck = false;
    row.node.tabIndex = -1;
    row.node.focus({ preventScroll: true });
    row.node.scrollIntoView({ block: 'center', behavior: calm() ? 'instant' : 'smooth' });
    if (!calm()) row.bubble.animate([{ opacity: 1 }, { opacity: 0.35 }, { opacity: 1 }], { duration: 900, delay: 200 });
  };

  /** Read a new message aloud. */
  const say = (message) => {
    const line = make('p', '', (whoOf(message) || words.operator) + ': ' + inShort(message));
    hear.append(line);
    setTimeout(() => line.remove(), 5000);
  };

  swipes(log, (node) => [...rows.values()].find((row) => row.node === node), (id) => ui.composer.quote(id));
  return { node, log, paint, toEnd, look, jumpTo, say };
};

// A swipe to the left on a message answers it.
const swipes = (log, rowAt, reply) => {
  let held = null;
  let x = 0;
  let y = 0;
  let by = 0;
  const drop = () => {
    if (!held) return;
    held.bubble.style.transform = '';
    if (by < -48) reply(held.id());
    held = null;
    by = 0;
  };
  log.addEventListener('touchstart', ({ touches, target }) => {
    const row = rowAt(target.closest('.row'));
    held = touches.length === 1 && row && row.id() && target.localName !== 'input' ? row : null;
    [x, y] = [touches[0].clientX, touches[0].clientY];
  }, { passive: true });
  log.addEventListener('touchmove', ({ touches }) => {
    if (!held) return;
    const far = touches[0].clientX - x;
    if (!by && Math.abs(touches[0].clientY - y) > Math.abs(far)) held = null;
    else if (far < -8) held.bubble.style.transform = `translateX(${by = Math.max(-64, far)}px)`;
  }, { passive: true });
  log.addEventListener('touchend', drop);
  log.addEventListener('touchcancel', () => {
    by = 0;
    drop();
  });
};
