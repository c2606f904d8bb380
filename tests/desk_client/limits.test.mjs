import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './modules.mjs';

const { kindOf, troubles } = await load('limits');
const MB = 1024 * 1024;
const VIBER = { kind: 'viber', text_limit: 100, file_limit: 50 * MB, kinds: ['photo', 'video', 'document'], refused_types: ['exe'] };
const codes = (given) => troubles({ channel: VIBER, now: 0, ...given }).map(({ level, code }) => `${level} ${code}`);
const HOUR = 3600000;
const at = (ms) => new Date(ms).toISOString();

test('an ordinary message has nothing to be said about', () => {
  assert.deepEqual(codes({ text: 'Здравствуйте!', files: [{ name: 'чек.pdf', size: MB }] }), []);
});

test('a text over the limit of the channel goes in several, and says in how many', () => {
  assert.deepEqual(troubles({ text: 'я'.repeat(201), channel: VIBER, now: 0 }), [{ level: 'hint', code: 'parts', count: 3, limit: 100 }]);
  assert.deepEqual(codes({ text: 'я'.repeat(100) }), []);
  assert.deepEqual(codes({ text: 'я'.repeat(201), note: true }), []);
});

test('more than the server takes at once does not go, and says by how much', () => {
  assert.deepEqual(troubles({ text: '😀'.repeat(12), channel: VIBER, now: 0, most: 10 }), [{ level: 'stop', code: 'too-long', count: 2, limit: 10 }]);
});

test('a file is too big for the channel, or for us', () => {
  assert.deepEqual(codes({ files: [{ name: 'кино.mp4', size: 60 * MB, type: 'video/mp4' }] }), ['stop file-too-big']);
  assert.deepEqual(codes({ files: [{ name: 'кино.mp4', size: 30 * MB }], fileLimit: 20 * MB }), ['stop file-too-big']);
  assert.deepEqual(codes({ files: [{ name: 'кино.mp4', size: 60 * MB }], note: true }), []);
  assert.deepEqual(codes({ files: [{ name: 'фото.jpg', size: 9 * MB, type: 'image/jpeg' }], channel: { ...VIBER, kind_limits: { photo: MB } } }), ['stop file-too-big']);
});

test('a kind or an ending that the channel does not take', () => {
  assert.deepEqual(codes({ files: [{ name: 'песня.mp3', size: 1, type: 'audio/mpeg' }] }), ['stop file-kind']);
  assert.deepEqual(codes({ files: [{ name: 'a.EXE', size: 1 }] }), ['stop file-type']);
});

test('where the server can send addresses, it only says that it will', () => {
  const channel = { ...VIBER, by_link: true };
  assert.deepEqual(codes({ channel, files: [{ name: 'a.exe', size: 1 }, { name: 'песня.mp3', size: 1, kind: 'audio' }, { name: 'б', size: 60 * MB }] }),
    ['hint file-linked', 'hint file-linked', 'hint file-linked']);
});

test('a time to answer that ends soon, or is over', () => {
  const channel = { ...VIBER, window: 86400 };
  const told = (left, more) => codes({ channel, now: 10 * HOUR, state: { window_until: at(10 * HOUR + left) }, ...more });
  assert.deepEqual(told(12 * HOUR), []);
  assert.deepEqual(told(3 * HOUR), ['hint window-soon']);
  assert.deepEqual(told(0), ['stop window-closed']);
  assert.deepEqual(told(-HOUR), ['stop window-closed']);
  assert.deepEqual(told(-HOUR, { edit: true }), ['warn window-closed']);
  assert.deepEqual(told(-HOUR, { note: true }), []);
  assert.deepEqual(codes({ channel, state: { window_until: null }, now: 0 }), []);
});

test('a customer who blocked us is spoken of', () => {
  assert.deepEqual(codes({ customer: { blocked: true } }), ['warn blocked']);
});

test('what a file will count as', () => {
  assert.deepEqual(['image/png', 'image/gif', 'video/webm', 'audio/ogg', 'application/pdf', 'image/svg+xml', ''].map((type) => kindOf({ type })),
    ['photo', 'animation', 'video', 'audio', 'document', 'document', 'document']);
  assert.equal(kindOf({ kind: 'voice', type: 'audio/ogg' }), 'voice');
});
