// The panes: rail, list, conversation, customer; what is seen where there is no room for all.
//
//   app.layout.back      a button for the conversation's head, its first thing: back to the list; seen where there is one pane only
//   app.layout.person    a button for the conversation's head, its last thing: shows and hides the customer's card
//   app.layout.onePane() whether list and conversation do not stand side by side

import { asks, button, icon, make, put } from './dom.js';
import { BACK, CROSS } from './icons.js';

const ONE_PANE = '(max-width: 699px)';
const NO_ROOM = '(max-width: 1179px)'; // for the customer beside the conversation (as app.css has it)
const PERSON = 'M12 4.500a3.800 3.800 0 100 7.600 3.800 3.800 0 000-7.600zM4.800 20c.6-4 3.400-5.800 7.200-5.800s6.600 1.800 7.200 5.800';

/** Build the frame; parts are put in with `fill`. */
export const createLayout = (app) => {
  const { say, prefs } = app;
  const bars = make('div', 'bars');
  const middle = make('main', 'middle', { 'aria-label': say('title') }, make('h1', 'hear', 0, say('title')));
  let listed = null;
  const side = make('aside', 'side', { 'aria-label': say('person') });
  const node = make('div', 'frame');
  let over = false; // the card lies over the conversation

  const shown = () => (asks(NO_ROOM) ? over : prefs.get('person'));
  const back = button('back', say('back'), () => app.go(null), icon(BACK));
  const person = button('person', say('person'), () => turn(!shown()), icon(PERSON));
  const shut = button('shut', say('close'), () => {
    turn(false);
    person.focus();
  }, icon(CROSS));

  const paint = () => {
    const chosen = app.state.chosen !== null;
    const seen = chosen && shown();
    node.classList.toggle('one-talk', chosen);
    if (listed && asks(ONE_PANE) && !chosen) listed.setAttribute('role', 'main'); else listed?.removeAttribute('role'); // `middle` is not there
    node.classList.toggle('with-person', seen);
    side.hidden = !chosen || (!seen && !asks(NO_ROOM));
    side.inert = !seen;
    put(person, { 'aria-pressed': seen });
  };
  function turn(on) {
    if (asks(NO_ROOM)) over = on; else prefs.set('person', on);
    paint();
    if (on && asks(NO_ROOM)) shut.focus();
  }
  for (const query of [ONE_PANE, NO_ROOM]) matchMedia(query).addEventListener('change', () => {
    over = false;
    paint();
  });

  return {
    node, bars, back, person,
    onePane: () => asks(ONE_PANE),
    /** Put the parts in: rail and lists are whole panes, talk and card go into theirs. */
    fill({ rail, lists, talk, card }) {
      listed = lists;
      middle.append(...talk);
      side.append(shut, ...card);
      node.append(bars, rail, lists, middle, side);
      paint();
    },
    /** Another conversation, or none, is looked at. */
    chosen() {
      over = false;
      paint();
    },
    /** Close what lies over something else; false where there is nothing. */
    shut() {
      if (!over || side.inert) return false;
      turn(false);
      return true;
    },
  };
};
