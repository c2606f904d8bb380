import assert from 'node:assert/strict';
import test from 'node:test';
import { openTab } from '../widget/browser.mjs';
import { load } from './modules.mjs';

const { createUploads } = await load('uploads');

const make = () => {
  const env = openTab();
  const world = { env, clock: env.clock, changes: 0 };
  world.uploads = createUploads({ address: '/desk/upload', lost: 'Файл не удалось отправить', changed: () => { world.changes++; } }, env);
  world.add = (name) => {
    const file = { name, size: 3, blob: new Blob(['abc'], { type: 'image/png' }) };
    world.uploads.add(file);
    return file;
  };
  return world;
};
const DONE = { id: 'f1', kind: 'photo', mime: 'image/png', width: 4, height: 3, size: 3 };

test('a file goes with its name and the desk\'s header, and comes back with what the server found', () => {
  const world = make();
  const file = world.add('чек.png');
  const [request] = world.env.uploads;
  assert.deepEqual([request.method, request.url, request.headers],
    ['POST', '/desk/upload', { 'X-Otklik': '1', 'X-File-Name': '%D1%87%D0%B5%D0%BA.png' }]);
  request.upload.onprogress({ loaded: 1, total: 4 });
  assert.equal(file.progress, 0.25);
  request.ends(201, DONE);
  assert.deepEqual([file.id, file.kind, file.width, file.failed, file.progress], ['f1', 'photo', 4, '', 1]);
  assert.equal(world.changes, 2);
});

test('a name that has no UTF-8 does not stop it', () => {
  const world = make();
  world.add('a\ud800b.png');
  assert.equal(world.env.uploads[0].headers['X-File-Name'], 'ab.png');
});

test('two at a time, and what is there already is not sent again', () => {
  const world = make();
  const files = ['a', 'b', 'c'].map(world.add);
  assert.equal(world.env.uploads.length, 2);
  world.env.uploads[0].ends(201, DONE);
  assert.equal(world.env.uploads.length, 3);
  world.uploads.add(files[0]);
  world.env.uploads[1].ends(201, { ...DONE, id: 'f2' });
  assert.equal(world.env.uploads.length, 3);
});

test('failures of the network are tried again, longer and longer, and not for ever', async () => {
  const world = make();
  const file = world.add('a');
  for (let i = 0; i < 4; i++) {
    world.env.uploads.at(-1).ends(i % 2 ? 503 : 0);
    await world.clock.passes(2 ** (i + 1) * 1000);
    assert.equal(world.env.uploads.length, i + 2);
  }
  world.env.uploads.at(-1).ends(0);
  assert.equal(file.failed, 'Файл не удалось отправить');
});

test('being offline is no attempt', async () => {
  const world = make();
  const file = world.add('a');
  world.env.navigator.onLine = false;
  for (let i = 0; i < 20; i++) {
    world.env.uploads.at(-1).ends(0);
    await world.clock.passes(3000);
  }
  assert.equal(file.failed, '');
});

test('what the server refuses is told in its words', () => {
  const world = make();
  const file = world.add('a');
  world.env.uploads[0].ends(413, { error: 'too-big', message: 'Не больше 20 МБ' });
  assert.equal(file.failed, 'Не больше 20 МБ');
});

test('what is taken back is stopped, and makes room', () => {
  const world = make();
  const [first] = ['a', 'b', 'c'].map(world.add);
  world.uploads.cancel(first);
  assert.deepEqual([world.env.uploads[0].aborted, world.env.uploads.length, first.failed], [true, 3, '']);
});
