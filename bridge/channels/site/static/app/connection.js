// Stays connected: connects when it is wanted, finds out when a connection is dead, waits longer and longer in between.

const SILENT = 40000; // ms without a sign of life after which to ask for one
const JUMP = 20000; // ms by which the clock is late when the computer has slept
const TURN = 5000;
const LONGEST = 30000; // ms between two attempts
const FINAL = new Set([4400, 4403]); // what will not be better with the next attempt

// `hello()` gives the first frame, `wanted()` whether to be connected at all, `take(frame)` gets what comes,
// `lost(code)` is told of the end, `changed()` of everything that the visitor may see of it; `tick()` comes every few seconds.
export const createConnection = (transport, hello, wanted, take, lost, changed, tick, env) => {
  const { Date, document, setTimeout, clearTimeout } = env;
  let link = null;
  let ready = false;
  let refused = false;
  let attempt = 0;
  let retry = 0;
  let probe = 0;
  let heard = 0;
  let ticked = Date.now();
  let hold = 0; // until when the server does not want to see us

  const forget = () => {
    clearTimeout(probe);
    probe = 0;
    link = null;
    ready = false;
  };
  const later = (atOnce) => {
    clearTimeout(retry);
    retry = setTimeout(connect, atOnce ? 0 : Math.min(LONGEST, 1000 * 2 ** attempt++) * (0.5 + env.Math.random() / 2));
    changed();
  };
  const receive = (frame) => {
    if (frame.type === 'ping') link.send({ type: 'pong' });
    if (frame.type === 'welcome') {
      ready = true;
      attempt = 0;
    }
    if (frame.type === 'error' && !frame.id && frame.retry_after) hold = Date.now() + frame.retry_after * 1000;
    take(frame);
  };

  function connect() {
    clearTimeout(retry);
    if (link || refused || !wanted()) return;
    if (hold > Date.now()) {
      retry = setTimeout(connect, hold - Date.now());
      return;
    }
    const mine = transport.open(hello, {
      frame: (frame) => { if (mine === link) receive(frame); },
      heard() {
        heard = Date.now();
        clearTimeout(probe);
        probe = 0;
      },
      lost(code, atOnce) {
        if (mine !== link) return;
        forget();
        refused = FINAL.has(code);
        lost(code);
        if (refused) changed(); else later(atOnce);
      },
    });
    link = mine;
  }

  const close = () => {
    if (!link) return false;
    const old = link;
    forget();
    old.close();
    lost(0);
    return true;
  };
  const drop = () => { // to open another one
    if (close()) later();
  };
  const ask = (patience) => {
    if (!ready || probe) return;
    link.send({ type: 'ping' });
    probe = setTimeout(() => {
      attempt = 0;
      drop();
    }, patience);
  };
  const back = () => { // the page is here again, or the network
    if (link) ask(4000);
    else {
      attempt = 0;
      connect();
    }
  };

  const listen = (target, names, work) => names.forEach((name) => target.addEventListener(name, work));
  listen(env, ['online', 'pageshow'], back);
  listen(env, ['pagehide'], drop); // a page with an open connection is not kept for "back"
  listen(env, ['offline'], () => {
    ask(4000);
    changed();
  });
  listen(document, ['freeze'], drop);
  listen(document, ['resume', 'visibilitychange'], () => { if (!document.hidden) back(); });
  env.setInterval(() => {
    const now = Date.now();
    const slept = now - ticked > TURN + JUMP;
    ticked = now;
    if (slept) back();
    else if (ready && now - heard > SILENT) ask(10000);
    tick();
  }, TURN);

  return {
    connect,
    drop,
    ready: () => ready,
    // How it looks from outside: '' (fine), 'connecting' or 'offline'.
    lag: () => (ready ? '' : attempt > 1 || refused || env.navigator.onLine === false ? 'offline' : 'connecting'),
    send(frame) {
      if (ready) link.send(frame);
    },
    // Begin anew, as somebody else perhaps.
    restart() {
      close();
      refused = false;
      attempt = 0;
      later(true); // with whatever else the page does now
    },
  };
};
