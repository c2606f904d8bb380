// The rail: the section's icon with the total, the two figures beside it, settings and keys below.

import { button, icon, make, put, tell } from './dom.js';

const REQUESTS = 'M4.500 5h15a1.500 1.500 0 011.500 1.500v9a1.500 1.500 0 01-1.500 1.500H11l-4.500 3.500V17h-2A1.500 1.500 0 013 15.500v-9A1.500 1.500 0 014.500 5zM7.500 9.500h9M7.500 12.700h5.500';
const INBOX = 'M4 13l2.500-8h11L20 13v5.500a1 1 0 01-1 1H5a1 1 0 01-1-1zM4 13h4.500c0 2 1.500 3.300 3.500 3.300s3.500-1.300 3.500-3.300H20';
const TALKS = 'M4 5h12v8H9l-3 2.500V13H4zM19 9h1.500v8H18v2.500L15 17h-4';
const GEAR = 'M12 9a3 3 0 100 6 3 3 0 000-6zM10.300 3h3.400l.5 2.300 1.700 1 2.200-.7 1.700 2.900-1.700 1.600v1.900l1.700 1.600-1.700 2.900-2.200-.7-1.700 1-.5 2.300h-3.400l-.5-2.300-1.700-1-2.200.7-1.700-2.900 1.700-1.600v-1.900L4.200 8.500l1.700-2.900 2.200.7 1.700-1z';
const KEYBOARD = 'M3.500 6.500h17a1 1 0 011 1v9a1 1 0 01-1 1h-17a1 1 0 01-1-1v-9a1 1 0 011-1zM6.500 10h.01M10 10h.01M14 10h.01M17.500 10h.01M8 14h8';
const MANY = 9; // more than these is «!»
const QUIET = 1500; // ms before changed figures are read aloud

/** What the badge shows of a number: '' for none, «!» for very many. */
export const badgeOf = (count) => (count > MANY ? '!' : count ? String(count) : '');

/** What a figure shows. */
export const figureOf = (count) => (count > 999 ? '999+' : String(count || 0));

export const createRail = (app) => {
  const { state, say } = app;
  const badge = make('span', 'badge', { hidden: true });
  const section = button('section', '', () => app.showList('feed'), icon(REQUESTS), make('span', '', 0, say('title')), badge);
  const figure = (name, list, drawing) => {
    const number = make('span', '', 0, '0');
    return { name, number, node: button(name, '', () => app.showList(list), icon(drawing), number) };
  };
  const figures = [figure('feed', 'feed', INBOX), figure('unanswered', 'accepted', TALKS)];
  const heard = make('div', 'hear', { role: 'status', 'aria-live': 'polite' });
  put(section, { 'aria-current': 'page' });
  let timer = 0;
  let told = null;

  const paint = () => {
    const counts = state.figures;
    tell(badge, badgeOf(counts.total));
    badge.hidden = !counts.total;
    const total = say('new-requests', { count: counts.total || 0 });
    put(section, { title: total, 'aria-label': say('title') + ', ' + total });
    for (const { name, number, node } of figures) {
      const label = say('figure-' + name, { count: counts[name] || 0 });
      tell(number, figureOf(counts[name]));
      put(node, { title: label, 'aria-label': label });
      node.classList.toggle('some', !!counts[name]);
    }
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (told !== null && told !== total) tell(heard, total);
      told = total;
    }, QUIET);
  };
  state.on('figures', paint);
  paint();
  return {
    node: make('nav', 'rail', { 'aria-label': say('navigation') }, section, make('div', 'figures', 0, ...figures.map(({ node }) => node)), heard, make('span', 'gap'),
      button('keyboard', say('keys'), () => app.showKeys(), icon(KEYBOARD)), button('', say('settings'), () => app.showSettings(), icon(GEAR))),
  };
};
