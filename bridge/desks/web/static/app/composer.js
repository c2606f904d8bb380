// Where operators write: to the customer, or a note to colleagues; files, what is answered, what is changed; and what does not go, said before.

import { lastEditable, wordsOf } from './arrange.js';
import { createAttached } from './attached.js';
import { button, byTouch, icon, make, put, tell } from './dom.js';
import { CLIP, CROSS, UP } from './icons.js';
import { troubles } from './limits.js';
import { inShort, paintQuote } from './message.js';
import { EDIT, NOTE, WARN } from './signs.js';
import { say } from './spoken.js';
import { isSaying, sizeOf } from './text.js';
import { soon } from './times.js';
import { language } from './words.js';

const NEARLY = 0.9; // of the limit: from here on it is counted
const NOTES = /^\/\/\s?/; // as in the group: what begins so stays among colleagues

const sentence = ({ code, name = '', size, at, count = 0, limit = 0, kind, ending = '' }, place) => say('limit-' + code, {
  name, count, ending, place, most: limit, kind: kind ? say('last-' + kind) : '', size: size ? sizeOf(size, language) : '',
  time: at ? soon(new Date(at), new Date(), language) : '',
});

export const createComposer = (ui) => {
  const { state } = ui;
  let id = null; // the conversation
  let draft = { text: '', note: '', mode: 'reply', replyTo: 0, quote: '' };
  let editing = null; // the message that is changed
  let busy = false;

  const told = make('div', 'told', { role: 'status' });
  const cited = make('div', 'quote');
  const citing = make('div', 'citing', 0, icon(EDIT), cited, button('', say('cancel'), () => back(), icon(CROSS)));
  const area = make('textarea', '', { rows: 1, dir: 'auto', spellcheck: true });
  const picker = make('input', '', { type: 'file', multiple: true, hidden: true, tabIndex: -1 });
  const clip = button('', say('attach'), () => picker.click(), icon(CLIP));
  const rest = make('small', 'number');
  const go = button('send', say('send'), () => submit(), icon(UP));
  const modes = ['reply', 'note'].map((mode) => button('', '', () => {
    turn(mode);
    if (form.hidden) ui.gate.focus(); else area.focus();
  }, ...(mode === 'note' ? [icon(NOTE)] : []), say(mode === 'note' ? 'note' : 'to-customer')));
  const strip = make('div', 'modes', { role: 'group', 'aria-label': say('write-what') }, ...modes, make('span', 'flag', 0, say('note-flag')));
  const field = make('div', 'field', 0, clip, picker, area, rest, go);
  const attached = createAttached(ui, {
    stops: (file) => troubles({ files: [file], note: noting(), channel: channel(), now: 0, fileLimit: state.fileLimit }).some(({ level }) => level === 'stop'),
    changed() {
      paint();
      area.focus();
    },
  });
  const form = make('form', 'composer', { hidden: true }, told, strip, citing, attached.node, field);

  const noting = () => (editing ? editing.from === 'note' : draft.mode === 'note');
  const channel = () => {
    const talk = ui.talk();
    return (talk && talk.state && state.channels[talk.state.channel]) || {};
  };
  const found = () => {
    const talk = ui.talk() || {};
    return troubles({
      text: area.value.trim(), files: editing ? [] : attached.all(), note: noting(), edit: !!editing, channel: channel(), state: talk.state,
      customer: talk.customer, now: state.now(), fileLimit: state.fileLimit,
    });
  };
  const keep = () => {
    if (id === null || editing) return;
    draft[noting() ? 'note' : 'text'] = area.value;
    ui.drafts().put(id, draft);
  };
  const lines = (list) => {
    const other = ui.talk() && ui.talk().state && !noting() && ui.talk().state.operator;
    const place = channel().title || '';
    return [...(editing ? [] : attached.troubles().map((text) => ['stop', text])),
      ...list.map((one) => [one.level, sentence(one, place)]),
      ...(other && state.me && other.id !== state.me.id ? [['hint', say('with-other', { name: other.name })]] : [])];
  };
  const paintCiting = () => {
    const talk = ui.talk();
    const message = editing || (!noting() && draft.replyTo && talk && talk.messages.get(draft.replyTo));
    citing.hidden = !message;
    citing.classList.toggle('editing', !!editing);
    if (!message) return;
    paintQuote(cited, message, editing ? inShort(editing) : draft.quote, { customer: talk.customer, me: state.me });
    if (editing) cited.firstChild.replaceChildren(say('editing'));
  };
  // As high as its words; measured only where they, or its width, have changed.
  let fitted = null;
  const fit = () => {
    if (form.hidden || fitted === area.value) return;
    fitted = area.value;
    area.style.height = 0;
    area.style.height = area.scrollHeight + 'px';
    ui.log.settle();
  };
  const paint = () => {
    const may = ui.may();
    const note = noting();
    form.hidden = !ui.talk() || !(may.answer || note || editing);
    if (form.hidden) return;
    const list = found();
    const wrong = list.some(({ level }) => level === 'stop') || (!editing && attached.failed);
    form.classList.toggle('noting', note);
    modes.forEach((one, i) => put(one, { 'aria-pressed': note === !!i, hidden: !!editing && note !== !!i }));
    const shown = lines(list);
    const now = JSON.stringify(shown);
    if (told.said !== now) {
      told.said = now;
      told.replaceChildren(...shown.map(([level, text]) => make('p', level, { dir: 'auto' }, ...(level === 'hint' ? [] : [icon(WARN)]), text)));
    }
    const label = say(note ? 'write-note' : 'write');
    put(area, { placeholder: label, 'aria-label': label });
    const limit = channel().text_limit || 0;
    const left = limit - area.value.trim().length;
    tell(rest, !note && limit && left >= 0 && left < limit * (1 - NEARLY) ? String(left) : '');
    clip.hidden = !!editing;
    go.disabled = busy || wrong || !(isSaying(area.value) || (!editing && attached.all().length));
    put(go, { title: say(editing ? 'save' : note ? 'send-note' : 'send') }).setAttribute('aria-label', go.title);
    attached.paint(!!editing);
    paintCiting();
    fit();
  };
  function turn(mode) {
    keep();
    draft.mode = mode;
    area.value = mode === 'note' ? draft.note : draft.text;
    keep();
    attached.start();
    paint();
    ui.paintGate();
  }
  /** Put files beside what is being written. */
  const attach = (list) => {
    if (form.hidden || editing) return;
    attached.add(list);
    paint();
    area.focus();
  };
  const clear = () => {
    attached.clear();
    Object.assign(draft, { [noting() ? 'note' : 'text']: '', replyTo: 0, quote: '' });
    area.value = '';
    keep();
  };
  const save = async () => {
    const text = area.value.trim();
    const message = editing;
    if (text === wordsOf(message)) return back();
    busy = true;
    paint();
    const good = await ui.act('edit', { message: message.id, text });
    busy = false;
    if (good && editing === message) back(); else paint();
    return area.focus();
  };
  function submit() {
    paint();
    if (go.disabled) return;
    if (editing) {
      save();
      return;
    }
    const note = noting();
    const sent = { conversation: id, note, text: area.value.trim(), files: attached.all(), replyTo: note ? 0 : draft.replyTo, quote: note ? '' : draft.quote };
    ui.trouble('');
    clear();
    ui.outbox.add(sent);
    ui.log.toEnd();
    paint();
    area.focus();
  }
  /** Leave what is open here: the edit, the quote, the note; false: nothing was. */
  function back() {
    if (editing) {
      editing = null;
      area.value = noting() ? draft.note : draft.text;
    } else if (draft.replyTo && !noting()) Object.assign(draft, { replyTo: 0, quote: '' });
    else if (noting() && !area.value.trim()) {
      turn('reply');
      return true;
    } else return false;
    keep();
    paint();
    ui.paintGate();
    return true;
  }
  const edit = (message) => {
    keep();
    editing = message;
    area.value = wordsOf(message);
    paint();
    ui.paintGate();
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
  };
  const selected = () => { // words of one message that are marked are what is quoted
    const selection = getSelection();
    const at = selection.anchorNode && selection.anchorNode.parentElement && selection.anchorNode.parentElement.closest('.msg .text');
    return at && at.contains(selection.focusNode) ? [at.closest('.msg'), String(selection).trim().slice(0, 1000)] : [null, ''];
  };
  const answer = (message) => {
    const [from, words] = selected();
    const quote = from && from.row && from.row.message() && from.row.message().id === message.id && words !== message.text ? words : '';
    if (editing) back();
    if (noting()) turn('reply');
    Object.assign(draft, { replyTo: message.id, quote });
    keep();
    paint();
    area.focus();
  };

  let width = 0;
  new ResizeObserver(() => {
    if (width === form.offsetWidth) return;
    width = form.offsetWidth;
    fitted = null;
    fit();
  }).observe(form);
  form.onsubmit = (event) => event.preventDefault();
  go.onmousedown = (event) => event.preventDefault(); // a phone's keyboard stays
  picker.onchange = () => {
    attach(picker.files);
    picker.value = '';
  };
  const sends = (event) => {
    if (event.ctrlKey || event.metaKey) return true;
    return !event.shiftKey && !event.altKey && !byTouch() && ui.app.prefs.get('send') === 'enter';
  };
  put(area, {
    oninput() {
      if (!noting() && !editing && NOTES.test(area.value)) {
        const rest = area.value.replace(NOTES, '');
        area.value = '';
        turn('note');
        area.value = area.value ? area.value + '\n' + rest : rest;
      }
      attached.calm();
      keep();
      paint();
      if (!noting() && area.value) ui.net.typing();
    },
    onkeydown(event) {
      if (event.isComposing || event.keyCode === 229) return; // a word is still being composed
      if (event.key === 'Enter' && sends(event)) {
        event.preventDefault();
        submit();
      } else if (event.key === 'ArrowUp' && !area.value && !editing && !attached.all().length) {
        const last = ui.talk() && lastEditable(ui.talk().messages.values(), state.me && state.me.id, noting());
        if (last) {
          event.preventDefault();
          edit(last);
        }
      } else if (event.key === 'Escape' && back()) {
        event.preventDefault();
        event.stopPropagation();
      }
    },
    onpaste(event) {
      const { files: pasted } = event.clipboardData;
      if (!pasted.length || event.clipboardData.getData('text')) return;
      event.preventDefault();
      attach(pasted);
    },
  });
  return {
    node: form, paint, attach, answer, edit, back,
    focus: () => area.focus(),
    get open() { return !form.hidden; },
    noting,
    /** Write a note, also where nothing can be answered. */
    note() {
      turn('note');
      area.focus();
    },
    /** Words that were not sent, to be written on. */
    takeBack({ note, text, files, replyTo, quote }) {
      if (noting() !== note) turn(note ? 'note' : 'reply');
      area.value = [text, area.value].filter((one) => one.trim()).join('\n');
      if (!note && replyTo) Object.assign(draft, { replyTo, quote });
      attached.restore(files);
      keep();
      paint();
      area.focus();
    },
    /** Another conversation. */
    show(next) {
      keep();
      editing = null;
      busy = false;
      id = next;
      draft = next === null ? { text: '', note: '', mode: 'reply', replyTo: 0, quote: '' } : ui.drafts().get(next);
      area.value = draft.mode === 'note' ? draft.note : draft.text;
      attached.show(next);
      paint();
    },
  };
};
