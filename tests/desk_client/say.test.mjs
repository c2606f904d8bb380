import assert from 'node:assert/strict';
import test from 'node:test';
import { createSay } from '../../bridge/desks/web/static/app/say.js';

const words = {
  hello: 'Здравствуйте, {name}',
  found: { one: 'Найдено {count} обращение', few: 'Найдено {count} обращения', many: 'Найдено {count} обращений', other: 'Найдено {count} обращения' },
};

test('names are put into their places, whatever stands in them', () => {
  const say = createSay(words, 'ru');
  assert.equal(say('hello', { name: '$& {name}' }), 'Здравствуйте, $& {name}');
});

test('counted sentences follow the rules of the language', () => {
  const say = createSay(words, 'ru');
  assert.equal(say('found', { count: 1 }), 'Найдено 1 обращение');
  assert.equal(say('found', { count: 22 }), 'Найдено 22 обращения');
  assert.equal(say('found', { count: 11 }), 'Найдено 11 обращений');
});

test('a sentence that is missing is seen by its name', () => {
  assert.equal(createSay(words, 'ru')('nothing'), 'nothing');
});
