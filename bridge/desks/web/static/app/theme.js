// Light or dark: as the operator says, else as Telegram or the system has it.

import { coloursOf } from './telegram.js';

export const watchTheme = ({ prefs, telegram }) => {
  const root = document.documentElement;
  const system = matchMedia('(prefers-color-scheme: dark)');
  let put = [];
  let theirs = telegram ? coloursOf(telegram.theme) : { dark: null, colours: {} };
  const paint = () => {
    const chosen = prefs.get('theme');
    const dark = theirs.dark ?? (chosen === 'system' ? system.matches : chosen === 'dark');
    root.dataset.theme = dark ? 'dark' : 'light';
    put.forEach((name) => root.style.removeProperty(name));
    put = Object.keys(theirs.colours);
    put.forEach((name) => root.style.setProperty(name, theirs.colours[name]));
    const ground = getComputedStyle(root).getPropertyValue('--bg').trim();
    document.querySelectorAll('meta[name=theme-color]').forEach((meta) => { meta.content = ground; });
    telegram?.post('web_app_set_header_color', { color: ground });
  };
  system.addEventListener('change', paint);
  prefs.on((name) => { if (name === 'theme') paint(); });
  telegram?.on('theme_changed', ({ theme_params: theme }) => {
    theirs = coloursOf(theme || {});
    paint();
  });
  paint();
};
