// What the visitor's side of a conversation is and does. The view shows `state` and calls what stands at the end.
import { createConnection } from './connection.js';
import { personOf } from './identity.js';
import { createKept } from './kept.js';
import { createOutbox, pending } from './outbox.js';
import { createTransport } from './transport.js';
import { createUploads } from './uploads.js';
import { words } from './words.js';

const UNANSWERED = 20000; // ms after which a message without an answer means a dead connection
const TYPING = 6000;
const HISTORY = 3000; // ms after a welcome in which what comes is history, and no news

// `env` is what the browser gives (window); tests give something else.
export const createClient = (shell, env = window) => {
  const { channel, base, language } = shell;
  const { Date, setTimeout, clearTimeout } = env;
  // Chance as base64url.
  const chance = (bytes) => btoa(String.fromCharCode(...env.crypto.getRandomValues(new Uint8Array(bytes))))
    .replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  const kept = createKept(channel, env);
  const tab = chance(9);
  const outbox = createOutbox(kept, tab, words['file-lost'], env);
  const transport = createTransport(base, channel, env);
  const listeners = new Set();
  const messages = new Map();
  const state = {
    ready: false, lag: '', loaded: false, greeting: '', limit: 10000, fileLimit: 0, filesLimit: 10, form: null, company: {},
    hours: null, links: [], identified: false, notice: '', typing: null, messages, outbox: [], seenId: 0, unread: 0,
  };

  let identity = ''; // the signed one that the page gave
  let person = ''; // whose things are kept: '' for a guest
  let contact = null; // what the visitor wrote into the form
  let cursor = 0;
  let wasOpen = false;
  let typed = ''; // the draft of this page
  let known = null; // the page's fields as the hello told them
  let upload = null; // {value, at}: the token of the newest welcome
  let told = ''; // the page that the server knows of
  let seenTold = 0;
  let newsFrom = 0;
  let inFlight = '';
  let sentAt = 0;
  let holdUntil = 0;
  let holdTimer = 0;
  let typingTimer = 0;
  let formAnswer = null; // who waits for it: functions
  let linkAnswer = null;

  // --- who wants to know

  let changed = null;
  const touch = (...keys) => {
    if (!changed) {
      changed = new Set();
      Promise.resolve().then(() => {
        const now = changed;
        changed = null;
        listeners.forEach((listener) => listener(now));
      });
    }
    keys.forEach((key) => changed.add(key));
  };
  const put = (values) => {
    Object.assign(state, values);
    touch(...Object.keys(values));
  };
  const showOutbox = () => put({ outbox: outbox.list() });
  const showLink = () => put({ ready: connection.ready(), lag: wanted() ? connection.lag() : '' });
  // Unread is what came after all that the visitor has looked at or said.
  const count = () => {
    const mine = (message) => message.from === 'visitor';
    const all = [...messages.values()];
    const from = Math.max(state.seenId, ...all.filter(mine).map((message) => message.id));
    put({ unread: all.filter((message) => !mine(message) && !message.deleted && message.id > from).length });
    shell.setUnread(state.unread);
  };

  // --- the connection

  const page = () => ({ title: shell.title().slice(0, 300), url: env.location.href.slice(0, 2000) });
  const wanted = () => wasOpen || state.outbox.length || kept.get('wrote');
  const fields = () => Object.fromEntries(Object.entries(shell.fields).filter(([, value]) => value != null));
  const hello = () => {
    const at = page();
    told = at.url + at.title;
    if (!kept.get('secret')) kept.set('secret', chance(32));
    const frame = { type: 'hello', v: 1, secret: kept.get('secret'), language, page: at, cursor };
    if (identity) frame.identity = identity;
    known = shell.fields;
    if (known) frame.fields = fields();
    if (contact) frame.contact = contact;
    return frame;
  };
  const lost = (code) => {
    const item = outbox.get(inFlight);
    inFlight = '';
    if (code === 1009 && item) fail(item, words['too-long'].replace('{limit}', state.limit));
    if (linkAnswer) linkAnswer();
    showLink();
  };
  const tick = () => {
    if (inFlight && Date.now() - sentAt > UNANSWERED) connection.drop();
    if (state.outbox.some(pending)) {
      outbox.beat();
      showOutbox();
    }
    flush();
  };
  const connection = createConnection(transport, hello, wanted, take, lost, showLink, tick, env);
  const newToken = (used) => {
    if (!upload || upload.value !== used) return;
    upload = null;
    connection.restart();
  };
  const uploaded = (file) => {
    const item = outbox.list().find((one) => one.files.includes(file));
    if (item) fail(item, file.failed || item.failed);
    flush();
  };
  const token = () => connection.ready() && upload;
  const uploads = createUploads(transport.address + 'upload', token, newToken, showOutbox, uploaded, env);

  // --- what comes

  const takers = {
    __proto__: null,
    welcome(frame) {
      if (known !== shell.fields) shell.onFields(); // the page set more while we said hello
      const files = frame.upload || {};
      if (identity && !frame.identified) {
        refuseIdentity();
        if (!frame.reset) { // it is their cursor, but not their messages
          connection.restart();
          return;
        }
      } else if (identity && !state.identified) shell.emit('identity', { accepted: true });
      if (frame.reset) forgetMessages();
      newsFrom = frame.reset && frame.history ? Date.now() + HISTORY : 0;
      upload = { value: files.token, at: Date.now() };
      put({
        identified: !!frame.identified,
        greeting: frame.greeting || '',
        limit: frame.text_limit || state.limit,
        fileLimit: files.file_limit || 0,
        filesLimit: files.files_limit || 10,
        form: frame.form || null,
        company: frame.company || {},
        hours: frame.hours || null,
        links: frame.links || [],
        loaded: state.loaded || !frame.history,
        notice: '',
      });
      if (frame.history) kept.set('wrote', 1);
      outbox.read();
      outbox.welcomed();
      showOutbox();
      showLink();
      if (formAnswer && !state.form) formAnswer(null);
      count();
      uploads.pump();
      flush(true);
      shell.emit('ready');
    },
    messages(frame) {
      frame.messages.forEach((message) => {
        const known = messages.has(message.id);
        messages.set(message.id, message);
        if (message.client_id) settle(message.client_id);
        if (message.from !== 'visitor' && !known) heard(message);
      });
      ({ cursor } = frame);
      if (frame.messages.some((message) => message.from !== 'visitor')) connection.send({ type: 'received', cursor });
      put({ loaded: true, messages });
      count();
      flush();
    },
    ack(frame) {
      const item = settle(frame.id);
      if (item && !messages.has(frame.message)) {
        messages.set(frame.message, {
          id: frame.message, from: 'visitor', text: item.text, at: frame.at, client_id: frame.id, reply_to: item.replyTo,
          attachments: item.files,
        });
      }
      put({ notice: '', messages });
      count();
      flush();
    },
    typing(frame) {
      clearTimeout(typingTimer);
      put({ typing: frame });
      typingTimer = setTimeout(() => put({ typing: null }), TYPING);
    },
    contact() {
      put({ form: null });
      if (formAnswer) formAnswer(null);
      flush();
    },
    link(frame) {
      if (linkAnswer) linkAnswer(frame.url);
    },
    error(frame) {
      const { code, message } = frame;
      const item = outbox.get(frame.id);
      if (frame.id === inFlight) inFlight = '';
      if (code === 'bad-identity') return; // the welcome says it too
      if (code === 'bad-contact' && formAnswer) {
        contact = null;
        formAnswer({ field: frame.field, message });
      } else if (code === 'no-such-link' && linkAnswer) {
        linkAnswer('', message);
      } else if (code === 'form-first') {
        if (!state.form) connection.restart(); // a welcome has the form
      } else if (frame.retry_after) {
        holdUntil = Date.now() + frame.retry_after * 1000;
        put({ notice: message });
      } else if (item) {
        if (code === 'file-gone') item.files.forEach((file) => { file.file = ''; });
        fail(item, message);
      } else {
        put({ notice: message });
      }
      flush();
    },
  };
  function take(frame) {
    if (takers[frame.type]) takers[frame.type](frame);
  }
  const heard = (message) => {
    put({ typing: null });
    if (message.deleted || Date.now() < newsFrom) return;
    client.onNews(message);
    const { id, from, text, name, at } = message;
    shell.emit('message', { id, from, text, name, at });
  };

  // --- what goes

  // One at a time, so that they are stored in the order in which they were written.
  function flush(everyone) {
    clearTimeout(holdTimer);
    if (!state.ready || inFlight || state.form) return;
    const wait = holdUntil - Date.now();
    if (wait > 0) {
      holdTimer = setTimeout(flush, wait + 50);
      return;
    }
    const item = outbox.next(everyone);
    if (!item) return;
    const at = page();
    if (told !== at.url + at.title) {
      told = at.url + at.title;
      connection.send({ type: 'page', ...at });
    }
    item.tab = tab;
    inFlight = item.id;
    sentAt = Date.now();
    const frame = { type: 'message', id: item.id, text: item.text };
    if (item.replyTo) frame.reply_to = item.replyTo;
    if (item.files.length) frame.files = item.files.map((file) => file.file);
    connection.send(frame);
  }
  const settle = (id) => {
    if (id === inFlight) inFlight = '';
    const item = outbox.settle(id);
    showOutbox();
    return item;
  };
  const fail = (item, sentence) => {
    item.failed = sentence;
    outbox.keep(item);
    showOutbox();
  };
  const queue = (item) => {
    item.failed = '';
    outbox.add(item);
    kept.set('wrote', 1);
    item.files.forEach((file) => { if (!file.file) uploads.add(file); });
    showOutbox();
    showLink();
    connection.connect();
    flush();
  };
  const fileOf = (blob) => {
    const [kind] = blob.type.replace('image', 'photo').split('/');
    const seen = /^(photo|video|audio)$/.test(kind) && !blob.type.includes('svg');
    const url = seen ? env.URL.createObjectURL(blob) : '';
    return { key: chance(6), name: blob.name || words.file, size: blob.size, kind: seen ? kind : 'document', blob, url, file: '' };
  };
  const letGo = (item) => item.files.forEach((file) => {
    uploads.cancel(file);
    if (file.url) env.URL.revokeObjectURL(file.url);
  });

  // --- who the visitor is

  // From now on the things of `next` are kept and shown, together with the `carried` items and the draft.
  const become = (next, carried, draft) => {
    carried.forEach((item) => kept.remove('out:' + item.id));
    person = next;
    kept.of(next);
    outbox.clear();
    carried.forEach(outbox.keep);
    outbox.read();
    if (draft && !kept.get('draft')) kept.set('draft', draft);
    typed = '';
    state.seenId = +kept.get('seen');
    showOutbox();
    touch('draft');
    count();
  };
  const forgetMessages = () => {
    messages.clear();
    cursor = seenTold = 0;
    touch('messages');
  };
  const refuseIdentity = () => {
    identity = '';
    forgetMessages();
    become('', outbox.list().filter((item) => item.tab === tab), typed);
    shell.emit('identity', { accepted: false });
  };
  const identify = (signed) => {
    const next = personOf(signed);
    const again = identity && next === person;
    const same = again && (state.identified || signed === identity);
    if (!person) { // what the guest said goes with them
      const draft = kept.get('draft');
      kept.remove('draft');
      become(next, outbox.list(), draft);
    } else if (!again) {
      outbox.list().forEach(letGo);
      forgetMessages();
      become(next, [], '');
    }
    identity = signed;
    if (same) return; // good for the next hello
    cursor = 0;
    connection.restart();
  };
  // Nothing of them is left in this page; the loader has emptied the storage.
  const logout = () => {
    outbox.list().forEach(letGo);
    inFlight = identity = '';
    contact = null;
    kept.forget();
    forgetMessages();
    become('', [], '');
    put({ identified: false, loaded: false, notice: '', typing: null, form: null });
    wasOpen = shell.isOpen();
    connection.restart();
    showLink();
  };

  const fromOtherTab = ({ key, newValue }) => {
    const name = key ? kept.nameOf(key) : '';
    if (name === 'bye') {
      if (newValue) logout();
    } else if (name === 'seen') {
      state.seenId = Math.max(state.seenId, newValue);
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
    },
    start() {
      if (shell.identity) {
        ({ identity } = shell);
        person = personOf(identity);
      }
      shell.onIdentify = identify;
      shell.onLogout = logout;
      shell.onFields = () => connection.send({ type: 'fields', fields: fields() });
      env.addEventListener('storage', fromOtherTab);
      env.addEventListener('pagehide', outbox.leave);
      env.addEventListener('pageshow', outbox.beat);
      become(person, [], '');
      connection.connect();
      showLink();
    },
    connect() {
      wasOpen = true;
      connection.connect();
      showLink();
    },
    say({ text, files = [], replyTo }) {
      queue({ id: chance(15), text, replyTo, files: files.map(fileOf) });
    },
    retry(id) {
      const item = outbox.get(id);
      if (!item) return;
      item.files = item.files.filter((file) => file.file || file.blob);
      if (item.text || item.files.length) queue(item); else client.discard(id);
    },
    discard(id) {
      const item = settle(id);
      if (item) letGo(item);
      flush();
    },
    cancelFile(id, key) {
      const item = outbox.get(id);
      if (!item || id === inFlight) return;
      letGo({ files: item.files.filter((file) => file.key === key) });
      item.files = item.files.filter((file) => file.key !== key);
      if (item.text || item.files.length) fail(item, pending(item) ? item.failed : ''); else client.discard(id);
      flush();
    },
    draft: () => kept.get('draft'),
    saveDraft(text) {
      typed = text;
      kept[text ? 'set' : 'remove']('draft', text);
    },
    kept: kept.get,
    keep: kept.set,
    // The newest message is before the visitor's eyes.
    seen() {
      const theirs = [...messages.values()].filter((message) => message.from !== 'visitor');
      const newest = Math.max(state.seenId, ...theirs.map((message) => message.id));
      const change = Math.max(...theirs.map((message) => message.seq));
      if (state.ready && change > seenTold) {
        seenTold = change;
        connection.send({ type: 'seen', cursor });
      }
      if (newest > state.seenId) {
        put({ seenId: newest });
        kept.set('seen', newest);
        count();
      }
    },
    submitForm(values) {
      contact = values;
      connection.send({ type: 'contact', ...values });
      return new Promise((resolve) => {
        formAnswer = (answer) => {
          formAnswer = null;
          resolve(answer);
        };
      });
    },
    goOn(to) {
      return new Promise((resolve, reject) => {
        linkAnswer = (url, sentence) => {
          linkAnswer = null;
          if (url) resolve(url); else reject(Error(sentence || words.offline));
        };
        if (state.ready) connection.send({ type: 'continue', channel: to }); else linkAnswer();
      });
    },
  };
  return client;
};
