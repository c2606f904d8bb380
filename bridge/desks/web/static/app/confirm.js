// A question before something that cannot be taken back.

import { button, make, put } from './dom.js';
import { say } from './spoken.js';

/** A dialog over the page, removed when it is closed; `done()` is called then. */
export const openDialog = (host, dialog, done = () => {}) => {
  const before = document.activeElement;
  put(dialog, {
    onclose() {
      dialog.remove();
      done();
      if (before && before.isConnected) before.focus();
    },
    onclick({ target }) { if (target === dialog) dialog.close(); },
  });
  // The page's shortcuts are not meant while a dialog is open.
  dialog.addEventListener('keydown', (event) => event.stopPropagation());
  host.append(dialog);
  dialog.showModal();
};

/** Ask; a promise of whether the answer is yes. */
export const ask = (host, { title, text = '', yes, danger = false }) => new Promise((resolve) => {
  let answer = false;
  const end = (value) => () => {
    answer = value;
    dialog.close();
  };
  const go = button((danger ? 'primary danger' : 'primary'), '', end(true), yes);
  const heading = make('h2', '', { id: 'ask-title' }, title);
  const dialog = make('dialog', 'ask', { 'aria-labelledby': 'ask-title' }, heading, ...(text ? [make('p', '', { dir: 'auto' }, text)] : []),
    make('div', 'choice', 0, button('quiet', '', end(false), say('cancel')), go));
  openDialog(host, dialog, () => resolve(answer));
  go.focus();
});
