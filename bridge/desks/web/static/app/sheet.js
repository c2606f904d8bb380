// The sheets that lie over the page: settings, and the keys.

import { canNotify } from './alerts.js';
import { drawOperator } from './avatar.js';
import { button, icon, make, put } from './dom.js';
import { CROSS } from './icons.js';

const open = (app, title, ...inside) => {
  const before = document.activeElement;
  const heading = make('h2', '', { id: 'sheet-title' }, title);
  const dialog = make('dialog', 'sheet', { 'aria-labelledby': 'sheet-title' });
  dialog.append(make('header', '', 0, heading, button('', app.say('close'), () => dialog.close(), icon(CROSS))), make('div', 'inside', 0, ...inside));
  dialog.onclick = ({ target }) => { if (target === dialog) dialog.close(); }; // beside it
  dialog.onclose = () => {
    dialog.remove();
    before?.focus?.({ preventScroll: true });
  };
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
};

const choices = ({ prefs }, name, legend, options) => make('fieldset', '', 0, make('legend', '', 0, legend),
  make('div', 'choices', 0, ...options.map(([value, label]) => make('label', '', 0,
    make('input', '', { type: 'radio', name, value, checked: prefs.get(name) === value, onchange: () => prefs.set(name, value) }), label))));

const toggle = (label, on, work, name = '') => make('label', 'switch ' + name, 0, make('span', '', 0, label),
  make('input', '', { type: 'checkbox', role: 'switch', checked: on, async onchange() { put(this, { checked: await work(this.checked) ?? this.checked }); } }));

/** The settings of this browser, and the way out. */
export const showSettings = (app) => {
  const { say, prefs, alerts, state } = app;
  const flip = (name) => (on) => prefs.set(name, on);
  const may = canNotify();
  const dialog = open(app, say('settings'),
    ...(app.telegram ? [] : [choices(app, 'theme', say('pref-theme'), ['system', 'light', 'dark'].map((name) => [name, say('pref-theme-' + name)]))]),
    make('fieldset', '', 0, make('legend', '', 0, say('pref-notices')),
      toggle(say('pref-requests'), prefs.get('requests'), flip('requests')),
      toggle(say('pref-messages'), prefs.get('messages'), flip('messages')),
      toggle(say('pref-popup'), prefs.get('popup'), flip('popup')),
      toggle(say('pref-sound'), prefs.get('sound'), (on) => {
        prefs.set('sound', on);
        if (on) alerts.sample();
      }),
      ...(may === 'no' ? [] : [toggle(say('pref-notify'), prefs.get('notify') && may === 'yes', (on) => alerts.turnNotify(on))]),
      ...(may === 'forbidden' ? [make('p', 'hint', 0, say('pref-notify-forbidden'))] : [])),
    choices(app, 'send', say('pref-writing'), [['enter', say('pref-enter')], ['ctrl-enter', say('pref-ctrl-enter')]]),
    make('div', 'signed', 0, drawOperator(state.me?.name || ''), make('span', '', { dir: 'auto' }, say('pref-signed', { name: state.me?.name || '' })),
      button('quiet leave', '', () => {
        dialog.close();
        app.leave();
      }, say('leave'))));
};

const keys = (...names) => names.flatMap((name, i) => (i ? [' ', make('kbd', '', 0, name)] : [make('kbd', '', 0, name)]));

/** Which keys do what. */
export const showKeys = (app) => {
  const { say, prefs } = app;
  const plain = prefs.get('send') === 'enter';
  const table = (...lines) => make('dl', 'keys', 0, ...lines.flatMap(([names, label]) => [make('dt', '', 0, ...names), make('dd', '', 0, say(label))]));
  open(app, say('keys'),
    make('div', '', 0, make('h3', '', 0, say('keys-lists')), table(
      [keys('↑', '↓'), 'key-up-down'], [keys('Enter'), 'key-enter'], [keys('Home', 'End'), 'key-ends'], [keys('1', '2', '3', '4'), 'key-lists'])),
    make('div', '', 0, make('h3', '', 0, say('keys-talk')), table(
      [keys('A'), 'key-accept'], [plain ? keys('Enter') : keys('Ctrl', 'Enter'), 'key-send'], [plain ? keys('Shift', 'Enter') : keys('Enter'), 'key-line'], [keys('↑'), 'key-edit'])),
    make('div', '', 0, make('h3', '', 0, say('keys-everywhere')), table(
      [keys('/'), 'key-search'], [keys('Esc'), 'key-escape'], [keys('?'), 'key-help'])));
};
