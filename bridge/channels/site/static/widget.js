// Otklik's chat widget. One script tag, nothing else:
//   <script src="https://chat.example.ru/widget.js" data-channel="shop" async></script>
// Talks to the server as docs/widget-protocol.md tells. What people wrote is put into the page as text only.
(() => {
  'use strict';
  const WORDS = /* texts */ {};
  const CSS = /* style */ '';

  const script = document.currentScript || document.querySelector('script[data-channel][src*="widget.js"]');
  const mark = Symbol.for('otklik');
  if (!script || window[mark]) return;
  window[mark] = true; // harmless when included twice

  const channel = script.getAttribute('data-channel') || '';
  const base = script.src.replace(/\/widget\.js([?#].*)?$/, '');
  const address = base.replace(/^http/, 'ws') + '/site/' + encodeURIComponent(channel) + '/socket';
  const language = [document.documentElement.lang, ...(navigator.languages || [navigator.language])]
    .map((tag) => String(tag).slice(0, 2).toLowerCase())
    .find((tag) => tag === 'ru' || tag === 'en') || 'en';
  const words = WORDS[language];

  // --- what is kept in the browser, for all tabs; in memory only where it may not be

  const store = (() => {
    const prefix = 'otklik:' + channel + ':';
    const memory = new Map();
    let real = null;
    try {
      real = window.localStorage;
      real.setItem(prefix + 'probe', '1');
      real.removeItem(prefix + 'probe');
    } catch (_) {
      real = null;
    }
    return {
      prefix,
      get(name) {
        try { if (real) return real.getItem(prefix + name) || memory.get(name) || ''; } catch (_) { /* memory */ }
        return memory.get(name) || '';
      },
      set(name, value) {
        try { if (real) { real.setItem(prefix + name, value); return; } } catch (_) { /* full: memory */ }
        memory.set(name, value);
      },
      remove(name) {
        memory.delete(name);
        try { if (real) real.removeItem(prefix + name); } catch (_) { /* gone anyway */ }
      },
      names(start) {
        const found = new Set([...memory.keys()]);
        try {
          for (let i = 0; real && i < real.length; i++) {
            const key = real.key(i);
            if (key.startsWith(prefix)) found.add(key.slice(prefix.length));
          }
        } catch (_) { /* memory */ }
        return [...found].filter((name) => name.startsWith(start));
      },
    };
  })();

  const random = (bytes) => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(bytes))))
    .replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

  const secret = () => {
    if (!store.get('secret')) store.set('secret', random(32));
    return store.get('secret');
  };

  // No prototype: a page that extends Object.prototype (toJSON!) changes nothing in our frames.
  const plain = (fields) => JSON.stringify(Object.assign(Object.create(null), fields));

  // --- state

  const tab = random(9);
  const messages = new Map(); // stored ones, by id
  const outbox = new Map(); // not stored yet, by our own id, oldest first
  let greeting = '', limit = 10000, loaded = false;
  let isOpen = false, wasOpen = false, seenId = Number(store.get('seen')) || 0;
  let socket = null, ready = false, cursor = 0, seenTold = 0, told = '';
  let attempt = 0, retry = 0, handshake = 0, probe = 0, heard = 0;
  let inFlight = '', sentAt = 0, holdUntil = 0, holdTimer = 0;
  let notice = '', refused = false;

  const readOutbox = () => {
    const found = store.names('out:').map((name) => {
      try { return JSON.parse(store.get(name)); } catch (_) { return null; }
    }).filter((item) => item && typeof item.id === 'string' && typeof item.text === 'string');
    outbox.clear();
    found.sort((a, b) => a.at - b.at).forEach((item) => outbox.set(item.id, item));
  };
  const keep = (item) => {
    outbox.set(item.id, item);
    store.set('out:' + item.id, plain(item));
  };
  const settle = (id) => {
    if (id === inFlight) inFlight = '';
    if (!outbox.delete(id)) return;
    store.remove('out:' + id);
  };

  // --- the connection

  const send = (fields) => {
    if (socket && socket.readyState === 1) socket.send(plain(fields));
  };
  const page = () => ({ title: document.title.slice(0, 300), url: location.href.slice(0, 2000) });

  const connect = () => {
    clearTimeout(retry);
    if (socket || refused || !(wasOpen || outbox.size || store.get('wrote'))) return;
    let mine;
    try { mine = socket = new WebSocket(address); } catch (_) { later(); return; }
    handshake = setTimeout(drop, 12000);
    mine.onopen = () => {
      const at = page();
      told = at.url + at.title;
      send({ type: 'hello', v: 1, secret: secret(), cursor, language, page: Object.assign(Object.create(null), at) });
    };
    mine.onmessage = (event) => {
      if (mine !== socket) return;
      heard = Date.now();
      clearTimeout(probe);
      probe = 0;
      let frame = null;
      try { frame = JSON.parse(event.data); } catch (_) { /* not ours */ }
      if (frame) take(frame);
    };
    mine.onclose = (event) => {
      if (mine === socket) lost(event.code);
    };
  };
  const lost = (code) => {
    clearTimeout(handshake);
    clearTimeout(probe);
    socket = null;
    ready = false;
    probe = 0;
    inFlight = '';
    refused = code === 4400;
    later();
  };
  const drop = () => {
    if (!socket) return;
    const dead = socket;
    socket = null;
    dead.close();
    lost(0);
  };
  const later = () => {
    const pause = Math.min(30000, 1000 * 2 ** attempt++) * (0.5 + Math.random() / 2);
    retry = setTimeout(connect, Math.max(pause, holdUntil - Date.now()));
    render();
  };
  const ask = (patience) => {
    if (!ready || probe) return;
    send({ type: 'ping' });
    probe = setTimeout(() => { attempt = 0; drop(); }, patience);
  };
  const back = () => { // the page is here again, or the network
    if (socket) { ask(4000); return; }
    attempt = 0;
    connect();
  };

  const take = (frame) => {
    switch (frame.type) {
      case 'welcome':
        clearTimeout(handshake);
        ready = true;
        attempt = 0;
        notice = '';
        if (frame.reset) { messages.clear(); cursor = 0; }
        greeting = String(frame.greeting || '');
        limit = Number(frame.text_limit) || limit;
        loaded = loaded || !frame.history;
        readOutbox();
        flush(true);
        break;
      case 'messages':
        frame.messages.forEach((message) => {
          messages.set(message.id, message);
          if (message.client_id) settle(message.client_id);
        });
        cursor = frame.cursor;
        if (frame.messages.some((message) => message.from !== 'visitor')) send({ type: 'received', cursor });
        loaded = true;
        flush();
        break;
      case 'ack': {
        const item = outbox.get(frame.id);
        if (item && !messages.has(frame.message)) {
          const { id, text } = item;
          messages.set(frame.message, { id: frame.message, from: 'visitor', text, at: frame.at, client_id: id });
        }
        notice = '';
        settle(frame.id);
        flush();
        break;
      }
      case 'error':
        refuse(frame);
        break;
      case 'ping':
        send({ type: 'pong' });
        return;
      default:
        return;
    }
    render();
  };

  const refuse = (frame) => {
    const item = outbox.get(frame.id);
    if (frame.id === inFlight) inFlight = '';
    if (frame.retry_after) {
      holdUntil = Date.now() + frame.retry_after * 1000;
      notice = String(frame.message);
    } else if (item) {
      item.failed = String(frame.message);
      keep(item);
    } else {
      notice = String(frame.message);
    }
    flush();
  };

  // One at a time, so that they are stored in the order in which they were written.
  const flush = (all) => {
    clearTimeout(holdTimer);
    if (!ready || inFlight) return;
    const wait = holdUntil - Date.now();
    if (wait > 0) { holdTimer = setTimeout(flush, wait + 50); return; }
    const old = Date.now() - 20000;
    const item = [...outbox.values()].find((one) => !one.failed && (all || one.tab === tab || one.at < old));
    if (!item) return;
    const at = page();
    if (told !== at.url + at.title) {
      told = at.url + at.title;
      send({ type: 'page', title: at.title, url: at.url });
    }
    item.tab = tab;
    inFlight = item.id;
    sentAt = Date.now();
    send({ type: 'message', id: item.id, text: item.text });
  };

  const say = (text) => {
    const last = [...outbox.values()].pop();
    keep({ id: random(15), text, at: Math.max(Date.now(), last ? last.at + 1 : 0), tab });
    store.set('wrote', '1');
    connect();
    flush();
    render(true);
  };
  const again = (item) => {
    settle(item.id);
    say(item.text);
  };

  setInterval(() => {
    if (!host.isConnected) mount(); // a page that replaces its body
    if (!ready) return;
    if (inFlight && Date.now() - sentAt > 20000) { drop(); return; }
    if (Date.now() - heard > 40000) ask(10000);
    flush();
  }, 5000);

  // --- what it looks like

  const make = (name, className, text) => {
    const node = document.createElement(name);
    if (className) node.className = className;
    if (text) node.textContent = text;
    return node;
  };
  const icon = (size, ...paths) => {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('viewBox', '0 0 24 24');
    svg.setAttribute('width', size);
    svg.setAttribute('height', size);
    svg.setAttribute('aria-hidden', 'true');
    paths.forEach((d) => {
      const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
      path.setAttribute('d', d);
      svg.append(path);
    });
    return svg;
  };
  const CROSS = 'M6 6l12 12M18 6L6 18';
  const TICK = 'M4 13l5 5L20 7';
  const CLOCK = ['M12 7v5l3 2', 'M12 3a9 9 0 100 18 9 9 0 000-18z'];
  const button = (className, label, content) => {
    const node = make('button', className);
    node.type = 'button';
    node.setAttribute('aria-label', label);
    node.append(content);
    return node;
  };

  const host = make('div');
  const root = host.attachShadow({ mode: 'open' });
  try {
    const sheet = new CSSStyleSheet(); // no <style>: a strict Content-Security-Policy does not mind
    sheet.replaceSync(CSS);
    root.adoptedStyleSheets = [sheet];
  } catch (_) {
    root.append(make('style', '', CSS));
  }
  const box = make('div', 'w');
  box.lang = language;
  const chat = icon(28, 'M12 4c-5 0-9 3.3-9 7.4 0 2.3 1.2 4.3 3.2 5.7L5.5 21l4.3-2.3c.7.1 1.4.2 2.2.2 5 0 9-3.3 9-7.5S17 4 12 4z');
  const cross = icon(26, CROSS);
  const launch = button('launch', words.open, chat);
  launch.setAttribute('aria-haspopup', 'dialog');
  const badge = make('span', 'badge');
  badge.setAttribute('aria-hidden', 'true');
  launch.append(cross, badge);
  const panel = make('section', 'panel');
  panel.setAttribute('role', 'dialog');
  panel.setAttribute('aria-label', words.title);
  panel.tabIndex = -1;
  const header = make('header');
  const titles = make('div');
  titles.append(make('h2', '', words.title), make('p', '', words.hint));
  const shut = button('', words.close, icon(22, CROSS));
  header.append(titles, shut);
  const log = make('div', 'log');
  log.setAttribute('role', 'log');
  log.setAttribute('aria-label', words.log);
  log.tabIndex = 0;
  const note = make('div', 'note');
  note.setAttribute('role', 'status');
  const form = make('form');
  const area = make('textarea');
  area.rows = 1;
  area.placeholder = words.write;
  area.setAttribute('aria-label', words.write);
  area.enterKeyHint = 'send';
  const go = button('send', words.send, icon(20, 'M12 19V5M6 11l6-6 6 6'));
  go.type = 'submit';
  form.append(area, go);
  panel.append(header, log, note, form);
  box.append(panel, launch);
  root.append(box);

  // --- a message's text: text nodes, and links that we made ourselves

  const TAGS = new Map([['bold', 'b'], ['italic', 'i'], ['underline', 'u'], ['strikethrough', 's'],
    ['code', 'code'], ['pre', 'code'], ['text_link', 'a']]);

  const linkTo = (url) => {
    try {
      const parsed = new URL(url);
      if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') return null;
      const node = make('a');
      node.href = parsed.href;
      node.target = '_blank';
      node.rel = 'noopener noreferrer nofollow';
      node.title = words['new-tab'];
      return node;
    } catch (_) {
      return null;
    }
  };
  const linked = (node, text) => {
    let done = 0;
    for (const found of text.matchAll(/https?:\/\/[^\s<>"«»]+/gi)) {
      let url = found[0].replace(/[.,;:!?'”’…]+$/, '');
      if (url.endsWith(')') && !url.includes('(')) url = url.slice(0, -1);
      const link = linkTo(url);
      if (!link) continue;
      link.textContent = url;
      node.append(text.slice(done, found.index), link);
      done = found.index + url.length;
    }
    node.append(text.slice(done));
  };
  const fill = (node, text, spans) => {
    node.textContent = '';
    const cuts = new Set([0, text.length]);
    spans.forEach((span) => cuts.add(span.offset).add(span.offset + span.length));
    const edges = [...cuts].filter((at) => at >= 0 && at <= text.length).sort((a, b) => a - b);
    for (let i = 0; i + 1 < edges.length; i++) {
      let inner = node;
      let link = false;
      spans.forEach((span) => {
        if (span.offset > edges[i] || span.offset + span.length < edges[i + 1] || !TAGS.has(span.kind)) return;
        const wrap = span.kind === 'text_link' ? linkTo(span.url) : make(TAGS.get(span.kind));
        if (!wrap) return;
        link = link || wrap.localName === 'a';
        inner.append(wrap);
        inner = wrap;
      });
      const part = text.slice(edges[i], edges[i + 1]);
      if (link) inner.append(part); else linked(inner, part);
    }
  };

  // --- drawing: the list of what must be there, against what is there

  const rows = new Map(); // key -> { node, ... } of what the log shows
  const dayOf = (date) => date.getFullYear() + '-' + date.getMonth() + '-' + date.getDate();
  const dayName = (date) => {
    const day = dayOf(date);
    const now = new Date();
    if (day === dayOf(now)) return words.today;
    if (day === dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1))) return words.yesterday;
    const year = date.getFullYear() === now.getFullYear() ? undefined : 'numeric';
    return date.toLocaleDateString(language, { day: 'numeric', month: 'long', year });
  };

  const wanted = () => {
    const list = [...messages.values()].sort((a, b) => a.id - b.id).map((message) => ({
      key: message.client_id || 'm' + message.id,
      mine: message.from === 'visitor',
      who: message.from === 'visitor' ? '' : message.name || (message.from === 'operator' ? words.operator : ''),
      text: String(message.text),
      spans: message.spans || [],
      at: new Date(message.at),
      edited: message.edited,
      state: 'stored',
    }));
    outbox.forEach((item) => list.push({
      key: item.id, mine: true, who: '', text: item.text, spans: [], at: new Date(item.at),
      state: item.failed ? 'failed' : 'sending', item,
    }));
    const result = [];
    if (greeting && list.length < 100) { // not when what is shown begins in the middle
      result.push({ key: 'greeting', mine: false, who: '', text: greeting, spans: [], first: true, last: true });
    }
    list.forEach((one, i) => {
      const before = list[i - 1];
      const after = list[i + 1];
      const day = one.at && dayOf(one.at);
      const newDay = day && (!before || dayOf(before.at) !== day);
      if (newDay) result.push({ key: 'd' + day, day: dayName(one.at) });
      one.first = newDay || !before || before.mine !== one.mine || before.who !== one.who;
      one.last = !after || after.mine !== one.mine || after.who !== one.who || dayOf(after.at) !== day;
      result.push(one);
    });
    return result;
  };

  const draw = (row, one) => {
    if (one.day) { row.node.textContent = one.day; return; }
    row.node.className = 'row ' + (one.mine ? 'me' : 'them') + (one.first ? ' first' : '') +
      (one.last ? ' last' : '') + (one.state === 'failed' ? ' failed' : '');
    row.name.textContent = one.who;
    row.name.hidden = !one.who || !one.first;
    const content = plain({ t: one.text, s: JSON.stringify(one.spans) });
    if (row.content !== content) {
      row.content = content;
      fill(row.text, one.text, one.spans);
    }
    row.meta.textContent = '';
    if (one.at) {
      const time = one.at.toLocaleTimeString(language, { hour: '2-digit', minute: '2-digit' });
      row.meta.append((one.edited ? words.edited + ' · ' : '') + time);
      row.meta.title = one.at.toLocaleString(language);
    }
    if (one.mine && one.state !== 'failed') {
      const tick = icon(14, ...(one.state === 'stored' ? [TICK] : CLOCK));
      tick.setAttribute('aria-hidden', 'false');
      tick.setAttribute('role', 'img');
      tick.setAttribute('aria-label', words[one.state]);
      row.meta.append(tick);
    }
    row.why.hidden = one.state !== 'failed';
    row.why.textContent = '';
    if (one.state === 'failed') {
      const retryIt = make('button', '', words.retry);
      const discard = make('button', '', words.discard);
      retryIt.onclick = () => { again(one.item); area.focus(); };
      discard.onclick = () => { settle(one.item.id); render(); area.focus(); };
      row.why.append(words.failed + '. ' + one.item.failed, retryIt, discard);
    }
  };
  const rowFor = (one) => {
    if (one.day) return { node: make('div', 'day') };
    const row = { node: make('div'), name: make('div', 'name'), text: make('span', 'text'), meta: make('span', 'meta'),
      why: make('div', 'why'), content: null };
    row.text.dir = 'auto';
    const bubble = make('div', 'bubble');
    bubble.append(row.text, row.meta);
    row.node.append(row.name, bubble, row.why);
    return row;
  };

  const visible = () => isOpen && document.visibilityState === 'visible';

  function render(toEnd) {
    const list = wanted();
    const keys = new Set(list.map((one) => one.key));
    const atEnd = toEnd || log.scrollHeight - log.scrollTop - log.clientHeight < 60;
    rows.forEach((row, key) => {
      if (!keys.has(key)) { row.node.remove(); rows.delete(key); }
    });
    let next = log.firstChild;
    list.forEach((one) => {
      let row = rows.get(one.key);
      if (!row) rows.set(one.key, row = rowFor(one));
      const drawn = plain(Object.assign({}, one, { spans: JSON.stringify(one.spans), item: one.item && one.item.failed }));
      if (row.drawn !== drawn) { row.drawn = drawn; draw(row, one); }
      if (row.node === next) next = next.nextSibling; else log.insertBefore(row.node, next);
    });
    if (atEnd) log.scrollTop = log.scrollHeight;

    let newest = 0, changed = 0, unread = 0;
    messages.forEach((message) => {
      if (message.from === 'visitor') return;
      newest = Math.max(newest, message.id);
      changed = Math.max(changed, message.seq);
      if (message.id > seenId) unread++;
    });
    if (visible() && ready) {
      if (changed > seenTold) { seenTold = changed; send({ type: 'seen', cursor }); }
      if (newest > seenId) { seenId = newest; unread = 0; store.set('seen', String(newest)); }
    }
    badge.hidden = isOpen || !unread;
    badge.textContent = unread > 99 ? '99+' : String(unread);
    launch.setAttribute('aria-label', isOpen ? words.close
      : words.open + (unread ? '. ' + words.unread.replace('{count}', unread) : ''));
    launch.setAttribute('aria-expanded', String(isOpen));
    chat.toggleAttribute('hidden', isOpen);
    cross.toggleAttribute('hidden', !isOpen);
    // Read aloud what is new, but not the whole conversation when it is shown at first.
    setTimeout(() => log.setAttribute('aria-live', isOpen && loaded ? 'polite' : 'off'), 300);
    drawForm();
  }

  function drawForm() {
    const text = area.value.trim();
    const long = text.length > limit && Array.from(text).length > limit;
    go.disabled = long || !/[\p{L}\p{N}\p{P}\p{S}]/u.test(
      text.replace(/[\u200b\u2060\ufeff\u00ad\u180e\u115f\u1160\u3164\uffa0\u2800]/g, ''));
    const lag = ready ? '' : attempt > 1 || !navigator.onLine ? words.offline : words.connecting;
    const said = long ? words['too-long'].replace('{limit}', limit.toLocaleString(language)) : notice || (wasOpen ? lag : '');
    if (note.textContent !== said) note.textContent = said;
    note.className = 'note' + (long || notice ? ' bad' : '');
    note.hidden = !said;
    area.style.height = 'auto';
    area.style.height = Math.max(40, Math.min(140, area.scrollHeight)) + 'px';
  }

  const fit = () => { // above the keyboard of a phone
    const view = window.visualViewport;
    const phone = isOpen && view && window.matchMedia('(max-width: 520px), (max-height: 420px)').matches;
    panel.style.height = phone ? view.height + 'px' : '';
    panel.style.top = phone ? view.offsetTop + 'px' : '';
    panel.style.bottom = phone ? 'auto' : '';
  };

  const toggle = (open) => {
    isOpen = open;
    wasOpen = wasOpen || open;
    panel.hidden = !open;
    box.classList.toggle('open', open);
    fit();
    if (open) connect();
    render(open);
    if (!open) launch.focus();
    else (window.matchMedia('(pointer: coarse)').matches ? panel : area).focus();
  };

  // --- what people do

  launch.onclick = () => toggle(!isOpen);
  shut.onclick = () => toggle(false);
  const submit = () => {
    drawForm();
    if (go.disabled) return;
    const text = area.value.trim();
    area.value = '';
    store.remove('draft');
    say(text);
    area.focus();
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    submit();
  };
  area.oninput = () => {
    store.set('draft', area.value);
    drawForm();
  };
  root.addEventListener('keydown', (event) => {
    event.stopPropagation(); // the page's shortcuts are not for what is typed here
    if (event.key === 'Escape' && isOpen && !event.isComposing) { toggle(false); return; }
    if (event.key !== 'Enter' || event.target !== area || event.isComposing || event.keyCode === 229) return;
    if (event.shiftKey || window.matchMedia('(pointer: coarse)').matches) return; // a new line
    event.preventDefault();
    submit();
  });
  ['keyup', 'keypress'].forEach((name) => root.addEventListener(name, (event) => event.stopPropagation()));

  addEventListener('online', back);
  addEventListener('offline', () => { ask(4000); drawForm(); });
  addEventListener('pageshow', (event) => { if (event.persisted) back(); });
  addEventListener('pagehide', drop); // a page with an open socket is not kept for "back"
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible') return;
    back();
    render();
  });
  addEventListener('storage', (event) => { // another tab
    if (!event.key || !event.key.startsWith(store.prefix)) return;
    seenId = Math.max(seenId, Number(store.get('seen')) || 0);
    if (event.key.startsWith(store.prefix + 'out:')) readOutbox();
    connect();
    render();
  });
  if (window.visualViewport) {
    visualViewport.addEventListener('resize', fit);
    visualViewport.addEventListener('scroll', fit);
  }

  const mount = () => {
    if (document.body) document.body.append(host);
  };
  if (document.body) mount(); else document.addEventListener('DOMContentLoaded', mount);
  panel.hidden = true;
  area.value = store.get('draft');
  readOutbox();
  connect();
  render();
})();
