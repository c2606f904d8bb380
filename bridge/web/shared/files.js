// The files of a message, as they came.

import { button, calm, icon, linkOut, make, picture, put } from './dom.js';
import { LOAD } from './icons.js';
import { drawPlayer, playOrPause } from './player.js';
import { endingOf, sizeOf } from './text.js';
import { words } from './words.js';

const WIDE = 264;
const TALL = 320;
const LABELS = { animation: 'video', video_note: 'video' };

/** "Photo", "Voice message", a document's name: for quotes and for what is read aloud. */
export const labelOf = ({ kind, name }) => (kind !== 'document' && words[LABELS[kind] || kind]) || name || words.file;

/** How a file is shown: 'photo', 'still' (a sticker), 'loop', 'video', 'round', 'sound', or 'doc' for all others. */
export const looksOf = ({ kind, mime = '' }) => {
  const [still, loop] = mime.startsWith('image') ? ['still', 'photo'] : ['loop', 'loop'];
  const sound = !mime || make('audio').canPlayType(mime) ? 'sound' : 'doc';
  const looks = { photo: 'photo', sticker: still, animation: loop, video: 'video', video_note: 'round', voice: sound, audio: sound };
  return looks[kind] || 'doc';
};

// Keep the place that the picture will take.
const keepPlace = ({ style }, { width, height }) => {
  if (!width || !height) return;
  style.aspectRatio = width / height;
  style.width = Math.min(WIDE, width, (TALL * width) / height) + 'px';
};

const download = (name, { url, name: download = '' }, ...inside) => (
  put(linkOut(url, name, ...inside), { download, title: words.download }));

// Load what `get` gives, always the newest address; offer another try in the place of `box` when it can't be had.
const load = (box, node, get) => {
  const { url } = get();
  node.onerror = () => {
    if (get().url !== url) {
      load(box, node, get);
      return;
    }
    const lost = make('div', 'lost', 0, words.broken, button('', '', () => {
      lost.replaceWith(box);
      load(box, node, get);
    }, words.retry), download('', get(), icon(LOAD), words.download));
    box.replaceWith(lost);
  };
  if (!node.naturalWidth) node.src = url; // else it is the preview, and stays
};

/** A file's name and size. */
export const drawAbout = (name, size, language, more = '') => make('span', 'about', 0,
  make('bdi', '', 0, name || words.file),
  make('small', '', 0, size ? more + sizeOf(size, language) : ''));

const drawDocument = (get, ui) => {
  const file = get();
  const { name, size } = file;
  const ending = endingOf(name);
  const link = download('doc', file, make('span', 'ext', 0, ending || icon(LOAD)),
    drawAbout(name, size, ui.language, ending && ending + ' · '));
  link.onclick = () => { link.href = get().url; };
  return link;
};

/** A file that came. `get` gives it as it is now (its address changes); `preview`: the picture that was shown before. */
export const drawFile = (get, ui, preview) => {
  const file = get();
  const looks = looksOf(file);
  if (looks === 'doc') return drawDocument(get, ui);
  if (looks === 'sound') {
    const audio = make('audio');
    const player = drawPlayer(audio, file);
    load(player, audio, get);
    return player;
  }
  const sticker = file.kind === 'sticker';
  const still = looks === 'photo' || looks === 'still';
  const loop = looks === 'loop';
  const node = still ? preview || picture({ loading: 'lazy', alt: labelOf(file) })
    : make('video', '', { playsInline: true, preload: 'metadata', muted: loop, loop, autoplay: loop && !calm(),
      controls: looks === 'video' || (loop && !sticker && calm()), 'aria-label': words.video });
  let box = make('div', sticker ? 'still' : 'pic', 0, node);
  if (looks === 'photo') {
    box = button('pic', words.photo, () => ui.zoom(box), node);
    box.file = get; // for the zoom, which goes from one to the next
  }
  if (looks === 'round') {
    box = button('round', words.video, () => playOrPause(node), node);
    node.onplay = node.onpause = () => box.classList.toggle('on', !node.paused);
  } else if (!sticker) keepPlace(box, file);
  load(box, node, get);
  return box;
};
