import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './modules.mjs';

const { createOutbox } = await load('outbox');
const settled = () => new Promise((resolve) => { setImmediate(resolve); });

const open = (kept = new Map(), me = 7) => {
  const world = { kept, acts: [], uploading: [], changes: 0 };
  let number = kept.size * 100;
  world.outbox = createOutbox({
    act: (type, fields) => new Promise((resolve, reject) => { world.acts.push({ type, ...fields, resolve, reject }); }),
    me: () => me,
    uploads: { add: (file) => world.uploading.push(file), cancel: (file) => { world.uploading = world.uploading.filter((one) => one !== file); } },
    changed: () => { world.changes++; },
    lost: 'Не отправлено', storage: { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value) },
    clock: () => 1000, newId: () => 'x' + ++number,
  });
  world.sent = () => world.acts.map(({ type, id, text }) => `${type} ${id} ${text}`);
  world.states = (id = 1) => world.outbox.of(id).map(({ id: one, state }) => `${one} ${state}`);
  return world;
};

test('words go at once, with what they answer; a note answers nothing', () => {
  const world = open();
  world.outbox.add({ conversation: 1, text: 'Да', replyTo: 5, quote: 'есть' });
  world.outbox.add({ conversation: 1, text: 'Проверить', note: true, replyTo: 5 });
  const [reply, note] = world.acts.map(({ resolve, reject, ...frame }) => frame);
  assert.deepEqual(reply, { type: 'reply', id: 'x1', conversation: 1, text: 'Да', files: [], reply_to: 5, quote: 'есть' });
  assert.deepEqual(note, { type: 'note', id: 'x2', conversation: 1, text: 'Проверить', files: [] });
});

test('what waits for its files holds back what was written after it, but not other conversations', () => {
  const world = open();
  const file = { name: 'чек.pdf' };
  world.outbox.add({ conversation: 1, text: 'Чек', files: [file] });
  world.outbox.add({ conversation: 1, text: 'Вот он' });
  world.outbox.add({ conversation: 2, text: 'Добрый день' });
  assert.deepEqual(world.sent(), ['reply x3 Добрый день']);
  file.id = 'f1';
  world.outbox.pump();
  assert.deepEqual(world.sent(), ['reply x3 Добрый день', 'reply x1 Чек', 'reply x2 Вот он']);
  assert.deepEqual(world.acts[1].files, ['f1']);
});

test('a file that did not get there fails its message alone', async () => {
  const world = open();
  const file = { name: 'чек.pdf' };
  world.outbox.add({ conversation: 1, text: 'Чек', files: [file] });
  world.outbox.add({ conversation: 1, text: 'Вот он' });
  file.failed = 'нет связи';
  world.outbox.pump();
  assert.deepEqual(world.states(), ['x1 failed', 'x2 sending']);
  assert.equal(world.outbox.of(1)[0].why, 'чек.pdf: нет связи');
  world.outbox.retry('x1');
  assert.equal(world.uploading.length, 2); // once more
});

test('a refusal says why; it is tried again under the same id', async () => {
  const world = open();
  world.outbox.add({ conversation: 1, text: 'Да' });
  world.acts[0].reject({ type: 'refused', message: 'Обращение уже закрыто' });
  await settled();
  assert.deepEqual([world.states(), world.outbox.of(1)[0].why], [['x1 failed'], 'Обращение уже закрыто']);
  world.outbox.retry('x1');
  assert.deepEqual(world.sent(), ['reply x1 Да', 'reply x1 Да']);
  world.acts[1].reject({ type: 'refused' });
  await settled();
  assert.equal(world.outbox.of(1)[0].why, 'Не отправлено');
});

test('it goes when the message has come, by its id or by its number', async () => {
  const world = open();
  world.outbox.add({ conversation: 1, text: 'а' });
  world.outbox.add({ conversation: 1, text: 'б' });
  world.acts[1].resolve({ message: 31 });
  await settled();
  assert.deepEqual(world.states(), ['x1 sending', 'x2 sent']);
  world.outbox.settle([{ id: 29 }]);
  assert.deepEqual(world.states(), ['x1 sending', 'x2 sent']);
  world.outbox.settle([{ id: 30, client_id: 'x1' }, { id: 31 }]);
  assert.deepEqual(world.states(), []);
});

test('a reload sends what had no answer once more, under the same id', () => {
  const before = open();
  before.outbox.add({ conversation: 1, text: 'Да', files: [{ id: 'f1', name: 'чек.pdf', blob: {} }] });
  before.outbox.add({ conversation: 1, text: 'С файлом', files: [{ name: 'б' }] });
  const after = open(before.kept);
  assert.deepEqual(after.states(), ['x1 waiting']);
  after.outbox.pump();
  assert.deepEqual(after.sent(), ['reply x1 Да']);
  assert.deepEqual(after.acts[0].files, ['f1']);
  assert.equal(after.outbox.unsent, 1);
});

test('another operator on this page does not send it in their name', () => {
  const before = open();
  before.outbox.add({ conversation: 1, text: 'Да' });
  const after = open(before.kept, 8);
  after.outbox.pump();
  assert.deepEqual([after.sent(), after.states()], [[], []]);
  after.outbox.add({ conversation: 1, text: 'Нет' });
  const again = open(before.kept);
  again.outbox.pump();
  assert.deepEqual(again.sent(), ['reply x1 Да']);
});

test('what is taken out comes back to be written on', () => {
  const world = open();
  const file = { name: 'чек.pdf' };
  const { id } = world.outbox.add({ conversation: 1, text: 'Чек', files: [file] });
  assert.equal(world.outbox.discard(id).text, 'Чек');
  assert.deepEqual([world.states(), world.uploading], [[], []]);
  assert.equal(world.outbox.discard(id), null);
});
