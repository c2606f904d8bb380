"""Phones, keyboards, Telegram's Mini App: the same desk in other hands."""

import re

from playwright.async_api import expect

from tests.desk_browser.operator import Seat
from tests.widget_browser.visitor import BROWSER_TESTS, PHONE

pytestmark = BROWSER_TESTS


async def test_on_a_phone_there_is_the_list_or_the_conversation(office, sits):
    olga = await sits(office.olga, **PHONE)
    anna = office.customer("Анна")
    await anna.writes("Где мой заказ?")
    await expect(olga.row("Анна")).to_be_visible()
    await expect(olga.log).to_be_hidden()
    await olga.counts(1, 0)
    await olga.popups.get_by_role("button", name="Скрыть").tap()
    await olga.row("Анна").tap()
    await expect(olga.log).to_be_visible()
    await expect(olga.list).to_be_hidden()
    await olga.button("Принять").tap()
    await expect(olga.field).to_be_visible()
    await olga.field.fill("Едет")
    await olga.field.press("Enter")  # a new line: a phone's keyboard has no other
    await olga.button("Отправить клиенту").tap()
    await anna.will_see("Едет")
    await olga.button("О клиенте").tap()
    await expect(olga.card).to_be_visible()
    await olga.card.get_by_role("button", name="Закрыть").tap()
    await expect(olga.card).to_be_hidden()
    await olga.page.go_back()  # the browser's own «back», too
    await expect(olga.tabs).to_be_visible()
    await olga.tab("Мои").tap()
    await olga.row("Анна").tap()
    await expect(olga.log).to_be_visible()
    await olga.button("Назад к списку").tap()
    await expect(olga.row("Анна")).to_be_visible()
    assert await olga.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = await olga.page.evaluate(SMALL)
    assert small == []  # nothing that is too small for a finger


SMALL = """() => [...document.querySelectorAll('button, a[href], select, input')]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }))
  .filter((one) => one.offsetHeight < 36 || one.offsetWidth < 36)
  .map((one) => `${one.ariaLabel || one.textContent} ${one.offsetWidth}x${one.offsetHeight}`)"""


async def test_everything_can_be_done_from_the_keyboard(office, sits):
    olga = await sits(office.olga)
    press = olga.page.keyboard.press
    boris = office.customer("Борис")
    await office.customer("Анна").writes("Раз")
    await boris.writes("Два")
    await olga.lists("Анна", "Борис")
    for _ in range(2):
        await press("Escape")  # the pop-ups
    await press("ArrowDown")
    await press("ArrowDown")
    await expect(olga.row("Борис")).to_have_attribute("aria-selected", "true")
    await expect(olga.list).to_have_attribute("aria-activedescendant", await olga.row("Борис").get_attribute("id"))
    await press("Enter")
    await olga.sees("Два")
    await press("Escape")
    await press("a")
    await expect(olga.field).to_be_focused()
    await olga.page.keyboard.type("Слушаю")
    await press("Shift+Enter")
    await olga.page.keyboard.type("вас")
    await press("Enter")
    await boris.will_see("Слушаю\nвас")
    await expect(olga.messages.last.get_by_role("img", name="Отправлено")).to_be_visible()
    await press("ArrowUp")
    await expect(olga.field).to_have_value("Слушаю\nвас")
    await press("Escape")
    await expect(olga.field).to_have_value("")
    await press("Escape")
    await expect(olga.list).to_be_focused()
    await press("2")
    await expect(olga.tab("Мои")).to_have_attribute("aria-selected", "true")
    await olga.lists("Борис")
    await press("/")
    await expect(olga.search).to_be_focused()
    await olga.page.keyboard.type("слушаю")
    await olga.lists("Борис")
    await press("Escape")
    await expect(olga.search).to_have_value("")
    await press("Escape")
    await press("Shift+Slash")
    await expect(olga.dialog.get_by_role("heading", name="Клавиши")).to_be_visible()
    await press("Escape")
    await expect(olga.dialog).to_have_count(0)
    # The same letters on another layout, and none of them while writing.
    await press("1")
    await olga.lists("Анна")
    await press("ArrowDown")
    await press("Enter")
    await press("Escape")
    await olga.page.keyboard.press("KeyA")
    await expect(olga.field).to_be_focused()
    await olga.page.keyboard.type("a/?1")
    await expect(olga.field).to_have_value("a/?1")


async def test_the_mini_app_lets_in_by_telegram_and_takes_its_colours(office, new_context):
    page = await (await new_context(**PHONE)).new_page()
    olga = Seat(page, office, office.olga)
    theme = {
        "bg_color": "#17212b",
        "text_color": "#f5f5f5",
        "hint_color": "#708499",
        "link_color": "#6ab3f3",
        "button_color": "#5288c1",
        "button_text_color": "#ffffff",
        "secondary_bg_color": "#232e3c",
    }
    await page.goto(office.mini_app(office.olga, theme))
    await olga.is_in()
    await office.customer("Анна").writes("Раз")
    await olga.takes_on("Анна")
    ground = "one => getComputedStyle(one).backgroundColor"
    assert await olga.middle.evaluate(ground) == "rgb(23, 33, 43)"
    assert await page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert await olga.button("Отправить клиенту").evaluate("one => getComputedStyle(one).color") != ""
    await page.reload()  # the same introduction: the session says who it is
    await expect(olga.log).to_be_visible()
    await expect(olga.message("Раз")).to_be_visible()


async def test_another_persons_session_is_not_taken_over_in_the_mini_app(office, new_context):
    context = await new_context()
    page = await context.new_page()
    await page.goto(office.mini_app(office.olga))
    await Seat(page, office).is_in()
    await page.goto("about:blank")
    await page.goto(office.mini_app(office.ivan))
    await Seat(page, office).is_in()
    assert (await (await page.request.get(f"{office.url}/desk/me")).json())["name"] == "Иван"


async def test_it_speaks_english(open_desk, new_context):
    office = await open_desk(language="en")
    page = await (await new_context(locale="en-GB")).new_page()
    await page.goto(await office.link_for(office.olga))
    await page.locator("form button").click()
    await expect(page.get_by_role("tab", name=re.compile("^Incoming"))).to_be_visible()
    await office.customer("Anna").writes("Where is it?")
    await page.get_by_role("option").filter(has_text="Where is it?").click()
    await expect(page.get_by_role("button", name="Accept", exact=True)).to_be_visible()
    assert not re.search("[а-яё]", (await page.inner_text("body")).replace("Чайная лавка", ""), re.IGNORECASE)
