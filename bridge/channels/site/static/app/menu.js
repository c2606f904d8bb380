// The menu: sound, notifications, and going on in another channel.

import { button, fillIn, icon, linkOut, make, mark, tell, wordButton } from './dom.js';
import { canNotify } from './alerts.js';
import { DOTS } from './icons.js';
import { safeUrl } from './text.js';
import { words } from './words.js';

export const createMenu = (ui) => {
  const node = mark(make('div', 'menu'), { role: 'group', 'aria-label': words.menu });
  node.hidden = true;
  const opener = mark(button('', words.menu, () => show(node.hidden), icon(DOTS)), { 'aria-expanded': 'false' });
  opener.classList.add('dots');

  const toggle = (name, label) => {
    const one = mark(wordButton('switch', label, async () => {
      await ui.alerts.turn(name, !ui.alerts.isOn(name));
      paint();
    }), { role: 'switch' });
    const paint = () => {
      one.hidden = name === 'notify' && !canNotify();
      mark(one, { 'aria-checked': String(!one.hidden && ui.alerts.isOn(name)) });
    };
    paint();
    return one;
  };

  // In plain words what happens, then the way there: a link, which no blocker of windows minds.
  const goOn = ({ channel, kind, title }) => {
    const place = kind === 'telegram' ? 'Telegram' : kind === 'vk' ? words.vk : title;
    const said = make('p', '', fillIn(words['go-on-ask'], { place }));
    const trouble = mark(make('p', 'error'), { role: 'alert' });
    const agree = wordButton('primary', words['go-on-agree'], async () => {
      agree.disabled = true;
      tell(trouble, '');
      try {
        const url = safeUrl(await ui.client.goOn(channel));
        const link = linkOut(url, 'primary', fillIn(words['go-on-open'], { place }));
        link.onclick = () => show(false);
        agree.replaceWith(link);
        link.focus();
      } catch (error) {
        agree.disabled = false;
        tell(trouble, error.message);
      }
    });
    node.replaceChildren(said, trouble, agree, wordButton('', words.cancel, () => show(false)));
    agree.focus();
  };
  const fill = () => {
    const { links, hours } = ui.state;
    node.replaceChildren(
      ...links.map((link) => wordButton('', fillIn(words['go-on'], {
        place: link.kind === 'telegram' ? 'Telegram' : link.kind === 'vk' ? words.vk : link.title,
      }), () => goOn(link))),
      toggle('sound', words.sound),
      toggle('notify', words.notify),
      ...(hours && hours.text ? [make('p', 'hours', hours.text)] : []),
    );
  };
  const show = (open) => {
    if (node.hidden === !open) return;
    node.hidden = !open;
    opener.setAttribute('aria-expanded', open);
    if (open) {
      fill();
      node.querySelector('button').focus();
    } else if (!ui.root.activeElement || node.contains(ui.root.activeElement)) {
      opener.focus();
    }
  };
  node.addEventListener('focusout', ({ relatedTarget }) => {
    if (relatedTarget && relatedTarget !== opener && !node.contains(relatedTarget)) show(false);
  });
  ui.panel.addEventListener('pointerdown', ({ target }) => {
    if (!node.contains(target) && !opener.contains(target)) show(false);
  });
  return { node, opener, back: () => !node.hidden && (show(false), opener.focus(), true) };
};
