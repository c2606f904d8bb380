import assert from 'node:assert/strict';
import test from 'node:test';
import { dayName, dayOf, lengthOf, openNow, soon, timeOf } from '../../bridge/web/shared/times.js';

const NOW = new Date(2026, 2, 1, 0, 30); // the first of March, half past midnight
const named = (...when) => dayName(new Date(...when), NOW, 'ru', 'Сегодня', 'Вчера');

test('days are named from the day that it is for the visitor', () => {
  assert.equal(named(2026, 2, 1, 0, 1), 'Сегодня');
  assert.equal(named(2026, 1, 28, 23, 59), 'Вчера');
  assert.equal(named(2026, 1, 28, 0, 0), 'Вчера');
  assert.equal(named(2026, 1, 27, 23, 59), '27 февраля');
  assert.match(named(2025, 11, 31), /^31 декабря 2025/);
});

test('one day is one, from midnight to midnight', () => {
  assert.equal(dayOf(new Date(2026, 2, 1, 0, 0)), dayOf(new Date(2026, 2, 1, 23, 59, 59, 999)));
  assert.notEqual(dayOf(new Date(2026, 2, 1, 0, 0)), dayOf(new Date(2026, 1, 28, 23, 59, 59, 999)));
});

test('how long something plays', () => {
  assert.deepEqual([0, 5.4, 59.6, 65, 3725, NaN].map(lengthOf), ['0:00', '0:05', '1:00', '1:05', '62:05', '0:00']);
});

test('the company opens and closes while the page stands open', () => {
  const at = (hour) => new Date(Date.UTC(2026, 2, 2, hour));
  const hours = { open: true, changes: ['2026-03-02T15:00:00Z', '2026-03-03T06:00:00Z'] };
  assert.deepEqual(openNow(hours, at(12)), [true, '2026-03-02T15:00:00Z']);
  assert.deepEqual(openNow(hours, at(15)), [false, '2026-03-03T06:00:00Z']);
  assert.deepEqual(openNow(hours, at(48)), [true, undefined]);
  assert.deepEqual(openNow({ open: false, changes: [] }, at(12)), [false, undefined]);
});

test('a moment on another day names the day', () => {
  assert.equal(soon(new Date(2026, 2, 1, 18, 0), NOW, 'ru'), '18:00');
  assert.match(soon(new Date(2026, 2, 2, 9, 0), NOW, 'ru'), /^0?9:00, пн$/);
  assert.match(timeOf(NOW, 'ru'), /^0?0:30$/);
});
