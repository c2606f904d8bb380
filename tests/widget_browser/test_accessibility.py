"""Who cannot see, or has no mouse: axe-core finds nothing serious; focus and what is read aloud are right."""

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from PIL import Image
from playwright.async_api import Page, expect

from bridge.model import Attachment, ChannelName, File, Kind, Span
from tests.site_office import TELEGRAM, SiteOffice
from tests.some_files import picture
from tests.widget_browser.test_offers import FORM, Telegram
from tests.widget_browser.visitor import BROWSER_TESTS, PHONE, Visitor, types

pytestmark = BROWSER_TESTS

PAGE = """<!doctype html><html lang={lang}><head><title>Чайники</title>
<meta name="viewport" content="width=device-width"></head><body>
<main><h1>Чайники</h1><p>Чайники и <a href="#">чашки</a></p></main>{{script}}</body></html>"""
SCREENS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "phone": PHONE,
    "dark phone": {**PHONE, "color_scheme": "dark"},
}


async def no_faults(page: Page) -> None:
    """axe-core has nothing serious to say of the page and the widget in its shadow root."""
    found = await Axe().run(page)
    faults = [
        f"{fault['id']}: {fault['help']}\n"
        + "\n".join(f"  {node['target']} {node['html'][:200]}" for node in fault["nodes"])
        for fault in found.response["violations"]
        if fault["impact"] in ("serious", "critical")
    ]
    assert not faults, "\n".join(faults)


async def lively(shop: SiteOffice, visitor: Visitor) -> None:
    """A conversation with everything in it."""
    shop.files["kettle"] = picture("JPEG", Image.new("RGB", (600, 400), "teal"))
    shop.files["list"] = b"some words"
    await visitor.area.fill("Есть ли красный? https://shop.example.ru/kettles")
    await visitor.send.click()
    await visitor.all_stored(1)
    (question,) = await shop.stored()
    photo = Attachment(
        kind=Kind.PHOTO, file=File(origin=TELEGRAM, ref="kettle"), name="чайник.jpg", width=600, height=400
    )
    document = Attachment(kind=Kind.DOCUMENT, file=File(origin=TELEGRAM, ref="list"), name="цены.pdf", size=48_000)
    voice = Attachment(kind=Kind.VOICE, file=File(origin=TELEGRAM, ref="list"), mime="audio/wav", duration=12)
    await shop.answers(
        "Да, остались два: https://a.example", Span(kind="bold", offset=0, length=2), reply_to=question.id
    )
    await shop.answers("Вот он", photo)
    await shop.answers("", document)
    await shop.answers("", voice)
    await shop.answers("👍")
    changed = await shop.answers("1200 ₽")
    await shop.changes(changed, "1300 ₽")
    await types(shop)
    await expect(visitor.page.locator(".row.them")).to_have_count(7)
    await expect(visitor.page.locator(".meta", has_text="изменено")).to_be_visible()


@pytest.mark.parametrize("screen", SCREENS)
async def test_axe_finds_nothing_serious(new_context, open_shop, screen):
    context = await new_context(**SCREENS[screen])
    shop = await open_shop(
        company="Чайная лавка",
        hours={"timezone": "Europe/Moscow", "open": ["mon-sun 00:00-23:59"]},
        continue_in=["tg"],
        invitation={"text": "Помочь выбрать?", "after": 1},
    )
    shop.others[ChannelName("tg")] = Telegram()
    await shop.stop()
    await shop.start()
    visitor = await Visitor.comes(context, shop, PAGE.format(lang="ru"))
    page = visitor.page
    await expect(page.locator(".invite")).to_be_visible()
    await no_faults(page)  # closed, with an invitation
    await visitor.opens()
    await lively(shop, visitor)
    await visitor.still()
    await no_faults(page)  # open, with messages
    await page.get_by_role("button", name="Меню").click()
    await visitor.still()
    await no_faults(page)  # the menu
    await page.get_by_role("button", name="Продолжить в Telegram").click()
    await no_faults(page)  # the consent
    await page.keyboard.press("Escape")
    await page.locator("button.pic").click()
    await no_faults(page)  # the zoom
    await page.keyboard.press("Escape")
    if "phone" not in screen:
        await page.get_by_role("button", name="Эмодзи").click()
        await visitor.still()
        await no_faults(page)
        await page.keyboard.press("Escape")
    file = {"name": "чек.pdf", "mimeType": "application/pdf", "buffer": bytes(1000)}
    await page.locator("input[type=file]").set_input_files(file)
    row = page.locator(".row.them", has_text="остались")
    await row.hover()
    await row.get_by_role("button", name="Ответить").click()
    await context.route("**/upload", lambda route: route.fulfill(status=400, json={"message": "Не выйдет"}))
    await no_faults(page)  # a file and a quote beside what is being written
    await visitor.send.click()
    await expect(page.locator(".why:visible")).to_be_visible()
    await no_faults(page)  # a message that failed


@pytest.mark.parametrize("screen", SCREENS)
async def test_axe_finds_nothing_serious_in_the_form(new_context, open_shop, screen):
    context = await new_context(**SCREENS[screen])
    shop = await open_shop(form=FORM)
    visitor = await Visitor.comes(context, shop, PAGE.format(lang="ru"))
    await visitor.opens()
    start = visitor.page.get_by_role("button", name="Начать чат")
    await expect(start).to_be_visible()
    await visitor.still()
    await no_faults(visitor.page)
    await start.click()
    await expect(visitor.page.locator(".error:not(:empty)")).to_have_count(3)
    await no_faults(visitor.page)


@pytest.mark.parametrize("color", ["#ffe066", "#1b1b1b"])
@pytest.mark.parametrize("screen", ["light", "dark"])
async def test_axe_finds_nothing_serious_in_light_and_dark_colours(new_context, open_shop, color, screen):
    context = await new_context(**SCREENS[screen])
    shop = await open_shop(color=color, company="Tea")
    visitor = await Visitor.comes(context, shop, PAGE.format(lang="ru"))
    await visitor.opens()
    await lively(shop, visitor)
    await visitor.still()
    await no_faults(visitor.page)


async def test_on_the_whole_screen_the_focus_goes_round_in_the_panel(new_context, shop):
    context = await new_context(**PHONE)
    visitor = await Visitor.comes(context, shop, PAGE.format(lang="ru"))
    await visitor.opens()
    await expect(visitor.panel).to_have_attribute("aria-modal", "true")
    inside = """() => {
      const { shadowRoot } = document.body.lastElementChild;
      return document.activeElement === shadowRoot.host && !!shadowRoot.activeElement
        && shadowRoot.querySelector('.panel').contains(shadowRoot.activeElement);
    }"""
    seen = set()
    for key in ["Tab"] * 14 + ["Shift+Tab"] * 14:
        await visitor.page.keyboard.press(key)
        assert await visitor.page.evaluate(inside)
        seen.add(
            await visitor.page.evaluate(
                "document.body.lastElementChild.shadowRoot.activeElement.getAttribute('aria-label')"
            )
        )
    assert {"Меню", "Закрыть чат", "Сообщение…", "Приложить файлы"} <= seen


async def test_beside_the_page_the_focus_can_leave(context, shop):
    visitor = await Visitor.comes(context, shop, PAGE.format(lang="ru"))
    await visitor.opens()
    await expect(visitor.panel).not_to_have_attribute("aria-modal", "true")
    for _ in range(12):
        await visitor.page.keyboard.press("Tab")
        if await visitor.page.evaluate("document.activeElement.tagName !== 'DIV'"):
            break
    else:
        pytest.fail("the focus is caught")


async def test_only_new_answers_are_read_aloud(context, shop):
    await context.clock.install()
    visitor = await Visitor.comes(context, shop, PAGE.format(lang="ru"))
    await visitor.says("Первый вопрос")
    await shop.answers("Первый ответ")
    read = visitor.page.locator(".hear")
    await expect(read).to_have_attribute("role", "status")
    await expect(read).to_have_text("Анна: Первый ответ")
    await expect(visitor.page.get_by_role("log")).to_have_attribute("aria-live", "off")
    await visitor.page.reload()
    await visitor.opens()
    await visitor.sees("Первый вопрос", "Первый ответ")
    await expect(read).to_have_text("")  # the history is not read
    await context.clock.fast_forward(3_000)
    await shop.answers("Второй ответ")
    await expect(read).to_have_text("Анна: Второй ответ")
    await visitor.writes("Второй вопрос")
    await visitor.all_stored(2)
    await expect(read).not_to_contain_text("вопрос")


async def test_everything_can_be_done_from_the_keyboard(context, open_shop):
    shop = await open_shop(form={**FORM, "required": ["name"]}, continue_in=["tg"])
    shop.others[ChannelName("tg")] = Telegram()
    await shop.stop()
    await shop.start()
    shop.files["kettle"] = picture("JPEG", Image.new("RGB", (600, 400), "teal"))
    visitor = await Visitor.comes(context, shop, PAGE.format(lang="ru"))
    page, press = visitor.page, visitor.page.keyboard.press

    async def goes_to(name: str, key: str = "Tab") -> None:
        """Tab on until what has that name has the focus."""
        label = """() => {
          const node = document.body.lastElementChild.shadowRoot.activeElement;
          const [field] = (node && node.labels) || [];
          return node && [node.getAttribute('aria-label'), field && field.textContent, node.textContent].join(' ');
        }"""
        for _ in range(25):
            await press(key)
            if name in (await page.evaluate(label) or ""):
                return
        pytest.fail(f"no way to {name!r}")

    await expect(visitor.launch).to_be_visible()
    await goes_to("Открыть чат")
    await press("Enter")
    await expect(page.get_by_label("Имя")).to_be_focused()  # the form
    await page.keyboard.type("Мария")
    await goes_to("Согласен")
    await press("Space")
    await goes_to("Начать чат")
    await press("Enter")
    await expect(visitor.area).to_be_focused()
    await page.keyboard.type("Покажите")
    await press("Enter")
    await visitor.all_stored(1)
    photo = Attachment(
        kind=Kind.PHOTO, file=File(origin=TELEGRAM, ref="kettle"), name="чайник.jpg", width=600, height=400
    )
    await shop.answers("Вот", photo)
    await visitor.sees("Покажите", "Вот")

    await goes_to("Фото", "Shift+Tab")
    await press("Enter")
    await expect(page.locator("dialog.zoom")).to_be_visible()
    await press("Escape")
    await expect(page.locator("button.pic")).to_be_focused()
    await page.evaluate("new Promise((done) => setTimeout(done, 100))")  # the dialog is told of it after that
    await goes_to("Ответить")
    await press("Enter")
    await expect(page.locator(".quoting")).to_be_visible()
    await expect(visitor.area).to_be_focused()
    await goes_to("Эмодзи")
    await press("Enter")
    await press("ArrowRight")
    await press("ArrowDown")
    await press("Enter")
    await expect(visitor.area).to_be_focused()
    await press("Enter")
    await visitor.all_stored(2)
    await goes_to("Меню", "Shift+Tab")
    await press("Enter")
    await press("Enter")  # going on in Telegram
    await expect(page.get_by_role("button", name="Согласен, продолжить")).to_be_focused()
    await press("Escape")
    await expect(page.get_by_role("button", name="Меню")).to_be_focused()
    await press("Escape")
    await expect(visitor.panel).to_be_hidden()
    await expect(visitor.launch).to_be_focused()
