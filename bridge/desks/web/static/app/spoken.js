// The page's sentences and its language, for parts that are not given them.

import { createSay } from './say.js';
import { language, words } from './words.js';

/** A sentence by its name, with its values. */
export const say = createSay(words, language);

/** A moment in full: for what is shown on hover. */
export const inFull = (at) => new Date(at).toLocaleString(language, { dateStyle: 'long', timeStyle: 'short' });

/** Day and time, short: "3 февр., 12:05". */
export const dayAndTime = (at) => new Date(at).toLocaleString(language, { day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit' });
