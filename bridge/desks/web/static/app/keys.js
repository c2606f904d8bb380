// The keyboard, for the whole page. By what a key means or, where the layout is another one, by where it lies.

const MOVES = { ArrowUp: 'up', ArrowDown: 'down', PageUp: 'page-up', PageDown: 'page-down', Home: 'first', End: 'last' };
const LETTERS = { KeyA: 'accept', KeyJ: 'down', KeyK: 'up' };
const DIGITS = { Digit1: 'feed', Digit2: 'mine', Digit3: 'accepted', Digit4: 'closed' };

/** What a key asks for: [command, detail], or null. `writing`: it goes into a field. */
export const commandOf = ({ key, code, ctrlKey, altKey, metaKey, shiftKey, isComposing }, writing) => {
  if (isComposing || ctrlKey || altKey || metaKey) return null;
  if (key === 'Escape') return ['back'];
  if (writing) return null;
  if (key === '?' || (code === 'Slash' && shiftKey)) return ['help'];
  if (key === '/' || code === 'Slash') return ['search'];
  if (shiftKey) return null;
  if (Object.hasOwn(MOVES, key)) return ['move', MOVES[key]];
  if (key === 'Enter') return ['open'];
  if (Object.hasOwn(LETTERS, code)) return LETTERS[code] === 'accept' ? ['accept'] : ['move', LETTERS[code]];
  if (Object.hasOwn(DIGITS, code)) return ['list', DIGITS[code]];
  return null;
};

const WRITING = 'input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]';
const OWN_KEYS = 'button, a[href], input, summary, audio, video, [role=tab], [role=menuitem], [role=slider]'; // Enter and arrows are theirs

/** Listen to the page's keys; `app` does what they ask for. */
export const takeKeys = (app, env = window) => {
  const work = {
    back: () => app.back(),
    help: () => app.showKeys(),
    search: () => app.lists.search(),
    move: (step) => app.lists.move(step),
    open: () => app.openActive(),
    accept: () => app.accept(),
    list: (name) => app.showList(name),
  };
  env.document.addEventListener('keydown', (event) => {
    const { target } = event;
    if (event.defaultPrevented || env.document.querySelector('dialog[open]') || !app.isIn()) return;
    const command = commandOf(event, !!target.closest?.(WRITING));
    if (!command) return;
    const [name, detail] = command;
    if (['move', 'open'].includes(name) && target.closest?.(OWN_KEYS)) return;
    if (name === 'move' && target.closest?.('.middle, .side')) return; // there the keys scroll
    if (name === 'open' && target.closest?.('.middle, .side')) return;
    if (work[name](detail) === false) return;
    event.preventDefault();
  });
};
