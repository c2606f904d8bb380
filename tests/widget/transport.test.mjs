import assert from 'node:assert/strict';
import test from 'node:test';
import { createTransport } from '../../bridge/channels/site/static/app/transport.js';
import { openTab, settled } from './browser.mjs';

const WELCOME = { type: 'welcome' };
const hello = () => ({ type: 'hello' });

const connect = (env = openTab()) => {
  const transport = createTransport('https://chat.example.ru', 'shop', env);
  const told = [];
  const on = {
    frame: (frame) => told.push(frame.type),
    heard() {},
    lost: (code, atOnce) => told.push(atOnce ? [code, 'at once'] : code),
  };
  return { env, told, open: () => transport.open(hello, on), clock: env.clock };
};

// A tab whose WebSockets fail, connected over HTTP.
const overHttp = async () => {
  const tab = connect();
  tab.open();
  tab.env.socket.ends();
  tab.open();
  tab.env.socket.ends();
  tab.told.length = 0;
  tab.link = tab.open();
  await settled();
  tab.request = () => tab.env.requests.at(-1);
  tab.opened = async () => {
    tab.request().answers({ connection: 'c1', n: 1, frames: [WELCOME] });
    await settled();
  };
  return tab;
};

test('the hello is the first frame of a WebSocket', () => {
  const { env, open, told } = connect();
  open();
  assert.equal(env.socket.url, 'wss://chat.example.ru/site/shop/socket');
  assert.deepEqual(env.socket.opens(), { type: 'hello' });
  env.socket.gives(WELCOME, { type: 'later' });
  env.socket.ends(1001);
  assert.deepEqual(told, ['welcome', 'later', 1001]);
});

test('what is no JSON is passed over', () => {
  const { env, open, told } = connect();
  open();
  env.socket.opens();
  env.socket.onmessage({ data: 'nonsense' });
  env.socket.gives(WELCOME);
  assert.deepEqual(told, ['welcome']);
});

test('after two WebSockets that never opened it goes on over HTTP, at once', async () => {
  const { env, told, open } = connect();
  open();
  env.socket.ends();
  open();
  env.socket.ends();
  assert.deepEqual(told, [1006, [1006, 'at once']]);
  open();
  await settled();
  assert.equal(env.sockets.length, 2);
  assert.equal(env.requests[0].url, 'https://chat.example.ru/site/shop/open');
  assert.equal(env.requests[0].options.headers['Content-Type'], 'text/plain');
  assert.deepEqual(env.requests[0].body, { type: 'hello' });
});

test('the first WebSocket has 6 seconds', async () => {
  const { env, clock, told, open } = connect();
  open();
  env.sockets[0].opens(); // a proxy takes it, and nothing comes
  await clock.passes(6000);
  assert.deepEqual(told, [[1006, 'at once']]);
  assert.equal(env.sockets[0].closed, true);
  open();
  assert.equal(env.sockets.length, 1);
});

test('where the page forbids WebSockets it goes on over HTTP', async () => {
  const env = openTab();
  env.noSocket = true;
  const { told, open, clock } = connect(env);
  open();
  await clock.passes(0);
  open();
  await clock.passes(0);
  assert.deepEqual(told, [1006, [1006, 'at once']]);
});

test('a WebSocket that worked once is not given up for a short outage', () => {
  const { env, told, open } = connect();
  open();
  env.socket.opens();
  env.socket.gives(WELCOME);
  env.socket.ends(1001);
  for (let i = 0; i < 3; i++) {
    open();
    env.socket.ends();
  }
  assert.deepEqual(told, ['welcome', 1001, 1006, 1006, 1006]);
});

test('when HTTP does not get through either, a WebSocket is tried again', async () => {
  const { env, told, open } = connect();
  for (let i = 0; i < 2; i++) {
    open();
    env.socket.ends();
  }
  open();
  await settled();
  env.requests[0].fails();
  await settled();
  assert.deepEqual(told.at(-1), 1006);
  open();
  assert.equal(env.sockets.length, 3);
});

test('frames come with the polls, which name the last answer that arrived', async () => {
  const tab = await overHttp();
  await tab.opened();
  assert.deepEqual([tab.request().url.split('/').pop(), tab.request().body], ['poll', { connection: 'c1', n: 1 }]);
  tab.request().answers({ n: 2, frames: [{ type: 'ack' }] });
  await settled();
  assert.deepEqual(tab.request().body, { connection: 'c1', n: 2 });
  assert.deepEqual(tab.told, ['welcome', 'ack']);
});

test('a poll without an answer is asked again with the old number', async () => {
  const tab = await overHttp();
  await tab.opened();
  tab.request().fails();
  await tab.clock.passes(1000);
  assert.deepEqual(tab.request().body, { connection: 'c1', n: 1 });
  tab.request().answers({ n: 2, frames: [{ type: 'ack' }] });
  await settled();
  assert.deepEqual(tab.told, ['welcome', 'ack']);
});

test('a connection whose polls are never answered is lost', async () => {
  const tab = await overHttp();
  await tab.opened();
  await tab.clock.passes(200_000);
  assert.deepEqual(tab.told, ['welcome', 1006]);
});

test('what is sent goes in order, in one request at a time', async () => {
  const tab = await overHttp();
  tab.link.send({ type: 'a' }); // not open yet: waits
  await tab.opened();
  const sends = () => tab.env.requests.filter(({ url }) => url.endsWith('/send'));
  assert.deepEqual(sends().map(({ body }) => body.frames), [[{ type: 'a' }]]);
  for (let i = 0; i < 25; i++) tab.link.send({ type: 'b' + i });
  await settled();
  assert.equal(sends().length, 1);
  sends()[0].fails(); // was it taken? send it again
  await tab.clock.passes(1000);
  assert.equal(sends().length, 2);
  assert.deepEqual(sends()[1].body.frames, [{ type: 'a' }]);
  sends()[1].answers({});
  await settled();
  assert.deepEqual(sends()[2].body.frames.map(({ type }) => type), Array.from({ length: 20 }, (_, i) => 'b' + i));
  sends()[2].answers({});
  await settled();
  assert.deepEqual(sends()[3].body.frames.map(({ type }) => type), ['b20', 'b21', 'b22', 'b23', 'b24']);
});

for (const [status, code] of [[404, 1006], [503, 1006], [403, 4403], [413, 1009]]) {
  test(`${status} ends the connection with ${code}`, async () => {
    const tab = await overHttp();
    await tab.opened();
    tab.request().answers({}, status);
    await settled();
    assert.deepEqual(tab.told, ['welcome', code]);
  });
}

test('429 waits as long as the server says', async () => {
  const tab = await overHttp();
  await tab.opened();
  tab.request().answers({}, 429, { 'Retry-After': '7' });
  await tab.clock.passes(6900);
  const before = tab.env.requests.length;
  await tab.clock.passes(200);
  assert.equal(tab.env.requests.length, before + 1);
  assert.deepEqual(tab.told, ['welcome']);
});

test('an answer with `closed` brings the last frames and ends it', async () => {
  const tab = await overHttp();
  await tab.opened();
  tab.request().answers({ n: 2, frames: [{ type: 'error' }], closed: 4429 });
  await settled();
  assert.deepEqual(tab.told, ['welcome', 'error', 4429]);
  assert.equal(tab.env.requests.length, 2);
});

test('a page that goes away says goodbye', async () => {
  const tab = await overHttp();
  await tab.opened();
  tab.link.close();
  await tab.clock.passes(60_000);
  assert.deepEqual(tab.env.beacons, [['https://chat.example.ru/site/shop/close', { connection: 'c1' }]]);
  assert.deepEqual(tab.told, ['welcome']);
});
