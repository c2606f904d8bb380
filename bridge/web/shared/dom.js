// Making nodes. What people wrote goes in as text nodes only, never as markup.

/** Set what a node has as a property as one, and the rest (aria-…) as attributes. */
export const put = (node, given) => {
  for (const [name, value] of Object.entries(given)) {
    if (name in node) node[name] = value; else node.setAttribute(name, value);
  }
  return node;
};

/** A node with its class, what is `put` into it (0: nothing), and what is inside: nodes, or text. */
export const make = (tag, name, given, ...inside) => {
  const node = put(document.createElement(tag), given || 0);
  if (name) node.className = name;
  node.append(...inside);
  return node;
};

/** A drawing of one path on a grid of 24. */
export const icon = (path) => {
  const [svg, line] = ['svg', 'path'].map((tag) => document.createElementNS('http://www.w3.org/2000/svg', tag));
  svg.setAttribute('viewBox', '0 0 24 24');
  line.setAttribute('d', path);
  svg.append(line);
  return put(svg, { 'aria-hidden': true });
};

/** A button; `label` is said, and shown on hover: '' where the button shows its words itself. */
export const button = (name, label, onclick, ...inside) => (
  make('button', (label && 'i ') + name, { type: 'button', title: label, 'aria-label': label, onclick }, ...inside));

/** A link into a new tab, which tells the other side nothing about this page. */
export const linkOut = (href, name, ...inside) => (
  make('a', name, { href, target: '_blank', rel: 'noopener noreferrer nofollow' }, ...inside));

/** A picture whose address the others learn nothing from. */
export const picture = (given) => make('img', '', { alt: '', referrerPolicy: 'no-referrer', draggable: false, ...given });

/** Put in a text that is not there yet: what did not change is not read aloud again, and a selection stays. */
export const tell = (node, text) => {
  if (node.textContent !== text) node.textContent = text;
};

/** Whether the screen is so. */
export const asks = (query) => matchMedia(query).matches;

/** Whether the reader wants things to keep still. */
export const calm = () => asks('(prefers-reduced-motion: reduce)');

/** Whether a finger is what they point with: the keyboard is on the screen then. */
export const byTouch = () => asks('(pointer: coarse)');
