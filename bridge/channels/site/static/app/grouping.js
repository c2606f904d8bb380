// From messages to what the log shows: rows in order, grouped by who wrote them, and a row before each day. Pure.

import { dayOf } from '../../../../web/shared/times.js';

const PAUSE_MS = 600000; // after which a group starts anew
const AS_MANY = 100; // as the server gives at first: what is shown begins in the middle then

/**
 * The rows: { key, day } for a day; otherwise the message's own fields with `key`, `mine`, `at` (a date), `files` (its
 * attachments, or the outbox's), `item` (of the outbox), `first` and `last` of its group, and `state`: 'sending',
 * 'failed', 'stored', 'shown'.
 */
export const arrange = (messages, outbox, greeting) => {
  const list = [...messages].sort((one, other) => one.id - other.id).map((message) => ({
    ...message,
    key: message.client_id || 'm' + message.id,
    mine: message.from === 'visitor',
    files: message.attachments || [],
    state: message.shown ? 'shown' : 'stored',
  }));
  const stored = new Set(list.map(({ key }) => key));
  for (const item of outbox) {
    const { id: key, text, at, files, failed, replyTo } = item;
    if (!stored.has(key)) {
      list.push({ item, key, mine: true, text, at, files, reply_to: replyTo, state: failed ? 'failed' : 'sending' });
    }
  }
  const rows = greeting && list.length < AS_MANY
    ? [{ key: 'greeting', text: greeting, files: [], first: true, last: true }] : [];
  let before = null;
  for (const one of list) {
    one.at = new Date(one.at);
    const day = dayOf(one.at);
    const newDay = !before || dayOf(before.at) !== day;
    one.first = newDay || before.mine !== one.mine || before.name !== one.name || one.at - before.at > PAUSE_MS;
    one.last = true;
    if (before) before.last = one.first;
    if (newDay) rows.push({ key: day, day: one.at });
    rows.push(one);
    before = one;
  }
  return rows;
};
