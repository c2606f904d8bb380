// The form before the chat, in the place of the composer.

import { linkOut, make, tell } from '../../../../web/shared/dom.js';
import { words } from './words.js';

const TYPES = { name: ['text', 'name'], email: ['email', 'email'], phone: ['tel', 'tel'] };

// Say what is wrong with what stands in a field, below it.
const complain = (input, sentence) => tell(input.parentNode.nextSibling, sentence);

const drawField = ({ name, required, text, url }) => {
  const [type, autocomplete] = TYPES[name] || ['checkbox', 'off'];
  const input = make('input', '', {
    type, name, required, autocomplete, 'aria-describedby': 'e-' + name, oninput: () => complain(input, ''),
  });
  const label = make('span', required ? 'must' : '', 0, text || words['form-' + name]);
  if (url) label.append(' ', linkOut(url, '', words['form-policy']));
  return make('div', '', 0,
    make('label', type, 0, ...(text ? [input, label] : [label, input])),
    make('small', 'error', { id: 'e-' + name }));
};

export const createForm = (ui) => {
  const inputs = () => [...node.querySelectorAll('input')];
  const node = make('form', 'before', {
    noValidate: true, // what is wrong stands below the field, not over it
    async onsubmit(event) {
      event.preventDefault();
      const given = {};
      for (const input of inputs()) {
        complain(input, input.validationMessage);
        given[input.name] = input.type === 'checkbox' ? input.checked : input.value.trim();
      }
      let wrong = inputs().find((input) => input.validationMessage);
      if (!wrong) {
        const refused = await ui.client.submitForm(given);
        if (!refused) {
          ui.composer.focus();
          return;
        }
        wrong = inputs().find(({ name }) => name === refused.field) || inputs()[0];
        complain(wrong, refused.message);
      }
      wrong.focus();
    },
  });
  return {
    node,
    paint() {
      const { form } = ui.state;
      node.hidden = !form;
      if (!form) node.replaceChildren(); // the next visitor does not see what this one wrote
      if (!form || node.firstChild) return; // once: what has been filled in stays over a new connection
      const { ask, consent } = form;
      node.append(...ask.map(drawField),
        ...(consent ? [drawField({ ...consent, name: 'consent', required: true })] : []),
        make('button', 'primary', 0, words['form-send']));
    },
    focus: () => inputs()[0].focus(),
  };
};
