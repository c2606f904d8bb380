// Where the visitor writes: the field, files to be sent, the quote that is answered, emoji.

import { button, byTouch, icon, make, picture, put, tell } from '../../../../web/shared/dom.js';
import { drawAbout } from '../../../../web/shared/files.js';
import { CLIP, CROSS, SMILE, UP } from '../../../../web/shared/icons.js';
import { paintQuote } from './row.js';
import { endingOf, isSaying, sizeOf } from '../../../../web/shared/text.js';
import { words } from './words.js';

const EMOJI = '😀 😂 😊 😉 😍 🥰 😘 🤔 😅 😢 😭 😡 👍 👎 👌 🙏 👏 💪 👋 ❤️ 🔥 🎉 ✅ ❗';

// A grid of emoji, eight in a line: one of them is in the Tab order, arrows go about.
const drawEmoji = (put) => {
  const all = EMOJI.split(' ').map((emoji, i) => {
    const one = button('', '', () => put(emoji), emoji);
    one.tabIndex = i && -1;
    return one;
  });
  return make('div', 'emojis', {
    role: 'group',
    'aria-label': words.emoji,
    hidden: true,
    onkeydown(event) {
      const to = all[all.indexOf(event.target) + { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -8, ArrowDown: 8 }[event.key]];
      if (!to) return;
      event.preventDefault();
      to.focus();
    },
  }, ...all);
};

export const createComposer = (ui) => {
  const { client, state, language } = ui;
  let files = []; // { file, url, chip }
  let answers = 0; // the message that is quoted
  let trouble = ''; // what was wrong with a file

  const note = make('div', 'note', { role: 'status' });
  const area = make('textarea', '', {
    rows: 1, placeholder: words.write, 'aria-label': words.write, dir: 'auto', value: client.draft(),
  });
  const picker = make('input', '', { type: 'file', multiple: true, hidden: true });
  const clip = button('', words.attach, () => picker.click(), icon(CLIP));
  const smile = button('smile', words.emoji, () => showEmoji(emoji.hidden), icon(SMILE));
  const go = button('send', words.send, null, icon(UP));
  const rest = make('small');
  const quote = make('div', 'quote');
  const quoting = make('div', 'quoting', 0, quote, button('', words.cancel, () => cite(0), icon(CROSS)));
  const chips = make('div', 'chips');
  const emoji = drawEmoji((sign) => {
    area.setRangeText(sign, area.selectionStart, area.selectionEnd, 'end');
    changed();
    area.focus();
  });
  const form = make('form', 'composer', 0, quoting, chips, emoji,
    make('div', 'field', 0, clip, picker, area, rest, smile, go));

  const showEmoji = (open) => {
    emoji.hidden = !open;
    put(smile, { 'aria-expanded': open });
    (open ? emoji.firstChild : area).focus();
  };
  const paint = () => {
    const { limit, lag, fileLimit, notice } = state;
    const left = area.value.length > limit * 0.9 ? limit - [...area.value.trim()].length : limit;
    go.disabled = left < 0 || !(files[0] || isSaying(area.value));
    tell(rest, left < limit * 0.1 ? String(left) : '');
    clip.hidden = !fileLimit;
    const wrong = left < 0 ? words['too-long'].replace('{limit}', limit.toLocaleString(language)) : trouble || notice;
    tell(note, wrong || words[lag] || '');
    note.className = wrong ? 'note bad' : 'note';
    quoting.hidden = !answers;
    form.hidden = !!state.form;
    area.style.height = 0;
    area.style.height = area.scrollHeight + 'px';
    ui.log.settle(); // it had more room in between
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
  };
  const chipOf = (file) => {
    const { name, size, type } = file;
    const url = URL.createObjectURL(file);
    const one = { file, url };
    const thumb = type.startsWith('image/') ? [picture({ src: url, onerror() { this.remove(); } })] : [];
    one.chip = make('div', 'chip', 0,
      make('span', 'ext', 0, endingOf(name), ...thumb),
      drawAbout(name, size, language),
      button('', words.discard + ': ' + name, () => {
        takeOut(one);
        changed();
        area.focus();
      }, icon(CROSS)));
    chips.append(one.chip);
    return one;
  };
  /** Put files beside the message that is being written. */
  const attach = (list) => {
    trouble = '';
    for (const file of list) {
      if (file.size > state.fileLimit) {
        trouble = words['file-too-big'].replace('{limit}', sizeOf(state.fileLimit, language))
          .replace('{name}', file.name);
      } else if (files.length >= state.filesLimit) {
        trouble = words['too-many-files'].replace('{limit}', state.filesLimit);
      } else files.push(chipOf(file));
    }
    paint();
    area.focus();
  };
  /** Answer the message of that id; 0: none. */
  const cite = (id) => {
    answers = id;
    if (id) paintQuote(quote, state.messages.get(id));
    paint();
    area.focus();
  };
  const submit = () => {
    paint();
    if (go.disabled) return;
    const sent = { text: area.value.trim(), files: files.map(({ file }) => file), replyTo: answers };
    files.forEach(takeOut);
    area.value = '';
    answers = 0;
    emoji.hidden = true;
    changed();
    client.say(sent);
    ui.log.toEnd();
    area.focus();
  };
  go.onclick = submit;
  go.onmousedown = (event) => event.preventDefault(); // a phone's keyboard stays
  form.onsubmit = (event) => event.preventDefault();
  picker.onchange = () => {
    attach(picker.files);
    picker.value = '';
  };
  put(area, {
    oninput: changed,
    onkeydown(event) {
      // Shift+Enter and a phone's Enter are a new line; 229: a word is still being composed.
      if (event.key !== 'Enter' || event.isComposing || event.keyCode === 229 || event.shiftKey || byTouch()) return;
      event.preventDefault();
      submit();
    },
    onpaste(event) {
      const { files: pasted } = event.clipboardData;
      if (!pasted[0] || !state.fileLimit || event.clipboardData.getData('text')) return;
      event.preventDefault();
      attach(pasted);
    },
  });
  return {
    note, form, paint, attach, quote: cite,
    focus: () => area.focus(),
    /** Close what is open here; false: nothing was. */
    back() {
      if (emoji.hidden && !answers) return false;
      if (emoji.hidden) cite(0); else showEmoji(false);
      return true;
    },
    /** It is another visitor's now. */
    draft() {
      files.forEach(takeOut);
      answers = 0;
      area.value = client.draft();
      paint();
    },
  };
};
