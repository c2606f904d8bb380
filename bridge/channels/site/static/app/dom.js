// Making nodes. What people wrote goes in as text nodes only, never as markup.

const SVG = 'http://www.w3.org/2000/svg';

/** A node with its class and what is inside it: nodes, or text. */
export const make = (tag, name, ...inside) => {
  const node = document.createElement(tag);
  if (name) node.className = name;
  node.append(...inside);
  return node;
};

/** Set attributes. */
export const mark = (node, attributes) => {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
};

/** A drawing of one path on a grid of 24. */
export const icon = (path, size = 22) => {
  const svg = mark(document.createElementNS(SVG, 'svg'), {
    viewBox: '0 0 24 24', width: size, height: size, 'aria-hidden': 'true',
  });
  svg.append(mark(document.createElementNS(SVG, 'path'), { d: path }));
  return svg;
};

/** A button; what is shown in it may be a drawing, so its name is said and told on hover. */
export const button = (name, label, press, ...inside) => {
  const node = make('button', name, ...inside);
  node.type = 'button';
  if (label) mark(node, { 'aria-label': label, title: label });
  node.onclick = press;
  return node;
};

/** A button that shows its words. */
export const wordButton = (name, label, press) => button(name, '', press, label);

/** Put text into a node that does not have it yet: what did not change is not read aloud again. */
export const tell = (node, text) => {
  if (node.textContent !== text) node.textContent = text;
};

/** Words of the catalogue with `{name}` filled in. */
export const fillIn = (text, values) => text.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);

/** A link into a new tab, that tells the other side nothing about this page. */
export const linkOut = (url, name, ...inside) => {
  const node = make('a', name, ...inside);
  return mark(node, { href: url, target: '_blank', rel: 'noopener noreferrer nofollow' });
};

/** Whether the visitor wants things to keep still. */
export const calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** Whether a finger is what the visitor points with: the keyboard is on the screen then. */
export const byTouch = () => matchMedia('(pointer: coarse)').matches;

/** Whether the panel takes the whole screen (as app.css has it). */
export const wholeScreen = () => matchMedia('(max-width: 520px), (max-height: 420px)').matches;
