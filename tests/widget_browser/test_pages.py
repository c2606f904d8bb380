"""The widget on other people's pages: hostile ones, strict ones; nothing gets out of it, and nothing in."""

import re

import pytest
from playwright.async_api import expect

from tests.widget_browser.visitor import BROWSER_TESTS, Visitor, until

pytestmark = BROWSER_TESTS

HOSTILE = """<!doctype html><html lang="ru" dir="rtl"><head><style>
body * { all: unset !important; display: none !important; opacity: 0 !important; position: static !important;
  font-size: 3px !important; transform: scale(0) !important; visibility: hidden !important; color: red !important;
  pointer-events: none !important; direction: rtl !important; --bg: red; --brand: red !important; }
div { width: 1px !important; height: 1px !important; overflow: hidden !important; filter: blur(9px) !important;
  z-index: -1 !important; content-visibility: hidden !important; zoom: 0.1 !important; }
button, input, textarea { background: red !important; border-radius: 0 !important;
  text-transform: uppercase !important; }
.launch, .panel, .row, .text { display: none !important; }
html { font-size: 3px; letter-spacing: 9px; line-height: 4; text-align: center; cursor: none; }
</style><script>
Array.prototype.extra = function () { return 1; };
Object.prototype.extra = 'extra';
Object.prototype.toJSON = function () { return 'broken'; };
Array.prototype.toJSON = function () { return 'broken'; };
String.prototype.toJSON = function () { return 'broken'; };
Array.from = function () { return ['broken']; };
window.io = window.$ = window.jQuery = window.define = function () { throw Error('not yours'); };
window.define.amd = true;
window.module = window.exports = { exports: {} };
addEventListener('keydown', function (event) { if (event.key === 'a') event.preventDefault(); });
document.addEventListener('click', function (event) { event.preventDefault(); });
</script></head><body><h1>Hostile</h1>{script}</body></html>"""


async def test_a_hostile_page_changes_nothing(context, shop):
    visitor = await Visitor.comes(context, shop, HOSTILE)
    await visitor.opens()
    await visitor.area.press_sequentially("abba")
    await visitor.area.press("Enter")
    await visitor.all_stored(1)
    await shop.answers("Да")
    await visitor.sees("abba", "Да")
    style = """node => { const s = getComputedStyle(node); return [s.opacity, s.visibility, s.fontSize, s.color,
      s.letterSpacing, s.direction, s.textAlign] }"""
    looks = ["1", "visible", "15px", "rgb(255, 255, 255)", "normal", "ltr", "left"]
    assert await visitor.texts.first.evaluate(style) == looks
    assert await visitor.send.evaluate("node => getComputedStyle(node).borderRadius") == "50%"
    box = await visitor.panel.bounding_box()
    assert box and (box["width"], box["x"]) == (384, 1280 - 384 - 20)
    assert await visitor.page.evaluate("getComputedStyle(document.querySelector('h1')).fontSize") == "3px"


POLICY = (
    "default-src 'none'; script-src {url}; connect-src {url} {socket}; img-src {url} blob:; media-src {url} blob:;"
    " require-trusted-types-for 'script'"
)


async def test_the_policy_of_the_documentation_is_enough(context, shop):
    policy = POLICY.format(url=shop.url, socket=shop.url.replace("http", "ws"))
    complaints: list[str] = []
    page = "<!doctype html><html lang=ru><link rel=icon href=data:,><h1>Строго</h1>{script}"
    context.on("console", lambda message: complaints.append(message.text))
    visitor = await Visitor.comes(context, shop, page, **{"Content-Security-Policy": policy})
    complaints.clear()  # the page's own icon
    await visitor.says("Здравствуйте")
    picture = {"name": "кот.png", "mimeType": "image/png", "buffer": PIXEL}
    await visitor.page.locator("input[type=file]").set_input_files(picture)
    await visitor.send.click()
    await visitor.all_stored(2)
    await visitor.page.reload()
    complaints.clear()
    await visitor.opens()
    image = visitor.page.locator(".pic img")
    await until(lambda: image.evaluate("image => image.naturalWidth > 0"))
    await image.click()
    await expect(visitor.page.locator(".zoom img")).to_be_visible()
    await visitor.page.keyboard.press("Escape")
    box = await visitor.panel.bounding_box()
    assert box and box["width"] == 384
    assert complaints == []


PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef"
    "0000000049454e44ae426082"
)


async def test_the_try_page_works_under_its_own_policy(context, shop):
    visitor = Visitor(await context.new_page(), shop)
    complaints: list[str] = []

    def note(message) -> None:
        if not message.location["url"].endswith("/favicon.ico"):
            complaints.append(message.text)

    visitor.page.on("console", note)
    await visitor.page.goto(shop.url)
    await visitor.says("Здравствуйте")
    assert complaints == []


SNAPSHOT = """() => ({
  names: Reflect.ownKeys(window).map(String),
  attributes: [document.documentElement, document.body].map((one) => one.cloneNode().outerHTML),
  styles: document.styleSheets.length + document.adoptedStyleSheets.length,
  head: document.head.outerHTML,
  looks: ['html', 'body', 'h1', 'button'].map((tag) => {
    const { cssText: _, ...style } = { ...getComputedStyle(document.querySelector(tag)) };
    return JSON.stringify(style);
  }),
  children: document.body.children.length,
  prototypes: [Object, Array, String, Function, Node, Element, EventTarget, Promise].map((one) =>
    Reflect.ownKeys(one.prototype).length),
  overflow: document.documentElement.scrollWidth + ' ' + document.documentElement.scrollHeight,
  cookies: document.cookie,
})"""


async def test_nothing_leaks_into_the_page(context, shop):
    html = (
        "<!doctype html><html lang=ru><head><title>Чайники</title></head><body><h1>Чайники</h1><button>Мой</button>"
    )
    visitor = await Visitor.comes(context, shop, html)
    page = visitor.page
    await page.wait_for_load_state("networkidle")
    before = await page.evaluate(SNAPSHOT)
    await page.evaluate(
        """([src, channel]) => {
          const tag = Object.assign(document.createElement('script'), { src });
          tag.dataset.channel = channel;
          document.body.append(tag);
        }""",
        [f"{shop.url}/widget.js", "shop"],
    )
    await visitor.says("Здравствуйте")
    await shop.answers("Да")
    await visitor.sees("Здравствуйте", "Да")
    after = await page.evaluate(SNAPSHOT)
    assert set(after.pop("names")) - set(before.pop("names")) == {"Otklik", "Symbol(otklik)"}
    assert after.pop("children") == before.pop("children") + 2  # the tag, and the widget
    assert after == before


async def test_only_the_button_is_loaded_before_the_first_click_and_nothing_moves(context, shop):
    requests: list[str] = []
    context.on("request", lambda request: requests.append(request.url))
    html = """<!doctype html><html lang=ru><title>Чайники</title><h1>Чайники</h1><p>Текст</p>
      <script>window.shift = 0; new PerformanceObserver((list) => {
        for (const one of list.getEntries()) shift += one.value;
      }).observe({ type: 'layout-shift', buffered: true });</script>{script}<p>Ещё</p>"""
    visitor = await Visitor.comes(context, shop, html)
    await expect(visitor.launch).to_be_visible()
    await visitor.page.wait_for_load_state("networkidle")
    assert [url.removeprefix(shop.url) for url in requests if shop.url in url] == ["/widget.js"]
    assert len(shop.channel.sessions) == 0
    assert await visitor.kept() == {}
    await visitor.says("Здравствуйте")
    assert len(shop.channel.sessions) == 1
    assert await visitor.page.evaluate("shift") == 0


async def test_no_request_goes_to_others_and_the_secret_is_in_no_address(context, shop):
    seen: list[str] = []
    context.on("request", lambda request: seen.append(request.url))
    visitor = await Visitor.comes(context, shop)
    visitor.page.on("websocket", lambda socket: seen.append(socket.url))
    await visitor.says("Здравствуйте")
    secret = (await visitor.kept())["secret"]
    assert len(secret) == 43
    assert not [url for url in seen if secret in url]
    hosts = {re.sub(r"^\w+://([^/]+).*", r"\1", url) for url in seen}
    assert hosts == {f"localhost:{shop.port}", f"127.0.0.1:{shop.port}"}
    assert await context.cookies() == []


@pytest.mark.parametrize(
    "html",
    [
        "<!doctype html><html lang=ru><body>{script}{script}<p>дважды</p>{script}",
        "<!doctype html><html lang=ru><head>{script}</head><body><p>до body</p></body>",
    ],
    ids=["included twice", "before body"],
)
@pytest.mark.parametrize("loading", ["async", "", "defer", "type=module"])
async def test_wherever_the_tag_stands(context, shop, html, loading):
    visitor = await Visitor.comes(context, shop, html, tag=loading)
    await expect(visitor.launch).to_have_count(1)
    await visitor.says("Здравствуйте")
    await expect(visitor.launch).to_have_count(1)


async def test_without_local_storage_it_works_until_the_reload(context, shop):
    html = """<!doctype html><html lang=ru><script>
        Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } });
        </script>{script}"""
    visitor = await Visitor.comes(context, shop, html)
    await visitor.says("Здравствуйте")
    await shop.answers("Да")
    await visitor.sees("Здравствуйте", "Да")


async def test_a_full_storage_loses_nothing_while_the_page_is_there(context, shop):
    html = """<!doctype html><html lang=ru><script>
        Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };
        </script>{script}"""
    visitor = await Visitor.comes(context, shop, html)
    await visitor.opens()
    await visitor.writes("раз", "два")
    await visitor.all_stored(2)


async def test_it_comes_back_when_the_page_replaces_its_body(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.says("раз")
    there = await visitor.page.evaluate(
        """async () => {
          document.body = document.createElement('body');
          await null;
          return document.body.childElementCount;
        }"""
    )
    assert there == 1  # at once: no flicker
    await expect(visitor.panel).to_be_visible()
    await visitor.writes("два")
    await visitor.all_stored(2)


async def test_a_page_that_changes_without_loading_is_told_with_the_message(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.says("раз")
    await visitor.page.evaluate("history.pushState(0, '', '/cart'); document.title = 'Корзина';")
    await visitor.writes("два")
    await visitor.all_stored(2)
    (conversation,) = await shop.conversations()
    assert (conversation.page.title, conversation.page.url) == (
        "Корзина",
        f"http://localhost:{shop.port}/cart",
    )


async def test_a_foreign_page_may_not_carry_it(context, open_shop):
    shop = await open_shop(origins=["https://shop.example.ru"])
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    await visitor.writes("Здравствуйте")
    await expect(visitor.note).to_contain_text("Нет связи")
    assert await shop.conversations() == []


async def test_a_chat_that_cannot_be_loaded_says_so_and_is_tried_again(context, shop):
    broken = re.compile("/widget/app")
    await context.route(broken, lambda route: route.abort())
    visitor = await Visitor.comes(context, shop)
    await visitor.launch.click()
    await expect(visitor.launch).to_have_attribute("aria-label", "Чат не загрузился. Нажмите ещё раз")
    await context.unroute(broken)
    await visitor.says("Здравствуйте")
