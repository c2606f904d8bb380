// Files beside what is being written: on their way as soon as they are there; kept with their conversation.

import { button, icon, make, picture } from './dom.js';
import { drawAbout } from './files.js';
import { CROSS } from './icons.js';
import { AGAIN } from './signs.js';
import { say } from './spoken.js';
import { endingOf } from './text.js';
import { language } from './words.js';

/** So many files go in one message, as the server takes them. */
export const MOST = 10;

/** `stops(file)`: whether it cannot go at all; `changed()`: something has been taken out. */
export const createAttached = ({ uploads }, { stops, changed }) => {
  const node = make('div', 'chips');
  const held = new Map(); // files by conversation
  let id = null;
  let many = false; // too many were given
  const all = () => held.get(id) || [];

  const takeOut = (file) => {
    held.set(id, all().filter((one) => one !== file));
    if (file.url) URL.revokeObjectURL(file.url);
    file.chip.remove();
  };
  const draw = (file) => {
    const { name, size, url } = file;
    const thumb = url ? [picture({ src: url, onerror() { this.remove(); } })] : [];
    const bar = make('progress', '', { max: 1, 'aria-label': say('uploading') });
    const again = button('', `${say('retry')}: ${name}`, () => {
      uploads.add(file);
      changed();
    }, icon(AGAIN));
    file.chip = make('div', 'chip', 0, make('span', 'ext', 0, endingOf(name), ...thumb), drawAbout(name, size, language), bar, again,
      button('', `${say('take-out')}: ${name}`, () => {
        uploads.cancel(file);
        takeOut(file);
        many = false;
        changed();
      }, icon(CROSS)));
    file.paint = () => {
      again.hidden = !file.failed;
      bar.hidden = !!file.id || !!file.failed || file.stopped;
      bar.value = file.progress || 0;
      file.chip.classList.toggle('failed', !!file.failed || file.stopped);
    };
  };
  const hold = (file) => {
    draw(file);
    held.set(id, [...all(), file]);
    node.append(file.chip);
  };
  return {
    node, all,
    add(list) {
      many = all().length + list.length > MOST;
      for (const blob of [...list].slice(0, MOST - all().length)) {
        const { name, size, type } = blob;
        hold({ name: name || say('file'), size, type, blob, url: type.startsWith('image/') ? URL.createObjectURL(blob) : '', failed: '' });
      }
      this.start();
    },
    /** Files of a message that was not sent, once more. */
    restore(files) {
      files.slice(0, MOST - all().length).forEach((file) => hold({ ...file, url: file.blob && file.type.startsWith('image/') ? URL.createObjectURL(file.blob) : '' }));
      this.start();
    },
    /** Send on their way those that can go: not all could when they were put here. */
    start() {
      for (const file of all()) {
        file.stopped = stops(file);
        if (!file.stopped && !file.failed) uploads.add(file);
      }
    },
    /** What is wrong with them, in sentences. */
    troubles: () => [...all().filter(({ failed }) => failed).map(({ name, failed }) => `${name}: ${failed}`),
      ...(many ? [say('limit-too-many-files', { count: MOST })] : [])],
    get failed() { return all().some(({ failed }) => failed); },
    calm() { many = false; },
    clear() {
      all().forEach(takeOut);
      many = false;
    },
    show(next) {
      id = next;
      many = false;
      node.replaceChildren(...all().map(({ chip }) => chip));
    },
    paint(hidden) {
      node.hidden = hidden || !all().length;
      all().forEach((file) => file.paint());
    },
  };
};
