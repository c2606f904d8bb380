"""Who cannot see, or has no mouse: axe-core finds nothing serious on any of the desk's screens."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.desk_browser.operator import Seat
from tests.some_files import photo
from tests.widget_browser.test_accessibility import no_faults
from tests.widget_browser.visitor import BROWSER_TESTS, PHONE

pytestmark = BROWSER_TESTS

SCREENS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "phone": PHONE,
}


async def lively(office, olga, ivan):
    """A conversation with everything in it, of which a colleague looks at the same."""
    anna = office.customer("Анна")
    await anna.writes("Есть ли <красный>? https://shop.example.ru/kettles")
    await office.customer("Борис").writes("Здравствуйте")
    await expect(olga.popups.get_by_role("button", name="Борис")).to_be_visible()
    await no_faults(olga.page)  # pop-ups
    await olga.dismisses()
    await olga.takes_on("Анна")
    await olga.writes("Да, два")
    await olga.notes("Постоянный покупатель")
    await anna.writes(photo=photo(), caption="Такой?")
    await anna.writes(voice=True)
    await anna.writes(document=True)
    await anna.writes(location=(55.75, 37.61))
    await expect(olga.messages).to_have_count(7)
    await anna.human.blocks(office.bot)
    await olga.does("Да, два", "Ответить на это сообщение")
    await olga.writes("Слышно?")
    await expect(olga.message("Слышно?")).to_contain_text("Не доставлено")
    await ivan.shows("В работе")
    await ivan.opens("Анна")
    await expect(olga.talk.get_by_text("тоже смотрит")).to_be_visible()


@pytest.mark.parametrize("screen", SCREENS)
async def test_axe_finds_nothing_serious(office, sits, new_context, screen):
    page = await (await new_context(**SCREENS[screen], reduced_motion="reduce")).new_page()
    olga = Seat(page, office, office.olga)
    await page.goto(f"{office.url}/desk")
    await expect(page.get_by_role("button", name="Попробовать снова")).to_be_visible()
    await no_faults(page)  # where to ask for a link
    await page.goto("about:blank")
    await page.goto(await office.link_for(office.olga))
    await expect(page.get_by_role("button", name="Войти")).to_be_visible()
    await no_faults(page)  # a link
    await olga.enters()
    await no_faults(page)  # an empty list
    await lively(office, olga, await sits(office.ivan))
    await no_faults(page)  # a conversation
    await olga.field.fill("ы" * 4500)
    await no_faults(page)  # what is too long
    await olga.field.fill("")
    await olga.press("Заметка")
    await no_faults(page)  # a note
    await olga.press("Клиенту")
    await olga.deed("Передать")
    await no_faults(page)
    await page.keyboard.press("Escape")
    await olga.messages.get_by_role("button", name="Фото").first.click()
    await expect(olga.dialog).to_be_visible()
    await no_faults(page)  # the zoom
    await page.keyboard.press("Escape")
    await expect(olga.dialog).to_have_count(0)
    if screen == "phone":
        await olga.press("О клиенте")
        await no_faults(page)
        await page.keyboard.press("Escape")
        await olga.press("Назад к списку")
        await no_faults(page)  # the list
    await page.get_by_role("button", name="Настройки").click()
    await no_faults(page)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Клавиши").click()
    await no_faults(page)
