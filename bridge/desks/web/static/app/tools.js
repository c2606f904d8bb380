// What can be done with a message: one row of buttons, which goes to the message that is pointed at or has the focus.

import { wordsOf } from './arrange.js';
import { button, byTouch, icon, make, put } from './dom.js';
import { REPLY, TICK } from './icons.js';
import { BIN, COPY, EDIT } from './signs.js';
import { say } from './spoken.js';

const copy = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
};

/** `log`: the log's node; `rowAt(node)` gives the row that a node lies in. */
export const createTools = (ui, log, rowAt) => {
  const node = make('div', 'tools', { role: 'toolbar', 'aria-label': say('message-tools'), hidden: true });
  let row = null;

  const tool = (name, path, work) => put(button(name, say(name), work, icon(path)), { tabIndex: node.firstChild ? -1 : 0 });
  const fill = (message) => {
    const { can = {} } = message;
    const may = ui.may();
    const taking = message.from === 'note' ? 'remove' : 'unsend';
    const copying = tool('copy', COPY, async () => {
      if (await copy(wordsOf(message))) copying.replaceChildren(icon(TICK));
    });
    node.replaceChildren(
      ...(may.answer && message.from !== 'note' && !message.deleted ? [tool('reply', REPLY, () => ui.composer.answer(message))] : []),
      ...(wordsOf(message) && window.isSecureContext ? [copying] : []),
      ...(can.edit && !message.deleted ? [tool('edit', EDIT, () => ui.composer.edit(message))] : []),
      ...(can.unsend && !message.deleted ? [tool(taking, BIN, () => ui.unsend(message))] : []));
    [...node.children].forEach((one, i) => { one.tabIndex = i ? -1 : 0; });
  };
  const leave = () => {
    row = null;
    node.hidden = true;
    node.remove();
  };
  const go = (next) => {
    const message = next && next.message && next.message();
    if (!message) return leave();
    if (next === row && !node.hidden) return undefined;
    row = next;
    fill(message);
    node.hidden = !node.firstChild;
    row.bubble.append(node);
    return undefined;
  };
  put(node, {
    onkeydown(event) {
      const all = [...node.children];
      const to = all[all.indexOf(document.activeElement) + ({ ArrowRight: 1, ArrowLeft: -1 }[event.key] || NaN)];
      if (!to) return;
      event.preventDefault();
      event.stopPropagation();
      to.focus();
    },
  });
  log.addEventListener('pointerover', ({ target, pointerType }) => {
    if (pointerType === 'touch' || node.contains(document.activeElement)) return;
    const over = rowAt(target);
    if (over) go(over);
  });
  log.addEventListener('pointerleave', () => { if (row && !row.node.contains(document.activeElement)) leave(); });
  log.addEventListener('focusin', ({ target }) => { if (target.matches(':focus-visible')) go(rowAt(target)); });
  log.addEventListener('focusout', ({ relatedTarget }) => { if (row && !row.node.contains(relatedTarget)) leave(); });
  log.addEventListener('click', ({ target }) => {
    if (!byTouch() || target.closest('a, button, input, video, summary') || String(getSelection())) return;
    const over = rowAt(target);
    if (over && over !== row) go(over); else leave();
  });
  return {
    /** Something of the message has changed. */
    renew(changed) {
      if (changed === row && !node.contains(document.activeElement)) {
        row = null;
        go(changed);
      }
    },
    leave,
  };
};
