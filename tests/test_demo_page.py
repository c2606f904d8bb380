"""The demo's page in Chromium: both sides at once, with nothing to be typed before."""

import re

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.demo_program import DemoProgram
from tests.desk_browser.conftest import browser, new_context  # noqa: F401
from tests.emulators.telegram import TelegramEmulator
from tests.widget_browser.visitor import BROWSER_TESTS, PHONE

pytestmark = [*BROWSER_TESTS, pytest.mark.process]


@pytest_asyncio.fixture(loop_scope="session")
async def demo(tmp_path):
    """The demo, running in an empty folder."""
    program = DemoProgram(tmp_path)
    try:
        await program.start()
        yield program
    finally:
        await program.close()


@pytest.fixture
def opens(demo, new_context):  # noqa: F811
    """Opens the page in a browser of its own."""

    async def opening(path="/", **how):
        page = await (await new_context(**how)).new_page()
        await page.goto(demo.url + path)
        return page

    return opening


def sides(page):
    """The customer's frame and the operator's."""
    return page.frame_locator("#site iframe"), page.frame_locator("#desk iframe")


async def serious(page) -> list[str]:
    """What axe-core minds seriously."""
    found = (await Axe().run(page)).response["violations"]
    return [each["id"] for each in found if each["impact"] in ("serious", "critical")]


async def test_a_message_goes_across_the_page_and_back(opens):
    page = await opens()
    site, desk = sides(page)
    await site.locator("textarea").fill("Есть ли «Улун»?")
    await site.locator("textarea").press("Enter")
    await desk.get_by_role("listbox").get_by_text("Есть ли «Улун»?").click()
    await desk.get_by_role("button", name="Принять", exact=True).click()
    await desk.get_by_placeholder("Сообщение клиенту…").fill("Есть, отложить?")
    await desk.get_by_placeholder("Сообщение клиенту…").press("Enter")
    await expect(site.locator(".log").get_by_text("Есть, отложить?")).to_be_visible()
    await expect(site.locator(".log")).to_contain_text("Оператор")


async def test_whoever_has_chosen_another_name_keeps_it(opens, demo):
    page = await opens()
    await expect(sides(page)[1].get_by_role("tab").first).to_be_visible()
    await page.evaluate("""fetch('/desk/enter', {method: 'POST', headers: {'X-Otklik': '1'},
        body: JSON.stringify({local_name: 'Оля'})})""")
    await page.reload()
    await expect(sides(page)[1].get_by_role("tab").first).to_be_visible()
    me = await page.request.get(f"{demo.url}/desk/me")
    assert (await me.json())["name"] == "Оля"


async def test_the_name_that_was_chosen_last_is_tried_again(opens, demo):
    page = await opens("/desk")
    await page.get_by_role("textbox").fill("Оля")
    await page.get_by_role("button", name="Войти").click()
    await expect(page.get_by_role("tab").first).to_be_visible()
    await page.context.clear_cookies()  # the session is over
    await page.goto(demo.url)
    await expect(sides(page)[1].get_by_role("tab").first).to_be_visible()
    assert (await (await page.request.get(f"{demo.url}/desk/me")).json())["name"] == "Оля"


async def test_all_of_it_speaks_the_language_that_is_chosen(opens):
    page = await opens()
    await page.get_by_role("link", name="English").click()
    await expect(page.get_by_role("heading", name="Operators")).to_be_visible()
    site, desk = sides(page)
    await expect(site.locator("textarea")).to_have_attribute("placeholder", re.compile("^Message"))
    await expect(desk.get_by_role("tab", name="Incoming")).to_be_visible()


async def test_on_a_phone_one_side_is_seen_at_a_time(opens):
    page = await opens(**PHONE)
    site, desk = sides(page)
    await expect(site.locator("textarea")).to_be_visible()
    await expect(page.locator("#desk")).not_to_be_visible()
    await page.get_by_role("tab", name="Операторы").tap()
    await expect(desk.get_by_role("tab", name="Входящие")).to_be_visible()
    await expect(page.locator("#site")).not_to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_the_tabs_go_by_keyboard(opens):
    page = await opens(viewport={"width": 390, "height": 780})
    await page.get_by_role("tab", name="Клиент на сайте").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("tab", name="Операторы")).to_be_focused()
    await expect(page.get_by_role("tab", name="Операторы")).to_have_attribute("aria-selected", "true")


@pytest.mark.parametrize("path", ["/", "/connect"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_minds_nothing(opens, path, scheme):
    page = await opens(path, color_scheme=scheme)
    if path == "/":
        await expect(sides(page)[1].get_by_role("tab").first).to_be_visible()
    assert await serious(page) == []


async def test_a_group_is_connected_step_by_step(opens, demo):
    async with TelegramEmulator() as telegram:
        bot = telegram.add_bot("9001:TEST", "desk_bot", "Desk")
        sales = telegram.group("<b>Продажи</b>", forum=True).add(bot, admin=True)
        page = await opens("/connect")
        await page.get_by_label("Токен бота").fill("9001:WRONG")
        await page.get_by_text("Прокси или свой сервер").click()
        await page.get_by_label("Сервер Bot API").fill(telegram.url)
        await page.get_by_role("button", name="Проверить").click()
        await expect(page.get_by_text("Telegram не знает этого токена")).to_be_visible()
        await page.get_by_label("Токен бота").fill("9001:TEST")
        await page.get_by_role("button", name="Проверить").click()
        await page.get_by_role("button", name="Найти группу").click()
        await expect(page.get_by_label("Номер группы")).to_have_value(str(sales.id))
        await expect(page.get_by_text("<b>Продажи</b>")).to_be_visible()  # as it is, not as HTML
        assert await serious(page) == []
        await page.get_by_role("button", name="Записать настройки").click()
        await expect(page.get_by_role("heading", name="Готово: настройки записаны")).to_be_visible()
        await expect(page.locator("#path")).to_have_text(str(demo.folder / "config.toml"))
    text = (demo.folder / "config.toml").read_text("utf-8")
    assert f"chat_id = {sales.id}\n" in text and 'title = "<b>Продажи</b>"' in text
