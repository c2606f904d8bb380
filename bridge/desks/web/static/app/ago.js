// How long something lasts, in few words. Pure: what time it is now comes in.

const MINUTE = 60000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const LONG = 10 * MINUTE; // a wait that is seen
const LATE = 30 * MINUTE; // a wait that hurts

/** "now", "5 min", "3 h", "2 d". */
export const agoOf = (ms, say) => {
  if (ms < MINUTE) return say('ago-now');
  if (ms < HOUR) return say('ago-minutes', { count: Math.floor(ms / MINUTE) });
  if (ms < DAY) return say('ago-hours', { count: Math.floor(ms / HOUR) });
  return say('ago-days', { count: Math.floor(ms / DAY) });
};

/** How bad a wait is: '', 'long' or 'late'. */
export const waitOf = (ms) => (ms >= LATE ? 'late' : ms >= LONG ? 'long' : '');
