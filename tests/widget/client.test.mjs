import assert from 'node:assert/strict';
import test from 'node:test';
import { createClient } from '../../bridge/channels/site/static/app/client.js';
import { personOf } from '../../bridge/channels/site/static/app/identity.js';
import { words } from '../../bridge/channels/site/static/app/words.js';
import { Clock, Storage, answer, brought, makeShell, openTab, settled, welcome } from './browser.mjs';

Object.assign(words, { 'too-long': 'можно до {limit}', offline: 'нет связи' });

// A tab with the chat open, and its server.
const visit = (options = {}, shellOptions = {}) => {
  const env = openTab(options);
  const shell = makeShell(shellOptions);
  const client = createClient(shell, env);
  client.start();
  const tab = { env, shell, client, state: client.state, clock: env.clock, storage: env.localStorage };
  tab.opens = () => {
    shell.open = true;
    client.connect();
  };
  tab.restarted = () => tab.clock.passes(0); // not before the page has done all that it does now
  tab.welcomed = (more) => {
    const hello = env.socket.opens();
    env.socket.news();
    env.socket.gives(welcome(more));
    return hello;
  };
  tab.said = (...without) => env.socket.news('page', 'ping', 'received', 'seen', ...without);
  tab.stores = (frame, id) => env.socket.gives({ type: 'ack', id: frame.id, message: id, seq: id, at: '2026-02-03T09:15:02Z' });
  tab.texts = () => [...tab.state.messages.values()].sort((a, b) => a.id - b.id).map(({ text }) => text);
  return tab;
};
const connected = (more, options, shellOptions) => {
  const tab = visit(options, shellOptions);
  tab.opens();
  tab.welcomed(more);
  return tab;
};
const token = (sub) => 'x.' + btoa(JSON.stringify({ sub })) + '.' + Math.random();

test('nothing is connected before the chat is wanted', () => {
  const { env, opens } = visit();
  assert.equal(env.sockets.length, 0);
  opens();
  assert.equal(env.sockets.length, 1);
});

test('the hello says who, where, and what the page knows', () => {
  const tab = visit({}, { fields: { Тариф: 'Про', gone: null } });
  tab.opens();
  const { secret, ...rest } = tab.welcomed();
  assert.match(secret, /^[\w-]{43}$/);
  assert.equal(tab.storage.getItem('otklik:shop:secret'), secret);
  assert.deepEqual(rest, {
    type: 'hello', v: 1, language: 'ru', cursor: 0, page: { title: 'Чайники', url: 'https://shop.example.ru/kettles' },
    fields: { Тариф: 'Про' },
  });
});

test('a message is kept, sent, acknowledged, and then not kept any more', () => {
  const tab = connected();
  tab.client.say({ text: 'раз' });
  const [frame] = tab.said();
  assert.equal(frame.text, 'раз');
  assert.match(frame.id, /^[\w-]{8,64}$/);
  assert.notEqual(tab.storage.getItem('otklik:shop:out:' + frame.id), null);
  assert.equal(tab.state.outbox.length, 1);
  tab.stores(frame, 5);
  assert.equal(tab.state.outbox.length, 0);
  assert.equal(tab.storage.getItem('otklik:shop:out:' + frame.id), null);
  assert.deepEqual(tab.texts(), ['раз']);
});

test('one is on its way at a time, in order', () => {
  const tab = connected();
  ['раз', 'два', 'три'].forEach((text) => tab.client.say({ text }));
  const [first, ...none] = tab.said();
  assert.deepEqual(none, []);
  tab.stores(first, 1);
  const [second] = tab.said();
  assert.equal(second.text, 'два');
  tab.env.socket.gives(brought(answer(2, 'два', { from: 'visitor', client_id: second.id }))); // before its ack
  assert.equal(tab.said()[0].text, 'три');
});

test('what was not acknowledged is sent again after the next welcome, with the same id', async () => {
  const tab = connected();
  tab.client.say({ text: 'раз' });
  const [frame] = tab.said();
  tab.env.socket.ends();
  await tab.clock.passes(1000);
  tab.welcomed();
  assert.deepEqual(tab.said()[0], frame);
});

test('only the connection was lost: it resumes with the cursor and keeps what it shows', async () => {
  const tab = connected();
  tab.env.socket.gives(brought(answer(3, 'да')));
  tab.env.socket.ends(1001);
  await tab.clock.passes(1000);
  const { cursor } = tab.welcomed({ reset: false, history: true });
  assert.equal(cursor, 3);
  assert.deepEqual(tab.texts(), ['да']);
  tab.env.socket.ends();
  await tab.clock.passes(1000);
  tab.welcomed({ reset: true, history: true });
  assert.deepEqual(tab.texts(), []);
});

test('it waits longer and longer, up to half a minute, and starts from one second after a welcome', async () => {
  const tab = connected();
  const waits = [];
  tab.env.socket.ends();
  for (let i = 0; i < 8; i++) {
    const from = tab.clock.now;
    const { length } = tab.env.sockets;
    while (tab.env.sockets.length === length && tab.clock.now - from < 120_000) await tab.clock.passes(500);
    waits.push((tab.clock.now - from) / 1000);
    if (i === 6) tab.welcomed();
    else tab.env.socket.gives({ type: 'pong' }); // a server that answers, but does not welcome: no matter of the way
    tab.env.socket.ends();
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 30, 30, 1]);
});

test('being online again, or before the visitor\'s eyes, does not wait', async () => {
  for (const [target, name] of [['env', 'online'], ['document', 'visibilitychange'], ['document', 'resume'], ['env', 'pageshow']]) {
    const tab = connected();
    tab.env.socket.ends();
    (target === 'env' ? tab.env : tab.env.document).dispatchEvent(new Event(name));
    assert.equal(tab.env.sockets.length, 2, name);
  }
});

test('it answers pings, asks after silence, and gives a dead connection up', async () => {
  const tab = connected();
  tab.env.socket.gives({ type: 'ping' });
  assert.deepEqual(tab.env.socket.news(), [{ type: 'pong' }]);
  await tab.clock.passes(46_000);
  assert.deepEqual(tab.env.socket.news(), [{ type: 'ping' }]);
  tab.env.socket.gives({ type: 'pong' });
  await tab.clock.passes(46_000);
  assert.deepEqual(tab.env.socket.news(), [{ type: 'ping' }]);
  await tab.clock.passes(11_000);
  assert.equal(tab.env.sockets[0].closed, true);
  assert.equal(tab.env.sockets.length, 2);
});

test('a message that nobody answers means a dead connection', async () => {
  const tab = connected();
  tab.client.say({ text: 'раз' });
  for (let i = 0; i < 5; i++) {
    await tab.clock.passes(5000);
    if (tab.env.sockets.length === 1) tab.env.socket.gives({ type: 'pong' }); // it hears, but is not heard
  }
  await tab.clock.passes(2000);
  assert.equal(tab.env.sockets.length, 2);
  tab.welcomed();
  assert.equal(tab.said()[0].text, 'раз');
});

test('after a sleep it asks at once whether the connection lives', async () => {
  const tab = connected();
  await tab.clock.sleeps(3_600_000);
  assert.deepEqual(tab.env.socket.news(), [{ type: 'ping' }]);
  await tab.clock.passes(6000);
  assert.equal(tab.env.sockets.length, 2);
});

test('a page that goes away lets its connection go, and a page that comes back resumes', () => {
  for (const [away, back] of [['pagehide', 'pageshow'], ['freeze', 'resume']]) {
    const tab = connected();
    const target = away === 'freeze' ? tab.env.document : tab.env;
    tab.env.socket.gives(brought(answer(3, 'да')));
    target.dispatchEvent(new Event(away));
    assert.equal(tab.env.sockets[0].closed, true);
    target.dispatchEvent(new Event(back));
    assert.equal(tab.welcomed({ reset: false }).cursor, 3);
  }
});

test('lag: connecting at first, offline when it lasts, nothing when nobody looks', async () => {
  const tab = visit();
  assert.equal(tab.state.lag, '');
  tab.opens();
  assert.equal(tab.state.lag, 'connecting');
  tab.welcomed();
  assert.equal(tab.state.lag, '');
  tab.env.socket.ends();
  await tab.clock.passes(1000);
  tab.env.socket.ends();
  assert.equal(tab.state.lag, 'offline');
});

test('a flood waits as long as it is told, and goes on by itself in order', async () => {
  const tab = connected();
  ['раз', 'два'].forEach((text) => tab.client.say({ text }));
  const [frame] = tab.said();
  tab.env.socket.gives({ type: 'error', code: 'flood', message: 'Помедленнее', id: frame.id, retry_after: 3 });
  assert.equal(tab.state.notice, 'Помедленнее');
  await tab.clock.passes(2900);
  assert.deepEqual(tab.said(), []);
  await tab.clock.passes(200);
  assert.equal(tab.said()[0].text, 'раз');
  tab.stores(frame, 1);
  assert.equal(tab.state.notice, '');
  assert.equal(tab.said()[0].text, 'два');
});

test('a refused message says why, and can be sent again or deleted', () => {
  const tab = connected();
  ['раз', 'два'].forEach((text) => tab.client.say({ text }));
  const [first] = tab.said();
  tab.env.socket.gives({ type: 'error', code: 'future', message: 'Нельзя', id: first.id });
  const [second] = tab.said();
  tab.env.socket.gives({ type: 'error', code: 'future', message: 'Нельзя', id: second.id });
  assert.deepEqual(tab.state.outbox.map(({ failed }) => failed), ['Нельзя', 'Нельзя']);
  tab.client.discard(first.id);
  tab.client.retry(second.id);
  assert.deepEqual(tab.said().map(({ id }) => id), [second.id]);
  assert.deepEqual(tab.state.outbox.map(({ text, failed }) => [text, failed]), [['два', '']]);
});

test('4400 and a foreign origin are not tried again; too many connections when the server says', async () => {
  const tab = connected();
  tab.env.socket.ends(4400);
  await tab.clock.passes(600_000);
  assert.equal(tab.env.sockets.length, 1);
  const other = connected();
  other.env.socket.gives({ type: 'error', code: 'too-many-connections', message: '', retry_after: 100 });
  other.env.socket.ends(4429);
  other.env.dispatchEvent(new Event('online'));
  await other.clock.passes(99_000);
  assert.equal(other.env.sockets.length, 1);
  await other.clock.passes(2000);
  assert.equal(other.env.sockets.length, 2);
});

test('a frame that was too big is not sent again', async () => {
  const tab = connected();
  tab.client.say({ text: 'длинное' });
  tab.env.socket.ends(1009);
  assert.equal(tab.state.outbox.length, 1);
  await tab.clock.passes(1000);
  tab.welcomed();
  assert.deepEqual(tab.said(), []);
});

test('what came is reported as received; what was seen once it was, and not twice', () => {
  const tab = connected();
  tab.env.socket.gives(brought(answer(4, 'да')));
  assert.deepEqual(tab.env.socket.news(), [{ type: 'received', cursor: 4 }]);
  assert.equal(tab.shell.unread, 1);
  tab.client.seen();
  tab.client.seen();
  assert.deepEqual(tab.env.socket.news(), [{ type: 'seen', cursor: 4 }]);
  assert.equal(tab.shell.unread, 0);
  assert.equal(tab.storage.getItem('otklik:shop:seen'), '4');
});

test('unread is what came after all that was seen or said, without what was taken back', () => {
  const tab = connected({ history: true });
  tab.env.socket.gives(brought(answer(1, 'старое'), answer(2, 'моё', { from: 'visitor' }), answer(3, 'да'), answer(4, '', { deleted: true })));
  assert.equal(tab.state.unread, 1);
});

test('only what is new is news', async () => {
  const tab = connected({ history: true });
  const news = [];
  tab.client.onNews = ({ text }) => news.push(text);
  tab.env.socket.gives(brought(answer(1, 'история')));
  await tab.clock.passes(4000);
  tab.env.socket.gives(brought(answer(2, 'новое')), brought(answer(2, 'новое, изменено', { seq: 3 })));
  tab.env.socket.gives(brought(answer(4, 'моё', { from: 'visitor' })));
  assert.deepEqual(news, ['новое']);
  assert.deepEqual(tab.shell.events.filter(([name]) => name === 'message').map(([, { text }]) => text), ['новое']);
  assert.deepEqual(tab.texts(), ['история', 'новое, изменено', 'моё']);
});

test('an operator types for six seconds, or until the message comes', async () => {
  const tab = connected();
  tab.env.socket.gives({ type: 'typing', name: 'Анна' });
  assert.equal(tab.state.typing.name, 'Анна');
  await tab.clock.passes(6000);
  assert.equal(tab.state.typing, null);
  tab.env.socket.gives({ type: 'typing' }, brought(answer(1, 'да')));
  assert.equal(tab.state.typing, null);
});

test('the page is told again when the visitor has moved on', () => {
  const tab = connected();
  tab.env.location.href = 'https://shop.example.ru/cart';
  tab.client.say({ text: 'раз' });
  assert.deepEqual(tab.env.socket.news().map(({ type, url }) => url || type), ['https://shop.example.ru/cart', 'message']);
});

test('two tabs: what one writes the other shows, and takes over when it is connected first', async () => {
  const storage = new Storage();
  const clock = new Clock();
  const one = visit({ storage, clock });
  const other = visit({ storage, clock });
  one.opens();
  one.client.say({ text: 'раз' });
  await settled();
  assert.deepEqual(other.state.outbox.map(({ text }) => text), ['раз']);
  other.welcomed(); // it connected because there is something to send
  const [frame] = other.said();
  assert.equal(frame.text, 'раз');
  other.stores(frame, 1);
  await settled();
  assert.deepEqual(one.state.outbox, []);
});

test('two tabs: what one has seen is not unread in the other', async () => {
  const storage = new Storage();
  const one = connected({}, { storage });
  const other = connected({}, { storage });
  [one, other].forEach((tab) => tab.env.socket.gives(brought(answer(1, 'да'))));
  one.client.seen();
  await settled();
  assert.equal(other.shell.unread, 0);
});

test('an unsent message and a draft survive a reload', () => {
  const storage = new Storage();
  const one = visit({ storage });
  one.client.say({ text: 'раз' });
  one.client.saveDraft('недопис');
  const reloaded = visit({ storage });
  assert.equal(reloaded.client.draft(), 'недопис');
  reloaded.welcomed();
  assert.equal(reloaded.said()[0].text, 'раз');
});

test('the form holds messages back until it is taken', async () => {
  const form = { ask: [{ name: 'email', required: true }] };
  const tab = connected({ form });
  tab.client.say({ text: 'раз' });
  assert.deepEqual(tab.said(), []);
  const wrong = tab.client.submitForm({ email: 'нет' });
  assert.deepEqual(tab.said(), [{ type: 'contact', email: 'нет' }]);
  tab.env.socket.gives({ type: 'error', code: 'bad-contact', field: 'email', message: 'Не похоже' });
  assert.deepEqual(await wrong, { field: 'email', message: 'Не похоже' });
  const right = tab.client.submitForm({ email: 'a@b.ru' });
  tab.said();
  tab.env.socket.gives({ type: 'contact' });
  assert.equal(await right, null);
  assert.equal(tab.said()[0].text, 'раз');
});

test('a form that was sent into a dead connection goes with the next hello', async () => {
  const tab = connected({ form: { ask: [] } });
  const sent = tab.client.submitForm({ name: 'Иван' });
  tab.env.socket.ends();
  await tab.clock.passes(1000);
  assert.deepEqual(tab.welcomed().contact, { name: 'Иван' });
  assert.equal(await sent, null);
});

test('a form that is suddenly needed is asked for', async () => {
  const tab = connected();
  tab.client.say({ text: 'раз' });
  const [frame] = tab.said();
  tab.env.socket.gives({ type: 'error', code: 'form-first', message: 'Сначала форма', id: frame.id });
  await tab.restarted();
  tab.welcomed({ form: { ask: [] } });
  assert.equal(tab.state.outbox[0].failed, '');
  assert.deepEqual(tab.said(), []);
});

test('going on elsewhere gives the link, or says why not', async () => {
  const tab = connected();
  const link = tab.client.goOn('tg');
  assert.deepEqual(tab.said(), [{ type: 'continue', channel: 'tg' }]);
  tab.env.socket.gives({ type: 'link', channel: 'tg', url: 'https://t.me/x?start=1' });
  assert.equal(await link, 'https://t.me/x?start=1');
  const none = tab.client.goOn('vk');
  tab.env.socket.gives({ type: 'error', code: 'no-such-link', message: 'Нет' });
  await assert.rejects(none, { message: 'Нет' });
  const lost = tab.client.goOn('tg');
  tab.env.socket.ends();
  await assert.rejects(lost);
});

test('files are uploaded, and then named in their message', () => {
  const tab = connected({ upload: { token: 'T1', file_limit: 100, files_limit: 5 } });
  const file = (name, type) => Object.assign(new Blob(['abc'], { type }), { name });
  tab.client.say({ text: 'вот', files: [file('a.png', 'image/png'), file('b.pdf', 'application/pdf')] });
  assert.deepEqual(tab.state.outbox[0].files.map(({ kind, url }) => [kind, url]), [['photo', 'blob:a.png'], ['document', '']]);
  tab.env.uploads[0].ends(201, { file: 'f1', kind: 'photo' });
  assert.deepEqual(tab.said(), []);
  tab.env.uploads[1].ends(201, { file: 'f2', kind: 'document' });
  const [frame] = tab.said();
  assert.deepEqual(frame.files, ['f1', 'f2']);
  tab.stores(frame, 1);
  assert.deepEqual(tab.state.messages.get(1).attachments.map(({ name }) => name), ['a.png', 'b.pdf']);
});

test('a file can be cancelled; one that failed can be sent again', async () => {
  const tab = connected({ upload: { token: 'T1', file_limit: 100, files_limit: 5 } });
  const file = (name) => Object.assign(new Blob(['abc'], { type: 'text/plain' }), { name });
  tab.client.say({ text: '', files: [file('a'), file('b')] });
  const [item] = tab.state.outbox;
  tab.client.cancelFile(item.id, item.files[0].key);
  assert.equal(tab.env.uploads[0].aborted, true);
  tab.env.uploads[1].ends(413, { message: 'Велик' });
  assert.equal(tab.state.outbox[0].failed, 'Велик');
  tab.client.retry(item.id);
  tab.env.uploads[2].ends(201, { file: 'f1' });
  assert.deepEqual(tab.said()[0].files, ['f1']);
  tab.client.say({ text: '', files: [file('c')] });
  const last = tab.state.outbox[1];
  tab.client.cancelFile(last.id, last.files[0].key);
  assert.equal(tab.state.outbox.length, 1);
});

test('a file that the server has not any more is uploaded again when the visitor says so', () => {
  const tab = connected({ upload: { token: 'T1', file_limit: 100, files_limit: 5 } });
  tab.client.say({ text: '', files: [Object.assign(new Blob(['abc']), { name: 'a' })] });
  tab.env.uploads[0].ends(201, { file: 'f1' });
  const [frame] = tab.said();
  tab.env.socket.gives({ type: 'error', code: 'file-gone', message: 'Файла нет', id: frame.id });
  tab.client.retry(frame.id);
  tab.env.uploads[1].ends(201, { file: 'f2' });
  assert.deepEqual(tab.said()[0].files, ['f2']);
});

test('fields that are set while the hello is on its way go after the welcome', () => {
  const tab = visit();
  tab.opens();
  const { socket } = tab.env;
  socket.opens();
  socket.news();
  tab.shell.fields = { Корзина: '2 товара' };
  tab.shell.onFields();
  assert.deepEqual(tab.said(), []);
  socket.gives(welcome());
  assert.deepEqual(tab.said(), [{ type: 'fields', fields: { Корзина: '2 товара' } }]);
});

test('fields go when they are set', () => {
  const tab = connected();
  tab.shell.fields = { Корзина: '2 товара', Тариф: null };
  tab.shell.onFields();
  assert.deepEqual(tab.said(), [{ type: 'fields', fields: { Корзина: '2 товара' } }]);
});

test('identity: the guest\'s unsent things go with them', async () => {
  const tab = connected();
  tab.client.saveDraft('недопис');
  tab.env.socket.ends();
  tab.client.say({ text: 'раз' });
  const signed = token(5);
  tab.shell.onIdentify(signed);
  await tab.restarted();
  const hello = tab.welcomed({ identified: true });
  assert.equal(hello.identity, signed);
  assert.equal(tab.state.identified, true);
  assert.deepEqual(tab.shell.events.find(([name]) => name === 'identity'), ['identity', { accepted: true }]);
  assert.equal(tab.client.draft(), 'недопис');
  assert.equal(tab.said()[0].text, 'раз');
  const left = Object.keys(tab.storage).filter((key) => /:(out|draft)/.test(key));
  assert.ok(left.length === 2 && left.every((key) => key.includes('@' + personOf(signed))), String(left));
});

test('identity: a new token of the same person is only kept for the next hello', async () => {
  const tab = connected({ identified: true }, {}, { identity: token(5) });
  const newer = token(5);
  tab.shell.onIdentify(newer);
  assert.equal(tab.env.sockets.length, 1);
  tab.env.socket.ends();
  await tab.clock.passes(1000);
  assert.equal(tab.welcomed({ identified: true }).identity, newer);
});

test('identity: one that is refused leaves a guest, and takes nothing away', async () => {
  const tab = visit({}, { identity: token(5) });
  tab.opens();
  tab.client.say({ text: 'раз' });
  tab.client.saveDraft('недопис');
  tab.env.socket.opens();
  tab.env.socket.news();
  tab.env.socket.gives({ type: 'error', code: 'bad-identity', message: 'Нет' }, welcome());
  assert.deepEqual(tab.shell.events.find(([name]) => name === 'identity'), ['identity', { accepted: false }]);
  assert.equal(tab.state.identified, false);
  assert.equal(tab.client.draft(), 'недопис');
  assert.equal(tab.said()[0].text, 'раз');
  assert.equal(tab.state.notice, '');
  tab.env.socket.ends();
  await tab.clock.passes(1000);
  assert.equal(tab.env.socket.opens().identity, undefined);
});

test('identity: a person who is not accepted any more takes their messages from the screen', async () => {
  const tab = connected({ identified: true }, {}, { identity: token(5) });
  tab.env.socket.gives(brought(answer(7, 'личное')));
  tab.env.socket.ends();
  await tab.clock.passes(1000);
  tab.env.socket.opens();
  tab.env.socket.gives(welcome({ reset: false, history: true })); // the cursor means something to the guest as well
  assert.deepEqual(tab.texts(), []);
  await tab.restarted();
  assert.equal(tab.env.socket.opens().cursor, 0);
});

test('identity: another person in the same browser sees nothing of the one before', () => {
  const storage = new Storage();
  const one = connected({ identified: true }, { storage }, { identity: token(5) });
  one.client.saveDraft('личное');
  one.env.socket.ends();
  one.client.say({ text: 'раз' });
  for (const identity of [token(6), null]) {
    const next = connected({ identified: !!identity }, { storage }, { identity });
    assert.equal(next.client.draft(), '');
    assert.deepEqual(next.state.outbox, []);
    assert.deepEqual(next.said(), []);
  }
});

test('log out: a new secret, and nothing of what was there, in all tabs', async () => {
  const storage = new Storage();
  const one = connected({ identified: true }, { storage }, { identity: token(5) });
  const other = connected({ identified: true }, { storage }, { identity: token(5) });
  const before = storage.getItem('otklik:shop:secret');
  for (const tab of [one, other]) tab.env.socket.gives(brought(answer(7, 'личное')));
  one.client.saveDraft('личное');
  // what the loader does
  const { localStorage } = one.env;
  Object.keys(localStorage).forEach((key) => localStorage.removeItem(key));
  localStorage.setItem('otklik:shop:bye', '1');
  one.shell.onLogout();
  await settled();
  for (const tab of [one, other]) {
    await tab.restarted();
    assert.deepEqual(tab.texts(), []);
    assert.equal(tab.client.draft(), '');
    assert.equal(tab.shell.unread, 0);
    const hello = tab.welcomed();
    assert.notEqual(hello.secret, before);
    assert.equal(hello.identity, undefined);
    assert.equal(hello.cursor, 0);
  }
});

test('log out and the next log in are one new connection', async () => {
  const tab = connected({ identified: true }, {}, { identity: token(5) });
  tab.shell.onLogout();
  tab.shell.onIdentify(token(6));
  await tab.restarted();
  assert.equal(tab.env.sockets.length, 2);
  assert.equal(personOf(tab.env.socket.opens().identity), personOf(token(6)));
});

test('changes are told together, once', async () => {
  const tab = connected();
  await settled();
  const told = [];
  tab.client.on((keys) => told.push(keys));
  tab.client.say({ text: 'раз' });
  tab.env.socket.gives(brought(answer(1, 'да')));
  await settled();
  assert.equal(told.length, 1);
  assert.ok(told[0].has('outbox') && told[0].has('messages'));
});

test('a hostile page\'s prototypes change nothing in what is sent', () => {
  const broken = () => 'broken';
  for (const prototype of [Object.prototype, Array.prototype, String.prototype]) {
    Object.defineProperty(prototype, 'toJSON', { value: broken, configurable: true, writable: true });
  }
  try {
    const tab = visit({}, { fields: { a: 'b' } });
    tab.opens();
    assert.deepEqual(tab.env.socket.opens().fields, { a: 'b' });
  } finally {
    for (const prototype of [Object.prototype, Array.prototype, String.prototype]) delete prototype.toJSON;
  }
});
