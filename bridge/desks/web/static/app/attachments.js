// What came with a message, beside pictures, sounds and documents: places, contacts, polls; and what cannot be shown.

import { icon, linkOut, make, put } from './dom.js';
import { drawAbout, drawFile, labelOf } from './files.js';
import { fillText } from './rich.js';
import { CONTACT, LOST, PIN, POLL } from './signs.js';
import { say } from './spoken.js';
import { sizeOf } from './text.js';
import { language } from './words.js';

const number = (value) => (Number.isFinite(Number(value)) && value !== null && value !== '' ? Number(value) : null);

const card = (tag, path, title, ...lines) => make(tag, 'doc', 0, make('span', 'ext', 0, icon(path)), make('span', 'about', 0,
  make('bdi', '', 0, title), ...lines));
const line = (text) => (text ? [make('small', '', { dir: 'auto' }, text)] : []);

/** Where a place is on a map that anybody can open; '' where it is nowhere. */
export const mapOf = ({ latitude, longitude }) => {
  const [north, east] = [number(latitude), number(longitude)];
  if (north === null || east === null || Math.abs(north) > 90 || Math.abs(east) > 180) return '';
  return `https://www.openstreetmap.org/?mlat=${north}&mlon=${east}#map=16/${north}/${east}`;
};

const drawPlace = ({ kind, data = {} }) => {
  const map = mapOf(data);
  const inside = [make('span', 'ext', 0, icon(PIN)), make('span', 'about', 0, make('bdi', '', 0, data.title || say(kind)),
    ...line(data.address), ...(map ? [make('small', 'link', 0, say('on-the-map'))] : []))];
  return map ? put(linkOut(map, 'doc', ...inside), { title: say('new-tab') }) : make('div', 'doc', 0, ...inside);
};

const drawContact = ({ data = {} }) => {
  const { phone = '', first_name: first = '', last_name: last = '' } = data;
  const tel = phone.replace(/[^+\d]/g, '');
  return card('div', CONTACT, `${first} ${last}`.trim() || say('contact'),
    ...(tel ? [make('a', 'tel', { href: 'tel:' + tel, dir: 'ltr' }, phone)] : line(phone)));
};

const drawPoll = ({ data = {} }) => {
  const options = Array.isArray(data.options) ? data.options : [];
  return make('div', 'poll', 0, make('p', '', { dir: 'auto' }, icon(POLL), data.question || say('poll')),
    make('ul', '', 0, ...options.map((option) => make('li', '', { dir: 'auto' }, String((option && option.text) || option)))));
};

const drawLost = (file) => card('div', LOST, file.name || labelOf(file),
  ...line([say('no-file'), file.size ? sizeOf(file.size, language) : ''].filter(Boolean).join(' · ')));

const OTHERS = {
  location: drawPlace,
  venue: drawPlace,
  contact: drawContact,
  poll: drawPoll,
  dice: ({ data = {} }) => make('p', 'big', 0, `${data.emoji || '🎲'} ${data.value ?? ''}`.trim()),
  unknown: ({ data = {} }) => card('div', LOST, say('unknown'), ...line(data.what)),
};

/** What an attachment is called in a few words. */
export const nameOf = (attachment) => {
  const { kind, data = {} } = attachment;
  if (kind === 'poll' && data.question) return `${say('poll')}: ${data.question}`;
  if (kind === 'venue' && data.title) return `${say('venue')}: ${data.title}`;
  if (kind === 'contact' && data.first_name) return `${say('contact')}: ${data.first_name}`;
  if (kind === 'sticker' && data.emoji) return `${data.emoji} ${say('sticker')}`;
  if (kind === 'dice' && data.emoji) return data.emoji;
  return labelOf(attachment);
};

/** Draw the attachment that `get` gives (its address may change), with its caption. */
export const drawAttachment = (get, ui) => {
  const attachment = get();
  const { kind, url, caption, caption_spans: spans, data = {} } = attachment;
  const draw = Object.hasOwn(OTHERS, kind) ? OTHERS[kind] : !url && drawLost;
  // A sticker that no browser plays is its emoji.
  const node = kind === 'sticker' && !/^(image|video)/.test(attachment.mime || 'image') && data.emoji
    ? make('p', 'big', { title: say('sticker') }, data.emoji) : draw ? draw(attachment) : drawFile(get, ui);
  if (!caption) return [node];
  const words = make('div', 'text caption', { dir: 'auto' });
  fillText(words, caption, spans);
  return [node, words];
};

/** A file that is on its way: { node, paint() }. */
export const drawSending = (file) => {
  const bar = make('progress', '', { max: 1, 'aria-label': say('uploading') });
  const about = drawAbout(file.name, file.size, language);
  const node = make('div', 'doc sending', 0, make('span', 'ext', 0, icon('M12 19V7M7 12l5-5 5 5')), about, bar);
  return {
    node,
    paint() {
      bar.value = file.id ? 1 : file.progress || 0;
      bar.hidden = !!file.id || !!file.failed;
    },
  };
};
