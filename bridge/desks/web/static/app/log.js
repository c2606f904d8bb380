// The conversation on the screen: what must be there against what is there, where it is scrolled to, what came before.

import { arrange } from './arrange.js';
import { button, calm, icon, make, put, tell } from './dom.js';
import { DOWN } from './icons.js';
import { createMessage, inShort, whoOf } from './message.js';
import { inFull, say } from './spoken.js';
import { dayName, timeOf } from './times.js';
import { createTools } from './tools.js';
import { language } from './words.js';

const NEAR = 80; // pixels from the end that count as being there
const AHEAD = 600; // pixels from the start at which earlier messages are asked for
const TYPES = 6000; // ms for which a sign of typing holds
const EVENTS = new Set(['accepted', 'closed', 'reopened', 'no_reply', 'transferred', 'returned', 'moved']);

const eventLine = ({ what, operator, to }) => {
  if (!EVENTS.has(what)) return what;
  const name = 'happened-' + what.replace('_', '-');
  return operator && operator.name ? say(name, { name: operator.name, to }) : say(name + '-alone', { to });
};

// A row that is no message: a day, an event, what Otklik noted.
const createLine = (row) => {
  const node = make('div', row.kind === 'day' ? 'day' : 'event', row.kind === 'day' ? { role: 'separator' } : 0);
  const update = ({ kind, at, event, message }) => {
    if (kind === 'day') {
      const name = dayName(new Date(at), new Date(), language, say('today'), say('yesterday'));
      tell(node, name);
      put(node, { 'aria-label': name });
      return;
    }
    const text = kind === 'event' ? eventLine(event) : message.text || '';
    node.replaceChildren(make('span', '', { dir: 'auto' }, text),
      make('time', '', { title: inFull(at), dateTime: new Date(at).toISOString() }, timeOf(new Date(at), language)));
  };
  return { node, update, progress() {}, message: () => null };
};

const typingLine = () => {
  const name = make('span');
  const node = make('div', 'typing', { hidden: true }, make('span', 'dots', { 'aria-hidden': true }, make('i'), make('i'), make('i')), name);
  let timer = 0;
  const paint = (talk) => {
    clearTimeout(timer);
    const left = talk && talk.typingAt ? talk.typingAt + TYPES - Date.now() : 0;
    node.hidden = left <= 0;
    if (left <= 0) return;
    tell(name, say('types', { name: (talk.customer && talk.customer.name) || say('customer') }));
    timer = setTimeout(paint, left + 20, talk);
  };
  return { node, paint };
};

// What a row is drawn from: it is drawn again only when something of this changes.
const drawnOf = (row, talk, state) => {
  const { message, item } = row;
  if (!message && !item) return row.kind + (row.event ? row.event.what + row.event.to : new Date().toDateString());
  const replied = talk.messages.get(message ? message.reply_to : item.replyTo);
  return [message ? message.seq + ':' + message.id : item.state + item.why, row.first, row.last, row.mine, replied && replied.seq, talk.customer && talk.customer.name,
    state.me && state.me.id, message && (message.attachments || []).map(({ url }) => !!url), message && message.can && Object.values(message.can)].join();
};

export const createLog = (ui) => {
  const { state } = ui;
  const list = make('div', 'msgs');
  const typing = typingLine();
  const start = make('div', 'start', 0, say('loading'));
  const log = make('div', 'log', { role: 'log', 'aria-label': say('log'), 'aria-live': 'off', tabIndex: 0, 'aria-describedby': 'log-keys' },
    start, list, typing.node);
  const count = make('span', 'number');
  const jump = button('jump', say('newest'), () => {
    toEnd();
    log.focus({ preventScroll: true });
  }, icon(DOWN), count);
  const hear = make('div', 'hear', { role: 'status' });
  const keys = make('p', 'hear', { id: 'log-keys' }, say('log-keys'));
  const node = make('div', 'stage', 0, log, jump, hear, keys);
  const rows = new Map();
  let stuck = true; // to the end
  let seen = 0; // the newest message that was on the screen
  let asked = 0; // before which message more was asked for
  let shown = null; // the conversation

  const rowAt = (target) => {
    const found = target.closest && target.closest('.msg');
    return found && found.row;
  };
  const tools = createTools(ui, log, rowAt);
  const newest = (talk) => Math.max(0, ...talk.messages.keys());

  function toEnd() {
    stuck = true;
    log.scrollTop = log.scrollHeight;
    look();
  }
  function look() {
    const talk = ui.talk();
    if (talk && stuck) seen = newest(talk);
    const fresh = talk && !stuck ? [...talk.messages.values()].filter(({ id, from }) => id > seen && from === 'customer').length : 0;
    jump.hidden = stuck;
    tell(count, fresh ? String(fresh) : '');
    if (!talk || !talk.more || log.scrollTop > AHEAD) return;
    const first = talk.messages.keys().next().value;
    if (first === undefined || first === asked || !state.online) return;
    asked = first;
    ui.net.earlier(first);
  }
  log.addEventListener('scroll', () => {
    stuck = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
    look();
  }, { passive: true });
  const settle = () => stuck && toEnd();
  const sizes = new ResizeObserver(settle);
  sizes.observe(log);
  sizes.observe(list);

  const rowOf = (one, talk) => {
    let row = rows.get(one.key);
    if (!row) {
      row = one.kind === 'message' ? createMessage(ui) : createLine(one);
      row.node.row = row;
      rows.set(one.key, row);
    }
    const drawn = drawnOf(one, talk, state);
    if (row.drawn !== drawn) {
      row.update(one);
      tools.renew(row);
    }
    row.drawn = drawn;
    row.progress();
    return row;
  };
  const topOf = (row) => row.node.getBoundingClientRect().top;
  const place = (talk) => {
    const gone = new Map(rows);
    let next = list.firstChild;
    for (const one of arrange({
      messages: talk.messages.values(), events: talk.events, waiting: ui.outbox.of(talk.id), me: state.me && state.me.id, more: talk.more,
    })) {
      gone.delete(one.key);
      const placed = rowOf(one, talk).node;
      if (placed === next) next = next.nextSibling; else list.insertBefore(placed, next);
    }
    for (const [key, row] of gone) {
      row.node.remove();
      rows.delete(key);
    }
  };
  /** Draw what is there now; older rows that come or change do not move what is being read. */
  const paint = () => {
    const talk = ui.talk();
    if (!talk || talk.id !== shown) {
      shown = talk && talk.id;
      rows.clear();
      list.replaceChildren();
      tools.leave();
      stuck = true;
      asked = 0;
    }
    typing.paint(talk);
    if (!talk) {
      start.hidden = false;
      return look();
    }
    const top = stuck || log.getBoundingClientRect().top;
    const anchor = !stuck && [...rows.values()].find((row) => topOf(row) + row.node.offsetHeight > top);
    const before = anchor && topOf(anchor);
    start.hidden = !talk.more;
    ui.outbox.settle(talk.messages.values());
    place(talk);
    if (stuck) toEnd(); else if (anchor && anchor.node.isConnected) log.scrollTop += topOf(anchor) - before;
    return look();
  };

  const focusBy = (by) => {
    const all = [...list.querySelectorAll('.msg')];
    const at = all.indexOf(document.activeElement.closest('.msg'));
    const to = at < 0 ? all.at(by < 0 ? -1 : 0) : all[at + by];
    if (!to) return false;
    to.focus({ preventScroll: true });
    to.scrollIntoView({ block: 'nearest' });
    return true;
  };
  put(log, {
    onkeydown(event) {
      const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!by || event.target.closest('input, video, audio') || event.altKey || event.ctrlKey || event.metaKey) return;
      if (focusBy(by)) event.preventDefault();
      event.stopPropagation(); // the list's keys are not meant
    },
  });

  return {
    node, paint, toEnd, settle, panel: log,
    focus: () => log.focus(),
    typing() {
      typing.paint(ui.talk());
      settle();
    },
    /** The connection is there again: what was asked for may not have come. */
    again() {
      asked = 0;
      look();
    },
    /** Show a message that is quoted. */
    jumpTo(id) {
      const row = [...rows.values()].find((one) => one.message() && one.message().id === id);
      if (!row) return;
      stuck = false;
      row.node.focus({ preventScroll: true });
      row.node.scrollIntoView({ block: 'center', behavior: calm() ? 'instant' : 'smooth' });
      row.node.classList.add('sought');
      setTimeout(() => row.node.classList.remove('sought'), 1600);
    },
    /** Read new messages aloud. */
    say(messages) {
      const talk = ui.talk();
      for (const message of messages.slice(-3)) {
        const line = make('p', '', 0, `${whoOf(message, { customer: talk && talk.customer, me: state.me })}: ${inShort(message)}`);
        hear.append(line);
        setTimeout(() => line.remove(), 5000);
      }
    },
  };
};
