// A picture on the whole screen: from one to the next, and closer; the browser scrolls about in it and pinches.

import { button, icon, linkOut, make, picture, put, tell } from './dom.js';
import { BACK, CROSS, LOAD, ON } from './icons.js';
import { words } from './words.js';

/** `zoom(pic)`: shows the picture of one of the log's `.pic` buttons, and gives the focus back to it. */
export const createZoom = (ui) => {
  let all = [];
  let at = 0;
  const closer = (times) => {
    image.style.width = times ? image.width * times + 'px' : '';
    dialog.classList.toggle('close-up', !!times);
  };
  const image = picture({
    // What is under the pointer comes to the middle.
    ondblclick({ offsetX: x, offsetY: y }) {
      const close = !image.style.width && 2.5;
      closer(close);
      dialog.scrollTo(x * close - innerWidth / 2, y * close - innerHeight / 2);
    },
  });
  const count = make('span');
  const save = put(linkOut('', 'i', icon(LOAD)), { title: words.download, 'aria-label': words.download });
  const shut = button('', words.cancel, () => dialog.close(), icon(CROSS));
  const back = button('', words.previous, () => go(-1), icon(BACK));
  const on = button('', words.next, () => go(1), icon(ON));
  const dialog = make('dialog', 'zoom', { 'aria-label': words.photo }, make('div', '', 0, count, back, on, save, shut), image);
  const go = (by) => {
    if (!all[at + by]) return;
    at += by;
    const { url, name } = all[at].file();
    put(image, { src: url, alt: name || words.photo });
    put(save, { href: url, download: name || '' });
    closer();
    back.disabled = !at;
    on.disabled = at > all.length - 2;
    tell(count, `${at + 1} / ${all.length}`);
  };
  put(dialog, {
    onkeydown: ({ key }) => go({ ArrowLeft: -1, ArrowRight: 1 }[key]),
    onclose: () => all[at].focus(),
    onclick({ target }) { if (target === dialog) dialog.close(); },
  });
  ui.box.append(dialog);
  return (pic) => {
    all = [...ui.panel.querySelectorAll('button.pic')];
    at = all.indexOf(pic);
    go(0);
    dialog.showModal();
    shut.focus();
  };
};
