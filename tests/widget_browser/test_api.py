"""What a page's developer can do: the API, its queue and events, the settings on the tag."""

import pytest
from playwright.async_api import expect

from tests.widget_browser.visitor import BROWSER_TESTS, LISTENING, PAGE, PHONE, Visitor

pytestmark = BROWSER_TESTS

LISTENING_PAGE = PAGE.replace("{script}", LISTENING + "{script}")


async def test_the_page_opens_and_closes_hides_and_shows(context, shop):
    visitor = await Visitor.comes(context, shop, LISTENING_PAGE)
    await expect(visitor.launch).to_be_visible()
    await visitor.calls("open()")
    await expect(visitor.panel).to_be_visible()
    await visitor.calls("open()")  # open already
    await visitor.calls("close()")
    await expect(visitor.panel).to_be_hidden()
    await visitor.calls("toggle()")
    await expect(visitor.panel).to_be_visible()
    await visitor.calls("hide()")
    await expect(visitor.panel).to_be_hidden()
    await expect(visitor.launch).to_be_hidden()
    await visitor.calls("open()")  # works without the button too
    await expect(visitor.panel).to_be_visible()
    await expect(visitor.launch).to_be_hidden()
    await visitor.page.keyboard.press("Escape")
    await expect(visitor.panel).to_be_hidden()
    await visitor.calls("show()")
    await expect(visitor.launch).to_be_visible()
    events = await visitor.page.evaluate("heard.map((one) => one[0]).filter((name) => /ed$/.test(name))")
    assert events == ["opened", "closed"] * 3


async def test_events_tell_what_happens(context, shop):
    visitor = await Visitor.comes(context, shop, LISTENING_PAGE)
    await visitor.says("Здравствуйте")
    await visitor.calls("close()")
    answer = await shop.answers("Да")
    await expect(visitor.badge).to_have_text("1")
    (message,) = await visitor.heard("message")
    assert message == {
        "id": answer.id,
        "from": "operator",
        "text": "Да",
        "name": "Анна",
        "at": answer.written_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    assert await visitor.heard("unread") == [1]
    await visitor.calls("open()")
    await expect(visitor.badge).to_be_hidden()
    assert await visitor.heard("unread") == [1, 0]
    assert len(await visitor.heard("ready")) == 1
    await visitor.page.reload()  # the history is no news
    await visitor.opens()
    await visitor.sees("Здравствуйте", "Да")
    assert await visitor.heard("message") == []


async def test_a_listener_that_fails_or_leaves_harms_nobody(context, shop):
    visitor = await Visitor.comes(context, shop, LISTENING_PAGE)
    await visitor.page.evaluate(
        """() => {
          window.count = 0;
          const listener = () => { count++; };
          Otklik.on('opened', () => { throw Error('mine'); });
          Otklik.on('opened', listener);
          Otklik.open(); Otklik.close();
          Otklik.off('opened', listener);
          Otklik.open();
        }"""
    )
    await expect(visitor.panel).to_be_visible()
    assert await visitor.page.evaluate("count") == 1


async def test_what_is_asked_before_it_is_loaded_is_done_then(context, shop):
    queue = """<script>
      window.order = [];
      (window.Otklik ||= []).push((otklik) => { order.push(1); otklik.set({ 'План': 'Про' }); });
      window.Otklik.push((otklik) => { order.push(2); otklik.open(); }, () => order.push(3));
    </script>"""
    visitor = await Visitor.comes(context, shop, PAGE.replace("{script}", queue + "{script}"))
    await expect(visitor.panel).to_be_visible()
    await visitor.page.evaluate("Otklik.push(() => order.push(4))")
    assert await visitor.page.evaluate("order") == [1, 2, 3, 4]
    await visitor.writes("Здравствуйте")
    await visitor.all_stored(1)
    (conversation,) = await shop.conversations()
    assert conversation.details == {"План": "Про"}


async def test_the_own_button_of_the_documentation(context, shop):
    html = """<!doctype html><html lang=ru>{script}
      <button id=mine onclick="(window.Otklik ||= []).push((o) => o.toggle())">Спросить <b id=unread></b></button>
      <script>(window.Otklik ||= []).push((o) => o.on('unread', (count) => {
        document.getElementById('unread').textContent = count || '';
      }));</script>"""
    visitor = await Visitor.comes(context, shop, html, tag="data-hidden async")
    mine = visitor.page.locator("#mine")
    await mine.click()
    await expect(visitor.panel).to_be_visible()
    await expect(visitor.launch).to_be_hidden()
    await visitor.writes("Здравствуйте")
    await visitor.all_stored(1)
    await visitor.page.keyboard.press("Escape")
    await expect(visitor.panel).to_be_hidden()
    await expect(mine).to_be_focused()
    await shop.answers("Да")
    await expect(visitor.page.locator("#unread")).to_have_text("1")


@pytest.mark.parametrize("device", ["desktop", "phone"])
async def test_the_settings_on_the_tag_count_more(new_context, open_shop, device):
    context = await new_context(**(PHONE if device == "phone" else {}))
    shop = await open_shop(color="#aa0000", position="right", theme="light")
    tag = "data-color=#00aa00 data-position=left data-theme=dark data-language=en data-open async"
    html = '<meta name="viewport" content="width=device-width">' + PAGE
    visitor = await Visitor.comes(context, shop, html, tag=tag)
    await expect(visitor.panel).to_be_visible()
    await expect(visitor.area).to_have_attribute("placeholder", "Message…")
    box = await visitor.panel.bounding_box()
    assert box and box["x"] == (0 if device == "phone" else 20)
    await expect(visitor.launch).to_have_css("background-color", "rgb(0, 170, 0)")
    await expect(visitor.panel).to_have_css("background-color", "rgb(25, 28, 35)")


async def test_the_channels_settings_count_without_any(context, open_shop):
    shop = await open_shop(
        color="#aa0000", position="left", theme="dark", company="Чайная лавка", hint="Ответим быстро"
    )
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    await expect(visitor.page.locator("header h2")).to_have_text("Чайная лавка")
    await expect(visitor.page.locator("header p")).to_have_text("Ответим быстро")
    box = await visitor.panel.bounding_box()
    assert box and box["x"] == 20
    await expect(visitor.launch).to_have_css("background-color", "rgb(170, 0, 0)")
    await expect(visitor.panel).to_have_css("background-color", "rgb(25, 28, 35)")


@pytest.mark.parametrize(
    ("lang", "locale", "label"),
    [
        ("ru", "en-US", "Открыть чат"),
        ("en-GB", "ru-RU", "Open chat"),
        ("", "ru-RU", "Открыть чат"),
        ("de", "de", "Open chat"),
    ],
)
async def test_it_speaks_the_language_of_the_page(new_context, shop, lang, locale, label):
    context = await new_context(locale=locale)
    visitor = await Visitor.comes(context, shop, f'<!doctype html><html lang="{lang}">{{script}}')
    await expect(visitor.launch).to_have_attribute("aria-label", label)
