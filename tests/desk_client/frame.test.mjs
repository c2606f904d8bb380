import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './modules.mjs';

const { agoOf, waitOf } = await load('ago');
const { callOf, canNotify, isWanted } = await load('alerts');
const { linkIn } = await load('enter');
const { createPrefs } = await load('prefs');
const { badgeOf, figureOf } = await load('rail');
const { lastWords, lookersOf, placeOf, whenOf } = await load('row');
const { Storage } = await import('../widget/browser.mjs');

const say = (name, { count } = {}) => (count === undefined ? name : `${count} ${name}`);
const MINUTE = 60000;

test('the badge shows the number, and over nine «!»', () => {
  assert.deepEqual([0, 1, 9, 10, 400].map(badgeOf), ['', '1', '9', '!', '!']);
  assert.deepEqual([undefined, 0, 12, 1000].map(figureOf), ['0', '0', '12', '999+']);
});

test('a wait is told in few words, and seen when it is long', () => {
  assert.equal(agoOf(59_000, say), 'ago-now');
  assert.equal(agoOf(61 * MINUTE, say), '1 ago-hours');
  assert.equal(agoOf(49 * 60 * MINUTE, say), '2 ago-days');
  assert.deepEqual([9, 10, 29, 30].map((minutes) => waitOf(minutes * MINUTE)), ['', 'long', 'long', 'late']);
});

test('a clock that is behind the server makes no negative wait', () => {
  assert.equal(agoOf(-5000, say), 'ago-now');
});

test('the last words are a text, or what was sent', () => {
  assert.equal(lastWords({ text: 'Да', kind: 'photo' }, say), 'Да');
  assert.equal(lastWords({ text: '', kind: 'photo' }, say), 'last-photo');
  assert.equal(lastWords({ text: '', kind: 'hologram' }, say), 'last-unknown');
});

test('of today a row shows the hour, else the day, and the year when it is another', () => {
  const now = new Date(2026, 10, 26, 12, 0);
  assert.equal(whenOf(new Date(2026, 10, 26, 9, 5), now, 'ru'), '9:05');
  assert.match(whenOf(new Date(2026, 10, 25, 9, 5), now, 'ru'), /^25 нояб/);
  assert.match(whenOf(new Date(2025, 10, 25, 9, 5), now, 'ru'), /25\.11\.25|25 11 25/);
});

test('a row tells whose it is, but not of me, and the group only where there are several', () => {
  const state = { me: { id: 1 }, groups: [{ name: 'shop' }], channels: { vk: { title: 'ВКонтакте' } }, groupTitle: () => 'Магазин' };
  const row = { channel: 'vk', group: 'shop', stage: 'accepted', operator: { id: 2, name: 'Иван' } };
  assert.equal(placeOf(row, { state }), 'ВКонтакте · Иван');
  assert.equal(placeOf({ ...row, operator: { id: 1, name: 'Анна' } }, { state }), 'ВКонтакте');
  assert.equal(placeOf(row, { state: { ...state, groups: [{}, {}] } }), 'ВКонтакте · Магазин · Иван');
  assert.deepEqual(lookersOf({ looking: [{ id: 1, name: 'Анна' }, { id: 2, name: 'Иван' }] }, { state }), ['Иван']);
});

test('several tabs know one call by the same name', () => {
  const call = { what: 'message', row: { id: 5, last: { at: '2026-01-01T00:00:00Z' } } };
  assert.equal(callOf(call), callOf(structuredClone(call)));
  assert.notEqual(callOf(call), callOf({ ...call, row: { id: 5, last: { at: '2026-01-01T00:00:01Z' } } }));
});

test('an operator is told of what they want to be told of', () => {
  const prefs = { get: (name) => name === 'requests' };
  assert.equal(isWanted(prefs, 'request'), true);
  assert.equal(isWanted(prefs, 'message'), false);
});

test('the browser notifies in a secure context only', () => {
  assert.equal(canNotify({ Notification: { permission: 'granted' }, isSecureContext: false }), 'no');
  assert.equal(canNotify({ Notification: { permission: 'granted' }, isSecureContext: true }), 'yes');
  assert.equal(canNotify({ Notification: { permission: 'denied' }, isSecureContext: true }), 'forbidden');
  assert.equal(canNotify({ isSecureContext: true }), 'no');
});

test('a link of the bot is read from the fragment, and nothing else is', () => {
  assert.equal(linkIn('#link=Ab_-9'), 'Ab_-9');
  for (const hash of ['', '#/12', '#link=', '#link=<script>', '#xlink=abc']) assert.equal(linkIn(hash), '');
});

test('what was chosen is kept, and other tabs hear of it', () => {
  const tab = Object.assign(new EventTarget(), { localStorage: new Storage() });
  const prefs = createPrefs(tab);
  const other = createPrefs(tab);
  const heard = [];
  other.on((name) => heard.push(name));
  assert.equal(prefs.get('sound'), true);
  prefs.set('sound', false);
  tab.dispatchEvent(Object.assign(new Event('storage'), { key: 'otklik-desk:prefs' }));
  assert.deepEqual(heard, ['sound']);
  assert.equal(createPrefs(tab).get('sound'), false);
});

test('nonsense in the storage, or none at all, leaves what is usual', () => {
  const storage = new Storage();
  storage.setItem('otklik-desk:prefs', '{"sound":"loud","theme":"dark"}');
  const prefs = createPrefs(Object.assign(new EventTarget(), { localStorage: storage }));
  assert.equal(prefs.get('sound'), true);
  assert.equal(prefs.get('theme'), 'dark');
  const forbidden = createPrefs(Object.defineProperty(new EventTarget(), 'localStorage', { get() { throw new Error('SecurityError'); } }));
  forbidden.set('theme', 'light');
  assert.equal(forbidden.get('theme'), 'light');
});
