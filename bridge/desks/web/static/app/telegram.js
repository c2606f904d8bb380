// Telegram's Mini App, spoken without a script of Telegram's: who opened it, its colours, its «back».
// https://core.telegram.org/api/web-events and https://core.telegram.org/bots/webapps

const KEPT = 'otklik-desk:telegram';
const COLOUR = /^#[0-9a-f]{6}$/i;
// The desk's colours by Telegram's.
const COLOURS = {
  '--bg': 'bg_color', '--raised': 'section_bg_color', '--ground': 'secondary_bg_color', '--field': 'secondary_bg_color', '--fg': 'text_color', '--accent': 'button_color',
  '--on-accent': 'button_text_color', '--link': 'link_color', '--bad': 'destructive_text_color',
};

const parse = (text) => {
  try { return JSON.parse(text) || {}; } catch { return {}; }
};

/** What Telegram puts into the address: { initData, theme, platform, version, user }, or null when it was not Telegram. */
export const readLaunch = (hash) => {
  const given = new URLSearchParams(String(hash).replace(/^#\/?/, ''));
  const initData = given.get('tgWebAppData');
  if (!initData) return null;
  return {
    initData, theme: parse(given.get('tgWebAppThemeParams')), platform: given.get('tgWebAppPlatform') || '', version: given.get('tgWebAppVersion') || '',
    user: parse(new URLSearchParams(initData).get('user')).id || null,
  };
};

/** How light a colour is, 0…1. */
export const lightOf = (colour) => {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

const contrast = (one, other) => {
  const [more, less] = [lightOf(one), lightOf(other)].sort((a, b) => b - a);
  return (more + 0.05) / (less + 0.05);
};

/** The desk's colours of a theme: { dark, colours: { '--bg': '#…' } }; what could not be read on its ground stays ours. */
export const coloursOf = (theme) => {
  const given = Object.fromEntries(Object.entries(COLOURS).map(([ours, theirs]) => [ours, theme[theirs]]).filter(([, colour]) => COLOUR.test(colour)));
  const bg = given['--bg'];
  if (!bg) return { dark: null, colours: {} };
  for (const words of ['--fg', '--link', '--bad']) if (given[words] && contrast(given[words], bg) < 4.5) delete given[words];
  if (!given['--accent'] || !given['--on-accent'] || contrast(given['--accent'], given['--on-accent']) < 3) {
    delete given['--accent'];
    delete given['--on-accent'];
  } else given['--accent-hover'] = given['--accent'];
  return { dark: lightOf(bg) < 0.2, colours: given };
};

/** The Mini App that this page is, or null. */
export const createTelegram = (env = window) => {
  const store = (work) => {
    try { return work(env.sessionStorage); } catch { return null; }
  };
  let launch = readLaunch(env.location.hash);
  if (launch) store((kept) => kept.setItem(KEPT, env.location.hash));
  else launch = readLaunch(store((kept) => kept.getItem(KEPT)) || '');
  if (!launch) return null;

  const listeners = new Map();
  const post = (eventType, eventData = {}) => {
    try {
      if (env.TelegramWebviewProxy) env.TelegramWebviewProxy.postEvent(eventType, JSON.stringify(eventData));
      else if (env.external && 'notify' in env.external) env.external.notify(JSON.stringify({ eventType, eventData }));
      else if (env.parent !== env) env.parent.postMessage(JSON.stringify({ eventType, eventData }), '*'); // web.telegram.org and its like
    } catch { /* an older Telegram */ }
  };
  const receive = (type, data) => (listeners.get(type) || []).forEach((fn) => fn(data || {}));
  env.addEventListener('message', ({ source, data }) => {
    if (source !== env.parent || typeof data !== 'string') return;
    const { eventType, eventData } = parse(data);
    if (typeof eventType === 'string') receive(eventType, eventData);
  });
  env.Telegram = { WebView: { receiveEvent: receive } }; // how phones and computers call
  env.TelegramGameProxy = { receiveEvent: receive };
  env.TelegramGameProxy_receiveEvent = receive;

  const on = (type, fn) => listeners.set(type, [...listeners.get(type) || [], fn]);
  return {
    ...launch,
    post,
    on,
    ready() {
      post('web_app_ready');
      post('web_app_expand');
      post('web_app_request_theme');
    },
    /** Telegram's own «back» in place of ours. */
    showBack: (shown) => post('web_app_setup_back_button', { is_visible: shown }),
  };
};
