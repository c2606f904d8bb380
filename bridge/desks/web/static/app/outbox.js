// What operators sent and the server has not taken yet: in order within a conversation, over reloads of the page. Pure but for what is given.

const NAME = 'otklik-desk-outbox';

const randomId = () => [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

const bare = ({ id, kind, name, size, mime, width, height }) => ({ id, kind, name, size, mime, width, height });

// Only what needs no file of this page any more can outlive it.
const kept = (items) => items.filter(({ files, message }) => !message && files.every(({ id }) => id)).map(({
  id, by, conversation, note, text, files, replyTo, quote, at, state, why,
}) => ({ id, by, conversation, note, text, files: files.map(bare), replyTo, quote, at, state, why }));

const restored = (storage) => {
  try {
    const found = JSON.parse(storage.getItem(NAME));
    return (Array.isArray(found) ? found : []).map((item) => ({ ...item, state: item.state === 'failed' ? 'failed' : 'waiting' }));
  } catch {
    return [];
  }
};

/**
 * An item is { id, by: the operator, conversation, note, text, files, replyTo, quote, at, state: 'waiting' | 'sending' | 'sent' | 'failed', why }.
 * `act(type, fields)` is the connection's; `me()` the operator's id; `uploads` the way of files; `changed(conversation)` is told of each change; `lost` is said
 * where the server said nothing.
 */
export const createOutbox = ({ act, me, uploads, changed, lost, storage, clock = Date.now, newId = randomId }) => {
  let items = restored(storage);

  const keep = (conversation) => {
    try {
      storage.setItem(NAME, JSON.stringify(kept(items)));
    } catch { /* full or forbidden: only as long as the page is open */ }
    changed(conversation);
  };
  const fail = (item, why) => Object.assign(item, { state: 'failed', why });
  const send = async (item) => {
    item.state = 'sending';
    const { id, conversation, note, text, files, replyTo, quote } = item;
    const answered = !note && replyTo ? { reply_to: replyTo, ...(quote ? { quote } : {}) } : {};
    try {
      const done = await act(note ? 'note' : 'reply', { id, conversation, text, files: files.map((file) => file.id), ...answered });
      Object.assign(item, { state: 'sent', message: done.message });
    } catch (refused) {
      fail(item, (refused && refused.message) || lost);
    }
    keep(conversation);
  };
  const pump = () => {
    const held = new Set(); // conversations whose next message waits for its files
    for (const item of items) {
      if (item.state !== 'waiting' || item.by !== me() || held.has(item.conversation)) continue;
      const broken = item.files.find(({ failed }) => failed);
      if (broken) fail(item, `${broken.name}: ${broken.failed}`);
      else if (item.files.every(({ id }) => id)) send(item);
      else held.add(item.conversation);
    }
  };

  return {
    /** Send: a copy of the item as it is now known. */
    add({ conversation, note = false, text = '', files = [], replyTo = 0, quote = '' }) {
      const item = { id: newId(), by: me(), conversation, note, text, files, replyTo, quote, at: clock(), state: 'waiting', why: '' };
      items.push(item);
      files.forEach(uploads.add);
      pump();
      keep(conversation);
      return item;
    },
    /** Files have gone on: what waited for them may go. */
    pump() {
      pump();
      for (const conversation of new Set(items.map((item) => item.conversation))) keep(conversation);
    },
    retry(id) {
      const item = items.find((one) => one.id === id);
      if (!item || item.state !== 'failed') return;
      Object.assign(item, { state: 'waiting', why: '' });
      item.files.forEach(uploads.add);
      pump();
      keep(item.conversation);
    },
    /** Take it out; gives the item, so that its words can be written on. */
    discard(id) {
      const item = items.find((one) => one.id === id);
      if (!item) return null;
      items = items.filter((one) => one !== item);
      item.files.forEach(uploads.cancel);
      keep(item.conversation);
      return item;
    },
    of: (conversation) => items.filter((item) => item.conversation === conversation && item.by === me()),
    /** What has arrived is no longer on its way. */
    settle(messages) {
      const there = new Set([...messages].flatMap(({ id, client_id: client }) => (client ? [id, client] : [id])));
      items = items.filter((item) => !there.has(item.id) && !there.has(item.message));
    },
    /** Sent ones of other conversations are seen when these are opened. */
    forget(conversation) {
      items = items.filter((item) => item.state !== 'sent' || item.conversation === conversation);
    },
    get unsent() {
      return items.filter(({ state }) => state !== 'sent').length;
    },
  };
};
