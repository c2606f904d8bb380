import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './modules.mjs';

const { commandOf } = await load('keys');

test('keys mean the same in Russian layout: they are known by where they lie', () => {
  assert.deepEqual(commandOf({ key: 'a', code: 'KeyA' }, false), ['accept']);
  assert.deepEqual(commandOf({ key: 'ф', code: 'KeyA' }, false), ['accept']);
  assert.deepEqual(commandOf({ key: '.', code: 'Slash' }, false), ['search']);
  assert.deepEqual(commandOf({ key: ',', code: 'Slash', shiftKey: true }, false), ['help']);
  assert.deepEqual(commandOf({ key: '?', code: 'Digit7', shiftKey: true }, false), ['help']);
});

test('who writes is not disturbed; only Escape leads out', () => {
  for (const given of [{ key: 'a', code: 'KeyA' }, { key: '/', code: 'Slash' }, { key: 'ArrowDown' }, { key: 'Enter' }, { key: '1', code: 'Digit1' }]) {
    assert.equal(commandOf(given, true), null);
  }
  assert.deepEqual(commandOf({ key: 'Escape' }, true), ['back']);
});

test("the browser's own shortcuts stay its own", () => {
  assert.equal(commandOf({ key: 'a', code: 'KeyA', ctrlKey: true }, false), null);
  assert.equal(commandOf({ key: 'a', code: 'KeyA', metaKey: true }, false), null);
  assert.equal(commandOf({ key: 'ArrowDown', altKey: true }, false), null);
});

test('Escape that ends the writing of a Japanese word is no command', () => {
  assert.equal(commandOf({ key: 'Escape', isComposing: true }, true), null);
});

test('arrows move, digits choose a list', () => {
  assert.deepEqual(commandOf({ key: 'ArrowUp', code: 'ArrowUp' }, false), ['move', 'up']);
  assert.deepEqual(commandOf({ key: 'End', code: 'End' }, false), ['move', 'last']);
  assert.deepEqual(commandOf({ key: '2', code: 'Digit2' }, false), ['list', 'mine']);
});
