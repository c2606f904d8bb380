// Pop-ups at the lower right: new requests, messages in my conversations, and what has to be said to the operator.

import { isWanted } from './alerts.js';
import { drawAvatar } from './avatar.js';
import { button, icon, make } from './dom.js';
import { CROSS } from './icons.js';
import { lastWords, placeOf } from './row.js';

const MOST = 3; // one where there is little room
const STAYS = { request: 20000, message: 10000, said: 7000 }; // ms
const SHORT = 7000; // where they lie over the list

export const createPopups = (app) => {
  const { state, say, prefs } = app;
  const node = make('section', 'popups', { role: 'region', 'aria-label': say('popups'), 'aria-live': 'polite' });
  const shown = new Map(); // key: { node, row, what, timer, left }
  let more = 0;
  const rest = make('div', 'popup plain', { hidden: true });

  const countRest = () => {
    rest.hidden = !more;
    if (more) {
      rest.replaceChildren(button('open', '', () => {
        clear();
        app.showList('feed');
      }, say('popup-more', { count: more })), button('', say('dismiss'), () => clear(), icon(CROSS)));
    }
  };
  const close = (key) => {
    const popup = shown.get(key);
    if (!popup) return false;
    clearTimeout(popup.timer);
    shown.delete(key);
    popup.node.remove();
    if (![...shown.values()].some(({ what }) => what === 'request')) more = 0;
    countRest();
    return true;
  };
  function clear() {
    [...shown.keys()].forEach(close);
    more = 0;
    countRest();
  }
  const wait = (key) => {
    const popup = shown.get(key);
    if (!popup) return;
    clearTimeout(popup.timer);
    popup.timer = setTimeout(() => {
      // Nobody has seen it yet, or they are reading it.
      if (document.hidden || popup.node.matches(':hover, :focus-within')) wait(key); else close(key);
    }, app.layout.onePane() ? SHORT : STAYS[popup.what]);
  };
  const put = (key, what, row, ...inside) => {
    close(key);
    const popup = make('div', 'popup', 0, ...inside, button('', say('dismiss'), () => close(key), icon(CROSS)));
    shown.set(key, { node: popup, what, row, timer: 0 });
    node.append(popup);
    for (const [old, one] of [...shown].slice(0, app.layout.onePane() ? -1 : -MOST)) {
      if (one.what === 'request') more += 1;
      close(old);
    }
    countRest();
    node.append(rest);
    wait(key);
    return popup;
  };
  const call = ({ what, row }) => {
    const key = row.id;
    const words = row.last ? lastWords(row.last, say) : '';
    put(key, what, row, button('open', '', () => {
      close(key);
      app.go(row.id);
    }, drawAvatar(row), make('span', 'what', 0, say('popup-' + what) + (placeOf(row, app) ? ' · ' + placeOf(row, app) : '')),
    make('bdi', 'name', 0, row.name), make('bdi', 'last', 0, words)));
    shown.get(key).listed = state.query.list === 'feed' && [...state.places.values()].includes(key); // the list comes before the call
  };

  state.on('new', (frame) => {
    if (prefs.get('popup') && isWanted(prefs, frame.what) && frame.row.id !== state.chosen) call(frame);
  });
  // Somebody has taken it, or it is before the eyes.
  state.on('rows', () => {
    for (const [key, { what }] of shown) {
      if (what === 'request' && state.rows.get(key)?.stage !== 'incoming') close(key);
    }
  });
  // The whole feed is before the eyes, and it is not there any more.
  state.on('list', () => {
    const { query, total, places } = state;
    if (query.list !== 'feed' || query.search || query.group || total === null || places.size < total) return;
    const feed = new Set(places.values());
    for (const [key, popup] of shown) {
      if (popup.what !== 'request') continue;
      if (feed.has(key)) popup.listed = true; else if (popup.listed) close(key);
    }
    if (!total) {
      more = 0;
      countRest();
    }
  });
  state.on('choice', close);

  return {
    node,
    /** Say something; `bad`: it did not work. */
    tell(text, bad = false) {
      if (!text) return;
      const popup = put('said ' + text, 'said', null, make('p', '', bad ? { role: 'alert' } : 0, text));
      popup.classList.add('plain');
      popup.classList.toggle('bad', bad);
    },
    /** Close the newest; false where there is none. */
    back: () => close([...shown.keys()].at(-1)),
    clear,
  };
};
