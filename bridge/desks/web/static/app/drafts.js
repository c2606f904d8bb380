// What was begun and not sent, by conversation; kept in the browser over reloads, for each operator apart. Pure but for `storage`.

const MOST = 100; // conversations; the oldest are forgotten

const read = (storage, name) => {
  try {
    const found = JSON.parse(storage.getItem(name));
    return found && typeof found === 'object' && !Array.isArray(found) ? found : {};
  } catch {
    return {};
  }
};

/** Drafts: { get(id), put(id, draft), has(id) }; a draft is { text, note: text of a note, mode: 'reply' | 'note', replyTo, quote }. */
export const createDrafts = (storage, operator, clock = Date.now) => {
  const name = 'otklik-desk-drafts:' + operator;
  const heard = new Set();
  const kept = (id) => {
    const all = read(storage, name);
    return Object.hasOwn(all, id) ? all[id] : null;
  };
  return {
    get(id) {
      const { text = '', note = '', mode = 'reply', replyTo = 0, quote = '' } = kept(id) || {};
      return { text: String(text), note: String(note), mode: mode === 'note' ? 'note' : 'reply', replyTo: Number(replyTo) || 0, quote: String(quote) };
    },
    put(id, draft) {
      const had = !!kept(id);
      const all = read(storage, name); // another tab may have written
      if (draft.text.trim() || draft.note.trim() || draft.replyTo) all[id] = { ...draft, at: clock() }; else delete all[id];
      const newest = Object.entries(all).sort(([, one], [, other]) => (other.at || 0) - (one.at || 0)).slice(0, MOST);
      try {
        storage.setItem(name, JSON.stringify(Object.fromEntries(newest)));
      } catch { /* it is full or forbidden: then only as long as the page is open */ }
      if (had !== Object.hasOwn(all, id)) heard.forEach((fn) => fn(id));
    },
    has: (id) => !!kept(id),
    /** `fn(id)` when a draft appears or goes. */
    on(fn) {
      heard.add(fn);
    },
  };
};
