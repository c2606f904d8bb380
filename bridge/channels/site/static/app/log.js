// The conversation on the screen: what must be there against what is there, and where it is scrolled to.

import { button, calm, icon, make, put, tell } from '../../../../web/shared/dom.js';
import { arrange } from './grouping.js';
import { DOWN } from '../../../../web/shared/icons.js';
import { createRow, inShort, whoOf } from './row.js';
import { dayName } from '../../../../web/shared/times.js';
import { words } from './words.js';

const NEAR = 60; // pixels from the end that count as being there

export const createLog = (ui) => {
  const { client, state, shell } = ui;
  const list = make('div', 'rows');
  const typing = make('div', 'typing', { role: 'img' }, make('i'), make('i'), make('i'));
  const log = make('div', 'log', { role: 'log', 'aria-label': words.log, 'aria-live': 'off', tabIndex: 0 }, list, typing);
  const count = make('span');
  const jump = button('jump', words.newest, () => {
    toEnd();
    log.focus();
  }, icon(DOWN), count);
  const hear = make('div', 'hear', { role: 'status' });
  const node = make('div', 'stage', 0, log, jump, hear);
  const rows = new Map();
  let stuck = true; // to the end

  const toEnd = () => {
    stuck = true;
    log.scrollTop = log.scrollHeight;
  };
  const look = () => {
    const fresh = [...state.messages.values()].filter(({ id, from }) => from !== 'visitor' && id > state.seenId).length;
    jump.hidden = stuck;
    tell(count, fresh ? String(fresh) : '');
    if (stuck && shell.visible()) client.seen();
  };
  log.onscroll = () => {
    stuck = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
    look();
  };
  const settle = () => stuck && toEnd();
  const sizes = new ResizeObserver(settle);
  sizes.observe(log);
  sizes.observe(list);

  const rowOf = (one) => {
    let row = rows.get(one.key);
    if (!row) rows.set(one.key, row = one.day ? { node: make('div', 'day'), is() {} } : createRow(ui));
    if (one.day) {
      tell(row.node, dayName(one.day, new Date(), ui.language, words.today, words.yesterday));
      return row;
    }
    const quoted = state.messages.get(one.reply_to);
    // It is drawn again only when something of this changes.
    const drawn = [one.seq, one.first, one.last, one.state, one.text, one.item && one.item.failed,
      state.company.name, state.company.avatar, quoted && quoted.seq, ...one.files.map(({ key }) => key)].join();
    if (row.drawn !== drawn) row.update(one);
    row.drawn = drawn;
    row.progress();
    return row;
  };
  /** Draw what is there now; older rows that change do not move what is being read. */
  const paint = () => {
    const topOf = (row) => row.node.getBoundingClientRect().top;
    const top = topOf({ node });
    const anchor = !stuck && [...rows.values()].find((row) => topOf(row) + row.node.offsetHeight > top);
    const before = anchor && topOf(anchor);
    const gone = new Map(rows);
    let next = list.firstChild;
    for (const one of arrange(state.messages.values(), state.outbox, state.greeting)) {
      gone.delete(one.key);
      const placed = rowOf(one).node;
      if (placed === next) next = next.nextSibling; else list.insertBefore(placed, next);
    }
    for (const [key, row] of gone) {
      row.node.remove();
      rows.delete(key);
    }
    typing.hidden = !state.typing;
    if (state.typing) put(typing, { 'aria-label': words.typing.replace('{name}', state.typing.name || words.operator) });
    if (stuck) toEnd(); else if (anchor) log.scrollTop += topOf(anchor) - before;
    look();
  };

  return {
    node, paint, toEnd,
    /** Stay at the end, if that is where it is. */
    settle,
    /** Show a message that is quoted. */
    jumpTo(id) {
      const row = [...rows.values()].find((one) => one.is(id));
      if (!row) return;
      stuck = false;
      row.node.tabIndex = -1;
      row.node.focus({ preventScroll: true });
      row.node.scrollIntoView({ block: 'center', behavior: calm() ? 'instant' : 'smooth' });
    },
    /** Read a new message aloud. */
    say(message) {
      const line = make('p', '', 0, whoOf(message) + ': ' + inShort(message));
      hear.append(line);
      setTimeout(() => line.remove(), 5000);
    },
  };
};
