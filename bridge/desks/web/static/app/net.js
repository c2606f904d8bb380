// The connection: a WebSocket that is opened again and again, and what has to go through it in any case.
//
//   net.start()  net.stop()             connect, and keep connected; no more
//   net.watch({ list, group, search, offset, limit })
//   net.open(id)  net.leave()           the conversation that is looked at; asked for again after each connection
//   net.earlier(before)  net.typing()
//   net.act(type, fields)               a promise: of the `done` frame; it fails with the `refused` one. `fields.id` may be given
//   net.waiting()                       how many acts have no answer yet
//   net.lag()                           '' | 'connecting' | 'offline': what the bar says; state.over when there is no way back
//   net.back()                          try now

const BEAT = 20000; // ms between two pings
const PATIENCE = 10000; // ms for the pong
const TURN = 2000;
const JUMP = 8000; // ms by which a turn is late when the computer has slept
const LONGEST = 8000; // ms between two attempts
const OPENING = 12000; // ms for a connection to say something
const TYPING = 3000; // ms between two signs of typing
const PAUSES = { 4429: 15000 }; // ms, for connections that were too much
const OVER = { 4401: 'session', 4403: 'not-a-member', 4400: 'outdated' };
const LASTING = new Set(['reply', 'note']); // what the server takes once, however often it is sent; these wait for the network

const newId = (env) => [...env.crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

const read = (text) => {
  try { return JSON.parse(text); } catch { return null; }
};

/**
 * The connection that fills `state`. `options`: `address` of the socket; `check()`, a promise of { code, message } when this browser
 * may not enter any more, else null; `offline`, a sentence for what cannot be done without the network. `env` is the window.
 */
export const createNet = (state, { address, check = async () => null, offline = '' }, env = window) => {
  const { document } = env;
  const acts = new Map(); // id: { frame, resolve, reject }
  let wanted = false;
  let socket = null;
  let ready = false;
  let attempt = 0;
  let retry = 0;
  let probe = 0;
  let bye = null;
  let query = null;
  let opened = null;
  let typed = 0;
  let asked = 0;
  let turned = env.Date.now();

  const raw = (frame) => {
    if (socket && socket.readyState === 1) socket.send(JSON.stringify(frame));
  };
  const send = (frame) => { if (ready) raw(frame); };
  const openAgain = () => {
    if (opened === null) return;
    const talk = state.talk && state.talk.id === opened ? state.talk : null;
    send({ type: 'open', conversation: opened, ...(talk && talk.cursor !== undefined ? { after: talk.cursor } : {}) });
  };
  const calm = () => {
    env.clearTimeout(probe);
    probe = 0;
  };
  const forget = () => {
    calm();
    const old = socket;
    socket = null;
    ready = false;
    if (old) {
      old.onopen = old.onmessage = old.onclose = old.onerror = null;
      try { old.close(); } catch { /* closed already */ }
    }
  };
  const finish = (code, message) => {
    wanted = false;
    forget();
    env.clearTimeout(retry);
    for (const { reject } of acts.values()) reject({ type: 'refused', code, message });
    acts.clear();
    state.setOnline(false, { code, message });
  };
  const later = (pause) => {
    env.clearTimeout(retry);
    const wait = pause ?? Math.min(LONGEST, 500 * 2 ** attempt++) * (0.5 + env.Math.random() / 2);
    retry = env.setTimeout(connect, wait);
    state.setOnline(false);
  };
  // A connection that was refused before its first word: because of who asks, or is there no server?
  const askWhy = async () => {
    const why = await check().catch(() => null);
    if (why && wanted && !ready) finish(why.code, why.message);
  };
  const lost = (code) => {
    const greeted = ready;
    const said = bye || {};
    forget();
    if (Object.hasOwn(OVER, code)) {
      finish(OVER[code], said.message || '');
      return;
    }
    if (!greeted) askWhy();
    later(PAUSES[code] || (code === 1001 && greeted ? 300 + 1200 * env.Math.random() : undefined));
  };
  const settle = (frame) => {
    const act = acts.get(frame.id);
    if (!act) return;
    acts.delete(frame.id);
    if (frame.type === 'done') act.resolve(frame); else act.reject(frame);
  };
  const receive = (frame) => {
    if (frame.type === 'pong') return;
    if (frame.type === 'bye') bye = frame;
    if (frame.type === 'welcome') {
      ready = true;
      attempt = 0;
      asked = env.Date.now();
      state.take(frame);
      state.setOnline(true, null);
      if (query) send({ type: 'watch', ...query });
      openAgain();
      for (const { frame: act } of acts.values()) send(act);
      return;
    }
    state.take(frame);
    if (frame.type === 'done' || frame.type === 'refused') settle(frame);
  };

  function connect() {
    env.clearTimeout(retry);
    if (socket || !wanted) return;
    bye = null;
    const mine = new env.WebSocket(address);
    socket = mine;
    probe = env.setTimeout(() => lost(1006), OPENING);
    mine.onopen = () => raw({ type: 'hello', version: 1 });
    mine.onmessage = ({ data }) => {
      calm();
      if (ready && !state.online) state.setOnline(true);
      const frame = read(data);
      if (frame) receive(frame);
    };
    mine.onclose = ({ code }) => lost(code);
  }
  // Is anybody there? Without an answer the connection is given up.
  const ask = () => {
    if (!ready || probe) return;
    asked = env.Date.now();
    raw({ type: 'ping' });
    probe = env.setTimeout(() => {
      attempt = 0;
      lost(1006);
    }, PATIENCE);
  };
  const back = () => {
    if (!wanted) return;
    if (socket) {
      ask();
      return;
    }
    attempt = 0;
    connect();
  };
  const away = () => {
    if (!wanted) return;
    state.setOnline(false);
    ask(); // a server on this machine is there without any network
  };
  const turn = () => {
    const now = env.Date.now();
    const slept = now - turned > TURN + JUMP;
    turned = now;
    if (slept) back(); else if (now - asked >= BEAT) ask();
  };

  state.on('stale', (id) => { if (id === opened) openAgain(); });
  for (const name of ['online', 'pageshow', 'focus']) env.addEventListener(name, back);
  env.addEventListener('offline', away);
  document.addEventListener('visibilitychange', () => { if (!document.hidden) back(); });
  document.addEventListener('resume', back);
  env.setInterval(turn, TURN);

  return {
    start() {
      wanted = true;
      attempt = 0;
      state.setOnline(false, null);
      connect();
    },
    stop() {
      wanted = false;
      query = opened = null;
      env.clearTimeout(retry);
      forget();
      for (const { reject } of acts.values()) reject({ type: 'refused', code: 'left', message: '' });
      acts.clear();
      state.setOnline(false, null);
    },
    watch(next) {
      query = { ...next };
      state.ask(query);
      send({ type: 'watch', ...query });
    },
    open(id) {
      if (opened === id && state.chosen === id) return;
      opened = id;
      state.choose(id);
      openAgain();
    },
    leave() {
      if (opened !== null) send({ type: 'leave' });
      opened = null;
      state.choose(null);
    },
    earlier(before) {
      if (opened !== null) send({ type: 'earlier', conversation: opened, before });
    },
    typing() {
      const now = env.Date.now();
      if (opened === null || now - typed < TYPING) return;
      typed = now;
      send({ type: 'typing', conversation: opened });
    },
    act(type, fields) {
      const frame = { type, ...fields, id: fields.id || newId(env) };
      if (!wanted || (!state.online && !LASTING.has(type))) {
        return Promise.reject(Object.assign({ type: 'refused', id: frame.id, code: 'offline', message: offline }));
      }
      return new Promise((resolve, reject) => {
        acts.set(frame.id, { frame, resolve, reject });
        send(frame);
      });
    },
    waiting: () => acts.size,
    lag: () => (state.online ? '' : attempt > 1 || env.navigator.onLine === false || state.over ? 'offline' : 'connecting'),
    back,
  };
};
