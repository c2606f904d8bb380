import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './modules.mjs';

const { deedsOf, standing } = await load('head');
const { gateOf } = await load('gate');
const { targetsOf } = await load('transfer');
const ANNA = { id: 7, name: 'Анна' };
const IVAN = { id: 8, name: 'Иван' };
const NOW = Date.parse('2026-02-03T12:00:00Z');
const names = (conversation) => deedsOf(conversation).map(({ name }) => name);

test('only what may be done is offered', () => {
  assert.deepEqual(names({ stage: 'accepted', waiting_since: '2026-02-03T11:00:00Z', may: { no_reply: true, transfer: true, close: true } }),
    ['no-reply', 'transfer', 'close-talk']);
  assert.deepEqual(names({ stage: 'accepted', may: { no_reply: true, transfer: true, close: true } }), ['transfer', 'close-talk']);
  assert.deepEqual(names({ stage: 'incoming', may: { close: true } }), ['close-unanswered']);
  assert.deepEqual(names({ stage: 'closed' }), []);
});

test('how it stands: whose it is, and since when the customer waits', () => {
  const waits = { waiting_since: '2026-02-03T11:00:00Z' };
  assert.deepEqual(standing({ stage: 'incoming', ...waits }, { me: ANNA, now: NOW }), ['stage-incoming', 'row-waits']);
  assert.deepEqual(standing({ stage: 'accepted', operator: ANNA }, { me: ANNA, now: NOW }), ['stage-mine', '']);
  assert.deepEqual(standing({ stage: 'accepted', operator: IVAN, ...waits }, { me: ANNA, now: NOW }), ['row-operator', 'row-waits']);
  assert.deepEqual(standing({ stage: 'closed', closed_at: '2026-02-03T11:00:00Z' }, { me: ANNA, now: NOW }), ['stage-closed-ago']);
});

test('before it is accepted there is nothing to write in, but a way to accept', () => {
  assert.deepEqual(gateOf({ stage: 'incoming', previous_operator: '', may: { accept: true } }), { text: 'gate-incoming', hint: '', type: 'accept' });
  assert.equal(gateOf({ stage: 'incoming', previous_operator: 'Иван', may: { accept: true } }).hint, 'gate-previous');
  assert.equal(gateOf({ stage: 'accepted', may: { answer: true } }), null);
});

test('a closed one can be opened again, unless the customer has a newer one', () => {
  assert.deepEqual(gateOf({ stage: 'closed', may: { reopen: true } }), { text: 'gate-closed', hint: '', type: 'reopen' });
  assert.deepEqual(gateOf({ stage: 'closed', may: {} }), { text: 'gate-newer', hint: '', type: '' });
});

const given = {
  me: ANNA, colleagues: [{ ...ANNA, group: 'sales' }, { ...IVAN, group: 'sales' }, { id: 9, name: 'Ольга', group: 'help' }],
  groups: [{ name: 'sales', title: 'Продажи' }], allGroups: [{ name: 'sales', title: 'Продажи' }, { name: 'help', title: 'Поддержка' }],
};
const to = (conversation) => targetsOf({ conversation, ...given }).map((target) => target.to);

test('what is in work goes to colleagues of its group but who has it, back to the feed, or to other groups', () => {
  assert.deepEqual(to({ stage: 'accepted', group: 'sales', operator: ANNA }), [{ operator: 8 }, { feed: true }, { group: 'help' }]);
  assert.deepEqual(to({ stage: 'accepted', group: 'sales', operator: IVAN }), [{ operator: 7 }, { feed: true }, { group: 'help' }]);
});

test('what nobody has accepted goes to other groups only', () => {
  assert.deepEqual(to({ stage: 'incoming', group: 'sales', operator: null }), [{ group: 'help' }]);
});
