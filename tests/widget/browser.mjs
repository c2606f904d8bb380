// A browser for the widget's modules: its clock is turned by the test, its network is the test's.

export class Clock {
  constructor() {
    this.now = 1_750_000_000_000;
    this.timers = new Map();
    this.next = 1;
  }

  set(work, ms, every, args) {
    const id = this.next++;
    this.timers.set(id, { at: this.now + (ms || 0), work, every, args, id });
    return id;
  }

  // Let time pass, timer by timer; what waits for promises runs in between.
  async passes(ms) {
    const until = this.now + ms;
    for (;;) {
      await settled();
      const due = [...this.timers.values()].filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at || a.id - b.id)[0];
      if (!due) break;
      this.now = Math.max(this.now, due.at);
      if (due.every) due.at = this.now + due.every; else this.timers.delete(due.id);
      due.work(...due.args);
    }
    this.now = until;
    await settled();
  }

  // The computer sleeps: no timer runs meanwhile, and then all that are due run once.
  async sleeps(ms) {
    this.now += ms;
    await this.passes(0);
  }
}

export const settled = () => new Promise((resolve) => { setImmediate(resolve); });

// localStorage of one browser, with the tabs that it tells of changes.
export class Storage {
  constructor() {
    Object.defineProperty(this, 'tabs', { value: [], enumerable: false });
    Object.defineProperty(this, 'refuses', { value: false, writable: true, enumerable: false });
  }

  getItem(key) {
    return Object.hasOwn(this, key) ? this[key] : null;
  }

  setItem(key, value) {
    if (this.refuses) throw new Error('QuotaExceededError');
    this[key] = String(value);
    this.tell(key, String(value));
  }

  removeItem(key) {
    delete this[key];
    this.tell(key, null);
  }

  tell(key, newValue) {
    this.tabs.filter((tab) => tab !== Storage.by).forEach((tab) => queueMicrotask(() => {
      tab.dispatchEvent(Object.assign(new Event('storage'), { key, newValue }));
    }));
  }
}

class Socket {
  constructor(world, url) {
    Object.assign(this, { world, url, readyState: 0, sent: [] });
    world.sockets.push(this);
    if (world.noSocket) throw new Error('SecurityError');
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
    this.closed = true;
  }

  // the server's side
  opens() {
    this.readyState = 1;
    this.onopen();
    return this.sent[0];
  }

  gives(...frames) {
    frames.forEach((frame) => this.onmessage({ data: JSON.stringify(frame) }));
  }

  ends(code = 1006) {
    this.readyState = 3;
    this.onclose({ code });
  }

  // What was sent since it was last looked at, without the frames of these types.
  news(...without) {
    return this.sent.splice(0).filter((frame) => !without.includes(frame.type));
  }
}

class Upload {
  constructor(world) {
    Object.assign(this, { world, headers: {}, upload: {}, status: 0, responseText: '' });
    world.uploads.push(this);
  }

  open(method, url) {
    Object.assign(this, { method, url });
  }

  setRequestHeader(name, value) {
    this.headers[name] = value;
  }

  send(body) {
    this.body = body;
  }

  abort() {
    this.aborted = true;
    this.ends(0);
  }

  ends(status, body) {
    Object.assign(this, { status, responseText: body ? JSON.stringify(body) : '' });
    this.onloadend();
  }
}

// One tab: what modules take for `window`. `world.sockets`, `.requests`, `.uploads` are what it opened.
export const openTab = ({ storage = new Storage(), clock = new Clock(), href = 'https://shop.example.ru/kettles' } = {}) => {
  let chance = Math.floor(Math.random() * 1e9);
  const world = new EventTarget();
  const document = Object.assign(new EventTarget(), { hidden: false, visibilityState: 'visible' });
  const text = (answer) => ({
    status: answer.status || 200,
    ok: (answer.status || 200) < 300,
    headers: { get: (name) => (answer.headers || {})[name] || null },
    text: async () => JSON.stringify(answer.body || {}),
  });
  Object.assign(world, {
    sockets: [], requests: [], uploads: [], beacons: [], clock, document,
    location: { href },
    navigator: { onLine: true, sendBeacon: (url, body) => world.beacons.push([url, JSON.parse(body)]) },
    AbortController,
    WebSocket: class { constructor(url) { return new Socket(world, url); } },
    XMLHttpRequest: class { constructor() { return new Upload(world); } },
    fetch: (url, options) => new Promise((resolve, reject) => {
      const request = {
        url, body: JSON.parse(options.body), options,
        answers: (body, status, headers) => resolve(text({ body, status, headers })),
        fails: () => reject(new TypeError('network')),
      };
      options.signal.addEventListener('abort', () => reject(new Error('AbortError')));
      world.requests.push(request);
    }),
    URL: { createObjectURL: (file) => 'blob:' + file.name, revokeObjectURL() {} },
    crypto: { getRandomValues: (bytes) => bytes.map((_, i) => (chance = (chance * 48271 + i) % 2147483647) & 255) },
    Date: { now: () => clock.now },
    Math: { random: () => 1 },
    setTimeout: (work, ms, ...args) => clock.set(work, ms, 0, args),
    setInterval: (work, ms, ...args) => clock.set(work, ms, ms, args),
    clearTimeout: (id) => clock.timers.delete(id),
  });
  Object.defineProperty(world, 'localStorage', {
    get() {
      Storage.by = world; // who changes it is not told
      return storage;
    },
  });
  Object.defineProperty(world, 'socket', { get: () => world.sockets.at(-1) });
  storage.tabs.push(world);
  return world;
};

// What the loader gives the client.
export const makeShell = (more = {}) => {
  const shell = {
    channel: 'shop', base: 'https://chat.example.ru', language: 'ru', identity: null, fields: null, events: [], unread: 0, open: false,
    isOpen: () => shell.open,
    title: () => 'Чайники',
    setUnread: (count) => { shell.unread = count; },
    emit: (name, detail) => shell.events.push([name, detail]),
    ...more,
  };
  return shell;
};

export const welcome = (more = {}) => ({ type: 'welcome', v: 1, reset: true, history: false, text_limit: 10000, ...more });

export const answer = (id, text, more = {}) => ({
  id, seq: id, from: 'operator', name: 'Анна', text, at: '2026-02-03T09:16:40Z', ...more,
});

export const brought = (...messages) => ({ type: 'messages', messages, cursor: Math.max(...messages.map(({ seq }) => seq)) });
