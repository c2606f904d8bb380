"""The reference, row by row, on the web desk (the group's are in tests/stories)."""

import asyncio

from playwright.async_api import expect

from tests.desk_browser.operator import Seat
from tests.desk_browser.stage import TITLES, Stage
from tests.widget_browser.visitor import BROWSER_TESTS

pytestmark = BROWSER_TESTS

COLOUR = "one => getComputedStyle(one).backgroundColor"
GREY = "rgb(107, 116, 134)"


async def test_messages_of_all_sources_come_into_one_list_with_the_sources_mark(open_desk, new_context):
    """Rows 1, 2, 3, 11, 12."""
    stage = Stage()
    office = await open_desk(forum=True, addition=stage)
    olga = await Seat.takes(await new_context(), office, office.olga)
    visitor = await office.comes(await new_context())
    await visitor.writes("Вопрос с сайта")
    await office.customer("Анна Смирнова").writes("Вопрос из Telegram")
    for kind, title in TITLES.items():
        await stage.says(kind, f"Клиент {title}", f"Вопрос из {title}")
    await expect(olga.rows).to_have_count(5)
    await olga.counts(5, 0)
    for kind, title in (("site", "Чайная лавка"), ("telegram", "Telegram"), *TITLES.items()):
        row = olga.row("с сайта" if kind == "site" else f"из {title}")
        await expect(row).to_contain_text(title)
        await expect(row.locator(f".avatar .source.{kind} svg")).to_be_visible()
    await expect(olga.row("Анна Смирнова").locator(".avatar")).to_have_text("АС")


async def test_a_guest_is_grey_and_numbered_until_the_name_is_known(open_desk, new_context):
    """Rows 13, 14."""
    stage = Stage()
    office = await open_desk(forum=True, addition=stage)
    olga = await Seat.takes(await new_context(), office, office.olga)
    await stage.says("vk", "1", "Раз", name="")
    await stage.says("viber", "2", "Два", name="")
    await olga.lists("Гость №1", "Гость №2")
    face = olga.row("Гость №1").locator(".avatar")
    assert await face.evaluate(COLOUR) == GREY
    await olga.opens("Гость №1")
    await stage.says("vk", "1", "Я Мария", name="Мария Белова")
    await olga.lists("Мария Белова", "Гость №2")
    face = olga.row("Мария Белова").locator(".avatar")
    await expect(face).to_have_text("МБ")
    assert await face.evaluate(COLOUR) != GREY
    for place in (olga.talk, olga.card):
        await expect(place.get_by_role("heading", name="Мария Белова")).to_be_visible()
    again = await Seat.takes(await new_context(), office, office.ivan)
    await expect(again.row("Мария Белова")).to_be_visible()
    assert await again.row("Мария Белова").locator(".avatar").evaluate(COLOUR) == await face.evaluate(COLOUR)


async def test_everyone_of_the_group_is_told_and_nobody_else(office, sits):
    """Rows 4, 5, 6."""
    olga, ivan, petr = await asyncio.gather(sits(office.olga), sits(office.ivan), sits(office.petr))
    await office.customer("Анна").writes("Где мой заказ?")
    for seat in (olga, ivan):
        await expect(seat.popups.get_by_role("button", name="Анна")).to_be_visible()
    await expect(petr.popups.get_by_role("button")).to_have_count(0)
    await petr.lists()
    await petr.counts(0, 0)


async def test_nobody_can_answer_before_accepting(office, sits):
    """Row 15."""
    olga = await sits(office.olga)
    anna = office.customer("Анна")
    await anna.writes("Где мой заказ?")
    await olga.opens("Анна")
    await expect(olga.talk.get_by_text("Чтобы ответить, примите обращение в работу")).to_be_visible()
    await expect(olga.field).to_have_count(0)
    await olga.page.keyboard.press("Enter")
    await olga.accepts()
    await olga.writes("Едет")
    await anna.will_see("Едет")
