// What is kept in the browser, for all tabs of a channel; in memory only where it may not be.
//
//   otklik:shop:secret  wrote  bye       the browser's
//   otklik:shop:draft  seen  out:…       a guest's
//   otklik:shop:@5f3c…:draft  …          those of a person whom the page has named: the next one does not see them

const SHARED = new Set(['secret', 'wrote', 'bye']);

// `storage()` gives localStorage or throws.
export const createKept = (channel, storage) => {
  const base = 'otklik:' + channel + ':';
  const memory = new Map();
  let real = null;
  let person = '';
  try {
    real = storage();
    real.setItem(base + 'probe', '1');
    real.removeItem(base + 'probe');
  } catch (_) {
    real = null;
  }
  const keyOf = (name) => base + (SHARED.has(name) ? '' : person) + name;

  return {
    // The name of the storage's `key`, '' where it is not ours or another person's.
    nameOf(key) {
      const name = String(key).startsWith(base) ? key.slice(base.length) : '';
      if (SHARED.has(name)) return name;
      return name.startsWith(person) && (person || name[0] !== '@') ? name.slice(person.length) : '';
    },
    // From now on the things of this person ('' for a guest).
    of(key) {
      person = key && '@' + key + ':';
    },
    get(name) {
      const key = keyOf(name);
      try { return real && real.getItem(key) || memory.get(key) || ''; } catch (_) { return memory.get(key) || ''; }
    },
    set(name, value) {
      const key = keyOf(name);
      try {
        if (real) { real.setItem(key, value); return; }
      } catch (_) { // full, or taken away
        try { real.removeItem(key); } catch (_) { /* memory it is */ }
      }
      memory.set(key, value);
    },
    remove(name) {
      const key = keyOf(name);
      memory.delete(key);
      try { if (real) real.removeItem(key); } catch (_) { /* gone anyway */ }
    },
    // The names that begin with `start`.
    names(start) {
      const keys = new Set(memory.keys());
      try {
        for (let i = 0; real && i < real.length; i++) keys.add(real.key(i));
      } catch (_) { /* memory */ }
      const begin = keyOf(start);
      return [...keys].filter((key) => key.startsWith(begin)).map((key) => start + key.slice(begin.length));
    },
    // What is not in the storage is forgotten too.
    forget() {
      memory.clear();
      person = '';
    },
  };
};
