// What the operator has chosen, kept in this browser.

const KEY = 'otklik-desk:prefs';

export const DEFAULTS = {
  theme: 'system', popup: true, sound: true, notify: false, requests: true, messages: true,
  send: 'enter', // or 'ctrl-enter'
  person: true, // the customer's card beside the conversation, where there is room
  list: 'feed',
  group: '',
};

const read = (env) => {
  try { return JSON.parse(env.localStorage.getItem(KEY)) || {}; } catch { return {}; }
};

/** `get(name)`, `set(name, value)`, `on(fn)`: told of the name that changed, here or in another tab. */
export const createPrefs = (env = window) => {
  const listeners = new Set();
  let kept = read(env);
  const tell = (name) => listeners.forEach((fn) => fn(name));
  const get = (name) => (typeof kept[name] === typeof DEFAULTS[name] ? kept[name] : DEFAULTS[name]);
  env.addEventListener('storage', ({ key }) => {
    if (key !== KEY) return;
    const before = Object.keys(DEFAULTS).map((name) => [name, get(name)]);
    kept = read(env);
    before.forEach(([name, value]) => { if (get(name) !== value) tell(name); });
  });
  return {
    get,
    set(name, value) {
      if (get(name) === value) return;
      kept = { ...kept, [name]: value };
      try { env.localStorage.setItem(KEY, JSON.stringify(kept)); } catch { /* kept as long as the page */ }
      tell(name);
    },
    on: (fn) => listeners.add(fn),
  };
};
