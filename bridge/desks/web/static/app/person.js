// The right pane: who the customer is, what is known of them, what they came with before.

import { drawAvatar, drawSource } from './avatar.js';
import { standing } from './head.js';
import { icon, linkOut, make, put } from './dom.js';
import { drawPast } from './history.js';
import { AT, BAN, LINK, MAIL, PAGE, PHONE, SEAL, TONGUE } from './signs.js';
import { dayAndTime, inFull, say } from './spoken.js';
import { safeUrl } from './text.js';
import { language } from './words.js';

const MAILBOX = /^[^\s?&#%<>"]+@[^\s?&#%<>"]+$/; // nothing more than an address

/** A language by its name: «английский»; its code where nobody knows it. */
export const languageName = (code) => {
  try {
    return new Intl.DisplayNames([language], { type: 'language' }).of(code) || code;
  } catch {
    return code;
  }
};

const when = (at) => make('time', '', { title: inFull(at), dateTime: at }, dayAndTime(at));
const fact = (path, label, ...inside) => make('div', 'fact', { title: label }, icon(path), make('dt', 'hear', 0, label), make('dd', '', { dir: 'auto' }, ...inside));
const pair = (label, ...inside) => make('div', 'pair', 0, make('dt', '', { dir: 'auto' }, label), make('dd', '', { dir: 'auto' }, ...inside));
const part = (title, ...inside) => (inside.length ? [make('section', '', 0, make('h3', '', 0, title), ...inside)] : []);

const contacts = ({ username, email, phone, language: code, link }) => [
  ...(username ? [fact(AT, say('username'), username.replace(/^@?/, '@'))] : []),
  ...(link && safeUrl(link) ? [fact(LINK, say('profile'), linkOut(safeUrl(link), '', say('profile')))] : []),
  ...(email ? [fact(MAIL, say('email'), MAILBOX.test(email) ? make('a', '', { href: 'mailto:' + email }, email) : email)] : []),
  ...(phone ? [fact(PHONE, say('phone'), make('a', '', { href: 'tel:' + phone.replace(/[^+\d]/g, ''), dir: 'ltr' }, phone))] : []),
  ...(code ? [fact(TONGUE, say('tongue'), languageName(code))] : []),
];

const pageOf = ({ page = {}, details = {} }) => {
  const url = page && safeUrl(page.url || '');
  return [
    ...(url ? [fact(PAGE, say('page'), put(linkOut(url, '', page.title || url), { title: url }))]
      : page && page.title ? [fact(PAGE, say('page'), page.title)] : []),
    ...Object.entries(details || {}).map(([name, value]) => pair(name, String(value))),
  ];
};

const elsewhere = (others = []) => others.map(({ name, kind, title }) => make('li', 'there', 0, drawSource(kind), make('bdi', '', 0, name),
  make('small', '', 0, title)));

/** The card: { node, show(id) }. */
export const createCard = (app) => {
  const { state } = app;
  const node = make('div', 'card', { hidden: true });
  let id = null;
  let drawn = '';

  const requests = (conversation, me) => [
    pair(say('standing'), standing(conversation, { me, now: state.now() }).filter(Boolean).join(' · ')),
    ...(state.groups.length > 1 ? [pair(say('group'), state.groupTitle(conversation.group))] : []),
    pair(say('opened'), when(conversation.opened_at)),
    ...(conversation.accepted_at ? [pair(say('accepted'), when(conversation.accepted_at))] : []),
    ...(conversation.closed_at ? [pair(say('closed'), when(conversation.closed_at))] : []),
    ...(conversation.previous_operator ? [pair(say('previous-operator'), conversation.previous_operator)] : []),
  ];
  const paint = () => {
    const talk = state.talk && state.talk.id === id ? state.talk : null;
    if (!talk) {
      drawn = '';
      node.replaceChildren();
      return;
    }
    const { customer = {}, state: conversation = {}, history } = talk;
    const channel = state.channels[customer.channel || conversation.channel] || {};
    const lines = standing(conversation, { me: state.me, now: state.now() });
    const now = JSON.stringify([id, customer, conversation, history, channel.title, state.groups, lines]);
    if (now === drawn) return; // a link may have the focus, words may be marked
    drawn = now;
    node.replaceChildren(
      make('header', '', 0, drawAvatar(customer, 'big'), make('h2', '', 0, make('bdi', '', 0, customer.name || say('customer'))),
        make('p', '', { dir: 'auto' }, channel.title || ''),
        ...(customer.verified ? [make('p', 'good', 0, icon(SEAL), say('verified'))] : []),
        ...(customer.blocked ? [make('p', 'bad', 0, icon(BAN), say('blocked'))] : [])),
      ...part(say('contacts'), ...[contacts(customer)].filter((list) => list.length).map((list) => make('dl', '', 0, ...list))),
      ...part(say('from-the-site'), ...[pageOf(conversation)].filter((list) => list.length).map((list) => make('dl', '', 0, ...list))),
      ...part(say('same-person'), ...[elsewhere(customer.elsewhere)].filter((list) => list.length).map((list) => make('ul', '', 0, ...list))),
      ...part(say('this-request'), make('dl', '', 0, ...requests(conversation, state.me))),
      ...part(say('earlier-requests'), ...drawPast(history, { id, go: app.go, channels: state.channels })));
  };
  for (const kind of ['conversation', 'welcome', 'groups']) state.on(kind, paint);
  setInterval(paint, 30000);
  return {
    node,
    show(next) {
      id = next;
      node.hidden = next === null;
      node.parentElement?.scrollTo(0, 0);
      paint();
    },
  };
};
