"""Files both ways: attached, dropped and pasted; refused and cancelled; shown in place, played, downloaded."""

import asyncio
import io
import re
import wave

from PIL import Image
from playwright.async_api import Page, Route, expect

from bridge.model import Attachment, File, Kind
from tests.site_office import TELEGRAM
from tests.some_files import photo, picture
from tests.widget_browser.visitor import BROWSER_TESTS, Visitor, stored_texts, until

pytestmark = BROWSER_TESTS

CAT = {"name": "кот.jpg", "mimeType": "image/jpeg", "buffer": photo()}
RECEIPT = {"name": "чек.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n" + bytes(48_000)}
UPLOAD = re.compile("/upload$")

# A file let go over the panel, or pasted into the field: `how` is "drop" or "paste".
GIVE = """async ([how, name, type]) => {
  const find = (selector) => document.body.lastElementChild.shadowRoot.querySelector(selector);
  const canvas = Object.assign(document.createElement('canvas'), { width: 40, height: 30 });
  canvas.getContext('2d').fillRect(0, 0, 20, 20);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, type));
  const data = new DataTransfer();
  data.items.add(new File([blob], name, { type }));
  const options = { bubbles: true, composed: true, cancelable: true };
  if (how === 'paste') {
    find('textarea').dispatchEvent(new ClipboardEvent('paste', { ...options, clipboardData: data }));
    return;
  }
  for (const event of ['dragenter', 'dragover', 'drop']) {
    if (event === 'drop') window.zone = !find('.drop').hidden;
    find('.log').dispatchEvent(new DragEvent(event, { ...options, dataTransfer: data }));
  }
}"""


async def chooses(visitor: Visitor, *files: dict) -> None:
    """Press the button and choose files."""
    async with visitor.page.expect_file_chooser() as chooser:
        await visitor.page.get_by_role("button", name="Приложить файлы").click()
    await (await chooser.value).set_files(list(files))


async def loaded(page: Page, selector: str) -> None:
    """The picture is really there."""
    image = page.locator(selector)
    await until(lambda: image.evaluate("image => image.complete && image.naturalWidth > 0"))


async def test_a_picture_and_a_receipt_go_with_their_words(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    await chooses(visitor, CAT, RECEIPT)
    await expect(visitor.page.locator(".chip bdi")).to_have_text(["кот.jpg", "чек.pdf"])
    await visitor.writes("Вот кот и чек")
    await visitor.all_stored(1)
    await expect(visitor.page.locator(".chip")).to_have_count(0)
    (message,) = await shop.stored()
    assert [one.kind for one in message.content.attachments] == [Kind.PHOTO, Kind.DOCUMENT]
    assert [one.name for one in message.content.attachments] == ["кот.jpg", "чек.pdf"]
    await visitor.page.reload()
    await visitor.opens()
    await loaded(visitor.page, ".pic img")
    link = visitor.page.locator("a.doc")
    await expect(link).to_contain_text("чек.pdf")
    await expect(link).to_contain_text("47 кБ")
    async with visitor.page.expect_download() as download:
        await link.click()
    assert (await download.value).suggested_filename == "чек.pdf"


async def test_files_are_dropped_and_pasted(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    await expect(visitor.page.get_by_role("button", name="Приложить файлы")).to_be_visible()  # files are taken here
    await visitor.page.evaluate(GIVE, ["drop", "брошен.png", "image/png"])
    assert await visitor.page.evaluate("zone") is True  # it was shown where to let go
    await expect(visitor.page.locator(".drop")).to_be_hidden()
    await visitor.page.evaluate(GIVE, ["paste", "вставлен.jpg", "image/jpeg"])
    await expect(visitor.page.locator(".chip bdi")).to_have_text(["брошен.png", "вставлен.jpg"])
    await visitor.page.get_by_role("button", name="Удалить: брошен.png").click()
    await visitor.send.click()
    await visitor.all_stored(1)
    (message,) = await shop.stored()
    assert [one.name for one in message.content.attachments] == ["вставлен.jpg"]


async def test_an_upload_shows_how_far_it_is_and_can_be_cancelled(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    going = asyncio.Event()

    async def hold(route: Route) -> None:
        going.set()  # and never comes to an end

    await context.route(UPLOAD, hold)
    await chooses(visitor, RECEIPT)
    await visitor.writes("Чек")
    await going.wait()
    cancel = visitor.page.get_by_role("button", name=re.compile(r"Отмена: чек.pdf, \d+ %"))
    await expect(cancel).to_be_visible()
    await cancel.click()
    await expect(cancel).to_have_count(0)
    await visitor.all_stored(1)
    assert await stored_texts(shop) == ["Чек"]
    (message,) = await shop.stored()
    assert message.content.attachments == ()


async def test_a_file_that_is_too_big_is_refused_before_it_is_sent(context, open_shop):
    shop = await open_shop(file_limit=1)
    visitor = await Visitor.comes(context, shop)
    sent: list[str] = []
    visitor.page.on("request", lambda request: sent.append(request.url))
    await visitor.opens()
    await chooses(visitor, {"name": "кино.mp4", "mimeType": "video/mp4", "buffer": bytes(1_100_000)})
    await expect(visitor.note).to_have_text(re.compile("кино.mp4: можно до 1.МБ"))
    await expect(visitor.page.locator(".chip")).to_have_count(0)
    assert not [url for url in sent if "/upload" in url]
    await visitor.writes("Тогда словами")
    await visitor.all_stored(1)
    await expect(visitor.note).to_be_hidden()


async def test_what_the_server_does_not_take_says_why_and_can_be_tried_again(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()

    async def refuse(route: Route) -> None:
        headers = {"Access-Control-Allow-Origin": "*"}
        await route.fulfill(status=413, json={"error": "too-big", "message": "Слишком много"}, headers=headers)

    await context.route(UPLOAD, refuse)
    await chooses(visitor, RECEIPT)
    await visitor.writes("Чек")
    await expect(visitor.page.locator(".why:visible")).to_contain_text("Не отправлено. Слишком много")
    await visitor.writes("Идёт мимо него")
    await visitor.all_stored(1)
    await context.unroute(UPLOAD)
    await visitor.page.get_by_role("button", name="Повторить").click()
    await visitor.all_stored(2)
    await visitor.sees("Идёт мимо него", "Чек")
    assert len((await shop.stored())[-1].content.attachments) == 1


async def test_too_much_for_a_day_is_told(context, open_shop):
    shop = await open_shop(uploads_per_day=1)
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    film = {"name": "кино.mp4", "mimeType": "video/mp4", "buffer": bytes(700_000)}
    await chooses(visitor, film)
    await visitor.send.click()
    await visitor.all_stored(1)
    await chooses(visitor, film)
    await visitor.send.click()
    await expect(visitor.page.locator(".why:visible")).to_contain_text("Не отправлено.")
    assert len(await shop.stored()) == 1


async def test_where_files_are_not_taken_none_can_be_attached(context, open_shop):
    visitor = await Visitor.comes(context, await open_shop(file_limit=0))
    await visitor.says("Здравствуйте")
    await expect(visitor.page.get_by_role("button", name="Приложить файлы")).to_be_hidden()


async def test_an_upload_survives_a_network_that_fails(context, shop):
    await context.clock.install()
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    tries: list[str] = []

    async def fail_once(route: Route) -> None:
        tries.append(route.request.url)
        await (route.abort() if len(tries) == 1 else route.continue_())

    await context.route(UPLOAD, fail_once)
    await chooses(visitor, RECEIPT)
    await visitor.send.click()
    await until(lambda: tries)

    async def again() -> bool:
        await context.clock.fast_forward(2_000)
        return len(tries) == 2

    await until(again)
    await visitor.all_stored(1)


async def test_a_file_that_went_away_with_its_page_is_asked_for_again(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.says("Сейчас пришлю")
    going = asyncio.Event()

    async def hold(route: Route) -> None:
        going.set()

    await context.route(UPLOAD, hold)
    await chooses(visitor, RECEIPT)
    await visitor.writes("Чек")
    await going.wait()
    await visitor.page.reload()
    await visitor.opens()
    await expect(visitor.page.locator(".why:visible")).to_contain_text("Файл не успел отправиться")
    await visitor.page.get_by_role("button", name="Удалить").click()
    await visitor.sees("Сейчас пришлю")


def telegram(kind: Kind, ref: str, **about: object) -> Attachment:
    return Attachment(kind=kind, file=File(origin=TELEGRAM, ref=ref), **about)


async def test_pictures_are_shown_in_place_and_closer(context, shop):
    for name, colour in (("red", "red"), ("blue", "blue")):
        shop.files[name] = picture("JPEG", Image.new("RGB", (900, 600), colour))
    visitor = await Visitor.comes(context, shop)
    page = visitor.page
    await visitor.says("Покажите")
    for name in ("red", "blue"):
        await shop.answers("", telegram(Kind.PHOTO, name, name=f"{name}.jpg", width=900, height=600))
    pictures = page.locator("button.pic")
    await expect(pictures).to_have_count(2)
    box = await pictures.first.bounding_box()  # the place is kept before it is loaded
    assert box and box["width"] / box["height"] == 1.5
    await loaded(page, "button.pic >> nth=0 >> img")
    await pictures.first.click()
    zoom = page.locator("dialog.zoom")
    image = zoom.locator("img")
    await expect(image).to_have_attribute("alt", "red.jpg")
    await expect(zoom).to_contain_text("1 / 2")
    await page.keyboard.press("ArrowRight")
    await expect(image).to_have_attribute("alt", "blue.jpg")
    await expect(zoom.get_by_role("button", name="Следующее")).to_be_disabled()
    await loaded(page, "dialog.zoom img")
    small = await image.bounding_box()
    await image.dblclick()
    large = await image.bounding_box()
    assert small and large and large["width"] > 2 * small["width"]
    await page.keyboard.press("Escape")
    await expect(zoom).to_be_hidden()
    await expect(visitor.panel).to_be_visible()
    await expect(pictures.last).to_be_focused()


def sound(seconds: float = 1.0) -> bytes:
    """A WAV of silence that can be played."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(b"\x80" * int(8000 * seconds))
    return out.getvalue()


async def test_a_voice_message_is_played_in_place(context, shop):
    shop.files["voice"] = sound(65)
    visitor = await Visitor.comes(context, shop)
    await visitor.says("Расскажите")
    await shop.answers("", telegram(Kind.VOICE, "voice", mime="audio/wav", duration=65))
    player = visitor.page.locator(".player")
    await expect(player).to_contain_text("1:05")
    await player.get_by_role("button", name="Слушать").click()
    await expect(player.get_by_role("button", name="Пауза")).to_be_visible()
    audio = player.locator("audio")
    await until(lambda: audio.evaluate("audio => audio.currentTime > 0"))
    slider = player.get_by_role("slider", name="Перемотка")
    await slider.evaluate("node => { node.value = 64.8; node.dispatchEvent(new Event('input')); }")
    await expect(player.get_by_role("button", name="Слушать")).to_be_visible()  # it came to its end
    assert await audio.evaluate("audio => audio.currentTime") == 0


async def test_a_sound_that_plays_goes_on_when_the_log_changes(context, shop):
    shop.files["voice"] = sound(60)
    visitor = await Visitor.comes(context, shop)
    await visitor.says("Расскажите")
    await shop.answers("", telegram(Kind.VOICE, "voice", mime="audio/wav", duration=60))
    await visitor.page.get_by_role("button", name="Слушать").click()
    audio = visitor.page.locator("audio")
    await until(lambda: audio.evaluate("audio => audio.currentTime > 0"))
    await shop.answers("И ещё")
    await visitor.sees("Расскажите", "И ещё")
    assert await audio.evaluate("audio => !audio.paused && audio.currentTime > 0")


async def test_a_picture_that_cannot_be_had_is_offered_again(context, shop):
    shop.files["cat"] = photo()
    visitor = await Visitor.comes(context, shop)
    media = re.compile("/media/")
    await context.route(media, lambda route: route.abort())
    await visitor.says("Покажите")
    await shop.answers("Кот", telegram(Kind.PHOTO, "cat", name="кот.jpg", width=60, height=40))
    lost = visitor.page.locator(".lost")
    await expect(lost).to_contain_text("Не загрузилось")
    await context.unroute(media)
    await lost.get_by_role("button", name="Повторить").click()
    await loaded(visitor.page, ".pic img")
    await expect(lost).to_have_count(0)


async def test_dangerous_files_are_only_downloads(context, shop):
    evil = b"<html><script>parent.hacked = 1; document.title = 'hacked'</script></html>"
    shop.files["page"] = evil
    visitor = await Visitor.comes(context, shop)
    await visitor.says("Пришлите")
    await shop.answers("", telegram(Kind.DOCUMENT, "page", name="счёт.html", mime="text/html", size=len(evil)))
    link = visitor.page.locator("a.doc")
    async with visitor.page.expect_download() as download:
        await link.click()
    assert (await download.value).suggested_filename == "счёт.html"
    direct = await context.new_page()
    async with direct.expect_download():
        await direct.evaluate("url => { location = url; }", await link.get_attribute("href"))
    assert await visitor.page.evaluate("window.hacked") is None


async def test_tiny_and_very_long_pictures_can_be_looked_at(context, shop):
    shop.files |= {
        "dot": picture("PNG", Image.new("RGB", (1, 1))),
        "line": picture("PNG", Image.new("RGB", (3000, 9))),
    }
    visitor = await Visitor.comes(context, shop)
    await visitor.says("Покажите")
    await shop.answers("", telegram(Kind.PHOTO, "dot", width=1, height=1))
    await shop.answers("", telegram(Kind.PHOTO, "line", width=3000, height=9))
    pictures = visitor.page.locator("button.pic")
    await expect(pictures).to_have_count(2)
    for one in await pictures.all():
        box = await one.bounding_box()
        assert box and box["width"] >= 100 and box["height"] >= 40
        await one.click()
        await expect(visitor.page.locator("dialog.zoom")).to_be_visible()
        await visitor.page.keyboard.press("Escape")
