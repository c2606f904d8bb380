// What calls the operator: sound, the browser's notifications, the number in the tab's title and on the app's icon.

import { lastWords } from './row.js';

const RUNG = 'otklik-desk:rung';
const TUNES = { request: [[660, 0], [880, 0.13]], message: [[740, 0]] };
const TAG = 'otklik-desk-';

let sounds = null;

const play = (what) => {
  try {
    sounds ||= new AudioContext();
    sounds.resume();
    for (const [tone, after] of TUNES[what]) {
      const at = sounds.currentTime + after;
      const voice = sounds.createOscillator();
      const volume = sounds.createGain();
      voice.frequency.setValueAtTime(tone, at);
      volume.gain.setValueAtTime(0.0001, at);
      volume.gain.exponentialRampToValueAtTime(0.09, at + 0.015);
      volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.42);
      voice.connect(volume).connect(sounds.destination);
      voice.start(at);
      voice.stop(at + 0.45);
    }
  } catch { /* no sound here */ }
};

/** Whether the browser could notify: 'yes', 'ask', 'forbidden' or 'no'. */
export const canNotify = (env = window) => {
  if (!env.Notification || !env.isSecureContext) return 'no';
  return { granted: 'yes', denied: 'forbidden' }[env.Notification.permission] || 'ask';
};

/** Whether this operator wants to be told of `what`: 'request' or 'message'. */
export const isWanted = (prefs, what) => prefs.get(what === 'request' ? 'requests' : 'messages');

/** What tells one call from another: the same one in several tabs sounds once. */
export const callOf = ({ what, row }) => [what, row.id, row.last?.at || row.opened_at].join(' ');

// The tab's icon, with a dot while somebody waits: of a pinned tab nothing else is seen.
const mark = (on) => {
  const link = document.querySelector('link[rel=icon]');
  const href = link?.href.replace(/icon(-new)?\.svg$/, on ? 'icon-new.svg' : 'icon.svg');
  if (link && link.href !== href) link.href = href;
};

export const createAlerts = (app) => {
  const { state, prefs, say } = app;

  const first = (call) => { // of all tabs
    try {
      if (localStorage.getItem(RUNG) === call) return false;
      localStorage.setItem(RUNG, call);
    } catch { /* each tab for itself */ }
    return true;
  };
  const notify = ({ what, row }) => {
    if (!prefs.get('notify') || canNotify() !== 'yes' || (!document.hidden && document.hasFocus())) return;
    try {
      const words = row.last ? lastWords(row.last, say) : '';
      const note = new Notification(`${say('popup-' + what)}: ${row.name}`, { body: words, tag: TAG + row.id, silent: prefs.get('sound') });
      note.onclick = () => {
        window.focus();
        app.go(row.id);
        note.close();
      };
    } catch { /* phones want a service worker for it */ }
  };
  const count = () => {
    const { total } = state.figures;
    document.title = (total ? `(${total > 999 ? '999+' : total}) ` : '') + say('title');
    mark(!!total);
    try {
      if (total) navigator.setAppBadge?.(total)?.catch?.(() => 0); else navigator.clearAppBadge?.()?.catch?.(() => 0);
    } catch { /* not here */ }
  };
  // Browsers let a page sound after its first click or key only.
  const wake = () => {
    for (const name of ['pointerdown', 'keydown']) removeEventListener(name, wake, true);
    try {
      sounds ||= new AudioContext();
      sounds.resume();
    } catch { /* no sound here */ }
  };
  for (const name of ['pointerdown', 'keydown']) addEventListener(name, wake, true);

  state.on('new', (call) => {
    if (!isWanted(prefs, call.what) || !first(callOf(call))) return;
    if (prefs.get('sound')) play(call.what);
    notify(call);
  });
  state.on('figures', count);

  return {
    /** How it would sound. */
    sample: () => play('request'),
    /** Turn the browser's notifications on or off: resolves to whether they are on. */
    async turnNotify(on) {
      const may = on && (canNotify() === 'yes' || await Notification.requestPermission() === 'granted');
      prefs.set('notify', may);
      return may;
    },
    /** Nothing calls any more: the operator has left. */
    still() {
      document.title = say('title');
      mark(false);
      try { navigator.clearAppBadge?.()?.catch?.(() => 0); } catch { /* not here */ }
    },
    /** Say something in the corner: what was refused, what was done. Set by the pop-ups. */
    tell() {},
  };
};
