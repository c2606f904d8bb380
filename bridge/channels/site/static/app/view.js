// The panel: puts its parts together, shows what the client knows, and looks after focus, keys and size.

import { button, icon, make, mark, tell, wholeScreen, byTouch, fillIn } from './dom.js';
import { createAlerts } from './alerts.js';
import { cssOf, palette } from './colour.js';
import { createComposer } from './composer.js';
import { createForm } from './form.js';
import { CROSS } from './icons.js';
import { createLog } from './log.js';
import { createMenu } from './menu.js';
import { drawFace } from './row.js';
import { css } from './style.js';
import { soon } from './times.js';
import { words } from './words.js';
import { createZoom } from './zoom.js';

const CAN_FOCUS = 'a[href], button:not(:disabled), input:not([type=file]):not(:disabled), textarea, [tabindex="0"], [controls]';

// Light or dark: as told, or as the page is, or as the system.
const isDark = (theme) => {
  if (theme !== 'auto') return theme === 'dark';
  const { documentElement, body } = document;
  for (const node of [documentElement, body]) {
    const said = node && (node.dataset.theme || node.dataset.bsTheme);
    if (said === 'dark' || said === 'light') return said === 'dark';
  }
  const schemes = getComputedStyle(documentElement).colorScheme;
  if (/^(only )?(dark|light)( only)?$/.test(schemes)) return schemes.includes('dark');
  return matchMedia('(prefers-color-scheme: dark)').matches;
};

const paintColours = ({ box, settings }) => {
  const dark = isDark(settings.theme || 'auto');
  box.classList.toggle('dark', dark);
  for (const [name, colour] of Object.entries(palette(settings.color, dark))) box.style.setProperty('--' + name, cssOf(colour));
};

const watchColours = (shell) => {
  const paint = () => paintColours(shell);
  paint();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paint);
  const watch = new MutationObserver(paint);
  for (const node of [document.documentElement, document.body]) if (node) watch.observe(node, { attributes: true });
};

const createHeader = (ui, menu) => {
  const face = make('span', 'who');
  const title = make('h2');
  const hint = make('p');
  title.dir = hint.dir = 'auto';
  const shut = button('', words.close, () => ui.shell.setOpen(false), icon(CROSS));
  const node = make('header', '', face, make('div', 'titles', title, hint), menu.opener, shut);
  let drawn = '';
  const paint = () => {
    const { company, hours } = ui.state;
    const { open, until } = hours || {};
    const time = until ? soon(new Date(until), new Date(), ui.language) : '';
    const line = hours && (open ? words['open-now'] + (time && ' · ' + fillIn(words['open-until'], { time }))
      : time ? fillIn(words['closed-until'], { time }) : words['closed-now']);
    tell(title, company.name || words.title);
    tell(hint, line || company.hint || words.hint);
    hint.className = hours ? (open ? 'now' : 'later') : '';
    const named = company.name + company.avatar;
    if (drawn === named) return;
    drawn = named;
    face.hidden = !company.name && !company.avatar;
    face.replaceChildren(drawFace(company.name || '', company.avatar));
  };
  return { node, paint };
};

// Files from anywhere, let go over the panel.
const takeDrops = (ui) => {
  const { panel } = ui;
  const zone = make('div', 'drop', words.drop);
  zone.hidden = true;
  const withFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes('Files')
    && ui.state.fileLimit && !ui.state.form;
  panel.addEventListener('dragover', (event) => {
    if (!withFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    event.dataTransfer.dropEffect = 'copy';
    zone.hidden = false;
  });
  panel.addEventListener('dragleave', ({ relatedTarget }) => {
    if (!panel.contains(relatedTarget)) zone.hidden = true;
  });
  panel.addEventListener('drop', (event) => {
    if (!withFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    zone.hidden = true;
    ui.composer.attach(event.dataTransfer.files);
  });
  panel.append(zone);
};

const takeKeys = (ui) => {
  const { panel, root, shell } = ui;
  const keepInside = (event) => {
    const all = [...panel.querySelectorAll(CAN_FOCUS)].filter((node) => node.tabIndex >= 0 && node.getClientRects().length);
    const [first, last] = [all[0], all[all.length - 1]];
    const at = root.activeElement;
    if (event.shiftKey ? at === first || at === panel : at === last) {
      event.preventDefault();
      (event.shiftKey ? last : first).focus();
    }
  };
  root.addEventListener('keydown', (event) => {
    event.stopPropagation(); // the page's shortcuts are not for what is typed here
    if (!shell.isOpen() || event.isComposing || root.querySelector('dialog[open]')) return;
    if (event.key === 'Escape' && !ui.menu.back() && !ui.composer.back()) shell.setOpen(false);
    if (event.key === 'Tab' && wholeScreen()) keepInside(event);
  });
  for (const name of ['keyup', 'keypress', 'paste']) root.addEventListener(name, (event) => event.stopPropagation());
};

// On a phone the panel stands above the keyboard.
const fitScreen = ({ panel, shell }) => {
  const view = window.visualViewport;
  const fit = () => {
    const whole = shell.isOpen() && wholeScreen();
    const zoomed = view && view.scale > 1.05; // with two fingers: that is no keyboard
    mark(panel, { 'aria-modal': String(whole) });
    const { style: looks } = panel;
    looks.height = whole && view && !zoomed ? view.height + 'px' : '';
    looks.top = whole && view && !zoomed ? view.offsetTop + 'px' : '';
    looks.bottom = whole && view ? 'auto' : '';
  };
  if (view) view.onresize = view.onscroll = fit;
  return fit;
};

// One plays at a time.
const playOne = (panel) => panel.addEventListener('play', ({ target }) => {
  if (target.muted) return;
  for (const other of panel.querySelectorAll('audio, video')) if (other !== target && !other.muted) other.pause();
}, true);

/** Build the panel into the shell's box and keep it showing what the client knows. */
export const createView = (shell, client) => {
  const { box, root, launch, language } = shell;
  const panel = mark(make('section', 'panel'), { role: 'dialog', 'aria-label': words.title });
  panel.tabIndex = -1;
  panel.hidden = true;
  const ui = { shell, client, state: client.state, box, root, panel, language };
  shell.addStyle(css);
  watchColours(shell);
  ui.alerts = createAlerts(ui);
  ui.zoom = createZoom(ui);
  ui.composer = createComposer(ui);
  ui.log = createLog(ui);
  ui.form = createForm(ui);
  ui.menu = createMenu(ui);
  const header = createHeader(ui, ui.menu);
  panel.append(header.node, ui.menu.node, ui.log.node, ui.composer.note, ui.composer.form, ui.form.node);
  box.insertBefore(panel, launch);
  takeDrops(ui);
  takeKeys(ui);
  playOne(panel);
  const fit = fitScreen(ui);

  const paint = (changed) => {
    if (panel.hidden) return;
    header.paint();
    ui.form.paint();
    ui.composer.paint();
    ui.log.paint();
  };
  const toggle = (open) => {
    if (panel.hidden === !open) return;
    panel.hidden = !open;
    fit();
    if (!open) {
      ui.menu.back();
      return;
    }
    client.connect();
    paint();
    ui.log.toEnd();
    if (byTouch()) panel.focus(); else if (client.state.form) ui.form.focus(); else ui.composer.focus();
  };
  shell.onToggle = toggle;
  client.on((changed) => {
    if (changed.has('draft')) ui.composer.draft();
    paint();
  });
  client.onNews = (message) => {
    if (shell.isOpen()) ui.log.say(message);
    if (!shell.visible()) ui.alerts.ring(message);
  };
  document.addEventListener('visibilitychange', () => paint());
  setInterval(() => shell.visible() && paint(), 60000); // the day and the hours go on
  toggle(shell.isOpen());
};
