// In the place of the composer where nothing can be answered (yet): why, and what to do.

import { button, icon, make } from './dom.js';
import { NOTE } from './signs.js';
import { say } from './spoken.js';

/** What stands there: { text, type: what its button does, '' for none }; null where one can answer. Pure. */
export const gateOf = ({ stage, operator, previous_operator: previous, may = {} }) => {
  if (may.answer) return null;
  if (stage === 'incoming') {
    const name = previous && (previous.name || (typeof previous === 'string' ? previous : ''));
    return { text: say('gate-incoming'), hint: name ? say('gate-previous', { name }) : '', type: may.accept ? 'accept' : '' };
  }
  if (stage === 'closed') return { text: say(may.reopen ? 'gate-closed' : 'gate-newer'), hint: '', type: may.reopen ? 'reopen' : '' };
  return { text: operator ? say('row-operator', { name: operator.name }) : say('stage-accepted'), hint: '', type: '' };
};

export const createGate = (ui) => {
  const node = make('div', 'gate', { hidden: true });
  let drawn = '';
  const paint = () => {
    const talk = ui.talk();
    const gate = talk && talk.state && !ui.composer.open ? gateOf(talk.state) : null;
    node.hidden = !gate;
    const now = JSON.stringify(gate);
    if (!gate || now === drawn) {
      drawn = gate ? drawn : '';
      return;
    }
    drawn = now;
    node.replaceChildren(
      make('p', '', { dir: 'auto' }, gate.text, ...(gate.hint ? [make('small', '', { dir: 'auto' }, gate.hint)] : [])),
      ...(gate.type ? [button('primary', '', () => ui.deed(gate.type), say(gate.type))] : []),
      button('quiet', '', () => ui.composer.note(), icon(NOTE), say('note')));
  };
  return {
    node, paint,
    focus: () => (node.querySelector('.primary') || node.firstChild || node).focus(),
    busy(on) {
      for (const one of node.querySelectorAll('.primary')) one.disabled = on;
    },
  };
};
