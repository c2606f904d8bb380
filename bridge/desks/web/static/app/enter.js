// The entrance: a name where the desk is local, a one-time link, Telegram's Mini App, or where to get a link.

import { icon, linkOut, make, put, tell } from './dom.js';

const LOGO = 'M12 3.500C6.500 3.500 2.500 7 2.500 11.500c0 2.400 1.200 4.500 3.100 6L5 21.500l4-2c1 .2 2 .4 3 .4 5.500 0 9.500-3.600 9.500-8.200S17.500 3.500 12 3.500z';
const LINK = /^#link=([\w-]+)$/;
const NAME = 'otklik-desk:name';

/** The token of a one-time link in the address, or ''. */
export const linkIn = (hash) => (LINK.exec(hash) || ['', ''])[1];

/** Ask the server: resolves to { status, body, retry }; `status` is 0 without an answer. */
export const ask = async (base, path, body, env = window) => {
  try {
    const answer = await env.fetch(base + path, {
      method: body ? 'POST' : 'GET', credentials: 'same-origin', cache: 'no-store',
      headers: { 'X-Otklik': '1', ...(body ? { 'Content-Type': 'application/json' } : {}) }, ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: answer.status, body: await answer.json().catch(() => ({})), retry: Number(answer.headers.get('Retry-After')) || 0 };
  } catch {
    return { status: 0, body: {}, retry: 0 };
  }
};

const remember = (name) => {
  try { localStorage.setItem(NAME, name); } catch { /* asked again next time */ }
};
const remembered = () => {
  try { return localStorage.getItem(NAME) || ''; } catch { return ''; }
};

/**
 * Show the entrance in `root` until somebody may come in: resolves to the answer of /me.
 * `why`: { message } of the server, or what ended the last session.
 */
export const enter = ({ root, base, say, telegram, framed }, found, why = '') => new Promise((resolve) => {
  const error = make('p', 'error', { role: 'alert' });
  const main = make('main', '', 0);
  root.replaceChildren(make('div', 'entrance', 0, main));
  const logo = put(icon(LOGO), { 'aria-hidden': true });
  logo.classList.add('logo');
  const say0 = (text) => tell(error, text || '');

  const failed = ({ status, body, retry }) => {
    if (status === 0) say0(say('enter-unreachable'));
    else if (status === 429) say0(body.message || say('enter-later', { seconds: retry || 60 }));
    else say0(body.message || say('enter-unreachable'));
  };
  const post = async (given) => {
    say0('');
    main.inert = true;
    const answer = await ask(base, '/enter', { ...given, ...(framed ? { framed: true } : {}) });
    main.inert = false;
    if (answer.status !== 200) {
      failed(answer);
      return false;
    }
    if (given.link) history.replaceState(null, '', location.pathname + location.search);
    resolve(answer.body);
    return true;
  };
  const show = (...inside) => main.replaceChildren(logo, make('h1', '', 0, say('enter-title')), ...inside);
  const form = (label, work, ...fields) => {
    const press = make('button', 'primary', { type: 'submit' }, label);
    return make('form', '', { onsubmit(event) {
      event.preventDefault();
      work(event.target);
    } }, ...fields, error, press);
  };
  const again = async () => {
    const answer = await ask(base, '/me');
    if (answer.status === 200) resolve(answer.body); else choose(answer);
  };

  const byName = () => {
    const input = make('input', '', { name: 'name', autocomplete: 'name', maxLength: 64, required: true, value: remembered() });
    show(form(say('enter-button'), async () => {
      const name = input.value.trim();
      if (name && await post({ local_name: name })) remember(name);
    }, make('label', '', 0, say('enter-local'), put(input, { 'aria-label': say('enter-name'), placeholder: say('enter-name') }))),
    make('small', '', 0, say('enter-local-hint')));
    input.focus();
  };
  const byLink = (link, next) => {
    const whole = form(say('enter-button'), async () => {
      if (!await post({ link })) {
        const text = error.textContent;
        history.replaceState(null, '', location.pathname + location.search);
        next();
        say0(text);
      }
    });
    show(make('p', '', 0, say('enter-link')), whole);
    whole.querySelector('.primary').focus();
  };
  const byTelegram = async (next) => {
    show(make('p', '', { role: 'status' }, say('enter-telegram')));
    if (!await post({ init_data: telegram.initData })) {
      const text = error.textContent;
      next();
      say0(text);
    }
  };
  const byBot = ({ body }) => {
    const bot = /^\w+$/.test(body.bot || '') ? body.bot : '';
    show(make('p', '', 0, bot ? say('enter-bot', { bot: '@' + bot }) : say('enter-bot-nameless')), error,
      ...(bot ? [linkOut('https://t.me/' + bot, 'primary', say('enter-bot-open'))] : []),
      make('button', 'quiet', { type: 'button', onclick: again }, say('enter-again')), make('small', '', 0, say('enter-members')));
  };
  const unreachable = () => {
    show(error, make('button', 'primary', { type: 'button', onclick: again }, say('enter-again')));
    say0(say('enter-unreachable'));
  };
  function choose(answer) {
    if (answer.status === 0 || answer.status >= 500) {
      unreachable();
      return;
    }
    if (answer.body.local) byName(); else byBot(answer);
    if (answer.status !== 401) failed(answer);
    else if (why) say0(why);
  }

  const next = () => choose(found);
  const link = linkIn(location.hash);
  if (link) byLink(link, next);
  else if (telegram && !why) byTelegram(next);
  else next();
});
