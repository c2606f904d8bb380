import assert from 'node:assert/strict';
import test from 'node:test';
import { createUploads } from '../../bridge/channels/site/static/app/uploads.js';
import { openTab } from './browser.mjs';

const make = (token = { value: 'T1', at: 0 }) => {
  const env = openTab();
  const state = { env, token: token && { ...token, at: env.clock.now }, renewed: [], ended: [], changed: 0, clock: env.clock };
  state.uploads = createUploads(
    'https://chat.example.ru/site/shop/upload',
    () => state.token,
    (used) => state.renewed.push(used),
    () => { state.changed++; },
    (file) => state.ended.push([file.name, file.file, file.failed]),
    env,
  );
  state.add = (name) => {
    const file = { key: name, name, size: 3, kind: 'document', file: '', blob: new Blob(['abc'], { type: 'image/png' }) };
    state.uploads.add(file);
    return file;
  };
  return state;
};
const DONE = { file: 'f1', kind: 'photo' };

test('a file goes with its name and without its type, and comes back with the server\'s name', () => {
  const state = make();
  const file = state.add('чек.png');
  const [request] = state.env.uploads;
  assert.deepEqual(request.headers, { Authorization: 'Bearer T1', 'X-File-Name': '%D1%87%D0%B5%D0%BA.png' });
  assert.equal(request.body.type, '');
  request.upload.onprogress({ loaded: 1, total: 4 });
  assert.equal(file.progress, 0.25);
  assert.equal(state.changed, 1);
  request.ends(201, DONE);
  assert.equal(file.kind, 'photo');
  assert.deepEqual(state.ended, [['чек.png', 'f1', '']]);
});

test('a name that has no UTF-8 does not stop it', () => {
  const state = make();
  state.add('a\ud800b.png');
  assert.equal(state.env.uploads[0].headers['X-File-Name'], 'ab.png');
});

test('two at a time', () => {
  const state = make();
  ['a', 'b', 'c'].forEach(state.add);
  assert.equal(state.env.uploads.length, 2);
  state.env.uploads[0].ends(201, DONE);
  assert.equal(state.env.uploads.length, 3);
});

test('without a token it waits for one', () => {
  const state = make(null);
  state.add('a');
  assert.equal(state.env.uploads.length, 0);
  state.token = { value: 'T2', at: state.clock.now };
  state.uploads.pump();
  assert.equal(state.env.uploads[0].headers.Authorization, 'Bearer T2');
});

test('401 asks for a new token and goes on with it', async () => {
  const state = make();
  state.add('a');
  state.token = null;
  state.env.uploads[0].ends(401, { error: 'bad-token' });
  assert.deepEqual(state.renewed, ['T1']);
  state.token = { value: 'T2', at: state.clock.now };
  await state.clock.passes(1000);
  state.env.uploads[1].ends(201, DONE);
  assert.deepEqual(state.ended, [['a', 'f1', '']]);
});

test('a token that is nearly too old is not used', () => {
  const state = make();
  state.clock.now += 51 * 60_000;
  state.add('a');
  assert.equal(state.env.uploads.length, 0);
  assert.deepEqual(state.renewed, ['T1']);
});

test('the network\'s failures are tried again, longer and longer, and not for ever', async () => {
  const state = make();
  state.add('a');
  for (let i = 0; i < 4; i++) {
    state.env.uploads.at(-1).ends(0);
    await state.clock.passes(2 ** (i + 1) * 1000);
    assert.equal(state.env.uploads.length, i + 2);
  }
  state.env.uploads.at(-1).ends(503);
  assert.equal(state.ended.length, 1);
});

test('being offline is no attempt', async () => {
  const state = make();
  state.add('a');
  state.env.navigator.onLine = false;
  for (let i = 0; i < 20; i++) {
    state.env.uploads.at(-1).ends(0);
    await state.clock.passes(3000);
  }
  assert.deepEqual(state.ended, []);
});

test('an upload without progress is given up and tried again', async () => {
  const state = make();
  state.add('a');
  await state.clock.passes(61_000);
  assert.equal(state.env.uploads[0].aborted, true);
  await state.clock.passes(2000);
  assert.equal(state.env.uploads.length, 2);
});

test('what the server refuses is told in its words', () => {
  const state = make();
  state.add('a');
  state.env.uploads[0].ends(413, { error: 'too-big', message: 'Не больше 20 МБ' });
  assert.deepEqual(state.ended, [['a', '', 'Не больше 20 МБ']]);
});

test('a short pause is kept, a long one is told', async () => {
  const state = make();
  state.add('a');
  state.env.uploads[0].ends(429, { error: 'flood', message: 'Хватит', retry_after: 10 });
  await state.clock.passes(10_000);
  state.env.uploads[1].ends(429, { error: 'flood', message: 'На сегодня хватит', retry_after: 40_000 });
  assert.deepEqual(state.ended, [['a', '', 'На сегодня хватит']]);
});

test('what is cancelled ends there, and the next one begins', () => {
  const state = make();
  const [a] = ['a', 'b', 'c'].map(state.add);
  state.uploads.cancel(a);
  assert.equal(state.env.uploads[0].aborted, true);
  assert.equal(state.env.uploads.length, 3);
  assert.deepEqual(state.ended, []);
});

test('a file that is on its way is not sent twice', () => {
  const state = make();
  const file = state.add('a');
  state.uploads.add(file);
  assert.equal(state.env.uploads.length, 1);
});
