"""A conversation as a visitor sees it: messages, ticks, edits, quotes, days, who answers, what is unread."""

import re
from datetime import timedelta

import pytest
from PIL import Image
from playwright.async_api import expect

from bridge.channels.site.faces import Face
from bridge.inbox.accept import Operator
from bridge.inbox.unsend import unsend
from bridge.model import Delivery, OperatorId, Span
from tests.turned_clock import START, TurnedClock
from tests.widget_browser.visitor import BROWSER_TESTS, GREETING, Visitor, stored_texts, types, until

pytestmark = BROWSER_TESTS


async def test_a_visitor_writes_is_answered_and_reloads(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    await expect(visitor.page.get_by_text(GREETING)).to_be_visible()
    await visitor.writes("Есть ли красный?\nИ синий?")
    await visitor.all_stored(1)
    (conversation,) = await shop.conversations()
    assert conversation.page.title == "Чайники"
    assert conversation.page.url == visitor.page.url
    await shop.answers("Да, остались два.")
    await visitor.sees("Есть ли красный?\nИ синий?", "Да, остались два.")
    await expect(visitor.page.locator(".name", has_text="Анна")).to_be_visible()
    await visitor.page.reload()
    await visitor.opens()
    await visitor.sees("Есть ли красный?\nИ синий?", "Да, остались два.")
    assert await stored_texts(shop) == ["Есть ли красный?\nИ синий?", "Да, остались два."]


async def test_one_tick_is_stored_and_two_are_shown_to_operators(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.says("Есть ли красный?")
    (message,) = await shop.stored()
    await shop.inbox.write(lambda tx: tx.mark_shown(message.id, 1, 0))
    await expect(visitor.page.get_by_role("img", name="Передано сотрудникам")).to_have_count(1)
    await visitor.all_stored(0)


async def test_the_operator_learns_that_the_answer_was_seen(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.says("Есть ли красный?")
    await visitor.launch.click()
    answer = await shop.answers("Да.")
    await shop.until_delivery(answer, Delivery.DELIVERED)
    await visitor.launch.click()
    await shop.until_delivery(answer, Delivery.SEEN)


async def test_an_unread_answer_shows_on_the_launcher_and_in_the_title_also_after_a_reload(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.says("Есть ли красный?")
    await visitor.page.keyboard.press("Escape")
    await expect(visitor.panel).to_be_hidden()
    await shop.answers("Да.")
    await expect(visitor.badge).to_have_text("1")
    await expect(visitor.page).to_have_title("(1) Чайники")
    await visitor.page.reload()
    await expect(visitor.badge).to_have_text("1")
    await expect(visitor.launch).to_have_attribute("aria-label", "Открыть чат. Непрочитанных: 1")
    await shop.answers("Есть.")
    await expect(visitor.badge).to_have_text("2")
    await expect(visitor.page).to_have_title("(2) Чайники")
    await visitor.opens()
    await expect(visitor.badge).to_be_hidden()
    await expect(visitor.page).to_have_title("Чайники")
    await visitor.page.reload()
    await until(lambda: len(shop.channel.sessions) == 1)  # it looked for news by itself
    await expect(visitor.badge).to_be_hidden()


async def test_an_edit_shows_as_one(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.says("Почём?")
    answer = await shop.answers("1200")
    await visitor.sees("Почём?", "1200")
    await shop.changes(answer, "1300")
    await visitor.sees("Почём?", "1300")
    await expect(visitor.page.locator(".them .meta", has_text="изменено")).to_be_visible()


async def test_what_was_taken_back_leaves_its_place(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.says("Почём?")
    answer = await shop.answers("1200 https://a.example", Span(kind="bold", offset=0, length=4))
    await visitor.sees("Почём?", "1200 https://a.example")
    await shop.inbox.write(lambda tx: unsend(tx, answer.id, channel_unsends=True))
    await visitor.sees("Почём?", "Сообщение удалено")
    await expect(visitor.page.locator(".log a, .log b")).to_have_count(0)


async def test_typing_is_shown_until_the_answer_or_for_a_while(context, shop):
    await context.clock.install()
    visitor = await Visitor.comes(context, shop)
    await visitor.says("Почём?")
    typing = visitor.page.get_by_role("img", name="Анна печатает…")
    await types(shop)
    await expect(typing).to_be_visible()
    await shop.answers("1200")
    await visitor.sees("Почём?", "1200")
    await expect(typing).to_be_hidden()
    await types(shop)
    await expect(typing).to_be_visible()
    await context.clock.fast_forward(6_000)
    await expect(typing).to_be_hidden()


async def test_quotes_both_ways(context, shop):
    visitor = await Visitor.comes(context, shop)
    page = visitor.page
    await visitor.says("Есть ли красный, и почём доставка?")
    (question,) = await shop.stored()
    answer = await shop.answers("Триста рублей", reply_to=question.id, quote="почём доставка?")
    quote = page.locator(".them .quote:visible")
    await expect(quote).to_have_text("Выпочём доставка?")
    await quote.click()
    await expect(page.locator(".row.me")).to_be_focused()

    await page.locator(".row.them", has_text="Триста").hover()
    await page.get_by_role("button", name="Ответить").last.click()
    await expect(page.locator(".quoting")).to_contain_text("Триста рублей")
    await expect(visitor.area).to_be_focused()
    await page.keyboard.press("Escape")  # takes the quote away first
    await expect(page.locator(".quoting")).to_be_hidden()
    await expect(visitor.panel).to_be_visible()
    await page.locator(".row.them", has_text="Триста").hover()
    await page.get_by_role("button", name="Ответить").last.click()
    await visitor.writes("Подходит")
    await visitor.all_stored(2)
    await expect(page.locator(".me .quote:visible")).to_have_text("АннаТриста рублей")
    assert (await shop.stored())[-1].reply_to == answer.id
    await expect(page.locator(".quoting")).to_be_hidden()


async def test_days_and_times_are_those_of_the_visitors_zone(open_shop, new_context):
    clock = TurnedClock()
    shop = await open_shop(clock)
    context = await new_context(timezone_id="Asia/Yekaterinburg")  # UTC+5
    await context.clock.install(time=START)
    visitor = await Visitor.comes(context, shop)
    await visitor.says("Днём")  # 09:00 UTC
    clock.passes(10.5 * 3600)
    await context.clock.fast_forward(10.5 * 3600 * 1000)
    await shop.answers("За полночь")  # 19:30 UTC
    await visitor.sees("Днём", "За полночь")
    days = visitor.page.locator(".day")
    await expect(days).to_have_text(["Вчера", "Сегодня"])
    await expect(visitor.rows.locator(".meta")).to_have_text([re.compile("14:00"), re.compile("0:30")])
    later = await new_context(timezone_id="America/New_York", locale="en-US")
    await later.clock.install(time=START + timedelta(days=365))
    secret = (await visitor.kept())["secret"]
    html = (
        f"<!doctype html><html lang=en><script>localStorage['otklik:shop:secret'] = '{secret}'</script>{{script}}"
    )
    again = await Visitor.comes(later, shop, html)
    await again.opens()
    await again.sees("Днём", "За полночь")
    await expect(again.page.locator(".day")).to_have_text(["November 22, 2026"])
    times = [text.replace("\u202f", " ") for text in await again.rows.locator(".meta").all_text_contents()]
    assert times == ["4:00 AM", "2:30 PM"]


@pytest.mark.parametrize(
    ("operators", "names"),
    [("name", ["Анна К.", "Пётр Ильич"]), ("first-name", ["Анна К.", "Пётр"]), ("hidden", ["Поддержка"])],
)
async def test_who_answers_is_shown_as_the_configuration_says(context, open_shop, tmp_path, operators, names):
    Image.new("RGB", (64, 64), "teal").save(tmp_path / "anna.png")
    shop = await open_shop(operators=operators)
    shop.operators.append(Face(OperatorId(7), "Анна К.", tmp_path / "anna.png"))
    await shop.stop()
    await shop.start()
    visitor = await Visitor.comes(context, shop)
    await visitor.says("Кто здесь?")
    await shop.answers("Я")
    await shop.answers("И я", operator=Operator(OperatorId(8), "Пётр Ильич"))
    await visitor.sees("Кто здесь?", "Я", "И я")
    await expect(visitor.page.locator(".them .name:not(:empty)")).to_have_text(names)
    pictures = visitor.page.locator(".row.them .face img")
    await expect(pictures).to_have_count(0 if operators == "hidden" else 1)
    if operators != "hidden":
        await until(lambda: pictures.evaluate("image => image.naturalWidth > 0"))


async def test_who_reads_back_is_not_moved_and_can_jump_to_what_is_new(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.says("Расскажите всё")
    for number in range(30):
        await shop.answers(f"Часть {number}\nи ещё строка")
    await expect(visitor.texts).to_have_count(31)
    await expect(visitor.texts.last).to_be_in_viewport()
    log = visitor.page.locator(".log")
    await log.evaluate("log => { log.scrollTop = 0; }")
    jump = visitor.page.get_by_role("button", name="К новым сообщениям")
    await expect(jump).to_be_visible()
    await shop.answers("Последняя")
    await expect(jump).to_have_text("1")
    assert await log.evaluate("log => log.scrollTop") == 0
    await jump.click()
    await expect(visitor.texts.last).to_be_in_viewport()
    await expect(jump).to_be_hidden()


async def test_emoji_are_put_where_the_cursor_is(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    await visitor.area.fill("Спасибо!")
    await visitor.area.press("Home")
    await visitor.page.get_by_role("button", name="Эмодзи").click()
    await visitor.page.get_by_role("button", name="👍").click()
    await expect(visitor.area).to_have_value("👍Спасибо!")
    await visitor.page.keyboard.press("Escape")
    await expect(visitor.page.get_by_role("group", name="Эмодзи")).to_be_hidden()
    await expect(visitor.panel).to_be_visible()
    await visitor.area.press("Enter")
    await visitor.all_stored(1)
    assert await stored_texts(shop) == ["👍Спасибо!"]
