"""Makes the pictures of the docs from widget and web desk as they are: `python -m tests.screenshots [folder]`.

A real server and a real browser; the shop, its photos and its people are made up.
"""

import argparse
import asyncio
import base64
import html
import io
import tempfile
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright, expect

from bridge.channels.site.faces import Face
from bridge.inbox.accept import Operator
from bridge.model import Attachment, ChannelName, File, Kind, Message, OperatorId
from tests.desk_pictures import PICTURES
from tests.drawings import Colour, face, jpeg, teapot
from tests.site_office import TELEGRAM, SiteOffice
from tests.turned_clock import TurnedClock
from tests.widget_browser.conftest import ARGS
from tests.widget_browser.visitor import CHROMIUM, DESKTOP, PHONE, Visitor, types, until

DOCS = Path(__file__).parent.parent / "docs"
MOST = 250_000  # bytes of one picture
NOON = datetime(2026, 11, 24, 9, 12, tzinfo=UTC)  # a Tuesday, in Moscow
POTS: Mapping[str, tuple[Colour, int]] = {
    "Гранат": ((170, 32, 40), 4200),
    "Морская волна": ((32, 120, 130), 3900),
    "Ночь": ((48, 62, 120), 4500),
    "Сливки": ((226, 208, 178), 3600),
    "Мох": ((92, 116, 70), 4100),
    "Графит": ((70, 74, 82), 4400),
}
STYLE = """
body { margin: 0; font: 16px/1.5 Inter, system-ui, sans-serif; color: #2a2320; background: #fbf8f4; }
nav { display: flex; gap: 32px; align-items: center; padding: 20px 56px; background: #fff; }
nav b { font-size: 22px; margin-right: auto; letter-spacing: -.02em; }
h1 { margin: 44px 56px 6px; font-size: 40px; line-height: 1.15; letter-spacing: -.02em; }
p { margin: 0 56px 28px; color: #7a6d64; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); gap: 24px;
  margin: 0 56px 56px; }
article { border-radius: 18px; overflow: hidden; background: #fff; box-shadow: 0 1px 3px #0001; }
article img { display: block; width: 100%; aspect-ratio: 3 / 2; object-fit: cover; }
article div { display: flex; justify-content: space-between; padding: 14px 18px 16px; font-weight: 600; }
@media (min-width: 1000px) { main { margin-right: 440px; } }
@media (prefers-color-scheme: dark) {
  body { background: #16130f; color: #f0e9e2; }
  nav, article { background: #221e19; }
}
"""


class Telegram:
    """A channel to go on in."""

    name = ChannelName("tg")

    def link_for(self, token: str) -> str:
        return f"https://t.me/otklik?start={token}"


def shop_page() -> str:
    """A shop with teapots."""
    cards = []
    for name, (colour, price) in POTS.items():
        picture = io.BytesIO()
        teapot(colour, width=480, height=320).save(picture, "PNG")
        source = base64.b64encode(picture.getvalue()).decode()
        about = f"<div>{html.escape(name)}<span>{price:,} ₽</span></div>".replace(",", " ")
        cards.append(f'<article><img src="data:image/png;base64,{source}" alt="">{about}</article>')
    return (
        '<!doctype html><html lang="ru"><head><title>Чайники — Чайная лавка</title><link rel="icon" href="data:,">'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>'
        "<nav><b>Чайная лавка</b><span>Чай</span><span>Посуда</span><span>Доставка</span></nav>"
        "<h1>Заварочные чайники</h1><p>Каждый сделан руками и выдерживает кипяток, мороз и гостей.</p>"
        f"<main>{''.join(cards)}</main>{{script}}</body></html>"
    )


@asynccontextmanager
async def shop(folder: Path, **settings: Any) -> AsyncIterator[SiteOffice]:
    """The shop's office, at noon."""
    office = SiteOffice(
        folder,
        TurnedClock(),
        origins=["*"],
        company="Чайная лавка",
        greeting="Здравствуйте! Подскажем с выбором и расскажем о доставке.",
        avatar=folder / "shop.png",
        color="#8c2f39",
        hours={"timezone": "Europe/Moscow", "open": ["mon-fri 09:00-21:00", "sat-sun 10:00-18:00"]},
        continue_in=["tg"],
        **settings,
    )
    teapot(POTS["Гранат"][0]).crop((150, 50, 650, 550)).resize((160, 160)).save(folder / "shop.png")
    office.clock.passes((NOON - office.clock.now()).total_seconds())
    faces: Mapping[int, tuple[str, Image.Image]] = {
        7: ("Анна", face((92, 52, 34), (244, 205, 180), (60, 110, 160), (246, 226, 196))),
        8: ("Тимур", face((38, 32, 32), (224, 178, 146), (70, 130, 96), (214, 228, 240), long=False)),
    }
    for id, (name, picture) in faces.items():
        path = folder / f"{id}.png"
        picture.save(path)
        office.operators.append(Face(OperatorId(id), name, path))
    office.others[ChannelName("tg")] = Telegram()
    for name, (colour, _) in POTS.items():
        office.files[name] = jpeg(teapot(colour))
    async with office:
        yield office


def photo(name: str) -> Attachment:
    return Attachment(
        kind=Kind.PHOTO, file=File(origin=TELEGRAM, ref=name), name=f"{name}.jpg", width=900, height=600
    )


@asynccontextmanager
async def visitor(browser: Browser, office: SiteOffice, **how: Any) -> AsyncIterator[Visitor]:
    """Somebody on the shop's page, at noon too, with the chat open."""
    context = await browser.new_context(**{**DESKTOP, "reduced_motion": "reduce", **how})
    await context.clock.set_system_time(NOON)
    one = await Visitor.comes(context, office, shop_page())
    await one.opens()
    yield one
    await context.close()


async def conversation(one: Visitor) -> None:
    """Question and answer, with a photo, a quote, two operators; somebody is still typing."""
    office = one.office
    timur = Operator(OperatorId(8), "Тимур")

    def passes(minutes: float) -> None:
        office.clock.passes(minutes * 60)

    async def says(text: str) -> Message:
        before = len(await office.stored()) if await office.conversations() else 0
        await one.area.fill(text)
        await one.send.click()

        async def stored() -> bool:
            return bool(await office.conversations()) and len(await office.stored()) > before

        await until(stored)
        message = (await office.stored())[-1]
        await office.inbox.write(lambda tx: tx.mark_shown(message.id, message.revision, 0))
        return message

    await says("Есть красный чайник, на литр?")
    passes(2)
    await office.answers("Да, вот он при свете дня", photo("Гранат"))
    passes(1)
    question = await says("Какой красивый 😍 До пятницы в Казань успеете?")
    passes(3)
    quote = "до пятницы в Казань"
    await office.answers("Да, курьер привезёт в четверг", operator=timur, reply_to=question.id, quote=quote)
    await expect(one.texts.last).to_have_text("Да, курьер привезёт в четверг")
    await types(office, "Анна")
    await expect(one.page.locator(".typing")).to_be_visible()
    await expect(one.page.get_by_role("img", name="Передано сотрудникам")).to_have_count(2)
    images = "() => [...document.body.lastElementChild.shadowRoot.querySelectorAll('.log img')]"
    await one.page.wait_for_function(f"({images})().every((image) => image.complete && image.naturalWidth)")
    await one.page.locator(".log").evaluate("log => { log.scrollTop = log.scrollHeight; }")
    await one.area.blur()


def save(png: bytes, path: Path, width: int) -> None:
    """A picture of that width, small enough for a page: fewer colours where it must be."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    image = image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)
    for colours in (0, 256, 192, 128):
        fewer = image
        if colours:
            palette = image.quantize(colours, method=Image.Quantize.MAXCOVERAGE, kmeans=3)
            fewer = image.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
        out = io.BytesIO()
        fewer.save(out, "PNG", optimize=True)
        print(f"{path}: {image.width} x {image.height}, {colours or 'all'} colours, {out.tell()} bytes")
        if out.tell() < MOST:
            break
    path.write_bytes(out.getvalue())


async def form(one: Visitor) -> None:
    """The form, half filled in."""
    await one.page.get_by_label("Имя").fill("Мария")
    await one.page.get_by_label("Почта").fill("maria@example.ru")
    await one.page.get_by_role("checkbox").check()


FORM = {
    "ask": ["name", "email", "phone"],
    "required": ["name", "email"],
    "consent": "Согласен на обработку персональных данных",
    "consent_url": "https://shop.example.ru/privacy",
}


async def main(folder: Path, only: Collection[str]) -> None:
    """Make all of them in `folder`, or only some."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        if "widget" in only:
            await widget(browser, folder)
        for name, make in PICTURES.items():
            if name in only:
                await make(browser, folder, save)
        await browser.close()


async def widget(browser: Browser, folder: Path) -> None:
    """The widget's."""
    phone = {**PHONE, "color_scheme": "dark", "device_scale_factor": 2}
    pictures: list[tuple[str, dict[str, Any], dict[str, Any], Callable[[Visitor], Any], int]] = [
        ("widget-desktop.png", {}, {}, conversation, 1280),
        ("widget-phone.png", {}, phone, conversation, 585),
        ("widget-form.png", {"form": FORM}, {**PHONE, "device_scale_factor": 2}, form, 585),
    ]
    for name, settings, how, act, width in pictures:
        with tempfile.TemporaryDirectory() as place:
            async with shop(Path(place), **settings) as office, visitor(browser, office, **how) as one:
                await act(one)
                await _fonts(one.page)
                save(await one.page.screenshot(), folder / name, width)


async def _fonts(page: Page) -> None:
    await page.evaluate("() => document.fonts.ready.then(() => undefined)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=DOCS, help="where they go (docs)")
    parser.add_argument("--only", action="append", choices=["widget", *PICTURES], help="not all; repeatable")
    given = parser.parse_args()
    asyncio.run(main(given.folder, given.only or ["widget", *PICTURES]))
