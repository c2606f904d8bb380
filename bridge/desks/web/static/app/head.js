// Above the conversation: who it is, how it stands, what can be done with it.

import { agoOf } from './ago.js';
import { drawAvatar, sameAvatar } from './avatar.js';
import { button, icon, make, put, tell } from './dom.js';
import { DOTS, TICK } from './icons.js';
import { HAND, HUSH } from './signs.js';
import { say } from './spoken.js';

/** What can be done now, in the order of the buttons: [{ name, path, type }]; pure. */
export const deedsOf = ({ stage, waiting_since: waits, may = {} }) => [
  ...(may.no_reply && waits ? [{ name: 'no-reply', path: HUSH, type: 'no_reply' }] : []),
  ...(may.transfer ? [{ name: 'transfer', path: HAND, type: 'transfer' }] : []),
  ...(may.close ? [{ name: stage === 'incoming' ? 'close-unanswered' : 'close-talk', path: TICK, type: 'close' }] : []),
];

/** How a conversation stands, in words. */
export const standing = (conversation, { me, now }) => {
  const { stage, operator, waiting_since: waits, closed_at: closed } = conversation;
  const since = waits ? say('row-waits', { time: agoOf(Math.max(0, now - Date.parse(waits)), say) }) : '';
  if (stage === 'incoming') return [say('stage-incoming'), since];
  if (stage === 'closed') return [closed ? say('stage-closed-ago', { time: agoOf(Math.max(0, now - Date.parse(closed)), say) }) : say('stage-closed')];
  const mine = operator && me && operator.id === me.id;
  return [mine ? say('stage-mine') : operator ? say('row-operator', { name: operator.name }) : say('stage-accepted'), since];
};

export const createHead = (ui) => {
  const { state, app } = ui;
  const face = make('span', 'face');
  const name = make('bdi');
  const about = make('p', '', { dir: 'auto' });
  const deeds = make('div', 'deeds');
  const menu = make('div', 'menu', { role: 'menu', hidden: true });
  const dots = put(button('dots', say('more'), () => open(menu.hidden), icon(DOTS)), { 'aria-haspopup': 'menu', 'aria-expanded': false });
  const { back, person } = app.layout || {};
  const node = make('header', 'head', 0, ...(back ? [back] : []), face, make('div', 'title', 0, make('h2', '', 0, name), about), deeds, dots, menu,
    ...(person ? [person] : []));
  let drawn = '';
  let drawnFace = null;

  function open(on) {
    menu.hidden = !on;
    dots.setAttribute('aria-expanded', on);
    if (on && menu.firstChild) menu.firstChild.focus();
  }
  const draw = ({ name: deed, path, type }, role) => {
    const one = button(role ? '' : 'quiet', '', () => {
      open(false);
      ui.deed(type);
    }, icon(path), make('span', '', 0, say(deed)));
    put(one, { title: say(deed) }).dataset.deed = type;
    one.setAttribute('aria-label', say(deed));
    if (role) put(one, { role, tabIndex: -1 });
    return one;
  };
  menu.onkeydown = (event) => {
    const all = [...menu.children];
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: all[(at + 1) % all.length], ArrowUp: all[(at - 1 + all.length) % all.length], Home: all[0], End: all.at(-1) }[event.key];
    if (to) to.focus();
    else if (event.key === 'Escape') {
      open(false);
      dots.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  menu.addEventListener('focusout', ({ relatedTarget }) => { if (!menu.contains(relatedTarget) && relatedTarget !== dots) open(false); });

  const paintFace = (person) => {
    if (drawnFace && sameAvatar(drawnFace, person)) return;
    drawnFace = { ...person };
    face.replaceChildren(drawAvatar(person, 'small'));
  };
  const paint = () => {
    const talk = ui.talk();
    const row = state.rows.get(state.chosen);
    const customer = talk ? talk.customer : row;
    const conversation = talk ? talk.state : row;
    node.classList.toggle('blank', !customer);
    tell(name, customer ? customer.name || say('customer') : '');
    put(name, { title: customer ? customer.name : '' });
    if (customer) paintFace(customer);
    if (conversation) {
      const channel = state.channels[conversation.channel] || {};
      const group = state.groups.length > 1 ? state.groupTitle(conversation.group) : '';
      const line = [...standing(conversation, { me: state.me, now: state.now() }), channel.title || '', group].filter(Boolean).join(' · ');
      tell(about, line);
      put(about, { title: line });
    } else tell(about, '');
    const list = talk && talk.state ? deedsOf(talk.state) : [];
    const now = list.map((one) => one.name).join();
    dots.hidden = !list.length;
    if (now === drawn) return;
    drawn = now;
    deeds.replaceChildren(...list.map((one) => draw(one)));
    menu.replaceChildren(...list.map((one) => draw(one, 'menuitem')));
    open(false);
  };
  return {
    node, paint,
    busy(on) {
      for (const one of node.querySelectorAll('[data-deed]')) one.disabled = on;
    },
  };
};
