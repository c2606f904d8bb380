"""What people write is text, whatever it looks like; links can be followed, and only links."""

import pytest
from PIL import Image
from playwright.async_api import expect

from bridge.channels.site.faces import Face
from bridge.inbox.accept import Operator
from bridge.model import Attachment, File, Kind, OperatorId, Span
from tests.site_office import TELEGRAM
from tests.widget_browser.visitor import BROWSER_TESTS, Visitor, types

pytestmark = BROWSER_TESTS

NASTY = [
    "<img src=x onerror=window.hacked=1>",
    "</div><script>window.hacked=1</script>",
    "javascript:window.hacked=1",
    '"><svg onload=window.hacked=1>',
    "&lt;b&gt; {{1+1}} ${1+1}",
    'https://a.example/"onmouseover="window.hacked=1',
    "http://a.example/<script>window.hacked=1</script>",
    "__proto__ constructor toString",
    "%s %d %n \\u003cscript\\u003e",
]
BUILT = ".log img, .log script, .log b:not(.quote b), .log svg[onload], .panel [onmouseover], .panel [onerror]"


async def test_text_is_text(context, open_shop):
    shop = await open_shop(messages_per_minute=100)
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    await visitor.writes(*NASTY)
    await visitor.all_stored(len(NASTY))
    for text in NASTY:
        await shop.answers(text)
    await visitor.sees(*NASTY, *NASTY)
    assert await visitor.page.evaluate("window.hacked") is None
    assert await visitor.page.locator(BUILT).count() == 0


async def test_names_are_text_too(context, open_shop):
    nasty = NASTY[0]
    shop = await open_shop(company=nasty, hint=nasty, greeting=nasty)
    visitor = await Visitor.comes(context, shop)
    await visitor.says("Кто здесь?")
    (question,) = await shop.stored()
    shop.files["doc"] = b"some words"
    file = Attachment(kind=Kind.DOCUMENT, file=File(origin=TELEGRAM, ref="doc"), name=nasty + ".txt", size=10)
    rude = Operator(OperatorId(9), nasty)
    answer = await shop.answers(nasty, file, operator=rude, reply_to=question.id, quote=nasty)
    await expect(visitor.page.locator(".them .name:not(:empty)")).to_have_text(nasty)
    await expect(visitor.page.locator(".doc bdi")).to_have_text(nasty + ".txt")
    await expect(visitor.page.locator("header h2")).to_have_text(nasty)
    row = visitor.page.locator(".row.them", has=visitor.page.locator(".doc"))
    await row.hover()
    await row.get_by_role("button", name="Ответить").click()
    await expect(visitor.page.locator(".quoting")).to_contain_text(nasty)
    await types(shop, nasty)
    await expect(visitor.page.locator(".typing")).to_have_attribute("aria-label", f"{nasty} печатает…")
    await visitor.writes("Ясно")
    await visitor.all_stored(2)
    assert (await shop.stored())[-1].reply_to == answer.id
    assert await visitor.page.evaluate("window.hacked") is None
    assert await visitor.page.locator(BUILT).count() == 0


async def test_marks_that_turn_the_direction_stay_inside(context, shop, tmp_path):
    visitor = await Visitor.comes(context, shop)
    await visitor.says("\u202eтолевс\u202c שלום")
    await shop.answers("\u2067‮evil\u2066 gpj.exe", operator=Operator(OperatorId(9), "\u202eаннА"))
    await expect(visitor.texts).to_have_count(2)
    assert (await shop.stored())[0].content.text.plain == "толевс שלום"
    # The time stands where it does for everybody, and nothing runs out of the panel.
    for row in await visitor.rows.locator(".bubble").all():
        bubble, panel = await row.bounding_box(), await visitor.panel.bounding_box()
        assert panel["x"] <= bubble["x"] and bubble["x"] + bubble["width"] <= panel["x"] + panel["width"]
    await shop.answers("שלום עולם")
    await expect(visitor.texts).to_have_count(3)
    direction = "node => getComputedStyle(node).direction"
    assert await visitor.texts.last.evaluate(direction) == "rtl"
    assert await visitor.page.locator(".meta").last.evaluate(direction) == "ltr"


@pytest.mark.parametrize(
    "text", ["я" * 10_000, "W" * 10_000, "слово " * 1_600, "\n".join("строка" for _ in range(300))]
)
async def test_long_texts_stay_in_their_bubble(context, shop, text):
    visitor = await Visitor.comes(context, shop)
    await visitor.says(text)
    await shop.answers(text, operator=Operator(OperatorId(9), "Имя" * 60))
    await expect(visitor.texts).to_have_count(2)
    wide = "node => node.scrollWidth - node.clientWidth"
    assert await visitor.page.locator(".log").evaluate(wide) == 0
    assert await visitor.page.evaluate(f"({wide})(document.documentElement)") == 0
    assert (await shop.stored())[0].content.text.plain == text.strip()


async def test_links_can_be_followed_and_only_links(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.says("Где?")
    await shop.answers("Тут: https://shop.example.ru/a?b=1&c=(2). Или ftp://x.example, javascript:alert(1)")
    await shop.answers(
        "😀 вот и вот",
        Span(kind="text_link", offset=3, length=3, url="https://shop.example.ru/help"),
        Span(kind="bold", offset=3, length=5),
        Span(kind="text_link", offset=9, length=3, url="javascript:alert(1)"),
    )
    links = visitor.page.locator(".log a")
    await expect(links).to_have_text(["https://shop.example.ru/a?b=1&c=(2)", "вот"])
    await expect(links.last).to_have_attribute("href", "https://shop.example.ru/help")
    await expect(links.last).to_have_attribute("rel", "noopener noreferrer nofollow")
    await expect(links.last).to_have_attribute("target", "_blank")
    await expect(visitor.page.locator(".text b")).to_have_text(["вот", " и"])


async def test_a_place_is_a_link_to_a_map(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.says("Где вы?")
    await shop.answers("", Attachment(kind=Kind.LOCATION, data={"latitude": 55.75, "longitude": 37.61}))
    link = visitor.page.locator(".them .text a")
    await expect(link).to_have_count(1)
    assert (await link.get_attribute("href")).startswith("https://")


async def test_an_avatar_that_cannot_be_had_leaves_the_initial(context, shop, tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "anna.png")
    shop.operators.append(Face(OperatorId(7), "Анна", tmp_path / "anna.png"))
    await shop.stop()
    await shop.start()
    await context.route("**/avatar/*", lambda route: route.abort())
    visitor = await Visitor.comes(context, shop)
    await visitor.says("Кто здесь?")
    await shop.answers("Я")
    face = visitor.page.locator(".row.them", has_text="Я").locator(".face")
    await expect(face.locator("img")).to_have_count(0)
    await expect(face).to_have_text("А")
