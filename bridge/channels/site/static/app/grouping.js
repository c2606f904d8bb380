// From messages to what the log shows: rows in order, grouped by who wrote them, and a row before each day. Pure.

import { dayOf } from './times.js';

const PAUSE_MS = 10 * 60 * 1000; // after which a group starts anew
const AS_MANY = 100; // as the server gives at first: what is shown begins in the middle then

/**
 * The rows: { key, day } for a day; otherwise the message's own fields with `key`, `mine`, `at` (a date), `state`
 * ('sending', 'failed', 'stored', 'shown'), `item` (of the outbox), `first` and `last` of its group.
 */
export const arrange = (messages, outbox, greeting) => {
  const list = [...messages].sort((one, other) => one.id - other.id).map((message) => ({
    ...message,
    key: message.client_id || 'm' + message.id,
    mine: message.from === 'visitor',
    at: new Date(message.at),
    state: message.shown ? 'shown' : 'stored',
  }));
  const stored = new Set(list.map(({ key }) => key));
  for (const item of outbox) {
    if (stored.has(item.id)) continue;
    list.push({ id: 0, key: item.id, mine: true, text: item.text, at: new Date(item.at), item,
      state: item.failed ? 'failed' : 'sending', reply_to: item.replyTo });
  }
  const rows = [];
  if (greeting && list.length < AS_MANY) rows.push({ key: 'greeting', id: 0, text: greeting, first: true, last: true });
  let before = null;
  for (const one of list) {
    const day = dayOf(one.at);
    const newDay = !before || dayOf(before.at) !== day;
    one.first = newDay || before.mine !== one.mine || before.name !== one.name || one.at - before.at > PAUSE_MS;
    one.last = true;
    if (before) before.last = one.first;
    if (newDay) rows.push({ key: 'd' + day, day: one.at });
    rows.push(one);
    before = one;
  }
  return rows;
};
