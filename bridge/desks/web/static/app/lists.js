// The pane of the lists: search, tabs, and the rows that are seen.

import { button, icon, make, put, tell } from './dom.js';
import { CROSS, DOWN } from './icons.js';
import { createRow } from './row.js';
import { createVirtual } from './virtual.js';

const LISTS = ['feed', 'mine', 'accepted', 'closed'];
const ROW = 76; // px, as app.css has it
const WINDOW = 60; // rows that are asked for at once
const TYPING = 250; // ms after the last key of a search
const TICK = 15000; // ms between two looks at who waits how long
const BLANKS = 8;

const GLASS = 'M10.500 4a6.500 6.500 0 100 13 6.500 6.500 0 000-13zM15.500 15.500L20 20';
const DRAWINGS = {
  feed: 'M4 13l2.500-8h11L20 13v5.500a1 1 0 01-1 1H5a1 1 0 01-1-1zM4 13h4.500c0 2 1.500 3.300 3.500 3.300s3.500-1.300 3.500-3.300H20',
  mine: 'M12 4.500a3.800 3.800 0 100 7.600 3.800 3.800 0 000-7.600zM4.800 20c.6-4 3.400-5.800 7.200-5.800s6.600 1.800 7.200 5.800',
  accepted: 'M4.500 5h15a1 1 0 011 1v10a1 1 0 01-1 1H11l-4.500 3.500V17h-2a1 1 0 01-1-1V6a1 1 0 011-1zM8.500 11l2.500 2.500 4.500-5',
  closed: 'M4 5h16v4H4zM5.500 9v10.500h13V9M10 13h4',
  search: GLASS,
};

/** A sentence where there is nothing, with a drawing. */
export const drawEmpty = (drawing, title, ...hints) => make('div', 'empty', 0, make('div', 'drawing', 0, icon(drawing)),
  make('h2', '', 0, title), ...hints);

const createSearch = ({ say }, find) => {
  let timer = 0;
  const input = make('input', '', { type: 'search', placeholder: say('search'), 'aria-label': say('search'), autocomplete: 'off', enterKeyHint: 'search', maxLength: 100 });
  const clear = button('', say('search-clear'), () => {
    reset();
    input.focus();
  }, icon(CROSS));
  const now = () => {
    clearTimeout(timer);
    clear.hidden = !input.value;
    find(input.value.trim());
  };
  function reset() {
    if (!input.value) return false;
    input.value = '';
    now();
    return true;
  }
  input.oninput = () => {
    clearTimeout(timer);
    clear.hidden = !input.value;
    timer = setTimeout(now, TYPING);
  };
  clear.hidden = true;
  return { node: make('div', 'search', { role: 'search' }, icon(GLASS), input, make('kbd', '', { 'aria-hidden': true }, '/'), clear), input, reset, now };
};

const createTabs = ({ state, say }, choose) => {
  const tabs = new Map(LISTS.map((name) => {
    const count = make('span', 'number', { 'aria-hidden': true });
    const told = make('span', 'hear');
    const tab = button('', '', () => choose(name), make('span', '', 0, say('list-' + name)), count, told);
    tab.removeAttribute('aria-label');
    put(tab, { role: 'tab', id: 'tab-' + name, 'aria-controls': 'list', title: name === 'accepted' ? say('list-accepted-all') : '' });
    return [name, { tab, count, told }];
  }));
  const node = make('div', 'tabs', { role: 'tablist', 'aria-label': say('lists') }, ...[...tabs.values()].map(({ tab }) => tab));
  node.onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = LISTS[(LISTS.indexOf(state.query.list) + step + LISTS.length) % LISTS.length];
    choose(next);
    tabs.get(next).tab.focus();
  };
  return {
    node,
    paint() {
      const { query, figures } = state;
      const own = (query.group && figures.groups[query.group]) || figures;
      for (const [name, { tab, count, told }] of tabs) {
        put(tab, { 'aria-selected': query.list === name, tabIndex: query.list === name ? 0 : -1 });
        const number = name === 'feed' ? own.feed : name === 'mine' ? own.mine : 0;
        tell(count, number ? String(number > 999 ? '999+' : number) : '');
        count.className = 'number' + (name === 'mine' ? ' hot' : '');
        tell(told, number ? ', ' + say(name === 'mine' ? 'figure-mine' : 'figure-feed', { count: number }) : '');
      }
    },
  };
};

const createGroups = ({ state, say, prefs }, choose) => {
  const node = make('select', '', { 'aria-label': say('group'), onchange: () => choose(node.value) });
  const whole = make('div', 'group', 0, node, icon(DOWN));
  return {
    node: whole,
    paint() {
      const names = state.groups.map(({ name }) => name).join();
      whole.hidden = state.groups.length < 2;
      if (node.dataset.names !== names) {
        node.dataset.names = names;
        node.replaceChildren(make('option', '', { value: '' }, say('group-all')), ...state.groups.map(({ name, title }) => make('option', '', { value: name }, title)));
      }
      node.value = state.groups.some(({ name }) => name === prefs.get('group')) ? prefs.get('group') : '';
    },
  };
};

/** The pane: { node, show(list), search(), move(step), open(), active(), … }. */
export const createLists = (app) => {
  const { state, net, say, prefs } = app;
  let active = null; // id of the row that the keyboard is at
  let place = -1;
  let search = '';

  const sizer = make('div', '', { role: 'presentation' });
  const rows = make('div', 'window', { role: 'listbox', id: 'list', tabIndex: 0, 'aria-label': say('lists') }, sizer);
  const empty = make('div', 'empty', { hidden: true });
  const found = make('p', 'found', { role: 'status', hidden: true });
  const query = (window) => ({ list: prefs.get('list'), group: prefs.get('group') || null, search, ...window });
  const list = createVirtual({
    node: rows, sizer, rowHeight: ROW, limit: WINDOW, makeRow: () => createRow(app, { active: () => active }), want: (window) => net.watch(query(window)),
  });
  const find = createSearch(app, (text) => {
    if (text === search) return;
    search = text;
    restart();
  });
  const tabs = createTabs(app, (name) => { // what is searched for is searched for there, too
    prefs.set('list', name);
    restart();
  });
  const groups = createGroups(app, (name) => {
    prefs.set('group', name);
    restart();
  });

  const point = () => {
    const node = active === null ? null : list.nodeOf(active);
    if (node) rows.setAttribute('aria-activedescendant', node.id); else rows.removeAttribute('aria-activedescendant');
  };
  const at = (next) => {
    const total = state.total || 0;
    if (!total) return;
    place = Math.max(0, Math.min(total - 1, next));
    active = list.at(place) ?? active;
    list.reveal(place);
    point();
  };
  const start = () => at(Math.max(0, list.placeOf(state.chosen)));
  function restart() {
    active = null;
    place = -1;
    list.restart();
    paint();
  }
  function show(name) {
    if (search) {
      search = '';
      find.input.value = '';
      find.now();
    }
    prefs.set('list', name);
    restart();
  }
  const paintEmpty = () => {
    const nothing = state.total === 0;
    const name = search ? 'search' : state.query.list;
    rows.hidden = nothing;
    empty.hidden = !nothing;
    if (nothing && empty.dataset.name !== name) {
      empty.replaceChildren(...drawEmpty(DRAWINGS[name], say('empty-' + name), make('p', '', 0, say(`empty-${name}-hint`))).childNodes);
      empty.dataset.name = name;
    }
    found.hidden = !search || !state.total;
    tell(found, search && state.total ? say('found', { count: state.total }) : '');
  };
  const paint = () => {
    tabs.paint();
    groups.paint();
    paintEmpty();
    put(rows, { 'aria-busy': state.total === null, 'aria-labelledby': 'tab-' + state.query.list });
    list.set(state.places, state.total ?? BLANKS);
    if (active === null && state.total && document.activeElement === rows) start();
    if (active !== null) { // who left the list gives the place to the next
      const now = list.placeOf(active);
      if (now >= 0) place = now;
      else if (state.total !== null) active = list.at(Math.min(place, state.total - 1)) ?? null;
      list.paint();
    }
    point();
  };
  const openRow = (id) => {
    active = id;
    place = list.placeOf(id);
    app.go(id);
  };
  rows.onclick = ({ target }) => {
    const row = target.closest('.row');
    if (row?.dataset.id) openRow(Number(row.dataset.id));
  };
  rows.onfocus = () => { if (active === null) start(); };
  find.input.onkeydown = (event) => {
    if (event.key !== 'ArrowDown' && event.key !== 'Enter') return;
    event.preventDefault();
    if (event.key === 'Enter') find.now();
    rows.focus();
  };

  state.on('list', paint);
  state.on('rows', list.paint);
  state.on('looking', list.paint);
  state.on('choice', list.paint);
  state.on('figures', tabs.paint);
  state.on('groups', paint);
  state.on('welcome', () => {
    if (prefs.get('group') && !state.groups.some(({ name }) => name === prefs.get('group'))) {
      prefs.set('group', '');
      restart();
    } else paint();
  });
  const tick = () => { if (!document.hidden) list.each((row) => row.tick()); };
  setInterval(tick, TICK);
  document.addEventListener('visibilitychange', tick);

  return {
    node: make('section', 'lists', { 'aria-label': say('lists') }, make('header', '', 0, make('h1', 'hear', 0, say('title')), find.node, groups.node, tabs.node), found, rows, empty),
    start: restart,
    show,
    active: () => active,
    focus: () => (rows.hidden ? tabs.node.querySelector('[aria-selected=true]') : rows).focus({ preventScroll: true }),
    search: () => {
      find.input.focus();
      find.input.select();
    },
    clear: () => find.reset(),
    hasFocus: () => document.activeElement === rows,
    searching: () => document.activeElement === find.input,
    refresh: () => list.each((row) => row.refresh()),
    /** With the keyboard: up and down, by pages, to the ends. */
    move(step) {
      const from = place >= 0 ? place : Math.max(-1, list.placeOf(state.chosen));
      at({ first: 0, last: (state.total || 1) - 1, up: from - 1, down: from + 1, 'page-up': from - list.page(), 'page-down': from + list.page() }[step]);
      rows.focus({ preventScroll: true });
    },
    open: () => { if (active !== null) openRow(active); },
  };
};
