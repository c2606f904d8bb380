// The files of a message: those that came, and those on their way out.

import { button, calm, icon, linkOut, make, mark, wordButton } from './dom.js';
import { CROSS, LOAD, PLAY, RING, SHEET } from './icons.js';
import { canPlay, drawPlayer } from './player.js';
import { endingOf, sizeOf } from './text.js';
import { words } from './words.js';

const WIDE = 264;
const TALL = 320;
const LABELS = new Map([['photo', 'photo'], ['video', 'video'], ['animation', 'video'], ['video_note', 'video'],
  ['voice', 'voice'], ['audio', 'audio'], ['sticker', 'sticker']]);

/** "Photo", "Voice message": for quotes and for what is read aloud. */
export const labelOf = ({ kind, name }) => (LABELS.has(kind) ? words[LABELS.get(kind)] : name || words.file);

/** How a file is shown: 'photo', 'still' (a sticker), 'loop', 'video', 'round', 'sound' or 'document'. */
export const looksOf = ({ kind, mime = '' }) => {
  const moves = mime.startsWith('video');
  switch (kind) {
    case 'photo': return 'photo';
    case 'sticker': return moves ? 'loop' : 'still';
    case 'animation': return mime.startsWith('image') ? 'photo' : 'loop';
    case 'video': return 'video';
    case 'video_note': return 'round';
    case 'voice':
    case 'audio': return canPlay(mime) ? 'sound' : 'document';
    default: return 'document';
  }
};

const shapeOf = ({ width, height }) => (width && height ? Math.max(0.6, Math.min(2.6, width / height)) : 4 / 3);

/** How wide a lone picture stands. */
export const widthOf = (file) => Math.round(Math.max(150, Math.min(WIDE, file.width || WIDE, TALL * shapeOf(file))));

const download = (get) => {
  const link = linkOut(get().url, 'again', icon(LOAD, 18), words.download);
  link.download = get().name || '';
  return link;
};

// Load what `get` tells (it always gives the newest address); say so in the place of `box` when it can't be had.
const loader = (get, kept) => (box, node) => {
  let url = '';
  const load = () => {
    url = get().url;
    node.src = url;
  };
  node.onerror = () => {
    if (get().url !== url) {
      load();
      return;
    }
    const again = wordButton('again', words.retry, () => {
      lost.replaceWith(box);
      load();
    });
    const lost = make('div', 'lost', make('span', '', words.broken), again, download(get));
    box.replaceWith(lost);
  };
  if (kept && node.naturalWidth) url = get().url; else load();
};

const keepPlace = (box, file, node) => {
  box.style.aspectRatio = shapeOf(file);
  if (file.width && file.height) return;
  node.onload = node.onloadedmetadata = () => {
    const [width, height] = [node.naturalWidth || node.videoWidth, node.naturalHeight || node.videoHeight];
    box.style.aspectRatio = shapeOf({ width, height });
  };
};

const newPicture = () => {
  const image = make('img');
  image.alt = '';
  image.loading = 'lazy';
  image.decoding = 'async';
  image.referrerPolicy = 'no-referrer';
  image.draggable = false; // it would look like a file to be dropped
  return image;
};

const drawPhoto = (get, ui, preview) => {
  const image = preview || newPicture();
  const box = button('pic', words['open-photo'], () => ui.zoom(box), image);
  box.file = get; // for the zoom, which goes from one to the next
  keepPlace(box, get(), image);
  loader(get, preview)(box, image);
  return box;
};

const drawStill = (get) => {
  const image = newPicture();
  image.alt = words.sticker;
  const box = make('div', 'still', image);
  loader(get)(box, image);
  return box;
};

const drawFilm = (get, looks) => {
  const film = mark(make('video'), { preload: 'metadata', 'aria-label': words.video });
  film.playsInline = true;
  const sticker = get().kind === 'sticker';
  if (looks === 'loop') {
    film.muted = film.loop = true;
    film.autoplay = !calm();
  }
  film.controls = looks === 'video' || (looks === 'loop' && calm() && !sticker);
  let box = make('div', sticker ? 'still' : 'pic', film);
  if (looks === 'round') {
    box = button('round', words['play-video'], () => (film.paused ? film.play().catch(() => {}) : film.pause()),
      film, icon(PLAY, 40));
    film.onplay = film.onpause = () => box.classList.toggle('on', !film.paused);
  } else if (!sticker) {
    keepPlace(box, get(), film);
  }
  loader(get)(box, film);
  return box;
};

const about = (ending, name, more) => [
  make('span', 'ext', ending || icon(SHEET)),
  make('span', 'about', make('bdi', '', name), make('small', '', more)),
];

const drawDocument = (get, ui) => {
  const { name = '', size, url, mime = '' } = get();
  const label = name || labelOf(get());
  const ending = endingOf(name);
  const more = [ending || mime.split('/').pop(), size ? sizeOf(size, ui.language) : ''].filter(Boolean).join(' · ');
  const link = linkOut(url, 'doc', ...about(ending, label, more));
  link.onclick = () => { link.href = get().url; };
  link.title = words.download;
  link.download = name;
  return link;
};

/** A file that came. `get` gives it as it is now: its address changes; `preview`: the picture that was shown before. */
export const drawFile = (get, ui, preview) => {
  const looks = looksOf(get());
  switch (looks) {
    case 'photo': return drawPhoto(get, ui, preview);
    case 'still': return drawStill(get);
    case 'sound': return drawPlayer(get, loader(get));
    case 'document': return drawDocument(get, ui);
    default: return drawFilm(get, looks);
  }
};

/** A file on its way out: { node, image (of a picture), paint() } with the progress and a way to stop it. */
export const drawOutgoing = (item, file, ui) => {
  const ring = icon(RING, 40);
  const path = mark(ring.firstChild, { pathLength: 100 });
  const stop = button('stop', words['cancel-file'], () => ui.client.cancelFile(item.id, file.key), ring, icon(CROSS, 18));
  const bar = mark(make('span', 'bar', stop), { role: 'progressbar', 'aria-label': file.name });
  const image = file.url && file.kind === 'photo' ? newPicture() : null;
  const node = image ? make('div', 'pic out', image, bar)
    : make('div', 'doc out', bar, ...about('', file.name, sizeOf(file.size, ui.language)).slice(1));
  if (image) {
    keepPlace(node, {}, image);
    image.src = file.url;
  }
  const paint = () => {
    const share = Math.round(100 * (file.progress || 0));
    path.style.strokeDashoffset = 100 - share;
    bar.setAttribute('aria-valuenow', share);
    bar.hidden = image && (share >= 100 || !!file.failed || item.state === 'failed');
  };
  paint();
  return { node, image, paint };
};
