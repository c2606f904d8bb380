import assert from 'node:assert/strict';
import test from 'node:test';
import { createNet } from '../../bridge/desks/web/static/app/net.js';
import { createState } from '../../bridge/desks/web/static/app/state.js';
import { openTab, settled } from '../widget/browser.mjs';

const ADDRESS = 'wss://desk.example.ru/desk/ws';
const WELCOME = { type: 'welcome', me: { id: 7, name: 'Анна' } };

const connect = (options = {}) => {
  const tab = openTab();
  const state = createState(() => tab.clock.now);
  const net = createNet(state, { address: ADDRESS, offline: 'Нет связи', ...options }, tab);
  const welcomed = () => {
    tab.socket.opens();
    tab.socket.gives(WELCOME);
    tab.socket.news();
  };
  net.start();
  return { tab, state, net, clock: tab.clock, welcomed };
};
const sent = (tab) => tab.socket.news('ping');
const refusal = (promise) => promise.then(() => assert.fail('was done'), (frame) => frame);

test('it greets first and is online with the welcome', () => {
  const { tab, state } = connect();
  assert.equal(tab.socket.url, ADDRESS);
  assert.deepEqual(tab.socket.opens(), { type: 'hello', version: 1 });
  assert.equal(state.online, false);
  tab.socket.gives(WELCOME);
  assert.equal(state.online, true);
});

test('after each connection it watches and opens the same again, from where it was', async () => {
  const { tab, net, clock, welcomed } = connect();
  welcomed();
  net.watch({ list: 'mine', group: null, search: '', offset: 0, limit: 50 });
  net.open(12);
  assert.deepEqual(sent(tab), [
    { type: 'watch', list: 'mine', group: null, search: '', offset: 0, limit: 50 }, { type: 'open', conversation: 12 }]);
  tab.socket.gives({ type: 'conversation', id: 12, conversation: { id: 12 }, messages: [], cursor: 345, reset: true });
  tab.socket.ends();
  await clock.passes(1000);
  tab.socket.opens();
  tab.socket.gives(WELCOME);
  assert.deepEqual(sent(tab).slice(1), [
    { type: 'watch', list: 'mine', group: null, search: '', offset: 0, limit: 50 }, { type: 'open', conversation: 12, after: 345 }]);
});

test('an act is done, or refused, by its id', async () => {
  const { tab, net, welcomed } = connect();
  welcomed();
  const accepted = net.act('accept', { conversation: 1 });
  const closed = refusal(net.act('close', { conversation: 2 }));
  const [accept, close] = sent(tab);
  assert.equal(accept.type, 'accept');
  assert.notEqual(accept.id, close.id);
  assert.equal(net.waiting(), 2);
  tab.socket.gives({ type: 'refused', id: close.id, code: 'not-yours', message: 'Обращение ведёт Иван' }, { type: 'done', id: accept.id });
  assert.equal((await accepted).type, 'done');
  assert.equal((await closed).message, 'Обращение ведёт Иван');
  assert.equal(net.waiting(), 0);
});

test('what was not answered goes again, the same, with the next connection', async () => {
  const { tab, net, clock, welcomed } = connect();
  welcomed();
  const reply = net.act('reply', { id: 'mine', conversation: 1, text: 'Да' });
  tab.socket.ends();
  const note = net.act('note', { conversation: 1, text: 'Проверить' }); // waits for the network
  await clock.passes(1000);
  tab.socket.opens();
  tab.socket.gives(WELCOME);
  const again = sent(tab).slice(1);
  assert.deepEqual(again[0], { type: 'reply', conversation: 1, text: 'Да', id: 'mine' });
  assert.equal(again[1].type, 'note');
  tab.socket.gives({ type: 'done', id: 'mine', message: 5 }, { type: 'done', id: again[1].id, message: 6 });
  assert.equal((await reply).message, 5);
  assert.equal((await note).message, 6);
});

test('what makes no sense later is refused while there is no connection', async () => {
  const { tab, net, welcomed } = connect();
  welcomed();
  tab.socket.ends();
  const frame = await refusal(net.act('accept', { conversation: 1 }));
  assert.deepEqual([frame.code, frame.message], ['offline', 'Нет связи']);
});

test('it is offline as soon as the connection ends, and tries again later and later', async () => {
  const { tab, state, clock, welcomed, net } = connect();
  welcomed();
  tab.socket.ends();
  assert.equal(state.online, false);
  assert.equal(net.lag(), 'connecting');
  await clock.passes(500);
  assert.equal(tab.sockets.length, 2);
  tab.socket.ends();
  await clock.passes(900);
  assert.equal(tab.sockets.length, 2);
  await clock.passes(200);
  assert.equal(tab.sockets.length, 3);
  assert.equal(net.lag(), 'offline');
});

test('a ping goes every 20 seconds, whatever else comes; without an answer the connection is given up', async () => {
  const { tab, state, clock, welcomed } = connect();
  welcomed();
  for (let i = 0; i < 11; i++) {
    await clock.passes(2000);
    tab.socket.gives({ type: 'figures', total: i });
  }
  assert.deepEqual(tab.socket.news(), [{ type: 'ping' }]);
  await clock.passes(20_000);
  assert.deepEqual(tab.socket.news(), [{ type: 'ping' }]);
  await clock.passes(7000);
  assert.equal(state.online, true);
  await clock.passes(3000);
  assert.equal(state.online, false);
  assert.equal(tab.sockets.length, 2);
});

test('who wakes up finds out within 10 seconds that nobody is there', async () => {
  const { tab, state, clock, welcomed } = connect();
  welcomed();
  await clock.sleeps(3_600_000);
  assert.deepEqual(tab.socket.news(), [{ type: 'ping' }]);
  await clock.passes(10_000);
  assert.equal(state.online, false);
});

test('without a network it says so at once, and takes it back when the server answers', () => {
  const { tab, state, welcomed } = connect();
  welcomed();
  tab.dispatchEvent(new Event('offline'));
  assert.equal(state.online, false);
  assert.deepEqual(tab.socket.news(), [{ type: 'ping' }]);
  tab.socket.gives({ type: 'pong' });
  assert.equal(state.online, true);
});

test('back in sight it connects at once', async () => {
  const { tab, clock, welcomed } = connect();
  welcomed();
  for (let i = 0; i < 5; i++) {
    tab.socket.ends();
    await clock.passes(500 * 2 ** i);
  }
  tab.socket.ends();
  const before = tab.sockets.length;
  tab.dispatchEvent(new Event('online'));
  assert.equal(tab.sockets.length, before + 1);
});

test('a session that is over ends it for good, with what waits', async () => {
  const { tab, state, net, clock, welcomed } = connect();
  welcomed();
  const reply = refusal(net.act('reply', { conversation: 1, text: 'Да' }));
  tab.socket.gives({ type: 'bye', code: 'session', message: 'Войдите снова' });
  tab.socket.ends(4401);
  assert.deepEqual(state.over, { code: 'session', message: 'Войдите снова' });
  assert.equal((await reply).code, 'session');
  await clock.passes(600_000);
  assert.equal(tab.sockets.length, 1);
});

test('a connection that never opens asks whether this browser may enter at all', async () => {
  const { tab, state, clock } = connect({ check: async () => ({ code: 'session', message: 'Войдите' }) });
  tab.socket.ends();
  await settled();
  assert.deepEqual(state.over, { code: 'session', message: 'Войдите' });
  await clock.passes(60_000);
  assert.equal(tab.sockets.length, 1);
});

test('a server that is not there is no reason to leave', async () => {
  const { tab, state, clock } = connect({ check: async () => { throw new TypeError('network'); } });
  tab.socket.ends();
  await clock.passes(1000);
  assert.equal(state.over, null);
  assert.equal(tab.sockets.length, 2);
});

test('a flood is waited out', async () => {
  const { tab, clock, welcomed } = connect();
  welcomed();
  tab.socket.ends(4429);
  await clock.passes(14_000);
  assert.equal(tab.sockets.length, 1);
  await clock.passes(2000);
  assert.equal(tab.sockets.length, 2);
});

test('the conversation that was left is not opened again', async () => {
  const { tab, state, net, clock, welcomed } = connect();
  welcomed();
  net.open(12);
  net.leave();
  assert.deepEqual(sent(tab).map(({ type }) => type), ['open', 'leave']);
  assert.equal(state.chosen, null);
  tab.socket.ends();
  await clock.passes(1000);
  tab.socket.opens();
  tab.socket.gives(WELCOME);
  assert.deepEqual(sent(tab).map(({ type }) => type), ['hello']);
});

test('typing is told of every few seconds, not at each key', async () => {
  const { tab, net, clock, welcomed } = connect();
  welcomed();
  net.open(12);
  sent(tab);
  net.typing();
  net.typing();
  assert.deepEqual(sent(tab), [{ type: 'typing', conversation: 12 }]);
  await clock.passes(3100);
  net.typing();
  assert.equal(sent(tab).length, 1);
});
