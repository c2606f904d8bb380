// The middle pane: one conversation, with all that can be done in it.

import { ask } from './confirm.js';
import { createComposer } from './composer.js';
import { button, byTouch, icon, make, put, tell } from './dom.js';
import { createDrafts } from './drafts.js';
import { createGate } from './gate.js';
import { createHead } from './head.js';
import { CROSS } from './icons.js';
import { createLog } from './log.js';
import { createOutbox } from './outbox.js';
import { EYE, WARN } from './signs.js';
import { say } from './spoken.js';
import { openTransfer } from './transfer.js';
import { createUploads } from './uploads.js';
import { language } from './words.js';
import { createZoom } from './zoom.js';

const KEYBOARD = 80; // pixels: less is no keyboard on the screen
const MINUTE = 60000;

// A storage that may be forbidden.
const storage = (name) => {
  try { return window[name]; } catch { return { getItem: () => null, setItem() {} }; }
};

// Files let go anywhere over the conversation.
const takeDrops = (ui, node) => {
  const zone = make('div', 'drop', { hidden: true }, say('drop'));
  const over = (work) => (event) => {
    if (!event.dataTransfer.types.includes('Files') || !ui.composer.open) return;
    event.preventDefault();
    work(event);
  };
  put(node, {
    ondragover: over(() => { zone.hidden = false; }),
    ondragleave({ relatedTarget }) { zone.hidden = zone.hidden || !node.contains(relatedTarget); },
    ondrop: over(({ dataTransfer }) => {
      zone.hidden = true;
      ui.composer.attach(dataTransfer.files);
    }),
  });
  // Anywhere else a file that is let go would take the place of the page.
  for (const name of ['dragover', 'drop']) {
    window.addEventListener(name, (event) => {
      if (event.defaultPrevented || !event.dataTransfer.types.includes('Files')) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'none';
    });
  }
  return zone;
};

// On phones that lay their keyboard over the page, the composer stands above it.
const keepAbove = (node) => {
  const view = window.visualViewport;
  if (!view) return;
  const fit = () => {
    const hidden = view.scale < 1.05 ? window.innerHeight - view.height - view.offsetTop : 0;
    node.style.paddingBottom = hidden > KEYBOARD ? hidden + 'px' : '';
  };
  view.addEventListener('resize', fit);
  view.addEventListener('scroll', fit);
};

// One plays at a time.
const playOne = (node) => node.addEventListener('play', ({ target }) => {
  for (const other of node.querySelectorAll('audio, video')) if (other !== target && !target.muted && !other.muted) other.pause();
}, true);

// Who else looks at it, or writes.
const createOthers = (ui) => {
  const text = make('span', '', { dir: 'auto' });
  const node = make('div', 'others', { role: 'status', hidden: true }, icon(EYE), text);
  return {
    node,
    paint() {
      const talk = ui.talk();
      const { me } = ui.state;
      const others = talk ? talk.looking.filter(({ id }) => !me || id !== me.id) : [];
      const types = others.filter(({ typing }) => typing);
      node.hidden = !others.length;
      node.classList.toggle('typing-too', !!types.length);
      const names = (list) => new Intl.ListFormat(language).format(list.map(({ name }) => name));
      tell(text, types.length ? say('others-type', { count: types.length, names: names(types) })
        : others.length ? say('others-look', { count: others.length, names: names(others) }) : '');
    },
  };
};

const createTrouble = () => {
  const text = make('span', '', { dir: 'auto' });
  const node = make('div', 'trouble', { role: 'alert', hidden: true }, icon(WARN), text, button('', say('dismiss'), () => { node.hidden = true; }, icon(CROSS)));
  return {
    node,
    tell(message) {
      node.hidden = !message;
      tell(text, message);
    },
  };
};

// What operators do, asked about where it cannot be taken back.
const createDeeds = (ui) => {
  const act = async (type, fields) => {
    ui.trouble('');
    try {
      return await ui.net.act(type, fields);
    } catch (refused) {
      ui.trouble((refused && refused.message) || say('not-done'));
      return null;
    }
  };
  const sure = (type, { stage, waiting_since: waits }) => {
    if (type !== 'close' || (stage === 'accepted' && !waits)) return true;
    return ask(ui.box, { title: say(stage === 'incoming' ? 'ask-close-unanswered' : 'ask-close'), text: say('ask-close-hint'), yes: say('close-talk') });
  };
  let busy = false;
  return {
    act,
    async deed(type) {
      const talk = ui.talk();
      if (!talk || !talk.state || busy) return;
      if (type === 'transfer') {
        openTransfer(ui);
        return;
      }
      if (!await sure(type, talk.state)) return;
      busy = true;
      [ui.head, ui.gate].forEach((part) => part.busy(true));
      const done = await act(type, { conversation: talk.id });
      busy = false;
      [ui.head, ui.gate].forEach((part) => part.busy(false));
      if (done && ui.talk() && ui.talk().id === talk.id && (type === 'accept' || type === 'reopen') && !byTouch()) {
        ui.paintNow();
        ui.composer.focus();
      }
    },
    async unsend(message) {
      const note = message.from === 'note';
      const yes = await ask(ui.box, {
        title: say(note ? 'ask-remove' : 'ask-unsend'), text: note ? '' : say('ask-unsend-hint'), yes: say(note ? 'remove' : 'unsend'), danger: true,
      });
      if (yes) await act('unsend', { message: message.id });
    },
    retryMessage: (message) => act('retry', { message: message.id }),
  };
};

/** The conversation: { node, show(id), focus(), accept(), back(), drafts() }. */
export const createTalk = (app) => {
  const { state, net } = app;
  const node = make('section', 'talk', { 'aria-label': say('talk'), hidden: true });
  let id = null;
  let drafts = null;
  const ui = {
    app, state, net, language, box: node,
    talk: () => (state.talk && state.talk.id === id ? state.talk : null),
    may: () => (ui.talk() && ui.talk().state && ui.talk().state.may) || {},
    drafts() {
      const me = state.me ? state.me.id : '';
      if (!drafts || drafts.me !== me) drafts = Object.assign(createDrafts(storage('localStorage'), me), { me });
      return drafts;
    },
    paintGate: () => ui.gate.paint(),
  };
  ui.uploads = createUploads({
    address: app.base + '/upload', lost: say('upload-failed'),
    changed() {
      ui.outbox.pump();
      ui.composer.paint();
    },
  });
  ui.outbox = createOutbox({
    act: net.act, me: () => (state.me ? state.me.id : ''), uploads: ui.uploads, lost: say('not-done'), storage: storage('sessionStorage'),
    changed: (conversation) => { if (conversation === id) paint(); },
  });
  Object.assign(ui, createDeeds(ui), {
    retry: (item) => ui.outbox.retry(item.id),
    takeBack: (item) => {
      const taken = ui.outbox.discard(item.id);
      if (taken) ui.composer.takeBack(taken);
    },
  });
  const trouble = createTrouble();
  ui.trouble = trouble.tell;
  const others = createOthers(ui);
  ui.zoom = createZoom(Object.assign(ui, { panel: node }));
  ui.composer = createComposer(ui);
  ui.log = createLog(ui);
  ui.gate = createGate(ui);
  ui.head = createHead(ui);
  node.append(ui.head.node, ui.log.node, others.node, trouble.node, ui.gate.node, ui.composer.node, takeDrops(ui, node));
  keepAbove(node);
  // What was begun in a conversation, for the lists.
  app.draftOf = (one) => {
    const { text, note, mode } = ui.drafts().get(one);
    return mode === 'note' ? note || text : text || note;
  };
  playOne(node);

  function paint() {
    if (id === null) return;
    for (const part of [ui.head, ui.composer, ui.gate, ui.log, others]) part.paint();
  }
  let coming = 0;
  const paintNow = () => { // before the focus goes where it is not yet
    if (!coming) return;
    cancelAnimationFrame(coming);
    coming = 0;
    paint();
  };
  ui.paintNow = paintNow;
  const paintSoon = () => { // what comes within one frame is drawn together
    coming ||= requestAnimationFrame(() => {
      coming = 0;
      paint();
    });
  };
  state.on('conversation', ({ messages, reset, earlier }) => {
    paintSoon();
    const talk = ui.talk();
    if (!talk || reset || earlier) return;
    const fresh = messages.map((one) => talk.messages.get(one)).filter((one) => one && one.from !== 'event'
      && !(one.author && state.me && one.author.id === state.me.id) && one.id > heard);
    if (fresh.length && document.visibilityState === 'visible') ui.log.say(fresh);
    heard = Math.max(heard, ...talk.messages.keys());
  });
  let heard = 0;
  state.on('rows', () => ui.head.paint());
  state.on('looking', () => others.paint());
  state.on('typing', () => ui.log.typing());
  state.on('welcome', paint);
  state.on('online', (online) => {
    if (!online) return;
    ui.log.again();
    ui.outbox.pump();
  });
  setInterval(paint, MINUTE / 2); // waits grow, days go by, windows close
  window.addEventListener('beforeunload', (event) => { if (ui.outbox.unsent) event.preventDefault(); });

  return {
    node,
    /** Another conversation, or none. */
    show(next) {
      if (next !== id) {
        trouble.tell('');
        ui.outbox.forget(next);
        id = next;
        heard = ui.talk() ? Math.max(0, ...ui.talk().messages.keys()) : 0;
        ui.composer.show(next);
        ui.log.paint();
      }
      node.hidden = next === null;
      paint();
      ui.log.toEnd();
    },
    /** To where one writes, or to what must be pressed first. */
    focus() {
      paintNow();
      if (ui.composer.open) ui.composer.focus(); else if (!ui.gate.node.hidden) ui.gate.focus(); else ui.log.focus();
    },
    accept: () => { if (ui.may().accept) ui.deed('accept'); },
    /** Close what is open here; false: nothing was. */
    back: () => ui.composer.back(),
    drafts: ui.drafts,
  };
};
