// Days and hours in the visitor's zone. Pure: what time it is now comes in.

/** What two moments of one day share. */
export const dayOf = (date) => new Date(date).setHours(0, 0, 0, 0);

/** "Today", "Yesterday", "3 February", or "3 February 2025" in another year. */
export const dayName = (date, now, language, today, yesterday) => {
  const day = dayOf(date);
  if (day === dayOf(now)) return today;
  if (day === dayOf(new Date(now).setDate(now.getDate() - 1))) return yesterday;
  const year = date.getFullYear() === now.getFullYear() ? undefined : 'numeric';
  return date.toLocaleDateString(language, { day: 'numeric', month: 'long', year });
};

/** "9:05" as the language writes it. */
export const timeOf = (date, language) => date.toLocaleTimeString(language, { hour: 'numeric', minute: '2-digit' });

/** Seconds as "1:05" or "61:05". */
export const lengthOf = (seconds) => {
  const whole = Math.round(seconds) || 0;
  return Math.floor(whole / 60) + ':' + String(whole % 60).padStart(2, '0');
};

/** A moment ahead, short: "18:00" today, "9:00, Mon" on another day. */
export const soon = (date, now, language) => timeOf(date, language)
  + (dayOf(date) === dayOf(now) ? '' : ', ' + date.toLocaleDateString(language, { weekday: 'short' }));

/** Of `{ open, changes }`: whether somebody answers now, and until when (undefined: not known). */
export const openNow = ({ open, changes }, now) => {
  const ahead = changes.filter((at) => new Date(at) > now);
  return [open !== ((changes.length - ahead.length) % 2 > 0), ahead[0]];
};
