// Days and hours in the visitor's zone. Pure: what time it is now comes in.

/** A number that two moments of one day share. */
export const dayOf = (date) => date.getFullYear() * 10000 + date.getMonth() * 100 + date.getDate();

/** "Today", "Yesterday", "3 February", or "3 February 2025" in another year. */
export const dayName = (date, now, language, today, yesterday) => {
  const day = dayOf(date);
  if (day === dayOf(now)) return today;
  if (day === dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1))) return yesterday;
  const year = date.getFullYear() === now.getFullYear() ? undefined : 'numeric';
  return date.toLocaleDateString(language, { day: 'numeric', month: 'long', year });
};

/** "9:05" as the language writes it. */
export const timeOf = (date, language) => date.toLocaleTimeString(language, { hour: '2-digit', minute: '2-digit' });

/** Seconds as "1:05" or "1:02:05". */
export const lengthOf = (seconds) => {
  const whole = Math.round(seconds) || 0;
  const two = (number) => String(number % 60).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  return (minutes < 60 ? minutes : Math.floor(minutes / 60) + ':' + two(minutes)) + ':' + two(whole);
};

/** A moment ahead, short: "18:00" today, "9:00, Mon" on another day. */
export const soon = (date, now, language) => timeOf(date, language)
  + (dayOf(date) === dayOf(now) ? '' : ', ' + date.toLocaleDateString(language, { weekday: 'short' }));
