import assert from 'node:assert/strict';
import test from 'node:test';
import { createKept } from '../../bridge/channels/site/static/app/kept.js';
import { Storage } from './browser.mjs';

const kept = (storage = new Storage(), channel = 'shop') => createKept(channel, { localStorage: storage });

test('what is kept is there after a reload, for this channel only', () => {
  const storage = new Storage();
  kept(storage).set('draft', 'раз');
  assert.equal(kept(storage).get('draft'), 'раз');
  assert.equal(kept(storage, 'other').get('draft'), '');
  assert.deepEqual(Object.keys(storage), ['otklik:shop:draft']);
});

test('without storage it is kept in memory', () => {
  const env = { get localStorage() { throw new Error('SecurityError'); } };
  const memory = createKept('shop', env);
  memory.set('out:1', 'a');
  assert.equal(memory.get('out:1'), 'a');
  assert.deepEqual(memory.names('out:'), ['out:1']);
  memory.remove('out:1');
  assert.deepEqual(memory.names('out:'), []);
});

test('what does not fit into the storage is kept in memory, and is newer than what is there', () => {
  const storage = new Storage();
  const both = kept(storage);
  both.set('draft', 'old');
  storage.refuses = true;
  both.set('draft', 'new');
  assert.equal(both.get('draft'), 'new');
  storage.refuses = false;
  both.set('draft', 'newest');
  assert.equal(kept(storage).get('draft'), 'newest');
});

test('a person sees nothing of the guest or of another person, and shares the secret', () => {
  const storage = new Storage();
  const guest = kept(storage);
  guest.set('secret', 's');
  guest.set('draft', 'guest');
  guest.set('out:1', 'guest');
  const one = kept(storage);
  one.of('one');
  assert.equal(one.get('draft'), '');
  assert.deepEqual(one.names('out:'), []);
  assert.equal(one.get('secret'), 's');
  one.set('draft', 'one');
  const other = kept(storage);
  other.of('other');
  assert.equal(other.get('draft'), '');
  assert.equal(guest.get('draft'), 'guest');
  assert.deepEqual(guest.names('out:'), ['out:1']);
});

test('a key of the storage is ours, shared, or somebody else\'s', () => {
  const guest = kept();
  assert.equal(guest.nameOf('otklik:shop:out:1'), 'out:1');
  assert.equal(guest.nameOf('otklik:shop:secret'), 'secret');
  assert.equal(guest.nameOf('otklik:shop:@one:out:1'), '');
  assert.equal(guest.nameOf('otklik:other:out:1'), '');
  assert.equal(guest.nameOf('somebody'), '');
  guest.of('one');
  assert.equal(guest.nameOf('otklik:shop:@one:out:1'), 'out:1');
  assert.equal(guest.nameOf('otklik:shop:out:1'), '');
  assert.equal(guest.nameOf('otklik:shop:bye'), 'bye');
});
