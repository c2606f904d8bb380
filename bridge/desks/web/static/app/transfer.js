// Giving a conversation away: to a colleague, to another group, back to the feed; with a word for those who take it.

import { openDialog } from './confirm.js';
import { button, icon, make, put, tell } from './dom.js';
import { CROSS } from './icons.js';
import { TEAM, TRAY } from './signs.js';
import { say } from './spoken.js';
import { drawOperator } from './avatar.js';

const COMMENT = 1000; // letters, as the server takes them

/** To whom it can go: [{ kind, key, title, hint, to }]; pure. */
export const targetsOf = ({ conversation, me, colleagues, groups, allGroups }) => {
  const { group, operator, stage } = conversation;
  const people = stage === 'accepted' ? colleagues.filter((one) => one.group === group && one.id !== (operator && operator.id)) : [];
  const places = allGroups.length ? allGroups : groups;
  return [
    ...people.map(({ id, name }) => ({ kind: 'operator', key: 'o' + id, title: name, mine: !!me && id === me.id, to: { operator: id } })),
    ...(stage === 'accepted' ? [{ kind: 'feed', key: 'f', title: '', to: { feed: true } }] : []),
    ...places.filter(({ name }) => name !== group).map(({ name, title }) => ({ kind: 'group', key: 'g' + name, title: title || name, to: { group: name } })),
  ];
};

const drawTarget = (target, chosen) => {
  const { kind, title, mine, key } = target;
  const face = kind === 'operator' ? drawOperator(title) : make('span', 'avatar small place', { 'aria-hidden': true }, icon(kind === 'feed' ? TRAY : TEAM));
  const name = kind === 'feed' ? say('transfer-feed') : title;
  const radio = make('input', '', { type: 'radio', name: 'target', value: key, onchange: () => chosen(target) });
  return make('label', 'target', 0, radio, face, make('span', '', 0, make('bdi', '', 0, mine ? `${name} (${say('you')})` : name),
    ...(kind === 'feed' ? [make('small', '', 0, say('transfer-feed-hint'))] : [])));
};

/** Open the dialog for what is shown. */
export const openTransfer = (ui) => {
  const { state } = ui;
  const talk = ui.talk();
  const { id } = talk;
  let chosen = null;
  const targets = targetsOf({ conversation: talk.state, me: state.me, colleagues: state.colleagues, groups: state.groups, allGroups: state.allGroups });
  const part = (kind, title) => {
    const own = targets.filter((one) => one.kind === kind);
    return own.length ? [make('fieldset', '', 0, make('legend', '', 0, title), ...own.map((one) => drawTarget(one, (target) => {
      chosen = target;
      go.disabled = false;
    })))] : [];
  };
  const comment = make('textarea', '', { rows: 2, maxLength: COMMENT, dir: 'auto', placeholder: say('transfer-comment') });
  const trouble = make('p', 'error', { role: 'alert', hidden: true });
  const go = make('button', 'primary', { type: 'submit', disabled: true }, say('transfer-go'));
  const form = make('form', 'inside', { method: 'dialog' },
    ...(targets.length ? [] : [make('p', 'hint', 0, say('transfer-nobody'))]),
    ...part('operator', say('transfer-colleague')), ...part('feed', say('transfer-back')), ...part('group', say('transfer-group')),
    make('label', 'comment', 0, make('span', '', 0, say('transfer-comment-label')), comment), trouble,
    make('div', 'choice', 0, button('quiet', '', () => dialog.close(), say('cancel')), go));
  const dialog = make('dialog', 'sheet transfer', { 'aria-labelledby': 'transfer-title' },
    make('header', '', 0, make('h2', '', { id: 'transfer-title' }, say('transfer-title')), button('', say('close'), () => dialog.close(), icon(CROSS))), form);
  const submit = async () => {
    if (!chosen || go.disabled) return;
    go.disabled = true;
    try {
      await ui.net.act('transfer', { conversation: id, to: chosen.to, comment: comment.value.trim() });
      dialog.close();
    } catch ({ message }) {
      go.disabled = false;
      trouble.hidden = false;
      tell(trouble, message || say('not-done'));
    }
  };
  put(form, {
    onsubmit(event) {
      event.preventDefault();
      submit();
    },
    onkeydown({ key, ctrlKey, metaKey }) { if (key === 'Enter' && (ctrlKey || metaKey)) submit(); },
  });
  openDialog(ui.box, dialog);
  const first = form.querySelector('input') || comment;
  first.focus();
};
