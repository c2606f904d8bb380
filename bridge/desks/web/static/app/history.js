// What the customer came with before: a list of conversations to look into.

import { button, make } from './dom.js';
import { dayAndTime, inFull, say } from './spoken.js';

const lastOf = ({ last }) => (last ? last.text || (last.kind ? say('last-' + last.kind) : '') : '');

/** Buttons that open earlier conversations; `id`: the one that is open. */
export const drawPast = (history = [], { id, go, channels }) => {
  const past = history.filter((one) => one.id !== id);
  if (!past.length) return [];
  return [make('ul', 'past', 0, ...past.map((one) => {
    const channel = channels[one.channel] || {};
    const about = [one.stage === 'closed' ? '' : say('stage-open'), channel.title, one.operator].filter(Boolean).join(' · ');
    return make('li', '', 0, button('', '', () => go(one.id),
      make('time', '', { title: inFull(one.opened_at), dateTime: one.opened_at }, dayAndTime(one.opened_at)),
      make('span', 'last', { dir: 'auto' }, lastOf(one) || '…'), make('small', '', { dir: 'auto' }, about)));
  }))];
};
