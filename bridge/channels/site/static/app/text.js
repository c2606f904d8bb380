// What is in a message's text: links, formatting, emoji. Pure: strings in, plain values out.

const TAGS = new Map([['bold', 'b'], ['italic', 'i'], ['underline', 'u'], ['strikethrough', 's'],
  ['code', 'code'], ['pre', 'code']]);
const ONE_EMOJI = '(?:\\p{RI}{2}|[0-9#*]\\uFE0F?\\u20E3' +
  '|\\p{ExtPict}[\\uFE0F\\p{EMod}]*(?:\\u200D\\p{ExtPict}[\\uFE0F\\p{EMod}]*)*[\\u{E0020}-\\u{E007F}]*)';
const FEW_EMOJI = new RegExp('^(?:' + ONE_EMOJI + '\\s*){1,3}$', 'u');
// Letters, digits and signs, but not those that look like nothing.
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;
const UNSEEN = /[\u200b\u2060\ufeff\u00ad\u180e\u115f\u1160\u3164\uffa0\u2800]/g;

/** The address as the browser reads it, if it may be followed: only http and https; else ''. */
export const safeUrl = (url) => {
  try {
    const { protocol, href } = new URL(url);
    return /^https?:$/.test(protocol) ? href : '';
  } catch {
    return '';
  }
};

/** Whether there is anything in it to see. */
export const isSaying = (text) => VISIBLE.test(text.replace(UNSEEN, ''));

/** Whether it is one to three emoji and nothing else: these are shown big. */
export const isFewEmoji = (text) => text.length < 80 && FEW_EMOJI.test(text);

/** The addresses in a text: [offset, length, url]. What ends the sentence does not belong to them. */
export const addressesIn = (text) => [...text.matchAll(/https?:\/\/[^\s<>"«»]+/gi)].map((found) => {
  let url = found[0];
  for (let before = ''; before !== url;) {
    before = url;
    url = url.replace(/[.,;:!?'”’…*]+$/, '');
    if (/[)\]}]$/.test(url) && unpaired(url)) url = url.slice(0, -1);
  }
  return [found.index, url.length, safeUrl(url)];
}).filter(([, , url]) => url);

const unpaired = (url) => {
  const close = url.slice(-1);
  return url.split(close).length > url.split('([{'[')]}'.indexOf(close)]).length;
};

/**
 * A text cut where its formatting changes: [part, tags, url] each; `tags` are names of elements, outermost first.
 * Spans are counted in UTF-16 units; they may overlap. A link that was written out counts like one of the spans.
 */
export const piecesOf = (text, spans = []) => {
  const all = spans.map(({ kind, offset, length, url }) => ({
    tag: TAGS.get(kind), start: offset, end: offset + length, url: kind === 'text_link' ? safeUrl(url) : '',
  })).filter(({ tag, url }) => tag || url);
  for (const [start, length, url] of addressesIn(text)) {
    const end = start + length;
    if (!all.some((one) => one.url && one.start < end && one.end > start)) all.unshift({ start, end, url });
  }
  const edges = new Set([0, text.length]);
  for (const { start, end } of all) edges.add(start).add(end);
  const cuts = [...edges].filter((at) => at >= 0 && at <= text.length).sort((a, b) => a - b);
  return cuts.slice(1).map((end, i) => {
    const over = all.filter((one) => one.start <= cuts[i] && one.end >= end);
    return [text.slice(cuts[i], end), over.filter(({ tag }) => tag).map(({ tag }) => tag),
      over.map(({ url }) => url).find(Boolean) || ''];
  });
};

/** One or two letters to stand for a name where there is no picture. */
export const initialsOf = (name) => name.split(/\s+/).map((word) => (word.match(/[\p{L}\p{N}]/u) || [''])[0])
  .join('').slice(0, 2).toUpperCase();

/** What a file's name ends in, short enough for a label: "PDF". */
export const endingOf = (name) => (/\.([\p{L}\p{N}]{1,4})$/u.exec(name) || ['', ''])[1].toUpperCase();

/** A file's size as people read it: "48 KB", "1.2 MB". */
export const sizeOf = (bytes, language) => {
  const mega = bytes >= 1e6;
  return (bytes / (mega ? 1048576 : 1024)).toLocaleString(language, {
    style: 'unit', unit: mega ? 'megabyte' : 'kilobyte', maximumFractionDigits: mega ? 1 : 0,
  });
};
