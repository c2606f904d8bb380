import assert from 'node:assert/strict';
import test from 'node:test';
import { createState } from '../../bridge/desks/web/static/app/state.js';

const row = (id, more = {}) => ({ id, name: 'Гость №' + id, ...more });
const list = (order, more = {}) => ({
  type: 'list', list: 'feed', group: null, search: '', offset: 0, total: order.length, order, rows: order.map((id) => row(id)), ...more,
});
const message = (id, more = {}) => ({ id, seq: id, from: 'customer', text: 'слово ' + id, ...more });
const conversation = (id, messages, more = {}) => ({
  type: 'conversation', id, conversation: { id, stage: 'incoming' }, customer: { id: 1 }, messages, events: [], history: [], looking: [],
  more: false, cursor: 10, reset: true, ...more,
});
const placesOf = (state) => [...state.places].sort(([a], [b]) => a - b);

test('the welcome says who I am, and what the clock of the server is', () => {
  const state = createState(() => 1000);
  const told = [];
  state.on('figures', ({ total }) => told.push(total));
  state.take({ type: 'welcome', me: { id: 7 }, groups: [{ name: 'shop', title: 'Магазин' }], now: '1970-01-01T00:00:05Z', figures: { total: 3 } });
  assert.equal(state.me.id, 7);
  assert.equal(state.now(), 5000);
  assert.equal(state.groupTitle('shop'), 'Магазин');
  assert.deepEqual(told, [3]);
});

test('a frame of a kind that is not known, or named like what every object has, is passed over', () => {
  const state = createState();
  state.take({ type: 'weather' });
  state.take({ type: 'constructor' });
  state.take({ type: 'toString' });
});

test('a window of the list says what stands where, with the rows that are new', () => {
  const state = createState();
  state.take(list([5, 6, 7], { total: 100 }));
  assert.deepEqual(placesOf(state), [[0, 5], [1, 6], [2, 7]]);
  state.take(list([8, 9], { offset: 50, total: 100 }));
  assert.deepEqual(placesOf(state), [[0, 5], [1, 6], [2, 7], [50, 8], [51, 9]]);
  assert.equal(state.rows.get(9).name, 'Гость №9');
});

test('who moved stands in one place only, and nobody stands behind the end', () => {
  const state = createState();
  state.take(list([1, 2, 3, 4]));
  state.take(list([2, 3, 1], { total: 3, rows: [] }));
  assert.deepEqual(placesOf(state), [[0, 2], [1, 3], [2, 1]]);
  assert.equal(state.total, 3);
});

test('a list that is not looked at any more changes nothing', () => {
  const state = createState();
  state.ask({ list: 'mine', group: null, search: '' });
  state.take(list([1, 2]));
  assert.equal(state.total, null);
});

test('another search forgets the places; another window of the same list does not', () => {
  const state = createState();
  state.take(list([1, 2]));
  state.ask({ list: 'feed', group: null, search: '', offset: 50, limit: 50 });
  assert.equal(state.places.size, 2);
  state.ask({ list: 'feed', group: null, search: 'чайник' });
  assert.equal(state.places.size, 0);
  assert.equal(state.total, null);
});

test('a conversation that was not chosen does not come before the eyes', () => {
  const state = createState();
  state.choose(2);
  state.take(conversation(1, [message(1)]));
  assert.equal(state.talk, null);
  state.take(conversation(2, [message(5)]));
  assert.equal(state.talk.id, 2);
});

test('changes are put into the open conversation, in the order of messages', () => {
  const state = createState();
  const told = [];
  state.choose(1);
  state.on('conversation', (change) => told.push(change.messages));
  state.take(conversation(1, [message(3), message(1)]));
  state.take({ type: 'changed', id: 1, messages: [message(4), message(1, { text: 'иначе' })], events: [{ id: 1, what: 'accepted' }], cursor: 12 });
  assert.deepEqual([...state.talk.messages.keys()], [1, 3, 4]);
  assert.equal(state.talk.messages.get(1).text, 'иначе');
  assert.equal(state.talk.cursor, 12);
  assert.equal(state.talk.events.length, 1);
  assert.deepEqual(told, [[1, 3], [1, 4]]);
});

test('an old message that changed is not put before what was not fetched yet', () => {
  const state = createState();
  state.choose(1);
  state.take(conversation(1, [message(50), message(51)], { more: true }));
  state.take({ type: 'changed', id: 1, messages: [message(3, { deleted: true })], cursor: 12 });
  assert.deepEqual([...state.talk.messages.keys()], [50, 51]);
  state.take({ type: 'earlier', id: 1, messages: [message(3), message(4)], more: false });
  assert.deepEqual([...state.talk.messages.keys()], [3, 4, 50, 51]);
  assert.equal(state.talk.more, false);
});

test('a conversation that was seen before is there at once, and catches up', () => {
  const state = createState();
  state.choose(1);
  state.take(conversation(1, [message(1)]));
  state.choose(2);
  assert.equal(state.talk, null);
  state.choose(1);
  assert.equal(state.talk.messages.size, 1);
  state.take(conversation(1, [message(2)], { reset: false, cursor: 11 }));
  assert.deepEqual([...state.talk.messages.keys()], [1, 2]);
});

test('after `reset` nothing old is left', () => {
  const state = createState();
  state.choose(1);
  state.take(conversation(1, [message(1), message(2)]));
  state.take(conversation(1, [message(9)], { cursor: 99 }));
  assert.deepEqual([...state.talk.messages.keys()], [9]);
});

test('another conversation under the id of one that was kept is opened anew', () => {
  const state = createState();
  const told = [];
  state.on('stale', (id) => told.push(id));
  state.choose(1);
  state.take(conversation(1, [message(1)], { conversation: { id: 1, opened_at: '2026-01-01T00:00:00Z' } }));
  state.take(conversation(1, [message(2)], { conversation: { id: 1, opened_at: '2026-02-02T00:00:00Z' }, reset: false }));
  assert.deepEqual(told, [1]);
  assert.equal(state.talk, null);
});

test('what an act answers about the conversation counts at once, also when it is a refusal', () => {
  const state = createState();
  state.choose(1);
  state.take(conversation(1, []));
  state.take({ type: 'done', id: 'a', conversation: { id: 1, stage: 'accepted' } });
  assert.equal(state.talk.state.stage, 'accepted');
  state.take({ type: 'refused', id: 'b', conversation: { id: 1, stage: 'closed' } });
  assert.equal(state.talk.state.stage, 'closed');
  state.take({ type: 'done', id: 'c', conversation: { id: 2, stage: 'accepted' } });
  assert.equal(state.talk.state.id, 1);
});

test('the customer types until a message comes', () => {
  const state = createState(() => 777);
  state.choose(1);
  state.take(conversation(1, []));
  state.take({ type: 'customer_typing', id: 1 });
  assert.equal(state.talk.typingAt, 777);
  state.take({ type: 'changed', id: 1, messages: [message(1)], cursor: 11 });
  assert.equal(state.talk.typingAt, 0);
});

test('who does not listen any more is not told', () => {
  const state = createState();
  const told = [];
  const end = state.on('new', ({ what }) => told.push(what));
  state.take({ type: 'new', what: 'request', row: row(1) });
  end();
  state.take({ type: 'new', what: 'message', row: row(1) });
  assert.deepEqual(told, ['request']);
});
