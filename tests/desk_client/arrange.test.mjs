import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './modules.mjs';

const { arrange, lastEditable, wordsOf } = await load('arrange');
const ME = 7;
const at = (minutes, day = 3) => new Date(2026, 1, day, 12, minutes).toISOString();
const said = (id, from, minutes, more = {}) => ({ id, seq: id, from, at: at(minutes), text: 'слово ' + id, ...more });
const byMe = { author: { id: ME, name: 'Анна' } };
const byOther = { author: { id: 8, name: 'Иван' } };
const kinds = (rows) => rows.map(({ kind, key, side, first, last }) => (
  kind === 'message' ? `${side} ${key}${first ? ' first' : ''}${last ? ' last' : ''}` : `${kind} ${key}`).replace(/^day .*/, 'day'));

test('messages stand in the server\'s order, a day above each day, groups by who wrote', () => {
  const rows = arrange({
    me: ME, messages: [said(3, 'operator', 2, byMe), said(1, 'customer', 0), said(2, 'customer', 1), said(4, 'operator', 3, byOther),
      said(5, 'operator', 4, { ...byOther, at: at(4, 4) })],
  });
  assert.deepEqual(kinds(rows), ['day', 'in m1 first', 'in m2 last', 'out m3 first last', 'out m4 first last', 'day', 'out m5 first last']);
  assert.deepEqual(rows.filter(({ kind }) => kind === 'message').map(({ mine }) => mine), [false, false, true, false, false]);
});

test('a group begins anew after a pause, and when a note comes between', () => {
  const rows = arrange({
    me: ME, messages: [said(1, 'operator', 0, byMe), said(2, 'operator', 11, byMe), said(3, 'note', 12, byMe), said(4, 'operator', 13, byMe)],
  });
  assert.deepEqual(kinds(rows), ['day', 'out m1 first last', 'out m2 first last', 'note m3 first last', 'out m4 first last']);
});

test('events and what Otklik noted stand where they happened, and end a group', () => {
  const rows = arrange({
    me: ME, messages: [said(1, 'customer', 0), said(2, 'event', 2), said(3, 'customer', 3), said(4, 'customer', 5)],
    events: [{ id: 12, at: at(9), what: 'closed' }, { id: 11, at: at(4), what: 'accepted' }],
  });
  assert.deepEqual(kinds(rows), ['day', 'in m1 first last', 'system m2', 'in m3 first last', 'event e11', 'in m4 first last', 'event e12']);
});

test('an event of the moment of a message stands behind it', () => {
  const rows = arrange({ me: ME, messages: [said(1, 'customer', 0), said(2, 'customer', 5)], events: [{ id: 1, at: at(0), what: 'accepted' }] });
  assert.deepEqual(kinds(rows).slice(1), ['in m1 first last', 'event e1', 'in m2 first last']);
});

test('events from before what is loaded wait for it', () => {
  const given = { me: ME, messages: [said(5, 'customer', 30)], events: [{ id: 1, at: at(1), what: 'accepted' }, { id: 2, at: at(40), what: 'closed' }] };
  assert.deepEqual(kinds(arrange({ ...given, more: true })), ['day', 'in m5 first last', 'event e2']);
  assert.deepEqual(kinds(arrange(given)), ['day', 'event e1', 'in m5 first last', 'event e2']);
});

test('a clock that went back puts nothing out of order', () => {
  const rows = arrange({
    me: ME, messages: [said(1, 'customer', 10), said(2, 'customer', 4), said(3, 'customer', 0, { at: at(0, 2) })],
    events: [{ id: 1, at: at(11), what: 'closed' }],
  });
  assert.deepEqual(kinds(rows), ['day', 'in m1 first', 'in m2', 'in m3 last', 'event e1']);
});

test('what is on its way stands below, and turns into the message without another row', () => {
  const item = { id: 'x1', at: Date.parse(at(5)), note: false };
  const before = arrange({ me: ME, messages: [said(1, 'customer', 0)], waiting: [item] });
  assert.deepEqual(kinds(before), ['day', 'in m1 first last', 'out cx1 first last']);
  const after = arrange({ me: ME, messages: [said(1, 'customer', 0), said(2, 'operator', 5, { ...byMe, client_id: 'x1' })], waiting: [item] });
  assert.deepEqual(kinds(after), kinds(before));
});

test('nor is it shown twice when only the number of the message is known', () => {
  const item = { id: 'x1', message: 2, at: Date.parse(at(5)), note: true };
  const rows = arrange({ me: ME, messages: [said(1, 'customer', 0), said(2, 'note', 5, byMe)], waiting: [item] });
  assert.deepEqual(kinds(rows), ['day', 'in m1 first last', 'note m2 first last']);
});

test('two messages with one id of the sender are two rows', () => {
  const rows = arrange({ me: ME, messages: [said(1, 'customer', 0, { client_id: 'a' }), said(2, 'customer', 1, { client_id: 'a' })] });
  assert.deepEqual(rows.map(({ key }) => key).slice(1), ['ca', 'm2']);
});

test('the last that can be edited is the operator\'s own, with words, and still there', () => {
  const can = { can: { edit: true } };
  const messages = [said(1, 'operator', 0, { ...byMe, ...can }), said(2, 'note', 1, { ...byMe, ...can }), said(3, 'operator', 2, { ...byOther, ...can }),
    said(4, 'operator', 3, { ...byMe, ...can, deleted: true }), said(5, 'operator', 4, byMe), said(6, 'operator', 5, { ...byMe, ...can, text: '' })];
  assert.equal(lastEditable(messages, ME).id, 1);
  assert.equal(lastEditable(messages, ME, true).id, 2);
  assert.equal(lastEditable(messages.slice(4), ME), undefined);
});

test('the words of a message are its text, or what stands under its files', () => {
  assert.equal(wordsOf({ text: 'а', attachments: [{ caption: 'б' }] }), 'а');
  assert.equal(wordsOf({ attachments: [{}, { caption: 'б' }] }), 'б');
  assert.equal(wordsOf({ text: '', attachments: [] }), '');
});
