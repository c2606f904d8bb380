import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './modules.mjs';

const { coloursOf, createTelegram, readLaunch } = await load('telegram');
const INIT = 'user=' + encodeURIComponent(JSON.stringify({ id: 77, first_name: 'Анна' })) + '&auth_date=1&hash=ab';
const THEME = { bg_color: '#17212b', text_color: '#f5f5f5', button_color: '#5288c1', button_text_color: '#ffffff', link_color: '#6ab3f3' };
const HASH = '#tgWebAppData=' + encodeURIComponent(INIT) + '&tgWebAppVersion=8.0&tgWebAppPlatform=android&tgWebAppThemeParams=' + encodeURIComponent(JSON.stringify(THEME));

const openPage = (hash, kept = new Map()) => {
  const page = Object.assign(new EventTarget(), {
    location: { hash }, posted: [],
    sessionStorage: { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) },
  });
  page.parent = page;
  page.TelegramWebviewProxy = { postEvent: (type, data) => page.posted.push([type, JSON.parse(data)]) };
  return page;
};

test('who opened the Mini App is read as Telegram wrote it', () => {
  const launch = readLaunch(HASH);
  assert.equal(launch.initData, INIT);
  assert.equal(launch.user, 77);
  assert.equal(launch.theme.bg_color, '#17212b');
});

test('an ordinary page is no Mini App', () => {
  for (const hash of ['', '#/12', '#link=abc', '#tgWebAppData=']) assert.equal(readLaunch(hash), null);
  assert.equal(createTelegram(openPage('#/12')), null);
});

test('nonsense in the address throws nothing', () => {
  assert.deepEqual(readLaunch('#tgWebAppData=x&tgWebAppThemeParams={').theme, {});
  assert.equal(readLaunch('#tgWebAppData=user%3D%7B').user, null);
});

test('a Mini App that is loaded again, at a conversation, is still one', () => {
  const kept = new Map();
  createTelegram(openPage(HASH, kept));
  assert.equal(createTelegram(openPage('#/12', kept)).initData, INIT);
});

test('Telegram is told that it is ready, and is heard', () => {
  const page = openPage(HASH);
  const telegram = createTelegram(page);
  const heard = [];
  telegram.on('theme_changed', ({ theme_params: theme }) => heard.push(theme));
  telegram.ready();
  assert.deepEqual(page.posted.map(([type]) => type), ['web_app_ready', 'web_app_expand', 'web_app_request_theme']);
  page.Telegram.WebView.receiveEvent('theme_changed', { theme_params: { bg_color: '#ffffff' } });
  page.dispatchEvent(Object.assign(new Event('message'), { source: page.parent, data: JSON.stringify({ eventType: 'theme_changed', eventData: { theme_params: {} } }) }));
  page.dispatchEvent(Object.assign(new Event('message'), { source: {}, data: JSON.stringify({ eventType: 'theme_changed' }) })); // somebody else
  assert.deepEqual(heard, [{ bg_color: '#ffffff' }, {}]);
});

test("Telegram's colours become the desk's, light or dark", () => {
  const { dark, colours } = coloursOf(THEME);
  assert.equal(dark, true);
  assert.equal(colours['--bg'], '#17212b');
  assert.equal(colours['--accent'], '#5288c1');
  assert.equal(coloursOf({ ...THEME, bg_color: '#ffffff', text_color: '#000000' }).dark, false);
});

test('a colour that could not be read, or is none, stays ours', () => {
  const { colours } = coloursOf({ bg_color: '#ffffff', text_color: '#eeeeee', link_color: 'url(//evil)', button_color: '#ffff00', button_text_color: '#ffffff' });
  assert.equal('--fg' in colours, false);
  assert.equal('--link' in colours, false);
  assert.equal('--accent' in colours, false);
  assert.deepEqual(coloursOf({}), { dark: null, colours: {} });
});
