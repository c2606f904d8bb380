"""What a company may switch on: the invitation, the form, hours, other channels; sound and notifications."""

from datetime import timedelta

import pytest
from playwright.async_api import BrowserContext, expect

from bridge.model import ChannelName
from tests.turned_clock import START, TurnedClock
from tests.widget_browser.visitor import BROWSER_TESTS, PAGE, PHONE, Visitor, until

pytestmark = BROWSER_TESTS

INVITATION = {"text": "Помочь выбрать чайник?", "after": 30, "pages": ["/page/*"]}


# --- the invitation


async def test_the_invitation_comes_after_a_while_and_once(context, open_shop):
    shop = await open_shop(invitation=INVITATION)
    await context.clock.install()
    visitor = await Visitor.comes(context, shop)
    invitation = visitor.page.get_by_role("status").filter(has_text="Помочь выбрать чайник?")
    await expect(visitor.launch).to_be_visible()
    await context.clock.run_for(28_000)
    await expect(invitation).to_be_hidden()
    await context.clock.run_for(3_000)
    await expect(invitation).to_be_visible()
    assert len(shop.channel.sessions) == 0  # it costs no connection
    await invitation.get_by_role("button", name="Скрыть").click()
    await expect(invitation).to_be_hidden()
    again = await Visitor.comes(context, shop)
    await expect(again.launch).to_be_visible()
    await context.clock.run_for(40_000)
    await expect(again.page.get_by_role("status")).to_be_hidden()


async def test_the_invitation_opens_the_chat(context, open_shop):
    shop = await open_shop(invitation={**INVITATION, "after": 1})
    visitor = await Visitor.comes(context, shop)
    await visitor.page.get_by_role("button", name="Помочь выбрать чайник?").click()
    await expect(visitor.panel).to_be_visible()
    await expect(visitor.area).to_be_focused()
    await expect(visitor.page.locator(".invite")).to_have_count(0)


@pytest.mark.parametrize("why", ["another page", "wrote before", "open"])
async def test_nobody_is_invited_for_whom_it_is_not(context, open_shop, why):
    pages = ["/kettles*"] if why == "another page" else []
    shop = await open_shop(invitation={**INVITATION, "pages": pages})
    await context.clock.install()
    visitor = await Visitor.comes(context, shop)
    if why == "open":
        await visitor.opens()
    if why == "wrote before":
        await visitor.says("Здравствуйте")
        await visitor.page.reload()
        await expect(visitor.launch).to_be_visible()
    await context.clock.run_for(40_000)
    await expect(visitor.page.locator(".invite")).to_have_count(0)


# --- the form

FORM = {
    "ask": ["name", "email", "phone"],
    "required": ["name", "email"],
    "consent": "Согласен на обработку персональных данных",
    "consent_url": "https://shop.example.ru/privacy",
}


@pytest.mark.parametrize("device", ["desktop", "phone"])
async def test_the_form_comes_before_the_chat(new_context, open_shop, device):
    context = await new_context(**(PHONE if device == "phone" else {}))
    shop = await open_shop(form=FORM)
    visitor = await Visitor.comes(context, shop, '<meta name="viewport" content="width=device-width">' + PAGE)
    page = visitor.page
    await visitor.opens()
    name, email = page.get_by_label("Имя"), page.get_by_label("Почта")
    consent = page.get_by_role("checkbox", name="Согласен на обработку")
    start = page.get_by_role("button", name="Начать чат")
    await expect(name).to_be_visible()
    await expect(visitor.area).to_be_hidden()
    if device == "desktop":
        await expect(name).to_be_focused()
    await expect(page.get_by_role("link", name="Подробнее")).to_have_attribute("href", FORM["consent_url"])

    await start.click()  # nothing filled in: told at each, and the first one has the focus
    errors = page.locator(".error:not(:empty)")
    await expect(errors).to_have_count(3)
    await expect(name).to_be_focused()
    await name.fill("Мария")
    await email.fill("мимо")
    await consent.check()
    await start.click()
    await expect(errors).to_have_count(1)
    await expect(email).to_be_focused()
    await email.fill("maria@nowhere")  # the browser takes it, the server does not
    await start.click()
    await expect(errors).to_contain_text("почт")
    await expect(email).to_be_focused()
    await email.fill("maria@example.ru")
    await start.click()

    await expect(visitor.area).to_be_visible()
    await visitor.area.fill("Здравствуйте")
    await visitor.send.click()
    await visitor.all_stored(1)
    (conversation,) = await shop.conversations()
    customer = await shop.inbox.read(lambda tx: tx.customer(conversation.customer))
    assert (customer.profile.name, customer.profile.email) == ("Мария", "maria@example.ru")
    assert customer.consented_at is not None
    await page.reload()
    await visitor.opens()
    await visitor.sees("Здравствуйте")
    await expect(visitor.area).to_be_visible()


async def test_a_form_that_is_half_filled_in_survives_a_new_connection(context, open_shop):
    shop = await open_shop(form=FORM)
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    await visitor.page.get_by_label("Имя").fill("Мария")
    await shop.stop()
    await shop.start()
    await visitor.page.evaluate("dispatchEvent(new Event('online'))")
    await until(lambda: len(shop.channel.sessions) == 1)
    await expect(visitor.page.get_by_label("Имя")).to_have_value("Мария")


# --- hours


async def test_the_hours_are_shown_and_go_on(context, open_shop):
    clock = TurnedClock()  # Sunday, 12:00 in Moscow
    shop = await open_shop(
        clock, hours={"timezone": "Europe/Moscow", "open": ["sun 10:00-18:00", "mon-fri 09:00-21:00"]}
    )
    await context.clock.install(time=START)
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    line = visitor.page.locator("header p")
    await expect(line).to_have_text("Сейчас отвечаем · до 18:00")
    await visitor.page.get_by_role("button", name="Меню").click()
    await expect(visitor.page.locator(".menu p")).to_contain_text("10:00")
    await context.clock.fast_forward(timedelta(hours=6, minutes=2) // timedelta(milliseconds=1))
    await expect(line).to_contain_text("Ответим с")
    await expect(line).to_contain_text("9:00, пн")


# --- going on elsewhere


class Telegram:
    """A channel that can be linked to."""

    name = ChannelName("tg")

    def link_for(self, token: str) -> str:
        return f"https://t.example/otklik?start={token}"


async def test_a_visitor_goes_on_in_another_channel_after_agreeing(context, open_shop):
    shop = await open_shop(continue_in=["tg"])
    shop.others[ChannelName("tg")] = Telegram()
    await shop.stop()
    await shop.start()
    visitor = await Visitor.comes(context, shop)
    page = visitor.page
    await visitor.says("Здравствуйте")
    await page.get_by_role("button", name="Меню").click()
    await page.get_by_role("button", name="Продолжить в Telegram").click()
    await expect(page.locator(".menu")).to_contain_text("станет общей")
    await expect(page.get_by_role("link", name="Открыть Telegram")).to_have_count(0)
    await page.get_by_role("button", name="Согласен, продолжить").click()
    link = page.get_by_role("link", name="Открыть Telegram")
    await expect(link).to_be_focused()
    assert (await link.get_attribute("href")).startswith("https://t.example/otklik?start=")
    assert len(await link.get_attribute("href")) > 40
    await page.keyboard.press("Escape")
    await expect(page.locator(".menu")).to_be_hidden()
    await expect(visitor.panel).to_be_visible()


async def test_a_visitor_who_does_not_agree_stays(context, open_shop):
    shop = await open_shop(continue_in=["tg"])
    shop.others[ChannelName("tg")] = Telegram()
    await shop.stop()
    await shop.start()
    visitor = await Visitor.comes(context, shop)
    await visitor.says("Здравствуйте")
    await visitor.page.get_by_role("button", name="Меню").click()
    await visitor.page.get_by_role("button", name="Продолжить в Telegram").click()
    await visitor.page.locator(".menu").get_by_role("button", name="Отмена").click()
    await expect(visitor.page.locator(".menu")).to_be_hidden()


# --- sound and notifications

# In the place of the browser's own: what was asked, heard and shown is counted.
STAND_INS = """
window.rung = 0;
window.asked = 0;
window.notes = [];
const node = () => new Proxy(function () {}, {
  get: (_, name) => (name === Symbol.toPrimitive ? () => 0 : node()), apply: () => node(),
});
window.AudioContext = class {
  currentTime = 0;
  destination = node();
  resume() {}
  createGain() { return node(); }
  createOscillator() { rung++; return node(); }
};
window.Notification = class {
  static permission = 'default';
  static async requestPermission() { asked++; return Notification.permission = 'granted'; }
  constructor(title, { body }) { notes.push([title, body]); window.lastNote = this; }
};
document.hasFocus = () => !window.away;
"""


async def alerted(context: BrowserContext, shop) -> Visitor:
    await context.add_init_script(STAND_INS)
    visitor = await Visitor.comes(context, shop)
    await visitor.says("Здравствуйте")
    return visitor


async def test_sound_is_off_until_it_is_switched_on(context, shop):
    visitor = await alerted(context, shop)
    page = visitor.page
    await page.keyboard.press("Escape")
    await shop.answers("раз")
    await expect(visitor.badge).to_have_text("1")
    assert await page.evaluate("rung") == 0
    await visitor.opens()
    await page.get_by_role("button", name="Меню").click()
    sound = page.get_by_role("switch", name="Звук")
    await expect(sound).not_to_be_checked()
    await sound.click()
    await expect(sound).to_be_checked()
    assert await page.evaluate("rung") == 1  # that is how it sounds
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await shop.answers("два")
    await until(lambda: page.evaluate("rung === 2"))
    await visitor.opens()
    await shop.answers("три")  # before the eyes: no noise
    await visitor.sees("Здравствуйте", "раз", "два", "три")
    assert await page.evaluate("rung") == 2


async def test_permission_to_notify_is_asked_for_only_on_a_click(context, shop):
    visitor = await alerted(context, shop)
    page = visitor.page
    assert await page.evaluate("asked") == 0
    await page.get_by_role("button", name="Меню").click()
    await page.get_by_role("switch", name="Уведомления").click()
    await expect(page.get_by_role("switch", name="Уведомления")).to_be_checked()
    assert await page.evaluate("asked") == 1
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await page.evaluate("window.away = true")
    await shop.answers("Да, остались два")
    await until(lambda: page.evaluate("notes.length === 1"))
    assert await page.evaluate("notes") == [["Анна", "Да, остались два"]]
    await page.evaluate("lastNote.onclick()")
    await expect(visitor.panel).to_be_visible()


async def test_one_of_several_tabs_rings(context, shop):
    one = await alerted(context, shop)
    await one.page.get_by_role("button", name="Меню").click()
    await one.page.get_by_role("switch", name="Звук").click()
    await one.page.keyboard.press("Escape")
    await one.page.keyboard.press("Escape")
    other = await Visitor.comes(context, shop)
    await until(lambda: len(shop.channel.sessions) == 2)
    rung = await one.page.evaluate("rung")
    await shop.answers("Да")
    for tab in (one, other):
        await expect(tab.badge).to_have_text("1")
    assert await one.page.evaluate("rung") - rung + await other.page.evaluate("rung") == 1
