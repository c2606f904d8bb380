// Where the visitor writes: the field, files to be sent, the quote that is answered, emoji.

import { button, byTouch, fillIn, icon, make, mark, tell } from './dom.js';
import { CLIP, CROSS, SMILE, UP } from './icons.js';
import { drawQuote, inShort, whoOf } from './row.js';
import { endingOf, isSaying, sizeOf } from './text.js';
import { words } from './words.js';

const EMOJI = '😀 😂 😊 😉 😍 🥰 😘 🤗 🤔 😅 😢 😭 😡 😱 🙄 😴 👍 👎 👌 🙏 👏 🤝 💪 👋 ❤️ 💔 🔥 ✨ 🎉 🎁 ✅ ❌ ❓ ❗ 💯 👀 📦 🚚 💳 ⏰'.split(' ');
const ACROSS = 8;

// A grid of emoji: one of them is in the Tab order, arrows go about.
const drawEmoji = (put) => {
  const all = EMOJI.map((emoji, i) => {
    const one = button('', '', () => put(emoji), emoji);
    one.tabIndex = i ? -1 : 0;
    return one;
  });
  const node = mark(make('div', 'emojis', ...all), { role: 'group', 'aria-label': words.emoji });
  const steps = new Map([['ArrowLeft', -1], ['ArrowRight', 1], ['ArrowUp', -ACROSS], ['ArrowDown', ACROSS]]);
  node.onkeydown = (event) => {
    const to = all[all.indexOf(event.target) + steps.get(event.key)];
    if (!to) return;
    event.preventDefault();
    event.target.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  };
  node.hidden = true;
  return node;
};

export const createComposer = (ui) => {
  const { client, state } = ui;
  let files = []; // { file, url, chip }
  let answers = 0; // the message that is quoted
  let trouble = ''; // what was wrong with a file
  let troubled = 0;

  const note = mark(make('div', 'note'), { role: 'status' });
  const area = mark(make('textarea'), { rows: 1, placeholder: words.write, 'aria-label': words.write, dir: 'auto' });
  area.value = client.draft();
  area.enterKeyHint = byTouch() ? 'enter' : 'send';
  const picker = mark(make('input'), { type: 'file', multiple: '', tabindex: -1, 'aria-hidden': 'true' });
  picker.hidden = true;
  const clip = button('', words.attach, () => picker.click(), icon(CLIP));
  const smile = mark(button('smile', words.emoji, () => showEmoji(emoji.hidden), icon(SMILE)), { 'aria-expanded': 'false' });
  const go = button('send', words.send, null, icon(UP, 20));
  go.type = 'submit';
  go.onmousedown = (event) => event.preventDefault(); // a phone's keyboard stays
  const left = mark(make('span', 'rest'), { 'aria-hidden': 'true' });
  const quote = drawQuote('div');
  const quoting = make('div', 'quoting', quote.node, button('', words.cancel, () => cite(0), icon(CROSS, 18)));
  const chips = make('div', 'chips');
  const emoji = drawEmoji((sign) => {
    area.setRangeText(sign, area.selectionStart, area.selectionEnd, 'end');
    changed();
    if (!byTouch()) area.focus();
  });
  const form = make('form', 'composer', quoting, chips, emoji, make('div', 'field', clip, picker, area, left, smile, go));

  const showEmoji = (open) => {
    emoji.hidden = !open;
    smile.setAttribute('aria-expanded', open);
    if (open) emoji.querySelector('[tabindex="0"]').focus(); else area.focus();
  };
  const longBy = () => (area.value.length < state.limit * 0.9 ? -1e9 : [...area.value.trim()].length - state.limit);

  const paint = () => {
    const over = longBy();
    go.disabled = over > 0 || !(files.length || isSaying(area.value));
    left.hidden = over < -1e6;
    tell(left, String(-over));
    clip.hidden = !state.fileLimit;
    const lag = state.lag && ui.shell.isOpen() ? words[state.lag] : '';
    const wrong = over > 0 ? fillIn(words['too-long'], { limit: state.limit.toLocaleString(ui.language) }) : trouble || state.notice;
    tell(note, wrong || lag);
    note.className = 'note' + (wrong ? ' bad' : '');
    note.hidden = !note.textContent;
    quoting.hidden = !answers;
    chips.hidden = !files.length;
    form.hidden = !!state.form;
    area.style.height = 'auto';
    area.style.height = Math.max(40, Math.min(140, area.scrollHeight)) + 'px';
  };
  const complain = (sentence) => {
    trouble = sentence;
    clearTimeout(troubled);
    if (sentence) troubled = setTimeout(() => complain(''), 8000);
    paint();
  };
  const changed = () => {
    client.saveDraft(area.value);
    trouble = '';
    paint();
  };

  const takeOut = (one) => {
    files = files.filter((other) => other !== one);
    URL.revokeObjectURL(one.url);
    one.chip.remove();
    paint();
    area.focus();
  };
  const chipOf = (file) => {
    const one = { file, url: URL.createObjectURL(file) };
    const face = make('span', 'ext', endingOf(file.name));
    if (/^image\/(?!svg)/.test(file.type)) {
      const image = make('img');
      image.alt = '';
      image.onerror = () => image.remove();
      image.src = one.url;
      face.append(image);
    }
    one.chip = make('div', 'chip', face, make('span', 'about', make('bdi', '', file.name),
      make('small', '', sizeOf(file.size, ui.language))), button('', words.remove + ': ' + file.name, () => takeOut(one), icon(CROSS, 16)));
    chips.append(one.chip);
    return one;
  };
  /** Put files beside the message that is being written. */
  const attach = (list) => {
    if (!state.fileLimit || state.form) return;
    trouble = '';
    for (const file of list) {
      if (file.size > state.fileLimit) {
        complain(fillIn(words['file-too-big'], { name: file.name, limit: sizeOf(state.fileLimit, ui.language) }));
      } else if (files.length >= state.filesLimit) {
        complain(fillIn(words['too-many-files'], { limit: state.filesLimit }));
      } else {
        files.push(chipOf(file));
      }
    }
    paint();
    area.focus();
  };
  /** Answer the message of that id; 0: none. */
  const cite = (id) => {
    const message = state.messages.get(id);
    answers = message ? id : 0;
    if (message) quote.paint({ who: whoOf(message), words: inShort(message) });
    paint();
    area.focus();
  };

  const submit = () => {
    paint();
    if (go.disabled) return;
    const sent = { text: area.value.trim(), files: files.map(({ file }) => file), replyTo: answers || undefined };
    for (const { url } of files) URL.revokeObjectURL(url);
    files = [];
    chips.replaceChildren();
    area.value = '';
    answers = 0;
    emoji.hidden = true;
    changed();
    client.say(sent);
    ui.log.toEnd();
    area.focus();
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    submit();
  };
  area.oninput = changed;
  area.onkeydown = (event) => {
    if (event.key !== 'Enter' || event.isComposing || event.keyCode === 229) return;
    if (event.shiftKey || byTouch()) return; // a new line
    event.preventDefault();
    submit();
  };
  area.onpaste = (event) => {
    const { clipboardData } = event;
    if (!clipboardData.files.length || clipboardData.getData('text')) return;
    event.preventDefault();
    attach(clipboardData.files);
  };
  picker.onchange = () => {
    attach(picker.files);
    picker.value = '';
  };

  return {
    note, form, area, paint, attach, quote: cite,
    focus: () => area.focus(),
    /** Close what is open here; false: nothing was. */
    back: () => {
      if (!emoji.hidden) showEmoji(false);
      else if (answers) cite(0);
      else return false;
      return true;
    },
    /** It is another visitor's now. */
    draft: () => {
      area.value = client.draft();
      paint();
    },
  };
};
