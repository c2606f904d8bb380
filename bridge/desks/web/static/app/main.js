// The page's entrance: lets the operator in, makes the parts and puts them together.
//
// `app`, what all parts get: state, net, words, language, say(name, values), prefs, alerts, layout, base ('/desk'), telegram (or null),
//   go(id|null)      look at a conversation, or at none
//   tell(text, bad)  say something in the corner
//   ask(path, body)  a request to the server: { status, body }
//   accept()  showList(name)  showSettings()  showKeys()  leave()

import { createAlerts } from './alerts.js';
import { button, make, tell } from './dom.js';
import { ask, enter } from './enter.js';
import { takeKeys } from './keys.js';
import { createLayout } from './layout.js';
import { createLists, drawEmpty } from './lists.js';
import { createNet } from './net.js';
import { createCard } from './person.js';
import { createPopups } from './popup.js';
import { createPrefs } from './prefs.js';
import { createRail } from './rail.js';
import { createSay } from './say.js';
import { showKeys, showSettings } from './sheet.js';
import { createState } from './state.js';
import { createTalk } from './talk.js';
import { createTelegram } from './telegram.js';
import { watchTheme } from './theme.js';
import { language, words } from './words.js';

const PLACE = /^#\/(\d+)$/;
const RENEW = 20 * 60000; // ms: the session goes on while somebody works
const CHOOSE = 'M4.500 5h15a1 1 0 011 1v10a1 1 0 01-1 1H11l-4.500 3.500V17h-2a1 1 0 01-1-1V6a1 1 0 011-1zM8 9.500h8M8 12.700h5';

const root = document.getElementById('desk');
const base = (/^(.*\/desk)(?:\/app)?\/?$/.exec(location.pathname) || ['', '/desk'])[1];
const say = createSay(words, language);
const prefs = createPrefs();
const telegram = createTelegram();
const framed = parent !== window;
const app = { words, language, say, prefs, telegram, base, ask: (path, body) => ask(base, path, body) };

// Who may not come in any more, and why; null while they may, or nobody can tell.
const check = async () => {
  const { status, body } = await app.ask('/me');
  if (status === 401) return { code: 'session', message: '' };
  return status === 403 ? { code: 'not-a-member', message: body.message || '' } : null;
};

const placeInAddress = () => {
  const found = PLACE.exec(location.hash);
  return found ? Number(found[1]) : null;
};

// What stands on top while something is wrong with the connection.
const createBar = ({ state, net }) => {
  const line = make('span', '');
  const press = button('', '', () => {}, '');
  const node = make('div', 'bar', { role: 'status', hidden: true }, line, press);
  let timer = 0;
  const paint = () => {
    clearTimeout(timer);
    const lag = net.lag();
    const outdated = state.over?.code === 'outdated';
    node.hidden = !outdated && (!lag || !!state.over);
    node.classList.toggle('connecting', lag === 'connecting' && !outdated);
    tell(line, say(outdated ? 'outdated' : lag === 'connecting' ? 'connecting' : 'offline'));
    tell(press, outdated ? say('reload') : say('offline-now'));
    press.hidden = !outdated && lag === 'connecting';
    press.onclick = () => (outdated ? location.reload() : net.back());
    if (lag === 'connecting') timer = setTimeout(paint, 1000);
  };
  state.on('online', paint);
  paint();
  return node;
};

const nobody = () => drawEmpty(CHOOSE, say('choose'), make('p', '', 0, say('choose-hint')), make('p', 'touchless', 0, say('choose-keys')));

// Which conversation is looked at: in the address, so that «back» works.
const createWay = () => {
  const { net, state } = app;
  const look = (id) => {
    if (id === null) net.leave(); else net.open(id);
    app.talk.show(id);
    app.card.show(id);
    app.nobody.hidden = id !== null;
    app.talk.node.hidden = id === null;
    app.layout.chosen();
    telegram?.showBack(id !== null && app.layout.onePane());
  };
  addEventListener('popstate', () => {
    if (app.isIn() && placeInAddress() !== state.chosen) look(placeInAddress());
  });
  return (id) => {
    if (id === state.chosen) return;
    const address = location.pathname + location.search + (id === null ? '' : '#/' + id);
    if (id === null && history.state?.under) history.back(); // «back» then looks at none
    else if (state.chosen === null && app.layout.onePane()) history.pushState({ under: true }, '', address);
    else history.replaceState(history.state, '', address);
    if (id !== null || state.chosen !== null) look(id);
  };
};

// To where one writes, as soon as it is known whether one may.
const focusTalk = () => {
  const { state } = app;
  const id = state.chosen;
  if (state.talk) {
    app.talk.focus();
    return;
  }
  const end = state.on('conversation', () => {
    end();
    if (state.chosen === id && app.lists.hasFocus()) app.talk.focus();
  });
};

const accept = async () => {
  const { state, net, lists } = app;
  const id = (lists.hasFocus() ? lists.active() : null) ?? state.chosen ?? lists.active();
  const stage = state.talk?.id === id ? state.talk.state.stage : state.rows.get(id)?.stage;
  if (id === null || stage !== 'incoming') return false;
  if (state.talk?.id === id) {
    app.talk.accept();
    return true;
  }
  if (state.chosen !== id) app.go(id);
  try {
    await net.act('accept', { conversation: id });
    focusTalk();
  } catch (refused) {
    app.tell(refused.message, true);
  }
  return true;
};

// Escape: what lies on top first.
const back = () => {
  const { lists, popups, layout, state } = app;
  if (app.talk.back?.()) return true;
  if (layout.shut()) return true;
  if (lists.searching()) {
    if (!lists.clear()) lists.focus();
    return true;
  }
  const writing = document.activeElement?.closest('.middle textarea'); // from there the way leads to the list
  if (!writing && (popups.back() || lists.clear())) return true;
  if (state.chosen === null) return false;
  if (layout.onePane()) app.go(null);
  lists.focus();
  return true;
};

const build = () => {
  const state = app.state = createState();
  const address = location.origin.replace(/^http/, 'ws') + base + '/ws';
  app.net = createNet(state, { address, check, offline: say('offline-act') });
  app.alerts = createAlerts(app);
  app.layout = createLayout(app);
  app.showList = (name) => {
    app.lists.show(name);
    if (app.layout.onePane()) app.go(null);
  };
  app.go = (id) => app.way(id);
  app.tell = (text, bad) => app.popups.tell(text, bad);
  app.alerts.tell = app.tell;
  app.accept = accept;
  app.back = back;
  app.openActive = () => {
    app.lists.open();
    focusTalk();
  };
  app.showSettings = () => showSettings(app);
  app.showKeys = () => showKeys(app);
  app.popups = createPopups(app);
  app.lists = createLists(app);
  app.talk = createTalk(app);
  app.card = createCard(app);
  app.nobody = nobody();
  app.way = createWay();
  app.layout.bars.append(createBar(app));
  app.layout.fill({ rail: createRail(app).node, lists: app.lists.node, talk: [app.nobody, app.talk.node], card: [app.card.node] });
  app.talk.node.hidden = true;

  state.on('refused', ({ id, message, code }) => {
    if (id) return; // whoever asked tells of it
    app.tell(message, true);
    if (code === 'not-found' && !state.talk) app.go(null);
  });
  state.on('bye', ({ message }) => app.tell(message, true));
  app.draftsFor = null;
  state.on('welcome', () => {
    const drafts = app.talk.drafts?.();
    if (drafts && drafts !== app.draftsFor) drafts.on(() => app.lists.refresh());
    app.draftsFor = drafts;
  });
  state.on('online', () => {
    if (!state.over || state.over.code === 'outdated') return;
    const { code, message } = state.over;
    come(message || say(code === 'session' ? 'enter-over' : 'enter-out'));
  });
  telegram?.on('back_button_pressed', () => app.back());
  addEventListener('beforeunload', (event) => { if (app.net.waiting() && !state.over) event.preventDefault(); });
  setInterval(() => { if (inside && !document.hidden) app.ask('/me'); }, RENEW);
};

let inside = false;
app.isIn = () => inside;

app.leave = async () => {
  app.net.stop();
  await app.ask('/leave', {});
  await come();
};

// Let somebody in, then show the desk. `why`: what ended the last time.
async function come(why = '') {
  if (inside) {
    inside = false;
    app.net.stop();
    app.alerts.still();
    app.popups.clear();
  }
  const found = await app.ask('/me');
  const other = telegram?.user && found.status === 200 && found.body.id !== telegram.user;
  const me = found.status === 200 && !other ? found.body : await enter({ root, base, say, telegram, framed: framed && !!telegram }, found, why);
  if (app.state && app.state.me && app.state.me.id !== me.id) { // another person: nothing of the former one stays
    location.reload();
    return;
  }
  if (!app.state) build();
  root.replaceChildren(app.layout.node, app.popups.node);
  inside = true;
  app.state.me = { id: me.id, name: me.name };
  app.state.groups = me.groups || [];
  app.net.start();
  app.lists.start();
  const place = placeInAddress();
  if (place !== null) {
    app.state.choose(null);
    app.go(place);
  }
}

document.title = say('title');
watchTheme(app);
telegram?.ready();
takeKeys(app);
come();
