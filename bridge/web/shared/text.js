// What is in a message's text: links, formatting, emoji. Pure: strings in, plain values out.

const TAGS = { bold: 'b', italic: 'i', underline: 'u', strikethrough: 's', code: 'code', pre: 'code' };
const FEW_EMOJI = /^(?:(?:\p{RI}{2}|\p{ExtPict}[\uFE0F\p{EMod}]*(?:\u200D\p{ExtPict}[\uFE0F\p{EMod}]*)*)\s*){1,3}$/u;
// Letters, digits and signs, but those that look like nothing.
const VISIBLE = /(?![\u115f\u1160\u3164\uffa0\u2800])[\p{L}\p{N}\p{P}\p{S}]/u;
const ADDRESS = /https?:\/\/[^\s<>"«»]+/gi;
const HTTP = /^https?:$/;

/** The address as the browser reads it, if it may be followed: only http and https; else ''. */
export const safeUrl = (url) => {
  try {
    const { protocol, href } = new URL(url);
    return HTTP.test(protocol) ? href : '';
  } catch {
    return '';
  }
};

/** Whether there is anything in it to see. */
export const isSaying = (text) => VISIBLE.test(text);

/** Whether it is one to three emoji and nothing else: these are shown big. */
export const isFewEmoji = (text) => text.length < 60 && FEW_EMOJI.test(text);

/** The addresses in a text: [start, end, '', url]. What ends the sentence does not belong to them. */
export const addressesIn = (text) => [...text.matchAll(ADDRESS)].map(({ 0: found, index }) => {
  let url = found.replace(/[.,;:!?'”’…*]+$/, '');
  if (url.endsWith(')') && !url.includes('(')) url = url.slice(0, -1);
  return [index, index + url.length, '', safeUrl(url)];
});

/**
 * A text cut where its formatting changes: [part, tags, url] each; `tags` are names of elements, outermost first.
 * Spans are counted in UTF-16 units; they may overlap. A link of the spans counts more than one that was written out.
 */
export const piecesOf = (text, spans = []) => {
  const all = [...spans.map(({ kind, offset, length, url }) => (
    [offset, offset + length, TAGS[kind], kind === 'text_link' && safeUrl(url)])), ...addressesIn(text)];
  const cuts = [...new Set([0, text.length, ...all.flatMap(([start, end]) => [start, end])])].sort((a, b) => a - b);
  return cuts.slice(1).map((end, i) => {
    const over = all.filter((one) => one[0] <= cuts[i] && one[1] >= end);
    const the = (place) => over.map((one) => one[place]).filter(Boolean);
    return [text.slice(cuts[i], end), the(2), the(3)[0]];
  });
};

/** What a file's name ends in, short enough for a label: "PDF". */
export const endingOf = (name) => (/\.\w{1,4}$/.exec(name) || [''])[0].slice(1).toUpperCase();

/** A file's size as people read it: "48 KB", "1.2 MB". */
export const sizeOf = (bytes, language) => {
  const [unit, by, maximumFractionDigits] = bytes < 1e6 ? ['kilobyte', 1024, 0] : ['megabyte', 1048576, 1];
  return (bytes / by).toLocaleString(language, { style: 'unit', unit, maximumFractionDigits });
};
