// What the visitor wrote and the server has not stored yet, oldest first. All tabs see the same.
import { decode, encode } from './encode.js';

const TAKEN_OVER = 20000; // ms after which another tab's message is sent by whoever can
const ALIVE = 90000; // ms: a tab that uploads tells so more often, even in the background
const UPLOAD_FIRST = 10000; // ms that what was written later waits for a file to be uploaded

// Whether files of it have yet to be uploaded.
export const pending = (item) => item.files.some((file) => !file.file);

// `lost` says in words that a file went away with its page.
export const createOutbox = (kept, tab, lost, { Date }) => {
  const items = new Map();
  const now = () => Date.now();
  let since = 0; // when the present connection was welcomed

  const store = (item) => kept.set('out:' + item.id, encode(item));
  const gone = (item) => {
    if (!item.failed && pending(item) && !(now() - item.beat < ALIVE)) item.failed = lost;
  };
  const taken = (item, had) => {
    item.files = (item.files || []).map((file, i) => ({ ...file, blob: null, url: had && had.files[i] ? had.files[i].url : '' }));
    gone(item);
    return item;
  };

  const outbox = {
    get: (id) => items.get(id),
    list: () => [...items.values()],
    // See what all tabs have kept.
    read() {
      const before = new Map(items);
      items.clear();
      const found = kept.names('out:').map((name) => decode(kept.get(name))).filter((item) => item && item.id);
      found.sort((a, b) => a.at - b.at).forEach((item) => {
        const had = before.get(item.id);
        items.set(item.id, had && had.tab === tab && item.tab === tab ? had : taken(item, had));
      });
    },
    keep(item) {
      if (item.tab === tab) item.beat = now();
      items.set(item.id, item);
      store(item);
    },
    // Write it at the end.
    add(item) {
      const last = outbox.list().pop();
      items.delete(item.id);
      outbox.keep(Object.assign(item, { tab, at: Math.max(now(), last ? last.at + 1 : 0) }));
    },
    // It is stored, or not wanted any more. Gives it back where there was one.
    settle(id) {
      const item = items.get(id);
      items.delete(id);
      kept.remove('out:' + id);
      return item;
    },
    clear: () => items.clear(),
    welcomed() {
      since = now();
    },
    // What is to be sent next: this tab's, or `everyone`'s; others' anyway when they have waited for long.
    next(everyone) {
      const old = now() - TAKEN_OVER;
      for (const item of items.values()) {
        const mine = item.tab === tab;
        if (item.failed || !(everyone || mine || item.at < old)) continue;
        if (!pending(item)) return item;
        if (mine && now() - Math.max(item.at, since) < UPLOAD_FIRST) return null;
      }
      return null;
    },
    // Tell the other tabs that this one is still uploading; see whether one of them is gone.
    beat() {
      items.forEach((item) => {
        if (item.tab !== tab) gone(item);
        else if (pending(item)) outbox.keep(item);
      });
    },
    // The page goes away: what it has not uploaded goes with it, unless it comes back.
    leave() {
      items.forEach((item) => {
        if (item.tab === tab && pending(item)) store({ ...item, beat: 0 });
      });
    },
  };
  return outbox;
};
