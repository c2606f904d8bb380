// What a channel does not carry, said before it is sent. Pure. Lengths are UTF-16 units, as the channels count.

const SOON = 4 * 3600000; // ms: how long before its end a time to answer is spoken of
const ENDING = /\.([^.]+)$/;
const KINDS = [[/^image\/gif$/, 'animation'], [/^image\/(jpeg|png|webp|avif|heic)$/, 'photo'], [/^video\//, 'video'], [/^audio\//, 'audio']];

/** What a file will count as, before the server has looked into it. */
export const kindOf = ({ kind, mime = '', type = '' }) => kind || (KINDS.find(([like]) => like.test(mime || type)) || [, 'document'])[1];

/** Until when answers get through, in milliseconds: null where there is no limit (or the customer has said nothing yet). */
const windowEnd = ({ window, state }) => (window && state && state.window_until ? Date.parse(state.window_until) : null);

const textTroubles = ({ text, note, channel }, most) => {
  const letters = [...text].length;
  if (letters > most) return [{ level: 'stop', code: 'too-long', count: letters - most, limit: most }];
  const limit = channel.text_limit;
  if (note || !limit || text.length <= limit) return [];
  return [{ level: 'hint', code: 'parts', count: Math.ceil(text.length / limit), limit }];
};

const fileTroubles = ({ file, note, channel, fileLimit }) => {
  const { name, size } = file;
  if (fileLimit && size > fileLimit) return [{ level: 'stop', code: 'file-too-big', name, size: fileLimit, file }];
  if (note) return [];
  const kind = kindOf(file);
  const ending = (ENDING.exec(name || '') || ['', ''])[1].toLowerCase();
  const linked = channel.by_link ? [{ level: 'hint', code: 'file-linked', name, file }] : null;
  if (channel.kinds && !channel.kinds.includes(kind)) return linked || [{ level: 'stop', code: 'file-kind', name, kind, file }];
  if ((channel.refused_types || []).includes(ending)) return linked || [{ level: 'stop', code: 'file-type', name, ending, file }];
  const most = (channel.kind_limits || {})[kind] || channel.file_limit;
  if (most && size > most) return linked || [{ level: 'stop', code: 'file-too-big', name, size: most, file }];
  return [];
};

const talkTroubles = ({ state, customer, channel, now, edit }) => {
  const found = [];
  if (customer && customer.blocked) found.push({ level: 'warn', code: 'blocked' });
  const end = windowEnd({ window: channel.window, state });
  if (end !== null && end <= now) found.push({ level: edit ? 'warn' : 'stop', code: 'window-closed' });
  else if (end !== null && end - now <= SOON) found.push({ level: 'hint', code: 'window-soon', at: end });
  return found;
};

/**
 * What is to be said about a message before it goes: [{ level: 'stop' | 'warn' | 'hint', code, … }]; 'stop': it cannot go so.
 * `channel` is as the server describes it; `note`: it stays among colleagues; `edit`: it is there already; `most`: letters that
 * the server takes in one message; `fileLimit`: bytes it takes.
 */
export const troubles = ({ text = '', files = [], note = false, edit = false, channel = {}, state, customer, now, fileLimit = 0, most = 10000 }) => [
  ...textTroubles({ text, note, channel }, most),
  ...files.flatMap((file) => fileTroubles({ file, note, channel, fileLimit })),
  ...(note ? [] : talkTroubles({ state, customer, channel, now, edit })),
];
