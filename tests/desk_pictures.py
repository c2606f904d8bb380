"""The web desk's pictures for the docs: a real server, a real browser, a shop and people that are made up."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, expect

from bridge import faces
from bridge.faces import Colour
from bridge.model import Attachment, ChannelName, Customer, CustomerId, ExternalId, Profile
from bridge.model import Page as ShopPage
from tests.demo_program import DemoProgram
from tests.desk_browser.desk_office import DeskOffice
from tests.desk_browser.operator import Seat
from tests.desk_browser.stage import Stage
from tests.drawings import jpeg, teapot
from tests.emulators.telegram import Human
from tests.widget_browser.visitor import DESKTOP, PHONE

WIDE: Mapping[str, Any] = {**DESKTOP, "viewport": {"width": 1440, "height": 900}}
SMALL: Mapping[str, Any] = {**PHONE, "device_scale_factor": 2}
DARK: Mapping[str, Any] = {"color_scheme": "dark"}
GARNET = (170, 32, 40)
Save = Callable[[bytes, Path, int], None]


@dataclass(frozen=True)
class Who:
    """A customer; where they have a name, of a colour that others in the pictures have not."""

    channel: str
    name: str
    colour: Colour = Colour.GREY

    @property
    def id(self) -> str:
        """Such that the colour comes out."""
        tried = (f"{self.name}{number}" for number in itertools.count())
        return next(each for each in tried if not self.name or self._is_right(each))

    def _is_right(self, id: str) -> bool:
        known = Customer(
            id=CustomerId(1),
            channel=ChannelName(self.channel),
            external_id=ExternalId(id),
            guest_number=None,
            profile=Profile(name=self.name),
        )
        return faces.colour(known) is self.colour


ANNA = Who("shop", "Анна Смирнова", Colour.VIOLET)
OLEG = Who("viber", "Олег Тарасов", Colour.BROWN)
DMITRY = Who("vk", "Дмитрий Ким", Colour.YELLOW)
MARIA = Who("facebook", "Мария Белова", Colour.RED)
SERGEY = Who("tg", "Сергей Ли", Colour.GREEN)
PAVEL = Who("viber", "Павел Орлов", Colour.ORANGE)
IGOR = Who("tg", "Игорь Савин", Colour.BLUE)
NINA = Who("viber", "Нина Крылова", Colour.BROWN)
ARTYOM = Who("vk", "Артём Зуев", Colour.VIOLET)
LILIA = Who("facebook", "Лилия Хасанова", Colour.YELLOW)
GUEST, ANOTHER = Who("shop", ""), Who("vk", "")


class Shop:
    """The shop's desk on a busy morning."""

    def __init__(self, office: DeskOffice, stage: Stage, browser: Browser) -> None:
        self.office = office
        self.stage = stage
        self._browser = browser

    def passes(self, minutes: float) -> None:
        self.office.clock.passes(minutes * 60)

    async def sits(self, person: Human, **how: Any) -> Seat:
        """Somebody at the desk; the browser's clock is the server's."""
        context = await self._browser.new_context(**{"reduced_motion": "reduce", **how})
        await context.clock.set_system_time(self.office.clock.now())
        return await Seat.takes(context, self.office, person)

    async def says(self, who: Who, text: str, *files: Attachment, **more: Any) -> None:
        await self.stage.says(who.channel, who.id, text, *files, name=who.name, **more)

    async def morning(self) -> None:
        """Who has written so far."""
        ivan = await self.sits(self.office.ivan, **WIDE)
        await self.says(ANNA, "Добрый день! Чайник пришёл целым, спасибо")
        await self._accepts(ivan, ANNA.name)
        await self._answers(ivan, "Рады! Приятного чаепития")
        await ivan.deed("Закрыть")
        await self.says(OLEG, "Как ухаживать за чугунным?")
        await self._accepts(ivan, OLEG.name)
        await self._answers(ivan, "Не мыть с мылом и сушить открытым")
        await ivan.deed("Закрыть")
        self.passes(190)
        await self.says(DMITRY, "Можно забрать сегодня из магазина на Мясницкой?")
        await self._accepts(ivan, DMITRY.name)
        await self._answers(ivan, "Да, после 15:00, назовите номер 4507")
        self.passes(7)
        await self.says(MARIA, "Подарочная упаковка есть?")
        self.passes(4)
        await self.says(GUEST, "Сколько стоит доставка в Казань?", page=shop_page("Доставка"))
        self.passes(2)
        await self.says(SERGEY, "Заказ 4512 уже отправили?")
        await self.says(SERGEY, "Мне нужен номер для отслеживания")
        self.passes(1)
        await self.says(ANOTHER, "👋", page=shop_page("Чай"))
        await ivan.page.context.close()

    async def _accepts(self, seat: Seat, name: str) -> None:
        await seat.shows("Входящие")
        await seat.takes_on(name)

    async def _answers(self, seat: Seat, text: str) -> None:
        await seat.writes(text)
        await expect(seat.message(text).get_by_role("img", name="Отправлено")).to_be_visible()

    async def talk(self, olga: Seat) -> None:
        """Анна asks about a teapot, with a picture."""
        photo = await self.stage.photo(ANNA.channel, ANNA.id, jpeg(teapot(GARNET)), "чайник.jpg")
        page = shop_page("Чайник «Гранат»")
        known = {"email": "anna@example.ru", "phone": "+7 900 123-45-67"}
        await self.says(ANNA, "Здравствуйте, это снова я", page=page, **known)
        await self.says(ANNA, "Такой же, но на литр, есть?", photo, page=page)
        await self._accepts(olga, ANNA.name)
        self.passes(1)
        await self._answers(olga, "Здравствуйте, Анна! На литр остались два, в «Гранате» и в «Ночи»")
        await olga.notes("Постоянная покупательница: можно предложить скидку 5 %")
        await expect(olga.message("Постоянная покупательница")).to_be_visible()
        self.passes(2)
        await self.says(ANNA, "Отложите «Гранат», пожалуйста. До пятницы привезёте?")
        await olga.does("Отложите «Гранат»", "Ответить на это сообщение")
        await self._answers(olga, "Отложили. Курьер приедет в четверг, с 12 до 15")
        self.passes(1)
        await self.says(ANNA, "Отлично, спасибо! А оплатить картой можно?")
        await expect(olga.messages).to_have_count(7)
        await olga.field.fill("Да, картой или по QR-коду")

    async def rush(self) -> None:
        """More than nine wait."""
        await self.says(IGOR, "Чек не пришёл на почту")
        await self.says(NINA, "Можно вернуть подарок?")
        await self.says(ARTYOM, "Доброе утро! Вы сегодня работаете?")
        await self.says(LILIA, "Есть ли чаша на 300 мл?")
        self.passes(1)

    async def pauses(self, seat: Seat) -> None:
        """Nothing moves or loads any more, and no pop-up is in the way."""
        while await seat.popups.get_by_role("button", name="Скрыть").count():
            await seat.popups.get_by_role("button", name="Скрыть").first.click()
        await at_rest(seat.page)


def shop_page(title: str) -> ShopPage:
    return ShopPage(title=f"{title} — Чайная лавка", url="https://shop.example.ru/garnet")


async def at_rest(page: Page) -> None:
    """All pictures are there, and the fonts."""
    await page.wait_for_function("() => [...document.images].every((one) => one.complete)")
    await page.evaluate("() => document.fonts.ready.then(() => undefined)")
    await page.mouse.move(700, 5)


@asynccontextmanager
async def shop(browser: Browser) -> AsyncIterator[Shop]:
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage()
        office = DeskOffice(Path(folder), forum=True, addition=stage)
        try:
            await office.open()
            yield Shop(office, stage, browser)
        finally:
            await office.close()


async def desk(browser: Browser, folder: Path, save: Save) -> None:
    """List, conversation and card; a pop-up; on a phone; light and dark."""
    async with shop(browser) as one:
        await one.morning()
        olga = await one.sits(one.office.olga, **WIDE)
        await one.talk(olga)
        await one.pauses(olga)
        save(await olga.page.screenshot(), folder / "desk-desktop.png", 1440)
        await olga.shows("В работе")
        await expect(olga.row(ANNA.name)).to_be_visible()
        await at_rest(olga.page)
        await olga.page.emulate_media(color_scheme="dark")
        save(await olga.page.screenshot(), folder / "desk-desktop-dark.png", 1440)
        await olga.page.emulate_media(color_scheme="light")
        await olga.shows("Входящие")
        await one.rush()
        await expect(olga.rows).to_have_count(8)
        await one.pauses(olga)
        await one.says(PAVEL, "Добрый день! Делаете ли вы гравировку на чайнике?")
        await expect(olga.popups.get_by_role("button", name="Павел Орлов")).to_be_visible()
        await at_rest(olga.page)
        save(await olga.page.screenshot(), folder / "desk-popup.png", 1440)
        await olga.page.keyboard.press("Escape")
        place = olga.page.url
        await olga.deed("Передать")
        await expect(olga.dialog).to_be_visible()
        await at_rest(olga.page)
        save(await olga.page.screenshot(), folder / "desk-transfer.png", 1440)
        for name, how in (("", {}), ("-dark", DARK)):
            phone = await one.sits(one.office.olga, **SMALL, **how)
            await expect(phone.rows.first).to_be_visible()
            await one.pauses(phone)
            save(await phone.page.screenshot(), folder / f"desk-phone-list{name}.png", 585)
            await phone.page.goto(place)
            await phone.page.reload()
            await phone.is_in()
            await expect(phone.messages.last).to_be_visible()
            await one.pauses(phone)
            save(await phone.page.screenshot(), folder / f"desk-phone{name}.png", 585)


async def entrance(browser: Browser, folder: Path, save: Save) -> None:
    """Where one asks the bot for a link."""
    async with shop(browser) as one:
        for name, how, width in (("desk-login.png", WIDE, 1440), ("desk-login-phone.png", {**SMALL, **DARK}, 585)):
            page = await (await browser.new_context(**how)).new_page()
            await page.goto(f"{one.office.url}/desk")
            await expect(page.get_by_role("link", name="Открыть бота")).to_be_visible()
            await at_rest(page)
            save(await page.screenshot(), folder / name, width)


async def demo(browser: Browser, folder: Path, save: Save) -> None:
    """Customer and operator on one page."""
    with tempfile.TemporaryDirectory() as place:
        program = DemoProgram(Path(place))
        try:
            await program.start()
            page = await (await browser.new_context(**WIDE, reduced_motion="reduce")).new_page()
            await page.goto(program.url)
            site, operator = (page.frame_locator(f"#{name} iframe") for name in ("site", "desk"))
            await site.locator("textarea").fill("Здравствуйте! Есть ли красный чайник на литр?")
            await site.locator("textarea").press("Enter")
            await operator.get_by_role("listbox").get_by_text("красный чайник").click()
            await operator.get_by_role("button", name="Принять", exact=True).click()
            await operator.get_by_placeholder("Сообщение клиенту…").fill("Есть, остались два. Отложить?")
            await operator.get_by_placeholder("Сообщение клиенту…").press("Enter")
            await expect(site.locator(".log").get_by_text("остались два")).to_be_visible()
            await site.locator("textarea").fill("Да, пожалуйста!")
            await site.locator("textarea").press("Enter")
            await expect(operator.get_by_role("log").get_by_text("Да, пожалуйста!")).to_be_visible()
            await at_rest(page)
            save(await page.screenshot(), folder / "demo.png", 1440)
        finally:
            await program.close()


PICTURES: Mapping[str, Callable[[Browser, Path, Save], Awaitable[None]]] = {
    "desk": desk,
    "entrance": entrance,
    "demo": demo,
}
