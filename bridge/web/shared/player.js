// Voice and music, played in place: a button, a slider, the time.

import { button, icon, make, put, tell } from './dom.js';
import { PAUSE, PLAY } from './icons.js';
import { lengthOf } from './times.js';
import { words } from './words.js';

/** A player; `audio` has its address already. */
export const drawPlayer = (audio, { duration, name }) => {
  const toggle = button('play', words.play, () => playOrPause(audio));
  const slider = make('input', '', { type: 'range', step: 0.1, 'aria-label': words.seek });
  const time = make('small');
  const paint = () => {
    const { paused, currentTime } = audio;
    const whole = (isFinite(audio.duration) && audio.duration) || duration || 1;
    put(slider, { max: whole, value: currentTime, 'aria-valuetext': lengthOf(currentTime) + ' / ' + lengthOf(whole) });
    slider.style.setProperty('--p', (100 * currentTime) / whole + '%');
    tell(time, lengthOf(paused && !currentTime ? whole : currentTime));
  };
  const turn = () => {
    const label = audio.paused ? words.play : words.pause;
    put(toggle, { title: label, 'aria-label': label }).replaceChildren(icon(audio.paused ? PLAY : PAUSE));
    paint();
  };
  slider.oninput = () => { audio.currentTime = slider.value; };
  put(audio, {
    preload: 'none', onplay: turn, onpause: turn, ontimeupdate: paint, ondurationchange: paint,
    onended() { audio.currentTime = 0; },
  });
  turn();
  const song = name ? [make('bdi', '', 0, name)] : [];
  return make('div', 'player', 0, toggle, make('div', '', 0, ...song, slider, time), audio);
};

/** Play what stands still, stop what plays. */
export const playOrPause = (media) => (media.paused ? media.play().catch(() => {}) : media.pause());
