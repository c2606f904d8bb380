import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './modules.mjs';

const { mapOf, nameOf } = await load('attachments');
const { inShort, whoOf } = await load('message');

test('a place leads to a map, what is no place leads nowhere', () => {
  assert.equal(mapOf({ latitude: 55.7522, longitude: 37.6156 }), 'https://www.openstreetmap.org/?mlat=55.7522&mlon=37.6156#map=16/55.7522/37.6156');
  assert.ok(mapOf({ latitude: 0, longitude: 0 }));
  for (const data of [{}, { latitude: '1&x=', longitude: 2 }, { latitude: 91, longitude: 0 }, { latitude: 1 }, { latitude: null, longitude: 1 }, { latitude: '', longitude: '' }]) {
    assert.equal(mapOf(data), '', JSON.stringify(data));
  }
});

test('attachments by what they say of themselves', () => {
  assert.equal(nameOf({ kind: 'poll', data: { question: 'Когда?' } }), 'poll: Когда?');
  assert.equal(nameOf({ kind: 'document', name: 'чек.pdf' }), 'чек.pdf');
  assert.equal(nameOf({ kind: 'sticker', data: { emoji: '🐈' } }), '🐈 sticker');
  assert.equal(nameOf({ kind: 'contact', data: {} }), 'contact');
  assert.equal(nameOf({ kind: 'location' }), 'location');
});

test('a message in a few words', () => {
  assert.equal(inShort({ text: 'Да' }), 'Да');
  assert.equal(inShort({ text: '', attachments: [{ kind: 'photo', caption: 'угол' }] }), 'угол');
  assert.equal(inShort({ text: '', attachments: [{ kind: 'voice' }] }), 'voice');
  assert.equal(inShort({ text: '', deleted: true }), 'deleted');
});

test('who says it', () => {
  const people = { customer: { name: 'Мария' }, me: { id: 7 } };
  assert.equal(whoOf({ from: 'customer' }, people), 'Мария');
  assert.equal(whoOf({ from: 'operator', author: { id: 7, name: 'Анна' } }, people), 'you');
  assert.equal(whoOf({ from: 'note', author: { id: 8, name: 'Иван' } }, people), 'Иван');
  assert.equal(whoOf({ from: 'operator' }, people), 'operator');
});
