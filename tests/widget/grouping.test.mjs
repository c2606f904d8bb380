import assert from 'node:assert/strict';
import test from 'node:test';
import { arrange } from '../../bridge/channels/site/static/app/grouping.js';

const message = (id, from, minute, more) => ({
  id, from, text: String(id), at: new Date(2026, 2, 1, 12, minute).toISOString(), ...more,
});
const item = (id, more) => ({ id, text: id, at: Number(new Date(2026, 2, 1, 13)), files: [], failed: '', ...more });
const groups = (rows) => rows.filter((row) => !row.day).map(({ key, first, last }) => `${key}${first ? ' first' : ''}${last ? ' last' : ''}`);

test('messages stand in the order of their ids, what is not stored yet after them', () => {
  const rows = arrange([message(7, 'operator', 3), message(5, 'visitor', 4)], [item('c1'), item('c2', { failed: 'Нельзя' })], '');
  assert.deepEqual(rows.map(({ key }) => key).slice(1), ['m5', 'm7', 'c1', 'c2']);
  assert.deepEqual(rows.map(({ state }) => state).slice(1), ['stored', 'stored', 'sending', 'failed']);
});

test('a message keeps its key when it is stored, and stands there once', () => {
  const [, before] = arrange([], [item('c1')], '');
  const rows = arrange([message(5, 'visitor', 1, { client_id: 'c1', shown: true })], [item('c1')], '');
  assert.equal(rows.length, 2);
  assert.equal(rows[1].key, before.key);
  assert.equal(rows[1].state, 'shown');
});

test('who writes on is one group; another person, a pause and a new day begin another', () => {
  const anna = { name: 'Анна' };
  assert.deepEqual(
    groups(arrange([
      message(1, 'operator', 0, anna), message(2, 'operator', 1, anna), message(3, 'operator', 2, { name: 'Пётр' }),
      message(4, 'visitor', 3), message(5, 'visitor', 30), message(6, 'visitor', 60 * 24 + 31),
    ], [], '')),
    ['m1 first', 'm2 last', 'm3 first last', 'm4 first last', 'm5 first last', 'm6 first last'],
  );
});

test('a day stands before its first message', () => {
  const rows = arrange([message(1, 'visitor', 0), message(2, 'visitor', 1), message(3, 'visitor', 60 * 24)], [], '');
  assert.deepEqual(rows.map((row) => !!row.day), [true, false, false, true, false]);
  assert.equal(new Set(rows.map(({ key }) => key)).size, rows.length);
});

test('the greeting stands on top while the whole conversation is there', () => {
  const many = Array.from({ length: 100 }, (_, i) => message(i + 1, 'visitor', 0));
  assert.equal(arrange([], [], 'Чем помочь?')[0].text, 'Чем помочь?');
  assert.equal(arrange(many.slice(1), [], 'Чем помочь?')[0].key, 'greeting');
  assert.notEqual(arrange(many, [], 'Чем помочь?')[0].key, 'greeting');
  assert.deepEqual(arrange([], [], ''), []);
});

test('the messages themselves are left as they are', () => {
  const one = Object.freeze(message(1, 'visitor', 0));
  arrange([one], [], '');
  assert.equal(typeof one.at, 'string');
});
