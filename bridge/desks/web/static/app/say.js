// The page's sentences: `say('waits', { time })`. Counted ones are chosen by the language's own rules.

/** `words` as the server gives them: sentences, and { one, few, many, other } of those that count. */
export const createSay = (words, language) => {
  const rules = new Intl.PluralRules(language);
  const number = new Intl.NumberFormat(language);
  return (name, values = {}) => {
    const found = words[name];
    if (found === undefined) return name; // better than an empty button
    const sentence = typeof found === 'string' ? found : found[rules.select(values.count)] ?? found.other;
    return sentence.replace(/\{(\w+)\}/g, (all, place) => (
      typeof values[place] === 'number' ? number.format(values[place]) : values[place] ?? all));
  };
};
