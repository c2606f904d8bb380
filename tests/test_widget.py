"""The widget in headless Chromium: what a visitor sees and does, on good pages and hostile ones."""

import asyncio
import re
import shutil
import socket

import pytest
from playwright.async_api import Browser, BrowserContext, Page, WebSocketRoute, async_playwright, expect

from bridge.clock import Clock
from bridge.model import Delivery, Span
from tests.site_office import SHOP, SiteOffice
from tests.turned_clock import TurnedClock, until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
GREETING = "Здравствуйте! Чем помочь?"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)"),
]


@pytest.fixture
async def shop(tmp_path):
    """A shop whose pages are of another origin than the chat: localhost carries a script of 127.0.0.1."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    office = SiteOffice(tmp_path, Clock(), origins=[f"http://localhost:{port}"], greeting=GREETING)
    office.port = port
    async with office:
        yield office


@pytest.fixture
async def browser():
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        await browser.close()


@pytest.fixture
async def context(browser: Browser):
    context = await browser.new_context(locale="ru-RU", timezone_id="Europe/Moscow")
    context.set_default_timeout(15_000)
    yield context
    await context.close()


expect.set_options(timeout=15_000)


def script(office: SiteOffice) -> str:
    return f'<script src="{office.url}/widget.js" data-channel="{SHOP}" async></script>'


class Visitor:
    """A page with the widget, and a person before it."""

    def __init__(self, page: Page, office: SiteOffice) -> None:
        self.page = page
        self.office = office
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.launch = page.locator(".launch")
        self.panel = page.locator(".panel")
        self.area = page.locator("textarea")
        self.badge = page.locator(".badge")
        self.note = page.locator(".note")
        self.texts = page.locator(".row:not(:has-text('Чем помочь')) .text")

    @classmethod
    async def comes(cls, context: BrowserContext, office: SiteOffice, html: str = "", **headers: str) -> "Visitor":
        """Open a page of the shop; `{script}` in the HTML is where the widget's tag stands."""
        name = f"page-{len(office.pages)}"
        html = html or "<!doctype html><html lang=ru><title>Чайники</title><h1>Чайники</h1>{script}"
        office.pages[name] = html.replace("{script}", script(office)), headers
        visitor = cls(await context.new_page(), office)
        await visitor.page.goto(f"http://localhost:{office.port}/page/{name}")
        return visitor

    async def opens(self) -> None:
        await self.launch.click()
        await expect(self.panel).to_be_visible()

    async def writes(self, text: str) -> None:
        await self.area.fill(text)
        await self.area.press("Enter")

    async def sees(self, *texts: str) -> None:
        await expect(self.texts).to_have_text(list(texts))

    async def all_stored(self, count: int) -> None:
        await expect(self.page.locator(".me [aria-label='Доставлено']")).to_have_count(count)


async def stored_texts(office: SiteOffice) -> list[str]:
    return [message.content.text.plain for message in await office.stored()]


async def test_a_visitor_writes_is_answered_and_reloads(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    await expect(visitor.page.get_by_text(GREETING)).to_be_visible()
    await visitor.writes("Есть ли красный?\nИ синий?")
    await visitor.all_stored(1)
    (conversation,) = await shop.conversations()
    assert conversation.page.title == "Чайники"
    assert conversation.page.url == visitor.page.url
    await shop.answers("Да, остались два.")
    await visitor.sees("Есть ли красный?\nИ синий?", "Да, остались два.")
    await expect(visitor.page.locator(".name", has_text="Анна")).to_be_visible()
    await visitor.page.reload()
    await visitor.opens()
    await visitor.sees("Есть ли красный?\nИ синий?", "Да, остались два.")
    assert await stored_texts(shop) == ["Есть ли красный?\nИ синий?", "Да, остались два."]
    assert visitor.errors == []


async def test_who_never_wrote_costs_no_connection_until_the_panel_is_opened(context, shop):
    visitor = await Visitor.comes(context, shop)
    await expect(visitor.launch).to_be_visible()
    assert len(shop.channel.sessions) == 0
    await visitor.opens()
    await until(lambda: len(shop.channel.sessions) == 1)


async def test_the_secret_is_in_no_address(context, shop):
    seen: list[str] = []
    context.on("request", lambda request: seen.append(request.url))
    visitor = await Visitor.comes(context, shop)
    visitor.page.on("websocket", lambda socket: seen.append(socket.url))
    await visitor.opens()
    await visitor.writes("Здравствуйте")
    await visitor.all_stored(1)
    secret = await visitor.page.evaluate("localStorage.getItem('otklik:shop:secret')")
    assert len(secret) == 43
    assert not [url for url in seen if secret in url]
    others = {re.sub(r"^\w+://([^/]+).*", r"\1", url) for url in seen} - {
        f"localhost:{shop.port}",
        f"127.0.0.1:{shop.port}",
    }
    assert others == set()


async def test_the_operator_learns_that_the_answer_was_seen(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    await visitor.writes("Есть ли красный?")
    await visitor.all_stored(1)
    await visitor.launch.click()
    answer = await shop.answers("Да.")
    await shop.until_delivery(answer, Delivery.DELIVERED)
    await visitor.launch.click()
    await shop.until_delivery(answer, Delivery.SEEN)


async def test_an_unread_answer_shows_on_the_launcher_also_after_a_reload(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    await visitor.writes("Есть ли красный?")
    await visitor.all_stored(1)
    await visitor.page.keyboard.press("Escape")
    await expect(visitor.panel).to_be_hidden()
    await shop.answers("Да.")
    await expect(visitor.badge).to_have_text("1")
    await visitor.page.reload()
    await expect(visitor.badge).to_have_text("1")
    await expect(visitor.launch).to_have_attribute("aria-label", "Открыть чат. Непрочитанных: 1")
    await visitor.opens()
    await expect(visitor.badge).to_be_hidden()
    await visitor.page.reload()
    await visitor.page.wait_for_function("() => true")
    await expect(visitor.badge).to_be_hidden()


async def test_an_edit_shows_as_one(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    await visitor.writes("Почём?")
    await visitor.all_stored(1)
    answer = await shop.answers("1200")
    await visitor.sees("Почём?", "1200")
    await shop.changes(answer, "1300")
    await visitor.sees("Почём?", "1300")
    await expect(visitor.page.locator(".them .meta", has_text="изменено")).to_be_visible()


async def test_what_is_written_without_a_connection_waits_and_goes_in_order(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    await visitor.writes("раз")
    await visitor.all_stored(1)
    await context.set_offline(True)
    for session in shop.channel.sessions:
        session.connection.drop()
    await expect(visitor.note).to_contain_text("Нет связи")
    await visitor.writes("два")
    await visitor.writes("три")
    await shop.answers("Слушаю вас")
    await visitor.sees("раз", "два", "три")
    await expect(visitor.page.locator("[aria-label='Отправляется']")).to_have_count(2)
    await context.set_offline(False)
    await visitor.all_stored(3)
    await visitor.sees("раз", "Слушаю вас", "два", "три")
    assert await stored_texts(shop) == ["раз", "Слушаю вас", "два", "три"]


async def test_a_restart_of_the_server_loses_and_doubles_nothing(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    await visitor.writes("раз")
    await visitor.all_stored(1)
    await shop.stop()
    await visitor.writes("два")
    await shop.start()
    await visitor.page.evaluate("dispatchEvent(new Event('online'))")
    await visitor.all_stored(2)
    await shop.answers("Да?")
    await visitor.sees("раз", "два", "Да?")
    assert await stored_texts(shop) == ["раз", "два", "Да?"]


async def test_an_unsent_message_and_a_draft_survive_a_reload(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    await visitor.writes("раз")
    await visitor.all_stored(1)
    await visitor.page.route_web_socket(re.compile(".*/socket"), lambda socket: socket.close())
    for session in shop.channel.sessions:
        session.connection.drop()
    await visitor.writes("два")
    await visitor.area.fill("недописанное")
    await visitor.page.reload()
    await visitor.opens()
    await expect(visitor.area).to_have_value("недописанное")
    await visitor.sees("два")
    again = await context.new_page()  # another tab, whose network is well
    await again.goto(visitor.page.url)
    await until(lambda: len(shop.channel.sessions) == 1)
    async with asyncio.timeout(10):
        while await stored_texts(shop) != ["раз", "два"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_half_dead_connection_is_found_out_and_replaced(context, shop):
    routes: list[WebSocketRoute] = []
    dead: list[WebSocketRoute] = []  # what the visitor writes still goes through, nothing comes back

    def relay(route: WebSocketRoute) -> None:
        routes.append(route)
        route.connect_to_server().on_message(lambda message: None if route in dead else route.send(message))

    await context.route_web_socket(re.compile(".*/socket"), relay)
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    await visitor.writes("раз")
    await visitor.all_stored(1)
    dead.append(routes[0])
    await shop.answers("Слышно?")
    await visitor.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await visitor.sees("раз", "Слышно?")
    assert len(routes) == 2


async def test_two_tabs_show_the_same(context, shop):
    one = await Visitor.comes(context, shop)
    await one.opens()
    await one.writes("раз")
    await one.all_stored(1)
    other = await Visitor.comes(context, shop)
    await other.opens()
    await other.sees("раз")
    await other.writes("два")
    await shop.answers("три")
    for tab in (one, other):
        await tab.sees("раз", "два", "три")
        await tab.all_stored(2)
    assert len(await shop.conversations()) == 1


async def test_a_flood_waits_and_then_goes_on_by_itself(context, tmp_path):
    # The server's minute stands still, so the flood comes at the same message on any machine.
    clock = TurnedClock()
    async with SiteOffice(tmp_path, clock, origins=["*"], messages_per_minute=30) as shop:
        visitor = await Visitor.comes(context, shop)
        await visitor.opens()
        texts = [f"{number}" for number in range(31)]
        for text in texts:
            await visitor.writes(text)
        await expect(visitor.note).to_contain_text("Слишком много сообщений подряд")
        clock.passes(2)
        await visitor.all_stored(31)
        await expect(visitor.note).to_be_hidden()
        assert await stored_texts(shop) == texts


async def test_a_refused_message_can_be_sent_again_or_deleted(context, shop):
    def relay(route):
        server = route.connect_to_server()

        def to_server(message):
            if refusing and '"message"' in message:
                id = re.search(r'"id":"([^"]+)"', message)[1]
                route.send(f'{{"type":"error","code":"future","message":"Нельзя","id":"{id}"}}')
            else:
                server.send(message)

        route.on_message(to_server)

    refusing = True
    await context.route_web_socket(re.compile(".*/socket"), relay)
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    await visitor.writes("раз")
    await visitor.writes("два")
    await expect(visitor.page.locator(".why")).to_contain_text(["Не отправлено. Нельзя", "Не отправлено. Нельзя"])
    refusing = False
    await visitor.page.get_by_role("button", name="Повторить").last.click()
    await visitor.all_stored(1)
    await visitor.page.get_by_role("button", name="Удалить").click()
    await visitor.sees("два")
    assert await stored_texts(shop) == ["два"]


@pytest.mark.parametrize("text", ["", "   ", "\u200b\u200b", "\u3164", "я" * 10_001])
async def test_what_cannot_be_sent_stays_in_the_field(context, shop, text):
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    await visitor.writes(text)
    await expect(visitor.page.locator(".send")).to_be_disabled()
    await expect(visitor.area).to_have_value(text)
    await visitor.sees()
    if len(text) > 10:
        await expect(visitor.note).to_contain_text("можно до 10")


NASTY = [
    "<img src=x onerror=window.hacked=1>",
    "</div><script>window.hacked=1</script>",
    "javascript:window.hacked=1",
    '"><svg onload=window.hacked=1>',
    "&lt;b&gt; {{1+1}} ${1+1}",
    'https://a.example/"onmouseover="window.hacked=1',
]


async def test_text_is_text(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    for number, text in enumerate(NASTY):
        await visitor.writes(text)
        await visitor.all_stored(number + 1)
    for text in NASTY:
        await shop.answers(text)
    await visitor.sees(*NASTY, *NASTY)
    assert await visitor.page.evaluate("window.hacked") is None
    assert await visitor.page.locator(".log img, .log script, .log b, .log svg[onload], [onmouseover]").count() == 0


async def test_links_can_be_followed_and_only_links(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    await visitor.writes("Где?")
    await visitor.all_stored(1)
    await shop.answers("Тут: https://shop.example.ru/a?b=1&c=(2). Или ftp://x.example, javascript:alert(1)")
    text = "😀 вот и вот"
    await shop.answers(
        text,
        Span(kind="text_link", offset=3, length=3, url="https://shop.example.ru/help"),
        Span(kind="bold", offset=3, length=5),
        Span(kind="text_link", offset=9, length=3, url="javascript:alert(1)"),
    )
    links = visitor.page.locator(".log a")
    await expect(links).to_have_text(["https://shop.example.ru/a?b=1&c=(2)", "вот"])
    await expect(links.last).to_have_attribute("href", "https://shop.example.ru/help")
    await expect(links.last).to_have_attribute("rel", "noopener noreferrer nofollow")
    await expect(visitor.page.locator(".log b")).to_have_text(["вот", " и"])


HOSTILE = """<!doctype html><html lang="ru"><head><style>
body * { display: none !important; opacity: 0 !important; position: static !important; font-size: 3px !important;
  transform: scale(0) !important; visibility: hidden !important; color: red !important;
  pointer-events: none !important; }
div { width: 1px !important; height: 1px !important; overflow: hidden !important; filter: blur(9px) !important; }
</style><script>
Array.prototype.extra = function () { return 1; };
Object.prototype.extra = 'extra';
Object.prototype.toJSON = function () { return 'broken'; };
Array.prototype.toJSON = function () { return 'broken'; };
String.prototype.toJSON = function () { return 'broken'; };
addEventListener('keydown', function (event) { if (event.key === 'a') event.preventDefault(); });
</script></head><body><h1>Hostile</h1>{script}</body></html>"""


async def test_a_hostile_page_changes_nothing(context, shop):
    visitor = await Visitor.comes(context, shop, HOSTILE)
    await visitor.opens()
    await visitor.area.press_sequentially("abba")
    await visitor.area.press("Enter")
    await visitor.all_stored(1)
    await shop.answers("Да")
    await visitor.sees("abba", "Да")
    style = "node => { const s = getComputedStyle(node); return [s.opacity, s.visibility, s.fontSize, s.color] }"
    assert await visitor.texts.first.evaluate(style) == ["1", "visible", "15px", "rgb(255, 255, 255)"]
    box = await visitor.panel.bounding_box()
    assert box and box["width"] == 384
    assert visitor.errors == []
    assert await visitor.page.evaluate("getComputedStyle(document.querySelector('h1')).fontSize") == "3px"


async def test_a_strict_content_security_policy_is_enough(context, shop):
    policy = f"default-src 'none'; script-src {shop.url}; connect-src ws://127.0.0.1:{shop.port}"
    complaints: list[str] = []
    page = "<!doctype html><html lang=ru><h1>Строго</h1>{script}"
    visitor = await Visitor.comes(context, shop, page, **{"Content-Security-Policy": policy})
    visitor.page.on("console", lambda message: complaints.append(message.text))
    await visitor.opens()
    await visitor.writes("Здравствуйте")
    await visitor.all_stored(1)
    box = await visitor.panel.bounding_box()
    assert box and box["width"] == 384
    assert complaints == []


async def test_the_try_page_works_under_its_own_policy(context, shop):
    shop.public_url = shop.url
    await shop.stop()
    await shop.start()
    visitor = Visitor(await context.new_page(), shop)
    complaints: list[str] = []
    visitor.page.on("console", lambda message: complaints.append(message.text))
    await visitor.page.goto(shop.url)
    await visitor.opens()
    await visitor.writes("Здравствуйте")
    await visitor.all_stored(1)
    assert complaints == []


@pytest.mark.parametrize(
    "html",
    [
        "<!doctype html><html lang=ru><body>{script}{script}<p>дважды</p>{script}",
        "<!doctype html><html lang=ru><head>{script}</head><body><p>до body</p></body>",
    ],
    ids=["included twice", "before body"],
)
@pytest.mark.parametrize("loading", [" async", ""], ids=["async", "blocking"])
async def test_wherever_the_tag_stands(context, shop, html, loading):
    visitor = await Visitor.comes(context, shop, html.replace("{script}", script(shop).replace(" async", loading)))
    await expect(visitor.launch).to_have_count(1)
    await visitor.opens()
    await visitor.writes("Здравствуйте")
    await visitor.all_stored(1)
    assert visitor.errors == []


async def test_without_local_storage_it_works_until_the_reload(context, shop):
    html = """<!doctype html><html lang=ru><script>
        Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } });
        </script>{script}"""
    visitor = await Visitor.comes(context, shop, html)
    await visitor.opens()
    await visitor.writes("Здравствуйте")
    await visitor.all_stored(1)
    await shop.answers("Да")
    await visitor.sees("Здравствуйте", "Да")
    assert visitor.errors == []


async def test_it_comes_back_when_the_page_replaces_its_body(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    await visitor.page.evaluate("document.body = document.createElement('body')")
    await expect(visitor.panel).to_be_visible()


async def test_the_keyboard_is_enough(context, shop):
    visitor = await Visitor.comes(context, shop)
    page = visitor.page
    await expect(visitor.launch).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(visitor.launch).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(visitor.area).to_be_focused()
    await page.keyboard.type("раз")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("два")
    await page.keyboard.press("Enter")
    await visitor.sees("раз\nдва")
    await expect(visitor.area).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(visitor.panel).to_be_hidden()
    await expect(visitor.launch).to_be_focused()
    await expect(visitor.launch).to_have_attribute("aria-expanded", "false")
    await expect(page.get_by_role("button", name="Открыть чат")).to_be_visible()


@pytest.mark.parametrize(
    ("lang", "locale", "label"),
    [
        ("ru", "en-US", "Открыть чат"),
        ("en-GB", "ru-RU", "Open chat"),
        ("", "ru-RU", "Открыть чат"),
        ("de", "de", "Open chat"),
    ],
)
async def test_it_speaks_the_language_of_the_page(browser, shop, lang, locale, label):
    context = await browser.new_context(locale=locale)
    visitor = await Visitor.comes(context, shop, f'<!doctype html><html lang="{lang}">{{script}}')
    await expect(visitor.launch).to_have_attribute("aria-label", label)


async def test_a_phone_shows_it_on_the_whole_screen(browser, shop):
    context = await browser.new_context(
        viewport={"width": 390, "height": 844},
        is_mobile=True,
        has_touch=True,
        locale="ru-RU",
        reduced_motion="reduce",
    )
    html = '<!doctype html><html lang=ru><meta name="viewport" content="width=device-width">{script}'
    visitor = await Visitor.comes(context, shop, html)
    await visitor.launch.tap()
    box = await visitor.panel.bounding_box()
    assert box == {"x": 0, "y": 0, "width": 390, "height": 844}
    await expect(visitor.launch).to_be_hidden()
    await visitor.area.fill("раз")
    await visitor.area.press("Enter")  # a new line there, as people expect
    await visitor.area.press_sequentially("два")
    await visitor.page.get_by_role("button", name="Отправить").tap()
    await visitor.all_stored(1)
    await visitor.sees("раз\nдва")
    await visitor.page.get_by_role("button", name="Закрыть чат").first.tap()
    await expect(visitor.launch).to_be_visible()


async def test_light_and_dark_follow_the_system(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    colour = "node => getComputedStyle(node).backgroundColor"
    assert await visitor.panel.evaluate(colour) == "rgb(255, 255, 255)"
    await visitor.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert await visitor.panel.evaluate(colour) == "rgb(25, 28, 35)"
    assert await visitor.panel.evaluate("node => getComputedStyle(node).animationName") == "none"
