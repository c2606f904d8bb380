// The panel: puts its parts together, shows what the client knows, and looks after focus, keys and size.

import { ring } from './alerts.js';
import { createComposer } from './composer.js';
import { asks, button, byTouch, icon, make, put, tell } from '../../../../web/shared/dom.js';
import { createForm } from './form.js';
import { CROSS } from '../../../../web/shared/icons.js';
import { createLog } from './log.js';
import { createMenu } from './menu.js';
import { drawFace } from './row.js';
import { css } from './style.js';
import { openNow, soon } from '../../../../web/shared/times.js';
import { words } from './words.js';
import { createZoom } from '../../../../web/shared/zoom.js';

const SHADE = /^(dark|light)$/;
const WHOLE = '(max-width: 520px), (max-height: 420px)'; // the panel takes the whole screen, as app.css has it

// Light or dark: as told, or as the page is, or as the system.
const watchShade = ({ box, settings }) => {
  const { documentElement, body } = document;
  const system = matchMedia('(prefers-color-scheme: dark)');
  const paint = () => {
    const said = [settings.theme, documentElement.dataset.theme, body.dataset.theme,
      getComputedStyle(documentElement).colorScheme].find((theme) => SHADE.test(theme));
    box.classList.toggle('dark', said ? said === 'dark' : system.matches);
  };
  paint();
  system.onchange = paint;
  const watch = new MutationObserver(paint);
  for (const node of [documentElement, body]) watch.observe(node, { attributes: true });
};

const createHeader = ({ state, shell, language }, opener) => {
  const face = make('span', 'who');
  const title = make('h2', '', { dir: 'auto' });
  const hint = make('p', '', { dir: 'auto' });
  let drawn = '';
  const paint = () => {
    const { company: { name, avatar, hint: said }, hours } = state;
    const [open, until] = hours ? openNow(hours, new Date()) : [];
    const time = until && soon(new Date(until), new Date(), language);
    tell(title, name || words.title);
    const line = words[(open ? 'open-' : 'closed-') + (time ? 'until' : 'now')].replace('{time}', time);
    tell(hint, hours ? line : said || words.hint);
    hint.className = open ? 'now' : '';
    const now = name + ' ' + avatar;
    if (drawn !== now) face.replaceChildren(...(name || avatar ? [drawFace(name || ' ', avatar)] : []));
    drawn = now;
  };
  return {
    node: make('header', '', 0, face, make('div', '', 0, title, hint), opener,
      button('', words.close, () => shell.setOpen(false), icon(CROSS))),
    paint,
  };
};

// Files from anywhere, let go over the panel.
const takeDrops = ({ panel, state, composer }) => {
  const zone = make('div', 'drop', { hidden: true }, words.attach);
  const over = (work) => (event) => {
    if (!event.dataTransfer.types.includes('Files') || !state.fileLimit || state.form) return;
    event.preventDefault();
    event.stopPropagation();
    work(event);
  };
  put(panel, {
    ondragover: over(() => { zone.hidden = false; }),
    ondragleave({ relatedTarget }) { zone.hidden = !panel.contains(relatedTarget); },
    ondrop: over(({ dataTransfer }) => {
      zone.hidden = true;
      composer.attach(dataTransfer.files);
    }),
  });
  return zone;
};

// Keys pressed here are not the page's shortcuts; Escape closes what was opened last.
const takeKeys = ({ root, shell, menu, composer }) => {
  for (const name of ['keydown', 'keyup', 'keypress']) root.addEventListener(name, (event) => event.stopPropagation());
  root.addEventListener('keydown', ({ key, isComposing }) => {
    if (key !== 'Escape' || isComposing || !shell.isOpen() || root.querySelector('[open]')) return;
    if (!menu.back() && !composer.back()) shell.setOpen(false);
  });
};

// On a phone the panel stands above the keyboard.
const fitScreen = ({ panel, shell }) => {
  const view = visualViewport;
  const fit = () => {
    const whole = shell.isOpen() && asks(WHOLE);
    put(panel, { 'aria-modal': whole });
    const kept = whole && view.scale < 1.05; // closer with two fingers is no keyboard
    put(panel.style, { height: kept ? view.height + 'px' : '', top: kept ? view.offsetTop + 'px' : '' });
  };
  view.onresize = view.onscroll = fit;
  return fit;
};

// One plays at a time.
const playOne = (panel) => panel.addEventListener('play', ({ target }) => {
  for (const other of panel.querySelectorAll('audio, video')) {
    if (other !== target && !target.muted && !other.muted) other.pause();
  }
}, true);

/** Build the panel into the shell's box and keep it showing what the client knows. */
export const createView = (shell, client) => {
  const { box, root, launch, language } = shell;
  const { state } = client;
  const panel = make('section', 'panel', { role: 'dialog', 'aria-label': words.title, tabIndex: -1, hidden: true });
  const ui = { shell, client, state, box, root, panel, language };
  shell.addStyle(css);
  watchShade(shell);
  ui.zoom = createZoom(ui);
  ui.composer = createComposer(ui);
  ui.log = createLog(ui);
  ui.form = createForm(ui);
  ui.menu = createMenu(ui);
  const header = createHeader(ui, ui.menu.opener);
  // On the whole screen Tab goes round in the panel.
  const input = () => (state.form ? ui.form : ui.composer);
  const [first, last] = [input, () => panel].map((to) => make('span', 'edge', { tabIndex: 0, onfocus: () => to().focus() }));
  const { composer, log, form, menu } = ui;
  panel.append(header.node, menu.node, log.node, composer.note, composer.form, form.node, takeDrops(ui), last);
  launch.before(first, panel);
  takeKeys(ui);
  playOne(panel);
  const fit = fitScreen(ui);

  const paint = () => panel.hidden || [header, ui.form, ui.composer, ui.log].forEach((part) => part.paint());
  const toggle = (open) => {
    panel.hidden = !open;
    fit();
    if (!open) return;
    client.connect();
    paint();
    ui.log.toEnd();
    (byTouch() ? panel : input()).focus();
  };
  shell.onToggle = toggle;
  client.on((changed) => {
    if (changed.has('draft')) ui.composer.draft();
    paint();
    if (state.form && ui.composer.form.contains(root.activeElement)) ui.form.focus(); // it took the composer's place
  });
  client.onNews = (message) => {
    if (shell.isOpen()) ui.log.say(message);
    if (!shell.visible()) ring(ui, message);
  };
  document.addEventListener('visibilitychange', paint);
  setInterval(paint, 60000); // the day and the hours go on
  toggle(shell.isOpen());
};
