// The company's colour, and what can be read on it and beside it. Colours are arrays of three numbers 0..255.

const WHITE = [255, 255, 255]; // the panel's ground, as in app.css
const BLACK = [0, 0, 0];
const SLATE = [25, 28, 35]; // and in the dark
const HEX = /^#?([\da-f]{3}|[\da-f]{6})$/i;

/** "#2457d6" or "#25d" as numbers; our blue if it is none of these. */
export const rgbOf = (text) => {
  const [, hex] = HEX.exec(text) || [0, '2457d6'];
  return (hex[3] ? hex : hex.replace(/./g, '$&$&')).match(/../g).map((two) => parseInt(two, 16));
};

const light = (colour) => {
  const [r, g, b] = colour.map((part) => (part < 11 ? part / 3294 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
};

/** The contrast of two colours as WCAG counts it: 1 to 21. */
export const contrast = (one, other) => {
  const times = light(one) / light(other);
  return Math.max(times, 1 / times);
};

/** `colour`, taken as far towards `end` as it takes to have that contrast on `ground`. */
export const readable = (colour, end, ground, need) => {
  for (let share = 0; share < 1; share += 0.04) {
    const tried = colour.map((part, i) => Math.round(part + (end[i] - part) * share));
    if (contrast(tried, ground) >= need) return tried;
  }
  return end;
};

/** The panel's colours: `me` (the company's), `ink` and `faint` on it, `ring` (links, focus) on the ground. */
export const palette = (text, dark) => {
  const [ground, far] = dark ? [SLATE, WHITE] : [WHITE, BLACK];
  const me = readable(rgbOf(text), far, ground, dark ? 2.7 : 1.3);
  const ink = contrast(WHITE, me) < 4.5 ? BLACK : WHITE;
  const faint = readable(ink.map((part, i) => part + (me[i] - part) * 0.3), ink, me, 4.5);
  return { me, ink, faint, ring: readable(me, far, ground, dark ? 6 : 4.5) };
};
