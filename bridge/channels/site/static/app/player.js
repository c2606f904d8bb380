// Voice and music, played in place: a button, a slider, the time.

import { button, icon, make, mark, tell } from './dom.js';
import { PAUSE, PLAY } from './icons.js';
import { lengthOf } from './times.js';
import { words } from './words.js';

/** Whether this browser knows how to play the type (it is asked to try where the type is not told). */
export const canPlay = (mime) => !mime || document.createElement('audio').canPlayType(mime) !== '';

/** A player. `load` puts the address into the element and looks after failures. */
export const drawPlayer = (get, load) => {
  const { duration, name } = get();
  const audio = make('audio');
  audio.preload = 'none';
  const drawing = make('span');
  const toggle = button('play', words.play, () => (audio.paused ? audio.play().catch(() => {}) : audio.pause()), drawing);
  const slider = mark(make('input'), { type: 'range', min: 0, value: 0, step: 0.1, 'aria-label': words.seek });
  const time = make('span', 'time');
  const box = make('div', 'player', toggle, make('div', 'track', ...(name ? [make('bdi', 'song', name)] : []), slider), time,
    audio);
  const whole = () => (Number.isFinite(audio.duration) && audio.duration) || duration || 0;
  const paint = () => {
    const at = audio.currentTime;
    slider.max = whole() || 1;
    slider.value = at;
    slider.style.setProperty('--p', (100 * at) / slider.max + '%');
    const said = lengthOf(at);
    slider.setAttribute('aria-valuetext', said + ' / ' + lengthOf(whole()));
    tell(time, at || !audio.paused ? said : lengthOf(whole()));
  };
  const turn = () => {
    const label = audio.paused ? words.play : words.pause;
    mark(toggle, { 'aria-label': label, title: label });
    drawing.replaceChildren(icon(audio.paused ? PLAY : PAUSE, 20));
    paint();
  };
  slider.oninput = () => {
    audio.currentTime = Number(slider.value);
    paint();
  };
  audio.onplay = audio.onpause = turn;
  audio.ontimeupdate = audio.ondurationchange = audio.onseeked = paint;
  audio.onended = () => {
    audio.currentTime = 0;
    turn();
  };
  load(box, audio);
  turn();
  return box;
};
