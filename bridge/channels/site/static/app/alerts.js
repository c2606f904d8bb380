// Sound and notifications about new answers. Both are off until the visitor turns them on.

import { inShort, whoOf } from './row.js';
import { words } from './words.js';

export const createAlerts = (ui) => {
  const { client } = ui;
  let sounds = null;
  const chime = () => {
    try {
      sounds ||= new AudioContext();
      sounds.resume();
      [660, 880].forEach((pitch, i) => {
        const tone = sounds.createOscillator();
        const volume = sounds.createGain();
        const at = sounds.currentTime + i * 0.12;
        tone.frequency.value = pitch;
        volume.gain.setValueAtTime(0.07, at);
        volume.gain.exponentialRampToValueAtTime(0.001, at + 0.3);
        tone.connect(volume).connect(sounds.destination);
        tone.start(at);
        tone.stop(at + 0.3);
      });
    } catch { /* no sound here */ }
  };
  const isOn = (name) => client.kept(name) === '1' && (name === 'sound' || Notification.permission === 'granted');
  /** Turn 'sound' or 'notify' on or off. */
  const turn = async (name, on) => {
    if (on && name === 'sound') chime();
    const may = !on || name === 'sound' || (await Notification.requestPermission()) === 'granted';
    client.keep(name, on && may ? '1' : '');
  };
  /** Tell of a new answer that the visitor does not see; one tab of several does it. */
  const ring = (message) => {
    if (Number(client.kept('rung')) >= message.id) return;
    client.keep('rung', String(message.id));
    if (isOn('sound')) chime();
    if (!canNotify() || !isOn('notify') || document.hasFocus()) return;
    try {
      const shown = new Notification(whoOf(message) || ui.state.company.name || words.title, {
        body: inShort(message), icon: message.avatar || ui.state.company.avatar, tag: 'otklik',
      });
      shown.onclick = () => {
        window.focus();
        ui.shell.setOpen(true);
        shown.close();
      };
    } catch { /* phones want a service worker for it */ }
  };
  return { isOn, turn, ring };
};

/** Whether this browser can notify, and the visitor has not forbidden it. */
export const canNotify = () => typeof Notification === 'function' && isSecureContext && Notification.permission !== 'denied';
