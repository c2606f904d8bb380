import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './modules.mjs';

const { rangeOf, shiftOf, windowFor } = await load('virtual');
const places = (...ids) => new Map(ids.map((id, place) => [place, id]));

test('of ten thousand rows only those that are seen are drawn, and a few around them', () => {
  assert.deepEqual(rangeOf(0, 760, 76, 10000, 6), [0, 16]);
  assert.deepEqual(rangeOf(76 * 5000, 760, 76, 10000, 6), [4994, 5016]);
  assert.deepEqual(rangeOf(76 * 9990, 760, 76, 10000, 6), [9984, 10000]);
});

test('an empty list has no range, and one that got shorter none behind its end', () => {
  assert.deepEqual(rangeOf(0, 760, 76, 0), [0, 0]);
  assert.deepEqual(rangeOf(76 * 500, 760, 76, 20), [20, 20]);
});

test('a window is asked for so that what is seen lies in its middle', () => {
  const window = windowFor([5000, 5022], 60, null);
  assert.equal(window.limit, 60);
  assert.ok(window.offset <= 5000 && window.offset + 60 >= 5022);
  assert.ok(5000 - window.offset >= 10 && window.offset + 60 - 5022 >= 10);
});

test('no other window is asked for while the old one covers what is seen', () => {
  const old = { offset: 100, limit: 60 };
  assert.equal(windowFor([110, 140], 60, old), old);
  assert.notEqual(windowFor([98, 128], 60, old), old);
  assert.notEqual(windowFor([135, 161], 60, old), old);
});

test('rows that come or go above move what is seen by as many places', () => {
  assert.equal(shiftOf(places(1, 2, 3, 4), places(9, 8, 1, 2, 3, 4), [2, 4]), 2);
  assert.equal(shiftOf(places(1, 2, 3, 4), places(2, 3, 4), [2, 4]), -1);
  assert.equal(shiftOf(places(1, 2, 3, 4), places(1, 2, 3, 4, 5), [2, 4]), 0);
});

test('where the first one seen has gone, the next one keeps its place', () => {
  assert.equal(shiftOf(places(1, 2, 3, 4), places(9, 1, 2, 4), [2, 4]), 0);
  assert.equal(shiftOf(places(1, 2, 3), places(7, 8, 9), [0, 3]), 0);
});
