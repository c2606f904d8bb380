// Otklik's chat widget: the button. One script tag, nothing else:
//   <script src="https://chat.example.ru/widget.js" data-channel="shop" async></script>
// It fetches the chat itself (app/) when somebody wants it: a visitor who clicks, one who wrote before, or the page.
(() => {
  'use strict';
  const SETTINGS = /* settings */ {}; // by channel: color, position, theme, invitation
  const WORDS = /* words */ {}; // by language
  const STYLE = /* style */ '';
  const HASH = /* hash */ '';

  const script = document.currentScript || document.querySelector('script[data-channel][src*="widget.js"]');
  const mark = Symbol.for('otklik');
  if (!script || window[mark]) return;
  window[mark] = true; // harmless when included twice

  const given = (name) => script.getAttribute('data-' + name);
  const channel = given('channel') || '';
  const own = SETTINGS[channel] || {};
  const settings = {};
  ['color', 'position', 'theme'].forEach((name) => { settings[name] = given(name) || own[name]; });
  const base = script.src.replace(/\/widget\.js([?#].*)?$/, '');
  const language = [given('language'), document.documentElement.lang, ...(navigator.languages || [navigator.language])]
    .map((tag) => String(tag).slice(0, 2).toLowerCase())
    .find((tag) => WORDS[tag] && /ru|en/.test(tag)) || 'en';
  const words = WORDS[language];

  // --- what is kept

  const prefix = 'otklik:' + channel + ':';
  const storage = (work) => {
    try { return work(window.localStorage); } catch (_) { return null; }
  };
  const kept = (name) => storage((place) => place.getItem(prefix + name));

  // --- what there is to see

  const make = (name, className, label) => {
    const node = document.createElement(name);
    node.className = className;
    if (name === 'button') node.type = name;
    if (label) node.setAttribute('aria-label', label);
    return node;
  };
  const icon = (d) => {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    const path = document.createElementNS(svg.namespaceURI, 'path');
    Object.entries({ viewBox: '0 0 24 24', width: 28, height: 28, 'aria-hidden': true })
      .forEach(([name, value]) => svg.setAttribute(name, value));
    path.setAttribute('d', d);
    svg.append(path);
    return svg;
  };
  const host = make('div', '');
  const root = host.attachShadow({ mode: 'open' });
  const addStyle = (css) => {
    try {
      const sheet = new CSSStyleSheet(); // no <style>: a strict Content-Security-Policy does not mind
      sheet.replaceSync(css);
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    } catch (_) {
      const node = make('style', '');
      node.textContent = css;
      root.prepend(node);
    }
  };
  addStyle(STYLE);
  const box = make('div', 'w');
  box.lang = language;
  const chat = icon('M12 4c-5 0-9 3.3-9 7.4 0 2.3 1.2 4.3 3.2 5.7L5.5 21l4.3-2.3c.7.1 1.4.2 2.2.2 5 0 9-3.3 9-7.5S17 4 12 4z');
  const cross = icon('M6 6l12 12M18 6L6 18');
  const launch = make('button', 'launch');
  launch.setAttribute('aria-haspopup', 'dialog');
  const badge = make('span', 'badge');
  badge.setAttribute('aria-hidden', 'true');
  launch.append(chat, cross, badge);
  box.append(launch);
  root.append(box);

  // White on the company's colour, or dark where that can be read better.
  const paint = (color) => {
    const [, ...hex] = /^#(..)(..)(..)$/.exec(String(color).replace(/^#(.)(.)(.)$/, '#$1$1$2$2$3$3')) || [0, '24', '57', 'd6'];
    const [r, g, b] = hex.map((two) => {
      const part = parseInt(two, 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    box.style.setProperty('--brand', '#' + hex.join(''));
    box.style.setProperty('--on-brand', 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.2 ? '#171c28' : '#fff');
  };
  paint(settings.color);
  box.classList.toggle('left', settings.position === 'left');
  const system = window.matchMedia('(prefers-color-scheme: dark)');
  const shade = () => box.classList.toggle('dark', settings.theme === 'dark' || settings.theme !== 'light' && system.matches);
  shade();
  if (system.addEventListener) system.addEventListener('change', shade);

  // --- open and closed, unread

  const events = new Map(); // name -> functions
  const emit = (name, detail) => (events.get(name) || []).slice().forEach((listener) => {
    try { listener(detail); } catch (error) { setTimeout(() => { throw error; }); }
  });
  let isOpen = false;
  let unread = 0;
  let failed = false;
  let before = null; // what had the focus
  let bubble = null; // the invitation
  let title = ''; // the page's, while ours stands in its place
  let ours = '';

  const render = () => {
    const label = failed ? words['load-failed'] : isOpen ? words.close
      : words.open + (unread ? '. ' + words.unread.replace('{count}', unread) : '');
    launch.setAttribute('aria-label', label);
    launch.title = failed ? label : '';
    launch.setAttribute('aria-expanded', isOpen);
    chat.toggleAttribute('hidden', isOpen);
    cross.toggleAttribute('hidden', !isOpen);
    box.classList.toggle('open', isOpen);
    badge.hidden = isOpen || !unread;
    badge.textContent = unread > 99 ? '99+' : unread;
  };
  const setOpen = (open) => {
    if (open === isOpen) return;
    const inside = root.activeElement;
    if (open) {
      before = document.activeElement;
      dismiss();
      load();
    }
    isOpen = open;
    render();
    if (shell.onToggle) shell.onToggle(open);
    if (!open && inside) (box.classList.contains('bare') && before ? before : launch).focus();
    emit(open ? 'opened' : 'closed');
  };
  const shell = {
    host, root, box, launch, badge, channel, base, language, settings, addStyle, emit, setOpen,
    identity: '',
    fields: null,
    isOpen: () => isOpen,
    visible: () => isOpen && document.visibilityState === 'visible',
    title: () => (ours && document.title === ours ? title : document.title),
    setUnread(count) {
      if (count === unread) return;
      unread = count;
      title = shell.title();
      ours = count ? '(' + count + ') ' + title : '';
      if (document.title !== (ours || title)) document.title = ours || title;
      render();
      emit('unread', count);
    },
  };

  // --- the chat itself

  let app = null;
  let tries = 0;
  const load = () => {
    if (app) return app;
    launch.setAttribute('aria-busy', 'true');
    const url = base + '/widget/app.' + HASH + '.' + language + '.js' + (tries ? '?' + tries : ''); // a failure is remembered
    app = import(url).then((module) => {
      failed = false;
      module.start(shell);
    }).catch((error) => {
      app = null;
      tries++;
      failed = true;
      setOpen(false);
      setTimeout(() => { throw error; });
    }).then(() => {
      launch.removeAttribute('aria-busy');
      render();
    });
    return app;
  };
  launch.onpointerdown = load;
  launch.onclick = () => setOpen(!isOpen);

  // --- the invitation, once ever

  const dismiss = () => {
    if (bubble) bubble.remove();
    bubble = null;
  };
  const invite = (text) => {
    storage((place) => place.setItem(prefix + 'invited', '1'));
    bubble = make('div', 'invite');
    bubble.setAttribute('role', 'status');
    const say = make('button', '');
    const no = make('button', '', words.dismiss);
    say.textContent = text;
    say.onclick = () => setOpen(true);
    no.textContent = '✕';
    no.onclick = dismiss;
    bubble.append(say, no);
    box.prepend(bubble);
  };
  const invitation = own.invitation;
  if (invitation && !kept('invited') && !kept('wrote')) {
    let left = invitation.after;
    const timer = setInterval(() => {
      const path = storage(() => decodeURI(location.pathname)) || location.pathname;
      const fits = !invitation.pages || invitation.pages.some((page) => new RegExp('^(?:' + page + ')$').test(path));
      if (app || kept('invited')) clearInterval(timer);
      else if (fits && !document.hidden && !box.classList.contains('bare') && --left <= 0) {
        clearInterval(timer);
        invite(invitation.text);
      }
    }, 1000);
  }

  // --- what the page may do

  const api = {
    open: () => setOpen(true),
    close: () => setOpen(false),
    toggle: () => setOpen(!isOpen),
    hide() {
      box.classList.add('bare');
      dismiss();
      setOpen(false);
    },
    show: () => box.classList.remove('bare'),
    on(name, listener) {
      events.set(name, [...(events.get(name) || []), listener]);
    },
    off(name, listener) {
      events.set(name, (events.get(name) || []).filter((one) => one !== listener));
    },
    set(fields) {
      shell.fields = { ...shell.fields, ...fields };
      Object.keys(fields).forEach((name) => { if (fields[name] === null) delete shell.fields[name]; });
      if (shell.onFields) shell.onFields(shell.fields);
    },
    identify(token) {
      shell.identity = String(token);
      if (shell.onIdentify) shell.onIdentify(shell.identity);
    },
    // The next visitor of this computer begins with nothing.
    logout() {
      shell.identity = '';
      shell.fields = null;
      storage((place) => {
        Object.keys(place).forEach((key) => {
          if (key.startsWith(prefix) && key !== prefix + 'invited') place.removeItem(key);
        });
        place.setItem(prefix + 'bye', Date.now());
      });
      if (shell.onLogout) shell.onLogout();
    },
    push: (...calls) => calls.forEach((call) => call(api)),
  };
  const asked = window.Otklik;
  window.Otklik = api;
  if (Array.isArray(asked)) asked.forEach((call) => api.push(call));

  // --- into the page

  const mount = () => { // again where a page replaces its body
    if (document.body && !host.isConnected) document.body.append(host);
  };
  if (given('hidden') !== null) api.hide();
  render();
  mount();
  setInterval(mount, 2000);
  document.addEventListener('DOMContentLoaded', mount);
  if (kept('wrote')) (window.requestIdleCallback || setTimeout)(load, { timeout: 3000 });
  if (given('open') !== null) api.open();
})();
