// Frames to the server and back: over a WebSocket, or over HTTP where none gets through.
import { decode, encode } from './encode.js';
import { openPolling } from './polling.js';

const FIRST = 6000; // ms for the page's first WebSocket to say something
const LATER = 15000; // ms for any other connection

const openSocket = (address, hello, on, env) => {
  let socket = null;
  let over = false;
  const end = (code) => {
    if (over) return;
    over = true;
    on.lost(code);
  };
  try {
    socket = new env.WebSocket(address.replace(/^http/, 'ws') + 'socket');
  } catch (_) { // no such thing here, or not for this page
    env.setTimeout(() => end(1006));
  }
  const send = (frame) => {
    if (!over && socket && socket.readyState === 1) socket.send(encode(frame));
  };
  if (socket) {
    socket.onopen = () => send(hello());
    socket.onmessage = (event) => {
      if (over) return;
      on.heard();
      const frame = decode(event.data);
      if (frame) on.frame(frame);
    };
    socket.onclose = (event) => end(event.code);
  }
  return {
    send,
    close() {
      over = true;
      if (socket) socket.close();
    },
  };
};

// The way that works here. `open(hello, on)` connects: `hello()` gives the first frame, `on` is told of what comes:
// frame(frame), heard() (a sign of life), lost(code, atOnce). It gives {send(frame), close()}; after `close` nothing is told.
export const createTransport = (base, channel, env) => {
  const address = base + '/site/' + encodeURIComponent(channel) + '/';
  let http = false;
  let worked = false; // a WebSocket of this page has
  let failed = 0; // in a row

  const open = (hello, on) => {
    const overHttp = http;
    let heard = false;
    let timer = 0;
    const silent = (code) => { // it never said a word: is it the way, or the server?
      if (overHttp) {
        http = false;
        failed = 0;
      } else if (++failed >= (worked ? 4 : 2)) {
        http = true;
      }
      on.lost(code, http);
    };
    const told = {
      frame: on.frame,
      heard() {
        if (!heard) env.clearTimeout(timer);
        heard = true;
        failed = 0;
        worked = worked || !overHttp;
        on.heard();
      },
      lost(code) {
        env.clearTimeout(timer);
        if (heard) on.lost(code); else silent(code);
      },
    };
    const link = (overHttp ? openPolling : openSocket)(address, hello, told, env);
    const first = !overHttp && !worked;
    timer = env.setTimeout(() => {
      if (first) failed = 2;
      link.close();
      silent(1006);
    }, first ? FIRST : LATER);
    return {
      send: link.send,
      close() {
        env.clearTimeout(timer);
        link.close();
      },
    };
  };
  return { address, open };
};
