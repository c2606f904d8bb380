// A connection without WebSocket: the same frames, over HTTP requests of which one always waits for something to come.
import { decode, encode } from './encode.js';

const BATCH = 20; // frames in one request
const PATIENCE = 40000; // ms for an answer; the server answers a poll after 25 s
const TRIES = 3;

// `on`: frame(frame), heard(), lost(code). Gives {send(frame), close()}.
export const openPolling = (address, hello, on, env) => {
  const { setTimeout, clearTimeout } = env;
  const aborter = new env.AbortController();
  const queue = [];
  let connection = '';
  let n = 0;
  let sending = false;
  let over = false;

  const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
  const end = (code) => {
    if (over) return;
    over = true;
    aborter.abort();
    on.lost(code);
  };
  // The answer of one request: {status, body, wait}; status 0 is no answer.
  const post = async (name, body) => {
    const request = env.fetch(address + name, {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain' }, // needs no leave to be asked for
      body: encode(body),
      signal: aborter.signal,
    });
    let timer = 0;
    const late = new Promise((_, reject) => { timer = setTimeout(reject, PATIENCE); });
    try {
      const answer = await Promise.race([request.then(async (got) => ({
        status: got.status,
        body: got.ok ? decode(await got.text()) : null,
        wait: (Number(got.headers.get('Retry-After')) || 5) * 1000,
      })), late]);
      return answer.status === 200 && !answer.body ? { status: 0 } : answer;
    } catch (_) {
      return { status: 0 };
    } finally {
      clearTimeout(timer);
    }
  };
  // Ask until there is an answer that means something; the connection ends where there is none.
  const ask = async (name, body) => {
    for (let failed = 0; !over;) {
      const answer = await post(name, body);
      if (over) break;
      if (answer.status === 200) return answer.body;
      const code = { 403: 4403, 413: 1009 }[answer.status];
      if (code) end(code);
      else if (answer.status === 429 && connection) await pause(answer.wait);
      else if (answer.status || ++failed >= TRIES || !connection) end(1006);
      else await pause(1000 * failed);
    }
    return null;
  };
  const pump = async () => {
    if (sending || !connection) return;
    sending = true;
    while (queue.length && !over) {
      const frames = queue.slice(0, BATCH);
      if (await ask('send', { connection, frames })) queue.splice(0, frames.length);
    }
    sending = false;
  };
  const run = async () => {
    let body = await ask('open', hello());
    while (body && !over) {
      connection = body.connection || connection;
      n = body.n;
      on.heard();
      (body.frames || []).forEach((frame) => { if (!over) on.frame(frame); });
      if (body.closed) end(body.closed);
      pump();
      if (!over) body = await ask('poll', { connection, n });
    }
  };
  run();

  return {
    send(frame) {
      queue.push(frame);
      pump();
    },
    // Say goodbye, also from a page that is going away. `lost` is not called.
    close() {
      if (over) return;
      over = true;
      aborter.abort();
      try {
        if (connection) env.navigator.sendBeacon(address + 'close', encode({ connection }));
      } catch (_) { /* the server finds out by itself */ }
    },
  };
};
