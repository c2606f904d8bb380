// One row of a list: who it is, the last words, how long it waits. Made once, then used for whoever stands there.

import { agoOf, waitOf } from './ago.js';
import { drawAvatar, sameAvatar } from './avatar.js';
import { icon, make, put, tell } from './dom.js';
import { CLOCK } from './icons.js';
import { dayOf, timeOf } from './times.js';

const KNOWN = new Set(['site', 'telegram', 'vk', 'viber', 'facebook']);
const KINDS = new Set(['photo', 'video', 'animation', 'audio', 'voice', 'video_note', 'document', 'sticker', 'location', 'venue', 'contact', 'poll']);

/** What was said last, in a few words. */
export const lastWords = ({ text, kind }, say) => (
  text || (kind ? say(KINDS.has(kind) ? 'last-' + kind : 'last-unknown') : ''));

/** When it was: "12:40" today, else "3 Feb". */
export const whenOf = (at, now, language) => {
  const date = new Date(at);
  if (dayOf(date) === dayOf(now)) return timeOf(date, language);
  const year = date.getFullYear() === now.getFullYear() ? undefined : '2-digit';
  return date.toLocaleDateString(language, { day: 'numeric', month: year ? '2-digit' : 'short', year });
};

/** Where it belongs and who looks after it: parts of the lowest line. */
export const placeOf = (row, { state, say }) => {
  const channel = state.channels[row.channel];
  const mine = row.operator && state.me && row.operator.id === state.me.id;
  return [
    channel ? channel.title : row.channel,
    state.groups.length > 1 ? state.groupTitle(row.group) : '',
    row.operator && !mine && row.stage !== 'incoming' ? row.operator.name : '',
  ].filter(Boolean).join(' · ');
};

/** Who looks at it just now, but me. */
export const lookersOf = (row, { state }) => (row.looking || []).filter(({ id }) => !state.me || id !== state.me.id).map(({ name }) => name);

/** A row of a list: { node, update(id, place, total), tick() }. `list` says which is active. */
export const createRow = (app, list) => {
  const { state, say, language } = app;
  let face = make('span', 'avatar');
  const name = make('span', 'name', { dir: 'auto' });
  const time = make('span', '', { 'aria-hidden': true });
  const told = make('span', 'hear'); // the same in words
  const waits = make('span', 'waits', 0, time, told);
  const clock = icon(CLOCK);
  const last = make('span', 'last');
  const count = make('span', 'count', { 'aria-hidden': true });
  const unread = make('span', 'hear');
  const from = make('span', 'from', { dir: 'auto' });
  const node = make('div', 'row', { role: 'option' }, face, make('span', 'line', 0, name, waits), make('span', 'line', 0, last, count, unread), from);
  let row = null;
  let drawn = null;

  const blank = (id) => {
    row = drawn = null;
    node.className = 'row blank';
    node.removeAttribute('aria-current');
    for (const part of [name, time, last, count, unread, from]) tell(part, '');
    tell(told, say('loading'));
    count.className = 'count';
    waits.className = 'waits';
    clock.remove();
    const empty = make('span', 'avatar');
    face.replaceWith(empty);
    face = empty;
    if (id !== undefined) node.dataset.id = id; else delete node.dataset.id;
  };
  const tick = () => {
    if (!row) return;
    const now = state.now();
    const waited = row.waiting_since ? now - Date.parse(row.waiting_since) : null;
    const when = waited !== null ? agoOf(waited, say) : whenOf(row.closed_at || row.last?.at || row.opened_at, new Date(now), language);
    tell(time, when);
    tell(told, waited !== null ? say('row-waits', { time: when }) : row.closed_at ? say('row-closed', { time: when }) : when);
    waits.className = 'waits ' + (waited === null ? '' : waitOf(waited));
    if (waited === null) clock.remove(); else if (!clock.parentNode) waits.prepend(clock);
  };
  const paintLast = () => {
    const draft = state.chosen === row.id ? '' : app.draftOf?.(row.id);
    if (draft) {
      last.replaceChildren(make('span', 'draft', 0, say('row-draft') + ': '), make('bdi', '', 0, draft.slice(0, 140)));
      return;
    }
    if (!row.last) {
      last.replaceChildren();
      return;
    }
    const { from: said, author } = row.last;
    const mine = author && state.me && author.id === state.me.id;
    const who = said === 'note' ? say('row-note') : said === 'operator' ? (mine ? say('row-you') : author?.name || '') : '';
    last.replaceChildren(...(who ? [make('span', said, { dir: 'auto' }, who + ': ')] : []), make('bdi', '', 0, lastWords(row.last, say)));
  };
  const draw = () => {
    if (!drawn || !sameAvatar(drawn, row)) {
      const next = drawAvatar(row);
      face.replaceWith(next);
      face = next;
    }
    tell(name, row.name);
    const source = KNOWN.has(row.kind) ? say('source-' + row.kind) : '';
    put(face, { title: source });
    paintLast();
    tell(count, row.unread ? (row.unread > 99 ? '99+' : String(row.unread)) : '');
    tell(unread, row.unread ? say('row-unread', { count: row.unread }) : '');
    count.className = row.unread ? 'count badge' : 'count';
    const lookers = lookersOf(row, app);
    from.replaceChildren(...(lookers.length ? [make('span', 'looks', 0, say('row-looking', { name: lookers.join(', ') })), ' · '] : []),
      make('span', 'hear', 0, source && !placeOf(row, app).startsWith(source) ? source + ', ' : ''), make('bdi', '', 0, placeOf(row, app)));
    node.classList.remove('blank');
    node.classList.toggle('unread', !!row.unread);
    drawn = row;
  };
  return {
    node,
    tick,
    refresh: () => { if (row) paintLast(); },
    update(id, place, total) {
      const next = id === undefined ? null : state.rows.get(id);
      put(node, { id: 'row-' + (id ?? 'at-' + place), 'aria-posinset': place + 1, 'aria-setsize': total, 'aria-selected': id !== undefined && list.active() === id });
      if (!next) {
        if (row || !node.classList.contains('blank')) blank(id);
        return;
      }
      node.dataset.id = id;
      const chosen = state.chosen === id;
      if (chosen !== node.hasAttribute('aria-current') && next === row) queueMicrotask(paintLast); // a draft is shown where one does not write
      if (chosen) node.setAttribute('aria-current', 'true'); else node.removeAttribute('aria-current');
      if (next === row) return;
      row = next;
      draw();
      tick();
    },
  };
};
