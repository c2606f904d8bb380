// A text with its formatting, as nodes.

import { linkOut, make, put } from './dom.js';
import { piecesOf } from './text.js';
import { words } from './words.js';

/** Fill a node with somebody's words: as text nodes, in elements for their formatting, and links. */
export const fillText = (node, text, spans) => node.replaceChildren(...piecesOf(text, spans).map(([part, tags, url]) => {
  const inner = tags.reduceRight((inside, tag) => make(tag, '', 0, inside), part);
  return url ? put(linkOut(url, '', inner), { title: words['new-tab'] }) : inner;
}));
