// Sound and notifications about new answers. Both are off until the visitor turns them on.

import { inShort, whoOf } from './row.js';
import { words } from './words.js';

let sounds = null;

const chime = () => {
  try {
    sounds ||= new AudioContext();
    sounds.resume();
    const { currentTime: now } = sounds;
    const tone = sounds.createOscillator();
    const volume = sounds.createGain();
    tone.frequency.setValueAtTime(660, now);
    tone.frequency.setValueAtTime(880, now + 0.12);
    volume.gain.setValueAtTime(0.07, now);
    volume.gain.exponentialRampToValueAtTime(0.001, now + 0.4);
    tone.connect(volume).connect(sounds.destination);
    tone.start();
    tone.stop(now + 0.4);
  } catch { /* no sound here */ }
};

/** Whether this browser can notify, and the visitor has not forbidden it. */
export const canNotify = () => !!window.Notification && isSecureContext && Notification.permission !== 'denied';

/** Whether 'sound' or 'notify' is on. */
export const isOn = ({ client }, name) => client.kept(name) === '1'
  && (name === 'sound' || (canNotify() && Notification.permission === 'granted'));

/** Turn it on or off. */
export const turn = async ({ client }, name, on) => {
  if (on && name === 'sound') chime();
  client.keep(name, on && (name === 'sound' || await Notification.requestPermission() === 'granted') ? '1' : '');
};

/** Tell of a new answer that the visitor does not see; one tab of several does it. */
export const ring = (ui, message) => {
  const { client, state, shell } = ui;
  if (client.kept('rung') >= message.id) return;
  client.keep('rung', String(message.id));
  if (isOn(ui, 'sound')) chime();
  if (!isOn(ui, 'notify') || document.hasFocus()) return;
  try {
    const who = whoOf(message) || state.company.name || words.title;
    const note = new Notification(who, { body: inShort(message), tag: 'otklik' });
    note.onclick = () => {
      window.focus();
      shell.setOpen(true);
    };
  } catch { /* phones want a service worker for it */ }
};
