// What the visitor's side of a conversation is and does. The view shows `state` and calls what stands at the end.
import { createConnection } from './connection.js';
import { browser } from './env.js';
import { personOf } from './identity.js';
import { createKept } from './kept.js';
import { createOutbox, pending } from './outbox.js';
import { createTransport } from './transport.js';
import { createUploads } from './uploads.js';
import { words } from './words.js';

const UNANSWERED = 20000; // ms after which a message without an answer means a dead connection
const TYPING = 6000;
const HISTORY = 3000; // ms after a welcome in which what comes is history, and no news
const ANSWER = 15000; // ms that an answer to the visitor's own press may take

const emptyState = () => ({
  ready: false, connected: false, lag: '', loaded: false, greeting: '', limit: 10000, fileLimit: 0, filesLimit: 10,
  form: null, company: {}, hours: null, links: [], identified: false, notice: '', typing: null,
  messages: new Map(), outbox: [], seenId: 0, unread: 0,
});

export const createClient = (shell, given) => {
  const env = given || browser();
  const { channel, base, language } = shell;
  const kept = createKept(channel, env.storage);
  const tab = env.chance(9);
  const outbox = createOutbox({ kept, tab, now: env.now, lost: words['file-lost'] });
  const transport = createTransport(base, channel, env);
  const state = emptyState();
  const listeners = new Set();

  let identity = ''; // the signed one that the page gave
  let person = ''; // whose things are kept: '' for a guest
  let fields = null; // what the page knows of the visitor
  let contact = null; // what the visitor wrote into the form
  let cursor = 0;
  let wasOpen = false;
  let typed = null; // a draft of this page
  let upload = null; // {value, at}: the token of the newest welcome
  let told = ''; // the page that the server knows of
  let seenTold = 0;
  let newsFrom = 0;
  let inFlight = '';
  let sentAt = 0;
  let holdUntil = 0;
  let holdTimer = 0;
  let typingTimer = 0;
  let contactAsked = null; // who waits for an answer to the form: a function
  let linkAsked = null; // the same for a link: {channel, done}

  // --- who wants to know

  let changed = null;
  const touch = (...keys) => {
    if (!changed) {
      changed = new Set();
      Promise.resolve().then(() => {
        const keysNow = changed;
        changed = null;
        listeners.forEach((listener) => listener(keysNow));
      });
    }
    keys.forEach((key) => changed.add(key));
  };
  const put = (key, value) => {
    if (state[key] === value) return;
    state[key] = value;
    touch(key);
  };
  const showOutbox = () => {
    state.outbox = outbox.list();
    touch('outbox');
  };
  const showLink = () => {
    put('ready', connection.ready());
    put('connected', state.ready);
    put('lag', wanted() ? connection.lag() : '');
  };
  // Unread is what came after all that the visitor has looked at or said.
  const count = () => {
    let from = state.seenId;
    let unread = 0;
    state.messages.forEach((message) => { if (message.from === 'visitor') from = Math.max(from, message.id); });
    state.messages.forEach((message) => {
      if (message.from !== 'visitor' && message.id > from && !message.deleted) unread++;
    });
    put('unread', unread);
    shell.setUnread(unread);
  };

  // --- the connection

  const page = () => ({ title: shell.title().slice(0, 300), url: env.address().slice(0, 2000) });
  const secret = () => {
    if (!kept.get('secret')) kept.set('secret', env.chance(32));
    return kept.get('secret');
  };
  const wanted = () => wasOpen || state.outbox.length > 0 || !!kept.get('wrote');
  const hello = () => {
    const at = page();
    told = at.url + at.title;
    const frame = { type: 'hello', v: 1, secret: secret(), language, page: at };
    if (cursor) frame.cursor = cursor;
    if (identity) frame.identity = identity;
    if (fields) frame.fields = fields;
    if (contact) frame.contact = contact;
    return frame;
  };
  const lost = (code) => {
    const item = outbox.get(inFlight);
    inFlight = '';
    if (code === 1009 && item) {
      item.failed = words['too-long'].replace('{limit}', state.limit);
      outbox.keep(item);
      showOutbox();
    }
    if (linkAsked) linkAsked.done('');
    showLink();
  };
  const tick = () => {
    if (inFlight && env.now() - sentAt > UNANSWERED) connection.drop();
    if (state.outbox.some(pending)) {
      outbox.beat();
      showOutbox();
    }
    connection.connect();
    flush();
  };
  const connection = createConnection({ transport, hello, wanted, take, lost, changed: showLink, tick }, env);
  const uploads = createUploads({
    address: transport.address + 'upload',
    token: () => (connection.ready() ? upload : null),
    renew(used) {
      if (!upload || upload.value !== used) return;
      upload = null;
      connection.restart();
    },
    changed: () => showOutbox(),
    ended(file) {
      const item = outbox.list().find((one) => one.files.includes(file));
      if (!item) return;
      item.failed = file.failed;
      outbox.keep(item);
      showOutbox();
      flush();
    },
  }, env);

  // --- what comes

  function take(frame) {
    const taker = takers.get(frame.type);
    if (taker) taker(frame);
  }
  const takers = new Map(Object.entries({
    welcome(frame) {
      const { upload: files } = frame;
      if (identity && !frame.identified) {
        refuseIdentity();
        if (!frame.reset) { // their cursor, but not their messages
          connection.restart();
          return;
        }
      }
      if (identity && !state.identified) shell.emit('identity', { accepted: true });
      if (frame.reset) {
        state.messages.clear();
        cursor = 0;
      }
      newsFrom = frame.reset ? env.now() + HISTORY : 0;
      upload = files ? { value: String(files.token), at: env.now() } : null;
      Object.assign(state, {
        identified: !!frame.identified,
        greeting: String(frame.greeting || ''),
        limit: Number(frame.text_limit) || state.limit,
        fileLimit: files ? Number(files.file_limit) || 0 : 0,
        filesLimit: files && Number(files.files_limit) || 10,
        form: frame.form || null,
        company: frame.company || {},
        hours: frame.hours || null,
        links: frame.links || [],
        loaded: state.loaded || !frame.history,
        notice: '',
      });
      if (frame.history) kept.set('wrote', '1');
      outbox.read();
      outbox.welcomed();
      showOutbox();
      showLink();
      touch('messages', 'loaded', 'greeting', 'limits', 'form', 'company', 'hours', 'links', 'identified', 'notice');
      if (contactAsked && !state.form) contactAsked(null);
      count();
      uploads.pump();
      flush(true);
      shell.emit('ready');
    },
    messages(frame) {
      frame.messages.forEach((message) => {
        const known = state.messages.has(message.id);
        state.messages.set(message.id, message);
        if (message.client_id) settle(message.client_id);
        if (message.from !== 'visitor' && !known) heard(message);
      });
      cursor = frame.cursor;
      if (frame.messages.some((message) => message.from !== 'visitor')) connection.send({ type: 'received', cursor });
      put('loaded', true);
      touch('messages');
      count();
      flush();
    },
    ack(frame) {
      const item = settle(frame.id);
      if (item && !state.messages.has(frame.message)) {
        const message = { id: frame.message, from: 'visitor', text: item.text, at: frame.at, client_id: frame.id };
        if (item.replyTo) message.reply_to = item.replyTo;
        if (item.files.length) message.attachments = item.files.map(({ kind, url, name, size }) => ({ kind, url, name, size }));
        state.messages.set(frame.message, message);
        touch('messages');
      }
      put('notice', '');
      count();
      flush();
    },
    typing(frame) {
      env.clearTimeout(typingTimer);
      put('typing', { name: String(frame.name || '') });
      typingTimer = env.setTimeout(() => put('typing', null), TYPING);
    },
    contact() {
      put('form', null);
      if (contactAsked) contactAsked(null);
      flush();
    },
    link(frame) {
      if (linkAsked && linkAsked.channel === frame.channel) linkAsked.done(String(frame.url));
    },
    error: (frame) => refused(frame),
  }));

  const heard = (message) => {
    if (message.from === 'operator' && state.typing) put('typing', null);
    if (message.deleted || env.now() < newsFrom) return;
    client.onNews(message);
    const { id, from, text, name, at } = message;
    shell.emit('message', { id, from, text, name, at });
  };
  const refused = (frame) => {
    const sentence = String(frame.message || '');
    const item = outbox.get(frame.id);
    if (frame.id === inFlight) inFlight = '';
    if (frame.code === 'bad-identity') return; // the welcome says it too
    if (frame.code === 'bad-contact' && contactAsked) {
      contact = null;
      contactAsked({ field: frame.field || '', message: sentence });
    } else if (frame.code === 'no-such-link' && linkAsked) {
      linkAsked.done('', sentence);
    } else if (frame.code === 'form-first') {
      if (!state.form) connection.restart(); // a welcome has the form
    } else if (frame.code === 'file-gone' && item) {
      item.files.forEach((file) => { file.file = ''; });
      if (item.again || !item.files.every((file) => file.blob)) item.failed = sentence;
      item.again = true;
      uploadAll(item);
    } else if (frame.retry_after) {
      holdUntil = env.now() + frame.retry_after * 1000;
      put('notice', sentence);
    } else if (item) {
      item.failed = sentence;
      outbox.keep(item);
    } else {
      put('notice', sentence);
    }
    showOutbox();
    flush();
  };

  // --- what goes

  // One at a time, so that they are stored in the order in which they were written.
  function flush(everyone) {
    env.clearTimeout(holdTimer);
    if (!connection.ready() || inFlight || state.form) return;
    const wait = holdUntil - env.now();
    if (wait > 0) {
      holdTimer = env.setTimeout(flush, wait + 50);
      return;
    }
    const item = outbox.next(everyone === true);
    if (!item) return;
    const at = page();
    if (told !== at.url + at.title) {
      told = at.url + at.title;
      connection.send({ type: 'page', ...at });
    }
    item.tab = tab;
    inFlight = item.id;
    sentAt = env.now();
    const frame = { type: 'message', id: item.id, text: item.text };
    if (item.replyTo) frame.reply_to = item.replyTo;
    if (item.files.length) frame.files = item.files.map((file) => file.file);
    connection.send(frame);
  }
  const settle = (id) => {
    if (id === inFlight) inFlight = '';
    const item = outbox.settle(id);
    if (item) showOutbox();
    return item;
  };
  const uploadAll = (item) => {
    outbox.keep(item);
    if (!item.failed) item.files.forEach((file) => { if (!file.file && file.blob) uploads.add(file); });
  };
  const queue = (item) => {
    outbox.add(item);
    kept.set('wrote', '1');
    uploadAll(item);
    showOutbox();
    showLink();
    connection.connect();
    flush();
  };
  const fileOf = (blob) => {
    const name = String(blob.name || words.file || 'file');
    const file = { key: env.chance(6), name, size: blob.size, kind: 'document', blob, url: '', progress: 0, failed: '', file: '' };
    const [type] = String(blob.type).split('/');
    if (type === 'image' && blob.type !== 'image/svg+xml') file.kind = 'photo';
    if (type === 'video' || type === 'audio') file.kind = type;
    if (file.kind !== 'document') file.url = env.preview(blob);
    return file;
  };
  const letGo = (file) => {
    uploads.cancel(file);
    if (file.url) env.forgetPreview(file.url);
  };

  // --- who the visitor is

  // From now on the things of `next` are kept and shown, together with the `carried` items.
  const become = (next, carried, draft) => {
    carried.forEach((item) => kept.remove('out:' + item.id));
    person = next;
    kept.of(next);
    outbox.clear();
    carried.forEach((item) => outbox.keep(item));
    outbox.read();
    if (draft && !kept.get('draft')) kept.set('draft', draft);
    state.seenId = Number(kept.get('seen')) || 0;
    showOutbox();
    touch('draft');
    count();
  };
  const forgetMessages = () => {
    state.messages.clear();
    cursor = 0;
    seenTold = 0;
    touch('messages');
  };
  const refuseIdentity = () => {
    identity = '';
    forgetMessages();
    become('', outbox.list().filter((item) => item.tab === tab), typed);
    shell.emit('identity', { accepted: false });
  };
  const identify = (token) => {
    const next = personOf(token);
    const known = identity && next === person;
    if (known && (token === identity || state.identified)) {
      identity = token; // good for the next hello
      return;
    }
    if (!person) { // what the guest said goes with them
      const draft = kept.get('draft');
      const carried = outbox.list();
      kept.remove('draft');
      become(next, carried, draft);
    } else if (next !== person) {
      outbox.list().forEach((item) => item.files.forEach(letGo));
      typed = null;
      become(next, [], '');
      forgetMessages();
    }
    identity = token;
    cursor = 0;
    connection.restart();
  };
  // Nothing of them is left in this page; the loader has emptied the storage.
  const logout = () => {
    outbox.list().forEach((item) => item.files.forEach(letGo));
    identity = '';
    typed = fields = contact = null;
    inFlight = '';
    kept.forget();
    forgetMessages();
    Object.assign(state, { identified: false, loaded: false, notice: '', typing: null, form: null });
    become('', [], '');
    touch('identified', 'loaded', 'notice', 'typing', 'form');
    wasOpen = shell.isOpen();
    connection.restart();
    showLink();
  };

  // --- other tabs, and the page's comings and goings

  const fromOtherTab = (event) => {
    const name = event.key && kept.nameOf(event.key);
    if (!name) return;
    if (name === 'bye') {
      if (event.newValue) logout();
    } else if (name === 'seen') {
      state.seenId = Math.max(state.seenId, Number(kept.get('seen')) || 0);
      count();
    } else if (name.startsWith('out:')) {
      outbox.read();
      showOutbox();
    }
    connection.connect();
  };

  const client = {
    state,
    onNews() {},
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start() {
      if (shell.identity) {
        identity = shell.identity;
        person = personOf(identity);
        kept.of(person);
      }
      if (shell.fields) fields = shell.fields;
      shell.onIdentify = identify;
      shell.onLogout = logout;
      shell.onFields = (given) => {
        fields = given;
        connection.send({ type: 'fields', fields });
      };
      state.seenId = Number(kept.get('seen')) || 0;
      outbox.read();
      showOutbox();
      touch('draft');
      env.window.addEventListener('storage', fromOtherTab);
      env.window.addEventListener('pagehide', outbox.leave);
      env.window.addEventListener('pageshow', outbox.beat);
      connection.connect();
      showLink();
    },
    connect() {
      wasOpen = true;
      connection.connect();
      showLink();
    },
    say({ text, files, replyTo }) {
      const list = files || [];
      for (let from = 0; from === 0 || from < list.length; from += state.filesLimit) {
        const some = list.slice(from, from + state.filesLimit).map(fileOf);
        queue({ id: env.chance(15), text: from ? '' : text, replyTo: from ? 0 : replyTo || 0, files: some, failed: '' });
      }
    },
    retry(id) {
      const item = outbox.get(id);
      if (!item) return;
      item.files = item.files.filter((file) => file.file || file.blob);
      item.failed = '';
      if (item.text || item.files.length) queue(item);
      else client.discard(id);
    },
    discard(id) {
      const item = settle(id);
      if (item) item.files.forEach(letGo);
      flush();
    },
    cancelFile(id, key) {
      const item = outbox.get(id);
      const file = item && item.files.find((one) => one.key === key);
      if (!file || id === inFlight) return;
      letGo(file);
      item.files = item.files.filter((one) => one !== file);
      if (!item.text && !item.files.length) {
        client.discard(id);
        return;
      }
      if (!pending(item)) item.failed = '';
      outbox.keep(item);
      showOutbox();
      flush();
    },
    draft: () => kept.get('draft'),
    saveDraft(text) {
      typed = text;
      if (text) kept.set('draft', text); else kept.remove('draft');
    },
    kept: (name) => kept.get(name),
    keep: (name, value) => kept.set(name, value),
    // The newest message is before the visitor's eyes.
    seen() {
      let newest = 0;
      let change = 0;
      state.messages.forEach((message) => {
        if (message.from === 'visitor') return;
        newest = Math.max(newest, message.id);
        change = Math.max(change, message.seq);
      });
      if (state.ready && change > seenTold) {
        seenTold = change;
        connection.send({ type: 'seen', cursor });
      }
      if (newest > state.seenId) {
        state.seenId = newest;
        kept.set('seen', String(newest));
      }
      count();
    },
    submitForm(values) {
      contact = values;
      connection.send({ type: 'contact', ...values });
      return new Promise((resolve) => {
        contactAsked = (answer) => {
          contactAsked = null;
          resolve(answer);
        };
      });
    },
    goOn(to) {
      return new Promise((resolve, reject) => {
        const done = (url, sentence) => {
          env.clearTimeout(timer);
          linkAsked = null;
          if (url) resolve(url); else reject(new Error(sentence || words.offline));
        };
        const timer = env.setTimeout(() => done(''), ANSWER);
        linkAsked = { channel: to, done };
        if (state.ready) connection.send({ type: 'continue', channel: to }); else done('');
      });
    },
  };
  return client;
};
