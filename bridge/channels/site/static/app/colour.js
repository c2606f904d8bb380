// The company's colour, and what can be read on it and beside it. Colours are arrays of three numbers 0..255.

const WHITE = [255, 255, 255];
const BLACK = [0, 0, 0];
export const PAPER = [255, 255, 255]; // the panel's ground, as in app.css
export const SLATE = [25, 28, 35]; // and in the dark

/** "#2457d6" or "#25d" as numbers; our blue if it is none of these. */
export const rgbOf = (text) => {
  const hex = /^#?([\da-f]{3}|[\da-f]{6})$/i.exec(String(text).trim())?.[1] || '2457d6';
  const long = hex.length < 4 ? hex.replace(/./g, '$&$&') : hex;
  return [0, 2, 4].map((at) => parseInt(long.slice(at, at + 2), 16));
};

const light = (colour) => {
  const [r, g, b] = colour.map((part) => (part <= 10 ? part / 3294 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

/** The contrast of two colours as WCAG counts it: 1 to 21. */
export const contrast = (one, other) => {
  const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
};

const mix = (one, other, share) => one.map((part, i) => Math.round(part + (other[i] - part) * share));

/** `colour`, taken as far towards `end` as it takes to have that contrast on `ground`. */
export const readable = (colour, end, ground, need) => {
  for (let share = 0; share < 1; share += 0.04) {
    const tried = mix(colour, end, share);
    if (contrast(tried, ground) >= need) return tried;
  }
  return end;
};

/** The panel's colours: `me` (the company's), `ink` and `faint` on it, `ring` (links, focus) on the ground. */
export const palette = (text, dark) => {
  const [ground, far] = dark ? [SLATE, WHITE] : [PAPER, BLACK];
  const me = readable(rgbOf(text), far, ground, dark ? 2.7 : 1.3);
  const ink = contrast(WHITE, me) >= 4.5 ? WHITE : BLACK;
  return {
    me,
    ink,
    faint: readable(mix(ink, me, 0.3), ink, me, 4.5),
    ring: readable(me, far, ground, dark ? 6 : 4.5),
  };
};

/** As CSS writes it. */
export const cssOf = (colour) => 'rgb(' + colour.join(' ') + ')';
