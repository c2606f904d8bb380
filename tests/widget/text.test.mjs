import assert from 'node:assert/strict';
import test from 'node:test';
import { addressesIn, endingOf, isFewEmoji, isSaying, piecesOf, safeUrl, sizeOf } from '../../bridge/web/shared/text.js';

const linksIn = (text) => addressesIn(text).filter(([, , , url]) => url).map(([start, end]) => text.slice(start, end));
const shown = (pieces) => pieces.map(([part]) => part).join('');

test('only http and https may be followed', () => {
  assert.equal(safeUrl('https://shop.example.ru/a b'), 'https://shop.example.ru/a%20b');
  for (const url of ['javascript:alert(1)', ' javascript:alert(1)', 'data:text/html,x', 'ftp://x.example', '/path', '', undefined]) {
    assert.equal(safeUrl(url), '', String(url));
  }
});

test('what ends the sentence is not part of the address', () => {
  for (const [text, ...links] of [
    ['Тут: https://shop.example.ru/a?b=1&c=(2). Или ftp://x.example, javascript:alert(1)', 'https://shop.example.ru/a?b=1&c=(2)'],
    ['(https://a.example/b) и «http://c.example/d».', 'https://a.example/b', 'http://c.example/d'],
    ['https://a.example/b, https://a.example/c!', 'https://a.example/b', 'https://a.example/c'],
    ['HTTPS://A.EXAMPLE', 'HTTPS://A.EXAMPLE'],
    ['https://', ''],
    ['https://a.example/"onmouseover="x', 'https://a.example/'],
    ['нет адреса'],
  ]) assert.deepEqual(linksIn(text), links.filter(Boolean), text);
});

test('formatting that overlaps is cut where it changes', () => {
  assert.deepEqual(
    piecesOf('😀 вот и вот', [
      { kind: 'text_link', offset: 3, length: 3, url: 'https://shop.example.ru/help' },
      { kind: 'bold', offset: 3, length: 5 },
      { kind: 'text_link', offset: 9, length: 3, url: 'javascript:alert(1)' },
    ]),
    [['😀 ', [], undefined], ['вот', ['b'], 'https://shop.example.ru/help'], [' и', ['b'], undefined], [' ', [], undefined],
      ['вот', [], undefined]],
  );
});

test('a link of the company counts more than an address in its words', () => {
  const text = 'вот https://a.example тут';
  const pieces = piecesOf(text, [{ kind: 'text_link', offset: 0, length: text.length, url: 'https://b.example/' }]);
  assert.deepEqual(new Set(pieces.map(([, , url]) => url)), new Set(['https://b.example/']));
  assert.equal(shown(pieces), text);
});

test('no span loses or doubles a character, however wrong it is', () => {
  const text = 'Раз, два: https://a.example/три и пять';
  for (const span of [
    { kind: 'bold', offset: 0, length: 0 },
    { kind: 'bold', offset: 5, length: 1000 },
    { kind: 'later', offset: 2, length: 4 },
    { kind: 'pre', offset: 12, length: 9 },
    { kind: 'text_link', offset: 3, length: 4 },
  ]) assert.equal(shown(piecesOf(text, [span, { kind: 'italic', offset: 1, length: 8 }])), text, JSON.stringify(span));
  assert.equal(shown(piecesOf('')), '');
});

test('one to three emoji and nothing else are shown big', () => {
  for (const text of ['👍', '❤️', '👍🏽', '👨‍👩‍👧‍👦', '🇷🇺', '😀 🎉', '😀😀😀', '🏳️‍🌈']) assert.ok(isFewEmoji(text), text);
  for (const text of ['', 'да 👍', '😀😀😀😀', '12', '3', '!', '*', '#']) assert.ok(!isFewEmoji(text), text);
});

test('what nobody can see says nothing', () => {
  for (const text of ['', '  \n', '\u200b\u200b', '\u3164', '\u2800', '\u00ad', '\u2060']) assert.ok(!isSaying(text), JSON.stringify(text));
  for (const text of ['а', '1', '?', '👍', '漢', ' . ']) assert.ok(isSaying(text), text);
});

test('sizes and endings as people read them', () => {
  assert.equal(sizeOf(48213, 'en'), '47 kB');
  assert.equal(sizeOf(20 * 1024 * 1024, 'en'), '20 MB');
  assert.match(sizeOf(1.5 * 1024 * 1024, 'ru'), /^1,5\sМБ$/);
  assert.equal(endingOf('Гарантия № 5.pdf'), 'PDF');
  for (const name of ['README', 'a.b.conference', '', undefined]) assert.equal(endingOf(name), '', String(name));
});
