import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './modules.mjs';

const { createDrafts } = await load('drafts');
const EMPTY = { text: '', note: '', mode: 'reply', replyTo: 0, quote: '' };

const makeStorage = () => {
  const kept = new Map();
  return { kept, getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value) };
};

test('each conversation has its own, over a reload', () => {
  const storage = makeStorage();
  createDrafts(storage, 7).put(1, { ...EMPTY, text: 'Добрый', replyTo: 5, quote: 'где' });
  createDrafts(storage, 7).put(2, { ...EMPTY, note: 'спросить', mode: 'note' });
  assert.deepEqual(createDrafts(storage, 7).get(1), { ...EMPTY, text: 'Добрый', replyTo: 5, quote: 'где' });
  assert.deepEqual(createDrafts(storage, 7).get(2), { ...EMPTY, note: 'спросить', mode: 'note' });
  assert.deepEqual(createDrafts(storage, 7).get(3), EMPTY);
});

test('another operator of this browser does not read them', () => {
  const storage = makeStorage();
  createDrafts(storage, 7).put(1, { ...EMPTY, text: 'Добрый' });
  assert.deepEqual(createDrafts(storage, 8).get(1), EMPTY);
});

test('what is empty is not kept, and who listens hears when one appears or goes', () => {
  const storage = makeStorage();
  const drafts = createDrafts(storage, 7);
  const heard = [];
  drafts.on((id) => heard.push([id, drafts.has(id)]));
  drafts.put(1, { ...EMPTY, text: 'а' });
  drafts.put(1, { ...EMPTY, text: 'аб' });
  drafts.put(1, { ...EMPTY, text: ' \n' });
  assert.deepEqual(heard, [[1, true], [1, false]]);
  assert.equal([...storage.kept.values()][0], '{}');
});

test('the oldest are forgotten', () => {
  let now = 0;
  const drafts = createDrafts(makeStorage(), 7, () => ++now);
  for (let id = 1; id <= 101; id++) drafts.put(id, { ...EMPTY, text: 'а' });
  assert.equal(drafts.has(1), false);
  assert.equal(drafts.has(2), true);
  assert.equal(drafts.has(101), true);
});

test('nonsense that lies there, and a storage that is forbidden, stop nothing', () => {
  const storage = makeStorage();
  for (const nonsense of ['{', '[]', '7', 'null', '{"1":{"text":5,"mode":"x","replyTo":"y"}}', '{"1":null}']) {
    storage.setItem('otklik-desk-drafts:7', nonsense);
    assert.equal(createDrafts(storage, 7).get(1).mode, 'reply', nonsense);
  }
  const forbidden = createDrafts({ getItem() { throw new Error('no'); }, setItem() { throw new Error('no'); } }, 7);
  forbidden.put(1, { ...EMPTY, text: 'а' });
  assert.deepEqual(forbidden.get(1), EMPTY);
});
