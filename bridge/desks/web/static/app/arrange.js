// From what is known of a conversation to what its log shows: rows in order of time, by day, grouped by who wrote them. Pure.

import { dayOf } from './times.js';

const PAUSE = 600000; // ms, after which a group begins anew
const SYSTEM = new Set(['event', 'system']);
const SIDES = { customer: 'in', operator: 'out', note: 'note' };

const keyOf = (message, taken) => {
  const key = message.client_id ? 'c' + message.client_id : 'm' + message.id;
  return taken.has(key) ? 'm' + message.id : key;
};

// What was said, in the order in which the server has it; times only ever grow, so that days and events stand right.
const spoken = (messages, me) => {
  let at = 0;
  const taken = new Set();
  return [...messages].sort((one, other) => one.id - other.id).map((message) => {
    at = Math.max(at, Date.parse(message.at) || 0);
    const key = keyOf(message, taken);
    taken.add(key);
    if (SYSTEM.has(message.from)) return { kind: 'system', key, message, at };
    const { author } = message;
    return {
      kind: 'message', key, message, at, side: SIDES[message.from] || 'in', who: author ? author.id : '', mine: !!author && author.id === me,
    };
  });
};

// What is on its way; not what has arrived.
const written = (waiting, messages, me) => {
  const arrived = new Set([...messages].flatMap(({ id, client_id: client }) => (client ? [id, client] : [id])));
  return waiting.filter((item) => !arrived.has(item.id) && !arrived.has(item.message)).map((item) => ({
    kind: 'message', key: 'c' + item.id, item, at: item.at, side: item.note ? 'note' : 'out', who: me, mine: true,
  }));
};

// Events among them; those from before all that is loaded come with it.
const withEvents = (rows, events, more) => {
  const all = events.map((event) => ({ kind: 'event', key: 'e' + event.id, event, at: Date.parse(event.at) || 0 }))
    .sort((one, other) => one.at - other.at || one.event.id - other.event.id);
  const [first] = rows;
  const left = more && first ? all.filter(({ at }) => at >= first.at) : all;
  const merged = [];
  for (const row of rows) {
    while (left.length && left[0].at < row.at) merged.push(left.shift());
    merged.push(row);
  }
  return [...merged, ...left];
};

/**
 * The rows of a log, first to last: { kind, key, at } and
 *   'day'      nothing more
 *   'event'    { event }: accepted, closed, …
 *   'system'   { message }: what Otklik noted
 *   'message'  { message } of the server or { item } of the outbox, { side: 'in' | 'out' | 'note', mine, first, last } of its group
 * `me` is the operator's id; `more`: earlier messages are not loaded.
 */
export const arrange = ({ messages, events = [], waiting = [], me, more = false }) => {
  const list = [...messages];
  const rows = withEvents(spoken(list, me), events, more);
  rows.push(...written(waiting, list, me));
  const shown = [];
  let before = null;
  let day = null;
  for (const row of rows) {
    const today = dayOf(row.at);
    const newDay = today !== day;
    if (newDay) shown.push({ kind: 'day', key: 'd' + today, at: row.at });
    day = today;
    if (row.kind === 'message') {
      row.first = newDay || !before || before.kind !== 'message' || before.side !== row.side || before.who !== row.who
        || row.at - before.at > PAUSE;
      row.last = true;
      if (!row.first) before.last = false;
    }
    shown.push(row);
    before = row;
  }
  return shown;
};

/** A message's own words: its text, or what stands under its files. */
export const wordsOf = ({ text, attachments = [] }) => text || (attachments.find(({ caption }) => caption) || {}).caption || '';

/** The operator's newest answer (or note) that can still be edited, or undefined. */
export const lastEditable = (messages, me, note = false) => [...messages].sort((one, other) => other.id - one.id).find((message) => (
  message.from === (note ? 'note' : 'operator') && !message.deleted && wordsOf(message) && message.author
  && message.author.id === me && message.can && message.can.edit));
