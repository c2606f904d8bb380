// What the visitor wrote and the server has not stored yet, oldest first. All tabs see the same.
import { decode, encode } from './encode.js';

const TAKEN_OVER = 20000; // ms after which another tab's message is sent by whoever can
const ALIVE = 90000; // ms: a tab that uploads tells so more often, even in the background
const UPLOAD_FIRST = 10000; // ms that what was written later waits for a file to be uploaded

const good = (item) => item && typeof item.id === 'string' && typeof item.text === 'string';

// Whether files of it have yet to be uploaded.
export const pending = (item) => item.files.some((file) => !file.file);

// `lost` says in words that a file went away with its page.
export const createOutbox = ({ kept, tab, now, lost }) => {
  const items = new Map();
  let since = 0; // when the present connection was welcomed

  const store = (item) => {
    const files = item.files.map(({ key, name, size, kind, file }) => ({ key, name, size, kind, file }));
    const { id, text, at, replyTo, failed } = item;
    kept.set('out:' + id, encode({ id, text, at, tab: item.tab, replyTo, failed, files, beat: item.beat }));
  };
  const taken = (item, had) => {
    const urls = new Map(had ? had.files.map((file) => [file.key, file.url]) : []);
    const files = (item.files || []).map((file) => (
      { ...file, url: urls.get(file.key) || '', progress: file.file ? 1 : 0, failed: '' }));
    const whole = { ...item, replyTo: item.replyTo || 0, failed: item.failed || '', files };
    if (pending(whole) && !(now() - item.beat < ALIVE)) whole.failed = whole.failed || lost;
    return whole;
  };

  const outbox = {
    get: (id) => items.get(id),
    list: () => [...items.values()],
    // See what all tabs have kept.
    read() {
      const before = new Map(items);
      items.clear();
      const found = kept.names('out:').map((name) => decode(kept.get(name))).filter(good);
      found.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
      found.forEach((item) => {
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
        if (item.failed || !pending(item)) return;
        if (item.tab === tab) outbox.keep(item);
        else if (!(now() - item.beat < ALIVE)) item.failed = lost;
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
