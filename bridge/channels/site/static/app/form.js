// The form before the chat, in the place of the composer.

import { linkOut, make, mark, tell } from './dom.js';
import { safeUrl } from './text.js';
import { words } from './words.js';

const KINDS = new Map([
  ['name', { type: 'text', autocomplete: 'name' }],
  ['email', { type: 'email', autocomplete: 'email', inputmode: 'email' }],
  ['phone', { type: 'tel', autocomplete: 'tel', inputmode: 'tel' }],
]);

// A field with its label and, when something is wrong, what.
const drawField = (name, input, label) => {
  const error = make('span', 'error');
  error.id = 'otklik-' + name;
  error.hidden = true;
  const complain = (sentence) => {
    error.hidden = !sentence;
    tell(error, sentence);
    mark(input, { 'aria-invalid': String(!!sentence), 'aria-describedby': sentence ? error.id : '' });
  };
  input.oninput = () => complain('');
  return { name, input, complain, node: make('div', 'entry', make('label', input.type === 'checkbox' ? 'tick' : '', ...label), error) };
};

const drawAsked = ({ name, required }) => {
  const input = mark(make('input'), { ...KINDS.get(name), name, maxlength: 200 });
  input.required = required;
  return drawField(name, input, [make('span', required ? 'must' : '', words['form-' + name]), input]);
};

const drawConsent = ({ text, url }) => {
  const box = mark(make('input'), { type: 'checkbox', name: 'consent' });
  box.required = true;
  const address = safeUrl(url);
  const link = address ? [' ', linkOut(address, '', words['form-policy'])] : [];
  return drawField('consent', box, [box, make('span', 'must', text, ...link)]);
};

export const createForm = (ui) => {
  const node = make('form', 'before');
  node.noValidate = true; // we say ourselves what is wrong, beside the field
  let drawn = null;
  let fields = [];
  const go = make('button', 'primary', words['form-send']);
  const trouble = mark(make('p', 'error'), { role: 'alert' });

  const check = ({ input, complain }) => {
    const empty = input.type === 'checkbox' ? !input.checked : !input.value.trim();
    const wrong = input.required && empty ? words['form-missing'] : input.validity.typeMismatch ? words['form-wrong'] : '';
    complain(wrong);
    return !wrong;
  };
  const submit = async () => {
    const wrong = fields.filter((field) => !check(field))[0];
    if (wrong) {
      wrong.input.focus();
      return;
    }
    const values = {};
    for (const { name, input } of fields) values[name] = input.type === 'checkbox' ? input.checked : input.value.trim();
    go.disabled = true;
    tell(trouble, '');
    const refused = await ui.client.submitForm(values);
    go.disabled = false;
    if (!refused) {
      ui.composer.focus();
      return;
    }
    const field = fields.find(({ name }) => name === refused.field);
    if (!field) {
      tell(trouble, refused.message);
      return;
    }
    field.complain(refused.message);
    field.input.focus();
  };
  node.onsubmit = (event) => {
    event.preventDefault();
    submit();
  };
  const paint = () => {
    const { form } = ui.state;
    node.hidden = !form;
    if (!form || drawn) return;
    drawn = form; // once: what has been filled in stays over a new connection
    fields = [...form.ask.filter(({ name }) => KINDS.has(name)).map(drawAsked), ...(form.consent ? [drawConsent(form.consent)] : [])];
    node.replaceChildren(make('p', '', words['form-title']), ...fields.map((field) => field.node), trouble, go);
  };
  return { node, paint, focus: () => fields[0] && fields[0].input.focus() };
};
