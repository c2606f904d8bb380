// A picture on the whole screen: from one to the next, closer with a double click, the wheel or two fingers.

import { button, icon, linkOut, make, mark, tell } from './dom.js';
import { BACK, CROSS, LOAD, ON } from './icons.js';
import { words } from './words.js';

/** `zoom(pic)`: shows the picture of one of the log's `.pic` buttons, and gives the focus back to it. */
export const createZoom = (ui) => {
  const image = make('img');
  image.referrerPolicy = 'no-referrer';
  image.draggable = false;
  const count = make('span', 'count');
  const save = mark(linkOut('', '', icon(LOAD)), { 'aria-label': words.download, title: words.download });
  const shut = button('', words['close-photo'], () => dialog.close(), icon(CROSS));
  const back = button('back', words.previous, () => go(-1), icon(BACK, 28));
  const on = button('on', words.next, () => go(1), icon(ON, 28));
  const dialog = mark(make('dialog', 'zoom', image, make('div', 'bar', count, save, shut), back, on),
    { 'aria-label': words.photo });

  let all = [];
  let at = 0;
  let scale = 1;
  let x = 0;
  let y = 0;
  const fingers = new Map();
  let moved = false;

  const place = (to, left = x, top = y) => {
    scale = Math.max(1, Math.min(6, to));
    [x, y] = scale > 1 ? [left, top] : [0, 0];
    image.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
    dialog.classList.toggle('close-up', scale > 1);
  };
  // Closer or farther, with what is under the point staying there.
  const scaleAt = (to, { clientX, clientY }) => {
    const [left, top] = [clientX - innerWidth / 2, clientY - innerHeight / 2];
    const times = Math.max(1, Math.min(6, to)) / scale;
    place(to, left - (left - x) * times, top - (top - y) * times);
  };
  const show = () => {
    const { url, name } = all[at].file();
    place(1);
    image.src = save.href = url;
    image.alt = name || words.photo;
    save.download = name || '';
    tell(count, all.length > 1 ? `${at + 1} / ${all.length}` : '');
    back.hidden = !at;
    on.hidden = at === all.length - 1;
  };
  const go = (by) => {
    if (!all[at + by]) return;
    at += by;
    show();
    if (ui.root.activeElement?.hidden) shut.focus();
  };

  dialog.onkeydown = ({ key }) => {
    if (key === 'ArrowLeft') go(-1);
    if (key === 'ArrowRight') go(1);
    if (key === '+' || key === '=') place(scale * 1.5);
    if (key === '-') place(scale / 1.5);
  };
  dialog.onclose = () => all[at].focus();
  dialog.onclick = ({ target }) => { if (target === dialog) dialog.close(); };
  image.ondblclick = (event) => scaleAt(scale > 1 ? 1 : 2.5, event);
  dialog.addEventListener('wheel', (event) => {
    event.preventDefault();
    scaleAt(scale * 1.002 ** -event.deltaY, event);
  }, { passive: false });

  const spread = () => {
    const [one, other] = [...fingers.values()];
    return { clientX: (one.clientX + other.clientX) / 2, clientY: (one.clientY + other.clientY) / 2,
      wide: Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) };
  };
  image.onpointerdown = (event) => {
    fingers.set(event.pointerId, event);
    moved = fingers.size > 1;
    image.setPointerCapture(event.pointerId);
  };
  image.onpointermove = (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    if (fingers.size === 2) {
      const { wide } = spread();
      fingers.set(event.pointerId, event);
      const now = spread();
      scaleAt((scale * now.wide) / wide, now);
      return;
    }
    if (scale > 1) {
      fingers.set(event.pointerId, event);
      place(scale, x + event.clientX - before.clientX, y + event.clientY - before.clientY);
    }
  };
  image.onpointerup = image.onpointercancel = (event) => {
    const before = fingers.get(event.pointerId);
    fingers.delete(event.pointerId);
    const by = before && scale === 1 && !moved ? event.clientX - before.clientX : 0;
    if (Math.abs(by) > 50) go(by < 0 ? 1 : -1);
  };

  ui.box.append(dialog);
  return (pic) => {
    all = [...ui.panel.querySelectorAll('.log button.pic')];
    at = all.indexOf(pic);
    fingers.clear();
    show();
    dialog.showModal();
  };
};
