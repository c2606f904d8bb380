import assert from 'node:assert/strict';
import test from 'node:test';
import { createKept } from '../../bridge/channels/site/static/app/kept.js';
import { createOutbox } from '../../bridge/channels/site/static/app/outbox.js';
import { Storage } from './browser.mjs';

const LOST = 'the file is lost';

const browser = () => {
  const storage = new Storage();
  const clock = { now: 1_000_000 };
  const tab = (name) => createOutbox(createKept('shop', { localStorage: storage }), name, LOST, { Date: { now: () => clock.now } });
  return { storage, clock, tab };
};
const item = (id, files = []) => ({ id, text: id, replyTo: 0, failed: '', files });
const file = (more = {}) => ({ key: 'k', name: 'a.png', size: 3, kind: 'photo', blob: {}, url: 'blob:a', file: '', ...more });
const ids = (outbox) => outbox.list().map(({ id }) => id);

test('items are read back in the order in which they were written, also within one millisecond', () => {
  const { tab } = browser();
  const one = tab('one');
  ['b', 'a', 'c'].forEach((id) => one.add(item(id)));
  const other = tab('other');
  other.read();
  assert.deepEqual(ids(other), ['b', 'a', 'c']);
});

test('a tab sends its own; another one\'s after a while, or all when it has just connected', () => {
  const { tab, clock } = browser();
  tab('one').add(item('a'));
  const other = tab('other');
  other.read();
  assert.equal(other.next(), null);
  assert.equal(other.next(true).id, 'a');
  clock.now += 20_001;
  assert.equal(other.next().id, 'a');
});

test('what is settled in one tab is gone in the other', () => {
  const { tab } = browser();
  const one = tab('one');
  one.add(item('a'));
  const other = tab('other');
  other.read();
  one.settle('a');
  other.read();
  assert.deepEqual(ids(other), []);
});

test('a failed one does not hold up the next', () => {
  const one = browser().tab('one');
  one.add(item('a'));
  one.add(item('b'));
  one.keep(Object.assign(one.get('a'), { failed: 'no' }));
  assert.equal(one.next().id, 'b');
});

test('what was written later waits for an upload, but not for long', () => {
  const { tab, clock } = browser();
  const one = tab('one');
  one.add(item('a', [file()]));
  one.add(item('b'));
  assert.equal(one.next(), null);
  clock.now += 10_000;
  assert.equal(one.next().id, 'b');
  one.welcomed();
  assert.equal(one.next(), null);
  one.get('a').files[0].file = 'f1';
  assert.equal(one.next().id, 'a');
});

test('a file that was not uploaded before the reload is lost, one that was is not', () => {
  const { tab } = browser();
  const one = tab('one');
  one.add(item('a', [file()]));
  one.add(item('b', [file({ file: 'f1' })]));
  one.leave();
  const reloaded = tab('reloaded');
  reloaded.read();
  assert.deepEqual(reloaded.list().map(({ failed }) => failed), [LOST, '']);
  assert.equal(reloaded.next(true).id, 'b');
  assert.equal(reloaded.get('b').files[0].url, '');
});

test('a file that another tab is uploading is not lost as long as that tab lives', () => {
  const { tab, clock } = browser();
  const one = tab('one');
  one.add(item('a', [file()]));
  const other = tab('other');
  other.read();
  for (let i = 0; i < 10; i++) {
    clock.now += 60_000; // as slow as timers are in the background
    one.beat();
    other.read();
    other.beat();
    assert.equal(other.get('a').failed, '');
    assert.equal(other.next(true), null);
  }
  clock.now += 91_000;
  other.beat();
  assert.equal(other.get('a').failed, LOST);
});

test('a page that comes back from the back-forward cache goes on with its files', () => {
  const { tab } = browser();
  const one = tab('one');
  one.add(item('a', [file()]));
  one.leave();
  one.beat();
  const other = tab('other');
  other.read();
  assert.equal(other.get('a').failed, '');
});

test('a tab keeps its own files when it reads what is kept', () => {
  const one = browser().tab('one');
  one.add(item('a', [file()]));
  const { blob } = one.get('a').files[0];
  one.read();
  assert.equal(one.get('a').files[0].blob, blob);
});

test('nonsense in the storage is no item', () => {
  const { storage, tab } = browser();
  storage.setItem('otklik:shop:out:x', '{nonsense');
  storage.setItem('otklik:shop:out:y', '"text"');
  storage.setItem('otklik:shop:out:z', '{"id":"z","text":"of the widget before","at":5,"tab":"old"}');
  const one = tab('one');
  one.read();
  assert.deepEqual(one.list().map(({ id, files }) => [id, files]), [['z', []]]);
});
