// JSON of frames, whatever the page has done to the prototypes: a toJSON there would be asked first.

const bare = (value) => {
  if (!value || typeof value !== 'object') return value;
  if (Array.isArray(value)) return Object.setPrototypeOf(value.map(bare), null);
  const copy = Object.create(null);
  Object.keys(value).forEach((name) => { copy[name] = bare(value[name]); });
  return copy;
};

// The JSON of plain data.
export const encode = (value) => JSON.stringify(bare(value));

// The value of a JSON text, or null where it is none.
export const decode = (text) => {
  try { return JSON.parse(text); } catch (_) { return null; }
};
