// Avatars: who it is and where they write from, in a circle.

import { icon, make, picture, put } from './dom.js';

// Drawn for the desk, on a grid of 24.
const SOURCES = {
  site: 'M12 4a8 8 0 100 16 8 8 0 000-16zM4 12h16M12 4c5 5 5 11 0 16M12 4c-5 5-5 11 0 16',
  telegram: 'M4 12l16-7-3 14-6-4-2 4-1-6 9-6',
  vk: 'M4 7c1 6 4 10 8 10V7M12 12c3 0 5-2 7-5M12 12c3 0 5 2 7 5',
  viber: 'M7 4c-3 2-3 5 0 9s7 7 9 7 4-2 3-4l-4-2-2 2c-2-1-4-3-5-5l2-2-2-4zM14 4c3 0 6 3 6 6',
  facebook: 'M16 4h-1c-2 0-3 1-3 3v14M8 11h7',
};
const OTHER = 'M5 6h14v10h-8l-4 4v-4H5z';
const PERSON = 'M12 5a3.500 3.500 0 100 7 3.500 3.500 0 000-7zM5.500 20c.5-4 3-6 6.500-6s6 2 6.500 6';
const COLOURS = new Set(['grey', 'red', 'orange', 'yellow', 'green', 'blue', 'violet', 'brown']);

/** The source's mark alone. */
export const drawSource = (kind) => make('span', 'source ' + (Object.hasOwn(SOURCES, kind) ? kind : ''), 0,
  icon(Object.hasOwn(SOURCES, kind) ? SOURCES[kind] : OTHER));

/**
 * The avatar of a row or a customer: grey for a guest, coloured with initials for who is known, the source's mark at the corner.
 * `size`: '' | 'small' | 'big'. It is a drawing: who it is must be said beside it.
 */
export const drawAvatar = ({ initials, colour, avatar, kind }, size = '') => {
  const node = make('span', ['avatar', COLOURS.has(colour) ? colour : 'grey', size].join(' ').trim(), { 'aria-hidden': true });
  node.append(initials || icon(PERSON));
  if (avatar) node.append(picture({ src: avatar, loading: 'lazy', onerror() { this.remove(); } }));
  if (kind) node.append(drawSource(kind));
  return node;
};

/** Whether two are drawn alike. */
export const sameAvatar = (one, other) => ['initials', 'colour', 'avatar', 'kind'].every((name) => one[name] === other[name]);

/** An operator's own: initials on the accent's colour. */
export const drawOperator = (name, size = 'small') => put(make('span', 'avatar operator blue ' + size, 0,
  (String(name).match(/\p{L}|\p{N}/gu) || ['?'])[0].toUpperCase()), { 'aria-hidden': true });
