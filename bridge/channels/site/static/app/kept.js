// What is kept in the browser, for all tabs of a channel; in memory only where it may not be.
//
//   otklik:shop:secret  wrote  bye       the browser's
//   otklik:shop:draft  seen  out:…       a guest's
//   otklik:shop:@5f3c…:draft  …          those of a person whom the page has named: the next one does not see them

const SHARED = ['secret', 'wrote', 'bye'];

// `env.localStorage` may throw.
export const createKept = (channel, env) => {
  const base = 'otklik:' + channel + ':';
  const memory = new Map();
  let person = '';
  const real = (work) => {
    try { return work(env.localStorage); } catch (_) { return null; }
  };
  const keyOf = (name) => base + (SHARED.includes(name) ? '' : person) + name;

  return {
    // The name of the storage's `key`, '' where it is not ours or another person's.
    nameOf(key) {
      const name = key.startsWith(base) ? key.slice(base.length) : '';
      const own = person || name[0] !== '@';
      return SHARED.includes(name) ? name : own && name.startsWith(person) ? name.slice(person.length) : '';
    },
    // From now on the things of this person ('' for a guest).
    of(mark) {
      person = mark && '@' + mark + ':';
    },
    get(name) {
      const key = keyOf(name);
      return memory.get(key) || real((storage) => storage.getItem(key)) || '';
    },
    set(name, value) {
      const key = keyOf(name);
      memory.delete(key);
      real((storage) => {
        storage.setItem(key, value);
        return true;
      }) || memory.set(key, value); // full, or not for us
    },
    remove(name) {
      const key = keyOf(name);
      memory.delete(key);
      real((storage) => storage.removeItem(key));
    },
    // The names that begin with `start`.
    names(start) {
      const begin = keyOf(start);
      const keys = new Set([...memory.keys(), ...real((storage) => Object.keys(storage)) || []]);
      return [...keys].filter((key) => key.startsWith(begin)).map((key) => start + key.slice(begin.length));
    },
    // What is not in the storage is forgotten too.
    forget() {
      memory.clear();
      person = '';
    },
  };
};
