// The menu: going on in another channel, sound, notifications, the hours.

import { canNotify, isOn, turn } from './alerts.js';
import { button, icon, linkOut, make, put, tell } from '../../../../web/shared/dom.js';
import { DOTS } from '../../../../web/shared/icons.js';
import { words } from './words.js';

export const createMenu = (ui) => {
  const { state, client, panel } = ui;
  const node = make('div', 'menu', { hidden: true });
  const opener = button('dots', words.menu, () => show(node.hidden), icon(DOTS));

  const toggle = (name) => {
    const one = button('', '', async () => {
      await turn(ui, name, !isOn(ui, name));
      paint();
    }, words[name]);
    const paint = () => put(one, { role: 'switch', 'aria-checked': isOn(ui, name) });
    return paint();
  };
  // In plain words what happens, then the way there: a link, which no blocker of windows minds.
  const goOn = ({ channel, title: place }) => {
    const say = (which) => words['go-on-' + which].replace('{place}', place);
    const trouble = make('p', 'error', { role: 'alert' });
    const agree = button('primary', '', async () => {
      agree.disabled = true;
      try {
        const link = linkOut(await client.goOn(channel), 'primary', say('open'));
        agree.replaceWith(link);
        link.focus();
        link.onclick = () => show();
      } catch ({ message }) {
        agree.disabled = false;
        tell(trouble, message);
      }
    }, words['go-on-agree']);
    node.replaceChildren(make('p', '', 0, say('ask')), trouble, agree, button('', '', () => show(), words.cancel));
    agree.focus();
  };
  const show = (open) => {
    node.hidden = !open;
    put(opener, { 'aria-expanded': !!open });
    if (!open) {
      opener.focus();
      return;
    }
    const { links, hours } = state;
    node.replaceChildren(
      ...links.map((link) => button('', '', () => goOn(link), words['go-on'].replace('{place}', link.title))),
      ...['sound', ...(canNotify() ? ['notify'] : [])].map(toggle), make('p', '', 0, hours ? hours.text : ''));
    node.firstChild.focus();
  };
  panel.addEventListener('pointerdown', ({ target }) => {
    if (!node.contains(target) && !opener.contains(target)) node.hidden = true;
  });
  return {
    node, opener,
    /** Close it; false: it was not open. */
    back() {
      const was = !node.hidden;
      if (was) show();
      return was;
    },
  };
};
