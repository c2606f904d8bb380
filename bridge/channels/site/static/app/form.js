// The form before the chat, in the place of the composer.

import { linkOut, make, put, tell } from './dom.js';
import { safeUrl } from './text.js';
import { words } from './words.js';

const TYPES = { name: ['text', 'name'], email: ['email', 'email'], phone: ['tel', 'tel'] };

// A field with its label and, below it, what is wrong with what stands there.
const drawField = ({ name, required, text, url }) => {
  const [type, autocomplete] = TYPES[name] || ['checkbox', 'off'];
  const id = 'otklik-' + name;
  const input = make('input', '', { type, required, autocomplete, 'aria-describedby': id });
  const error = make('small', 'error', { id });
  const complain = (sentence) => {
    tell(error, sentence);
    put(input, { 'aria-invalid': !!sentence });
    return sentence;
  };
  input.oninput = () => complain('');
  const label = make('span', required ? 'must' : '', 0, text || words['form-' + name]);
  const address = url && safeUrl(url);
  if (address) label.append(' ', linkOut(address, '', words['form-policy']));
  return {
    name, input, complain,
    node: make('div', '', 0, make('label', type, 0, ...(text ? [input, label] : [label, input])), error),
    value: () => (text ? input.checked : input.value.trim()),
  };
};

export const createForm = (ui) => {
  const node = make('form', 'before', { noValidate: true }); // what is wrong stands beside the field, not over it
  const go = make('button', 'primary', 0, words['form-send']);
  const trouble = make('small', 'error', { role: 'alert' });
  let fields = [];

  node.onsubmit = async (event) => {
    event.preventDefault();
    const wrong = fields.filter(({ input, complain }) => {
      if (input.type !== 'checkbox') input.value = input.value.trim();
      return complain(input.validationMessage);
    })[0];
    let refused = null;
    tell(trouble, '');
    if (!wrong) {
      go.disabled = true;
      refused = await ui.client.submitForm(Object.fromEntries(fields.map(({ name, value }) => [name, value()])));
      go.disabled = false;
    }
    const field = wrong || (refused && fields.find(({ name }) => name === refused.field));
    if (field) field.input.focus();
    if (field && refused) field.complain(refused.message);
    else if (refused) tell(trouble, refused.message);
    else if (!wrong) ui.composer.focus();
  };
  return {
    node,
    paint() {
      const { form } = ui.state;
      node.hidden = !form;
      if (!form || fields[0]) return; // once: what has been filled in stays over a new connection
      fields = form.ask.map(drawField);
      if (form.consent) fields.push(drawField({ ...form.consent, name: 'consent', required: true }));
      node.replaceChildren(make('b', '', 0, words['form-title']), ...fields.map((field) => field.node), trouble, go);
    },
    focus: () => fields[0].input.focus(),
  };
};
