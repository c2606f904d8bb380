// Otklik's chat widget: the button. One script tag, nothing else:
//   <script src="https://chat.example.ru/widget.js" data-channel="shop" async></script>
// It fetches the chat itself (app/) when somebody wants it: a visitor who clicks, one who wrote before, or the page.
(() => {
  const SETTINGS = /* settings */ {}; // by channel: color, position, theme, invitation
  const WORDS = /* words */ {}; // by language
  const HASH = /* hash */ '';

  const script = document.currentScript || document.querySelector('script[data-channel][src*="widget.js"]');
  const mark = Symbol.for('otklik');
  if (!script || window[mark]) return;
  window[mark] = 1; // harmless when included twice

  const { channel } = script.dataset;
  const settings = { ...SETTINGS[channel], ...script.dataset };
  const base = script.src.replace(/\/widget\.js.*/, '');
  const known = (tags) => tags.map((tag) => String(tag).slice(0, 2).toLowerCase()).find((tag) => WORDS[tag]);
  const language = known([settings.language, document.documentElement.lang]) || known(navigator.languages || []) || 'en';
  const words = WORDS[language];

  // What is kept, by all tabs. A browser may refuse to.
  const prefix = 'otklik:' + channel + ':';
  const storage = (work) => {
    try { return work(localStorage); } catch (_) { /* not here */ }
  };
  const kept = (name) => storage((place) => place.getItem(prefix + name));
  const keep = (name, value) => storage((place) => place.setItem(prefix + name, value));

  // --- what there is to see

  const make = (tag, name, ...inside) => {
    const node = document.createElement(tag);
    node.className = name;
    if (tag === 'button') node.type = tag;
    node.append(...inside);
    return node;
  };
  const aria = (node, name, value) => node.setAttribute('aria-' + name, value);
  const badge = make('span', 'badge');
  const launch = make('button', 'launch', badge);
  const box = make('div', 'w', launch);
  const host = make('div', '');
  const root = host.attachShadow({ mode: 'open' });
  const addStyle = (css) => {
    try {
      const sheet = new CSSStyleSheet(); // no <style>: a strict Content-Security-Policy does not mind
      sheet.replaceSync(css);
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    } catch (_) {
      root.prepend(make('style', '', css));
    }
  };
  addStyle(/* style */ '');
  root.append(box);
  box.lang = language;
  aria(badge, 'hidden', true);
  aria(launch, 'haspopup', 'dialog');

  // White on the company's colour, or dark where that can be read better.
  const paint = (color) => {
    const [r, g, b] = color.match(/\w\w/g).map((two) => (parseInt(two, 16) / 255) ** 2.2);
    box.style.setProperty('--brand', color);
    box.style.setProperty('--on-brand', 0.21 * r + 0.72 * g + 0.07 * b > 0.18 ? '#000' : '#fff');
  };
  paint(/^#[\da-f]{6}$/i.test(settings.color) ? settings.color : '#2457d6');
  const { classList } = box;
  classList.toggle('left', settings.position === 'left');

  // --- open and closed, unread

  let listeners = []; // [event, function]
  const emit = (name, detail) => listeners.forEach(([event, call]) => {
    try { if (event === name) call(detail); } catch (error) { console.error(error); }
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
    aria(launch, 'label', label);
    aria(launch, 'expanded', isOpen);
    launch.title = failed ? label : '';
    classList.toggle('open', isOpen);
    badge.hidden = isOpen || !unread;
    badge.textContent = unread > 99 ? '99+' : unread;
  };
  const setOpen = (open) => {
    if (open === isOpen) return;
    const inside = root.activeElement;
    isOpen = open;
    if (open) {
      before = document.activeElement;
      dismiss();
      load();
    }
    render();
    if (shell.onToggle) shell.onToggle(open);
    if (!open && inside) (classList.contains('bare') ? before : launch).focus();
    emit(open ? 'opened' : 'closed');
  };
  const shell = {
    root, box, launch, channel, base, language, settings, addStyle, emit, setOpen,
    isOpen: () => isOpen,
    visible: () => isOpen && !document.hidden,
    title: () => (document.title === ours ? title : document.title),
    setUnread(count) {
      if (count === unread) return;
      unread = count;
      title = shell.title();
      document.title = ours = count ? '(' + count + ') ' + title : title;
      render();
      emit('unread', count);
    },
  };

  // --- the chat itself

  let app = null;
  let tries = 0;
  const load = () => {
    if (app) return;
    aria(launch, 'busy', true);
    // A browser remembers that an address failed.
    app = import(base + '/widget/app.' + HASH + '.' + language + '.js' + (tries++ ? '?' + tries : '')).then((module) => {
      failed = false;
      module.start(shell);
    }).catch((error) => {
      console.error(error);
      failed = true;
      app = null;
      setOpen(false);
    }).then(() => {
      launch.removeAttribute('aria-busy');
      render();
    });
  };
  launch.onpointerdown = load;
  launch.onclick = () => setOpen(!isOpen);

  // --- the invitation, once ever

  const dismiss = () => {
    if (bubble) bubble.remove();
    bubble = null;
  };
  const { invitation } = settings;
  let left = invitation && invitation.after;
  const invite = () => {
    let path = location.pathname;
    try { path = decodeURI(path); } catch (_) { /* as it is written */ }
    if (app || document.hidden || classList.contains('bare') || kept('invited') || kept('wrote')
      || invitation.pages && !invitation.pages.some((one) => RegExp('^(' + one + ')$').test(path)) || --left) return;
    keep('invited', 1);
    addStyle(/* inviting */ '');
    const no = make('button', '', '✕');
    const say = make('button', '', invitation.text);
    aria(no, 'label', words.dismiss);
    no.onclick = dismiss;
    say.onclick = launch.onclick;
    bubble = make('div', 'invite', say, no);
    bubble.role = 'status';
    box.prepend(bubble);
  };

  // --- what the page may do

  const api = {
    open: () => setOpen(true),
    close: () => setOpen(false),
    toggle: () => setOpen(!isOpen),
    hide() {
      classList.add('bare');
      dismiss();
      setOpen(false);
    },
    show: () => classList.remove('bare'),
    on: (...listener) => { listeners.push(listener); },
    off: (name, call) => { listeners = listeners.filter((one) => one[0] !== name || one[1] !== call); },
    set(fields) {
      shell.fields = { ...shell.fields, ...fields };
      if (shell.onFields) shell.onFields();
    },
    identify(token) {
      shell.identity = token;
      if (shell.onIdentify) shell.onIdentify(token);
    },
    // The next visitor of this computer begins with nothing.
    logout() {
      shell.identity = shell.fields = null;
      storage((place) => Object.keys(place).forEach((key) => {
        if (key.startsWith(prefix) && key !== prefix + 'invited') place.removeItem(key);
      }));
      keep('bye', Date.now());
      if (shell.onLogout) shell.onLogout();
    },
    push: (...calls) => calls.forEach((call) => call(api)),
  };
  const asked = window.Otklik;
  window.Otklik = api;

  // --- into the page, again where a page replaces its body

  const mount = () => {
    if (document.body && !host.isConnected) document.body.append(host);
  };
  setInterval(() => {
    mount();
    if (left > 0) invite();
  }, left ? 1000 : 5000);
  new MutationObserver(mount).observe(document.documentElement, { childList: true }); // a body that comes, or another
  mount();
  render();
  if ('hidden' in settings) api.hide();
  if (asked && asked.forEach) api.push(...asked);
  (window.requestIdleCallback || setTimeout)(() => kept('wrote') && load()); // a store may be slow to open
  if ('open' in settings) api.open();
})();
