"""Two operators and three customers at once: what is done on a desk reaches customers, colleagues and the group."""

import asyncio

import pytest
from playwright.async_api import expect

from bridge.model import CustomerId
from tests.widget_browser.visitor import BROWSER_TESTS

pytestmark = BROWSER_TESTS


async def test_the_counters_agree_with_the_board_and_the_database_at_every_step(office, sits, comes):
    olga, ivan = await asyncio.gather(sits(office.olga), sits(office.ivan))
    await office.agree(0, 0, olga, ivan)
    visitor, guest = await asyncio.gather(comes(), comes())
    await visitor.writes("Есть ли красный чайник?")
    await olga.lists("Есть ли красный чайник?")
    await guest.writes("Когда вы открываетесь?")
    anna = office.customer("Анна")
    await anna.writes("Где мой заказ?")
    await olga.lists("Есть ли красный", "Когда вы", "Где мой заказ?")  # who waits longest stands first
    await ivan.lists("Есть ли красный", "Когда вы", "Где мой заказ?")
    await office.agree(3, 0, olga, ivan)

    await olga.takes_on("Где мой заказ?")
    await office.agree(2, 1, olga, ivan)
    await olga.writes("В пути")
    await anna.will_see("В пути")
    await office.agree(2, 0, olga, ivan)
    await anna.writes("А когда приедет?")
    await office.agree(2, 1, olga, ivan)
    await olga.deed("Ответ не нужен")
    await office.agree(2, 0, olga, ivan)
    await ivan.takes_on("Когда вы")
    await office.agree(1, 1, olga, ivan)
    await ivan.hands_over("Во входящие")
    await office.agree(2, 0, olga, ivan)
    await olga.deed("Закрыть")
    await office.agree(2, 0, olga, ivan)
    await olga.shows("Закрытые")
    await olga.lists("Анна")


@pytest.mark.parametrize("office", ["topics", "replies"], indirect=True)
async def test_an_answer_reaches_the_customer_and_the_group_as_the_operators_words(office, sits, comes):
    olga = await sits(office.olga)
    visitor = await comes()
    await visitor.writes("Есть ли красный чайник?")
    await olga.takes_on("Есть ли красный чайник?")
    card = await office.card("Есть ли красный")
    await office.until(lambda: "В работе: Ольга" in card.now().text)
    await olga.writes("Да, два")
    await visitor.sees("Есть ли красный чайник?", "Да, два")
    shown = await office.finds("Ольга: Да, два")
    assert shown.author_id == office.bot.id
    await visitor.writes("Отложите один")
    await olga.sees("Есть ли красный чайник?", "Да, два", "Отложите один")
    # And the other way round: said in the group, seen on the desk.
    await office.olga.says(office.group, "Отложили", **where(office, card, shown))
    await olga.sees("Есть ли красный чайник?", "Да, два", "Отложите один", "Отложили")
    await visitor.sees("Есть ли красный чайник?", "Да, два", "Отложите один", "Отложили")
    await expect(olga.message("Отложили").get_by_role("img", name="Прочитано клиентом")).to_be_visible()


def where(office, card, shown):
    """Where in the group an operator answers a customer."""
    return {"topic": shown.thread} if shown.thread else {"reply_to": card}


async def test_of_two_who_accept_at_once_one_wins_and_the_other_sees_who(office, sits):
    olga, ivan = await asyncio.gather(sits(office.olga), sits(office.ivan))
    await office.customer("Анна").writes("Где мой заказ?")
    for seat in (olga, ivan):
        await seat.opens("Анна")
        await expect(seat.button("Принять")).to_be_visible()
        await expect(seat.field).to_have_count(0)  # nobody can answer before
    await asyncio.gather(*(seat.button("Принять").evaluate("one => one.click()") for seat in (olga, ivan)))
    for seat in (olga, ivan):
        await expect(seat.log.get_by_text("Принято в работу")).to_be_visible()
    (accepted,) = [
        each for each in (await office.store.read(lambda tx: tx.happenings(1))) if each.what == "accepted"
    ]
    winner, other = (olga, ivan) if accepted.operator == office.olga.id else (ivan, olga)
    name = winner.person.name
    await expect(winner.field).to_be_visible()
    for seat in (winner, other):
        await expect(seat.log.get_by_text(f"Принято в работу: {name}")).to_be_visible()
    await expect(other.middle.get_by_text(f"ведёт {name}").first).to_be_visible()
    await expect(other.button("Принять")).to_have_count(0)
    await winner.shows("Мои")
    await winner.lists("Анна")
    await other.shows("Мои")
    await other.lists()


async def test_a_note_is_for_colleagues_only(office, sits, comes):
    olga, ivan = await asyncio.gather(sits(office.olga), sits(office.ivan))
    visitor = await comes()
    await visitor.writes("Есть ли скидка?")
    await olga.takes_on("Есть ли скидка?")
    await olga.notes("Просил скидку и в прошлый раз")
    await olga.writes("// и шума не поднимать")
    await olga.press("Клиенту")
    await olga.writes("Пять процентов")
    await olga.sees("Есть ли скидка?", "Просил скидку и в прошлый раз", "и шума не поднимать", "Пять процентов")
    await ivan.shows("В работе")
    await ivan.opens("Гость")
    await ivan.sees("Есть ли скидка?", "Просил скидку и в прошлый раз", "и шума не поднимать", "Пять процентов")
    await expect(ivan.message("Просил скидку")).to_contain_text("Заметка: клиент не увидит")
    await visitor.sees("Есть ли скидка?", "Пять процентов")
    await office.until(lambda: any("Просил скидку" in text for text in office.topic("Гость")))
    assert "скидку и в прошлый" not in await visitor.page.content()


async def test_a_conversation_is_handed_to_a_colleague_with_a_comment(office, sits):
    olga, ivan = await asyncio.gather(sits(office.olga), sits(office.ivan))
    anna = office.customer("Анна")
    await anna.writes("Где мой заказ?")
    await olga.takes_on("Анна")
    await olga.hands_over("Иван", "Ты вёл её заказ")
    await expect(olga.log.get_by_text("Передано: Ольга → Иван")).to_be_visible()
    await expect(olga.message("Ты вёл её заказ")).to_be_visible()
    await ivan.shows("Мои")
    await ivan.opens("Анна")
    await expect(ivan.message("Ты вёл её заказ")).to_be_visible()
    await ivan.writes("Завтра у вас")
    await anna.will_see("Завтра у вас")
    await office.finds("В работе: Иван")


async def test_a_conversation_goes_to_another_group_and_only_there(office, sits):
    olga, petr = await asyncio.gather(sits(office.olga), sits(office.petr))
    anna = office.customer("Анна")
    await anna.writes("Чайник течёт")
    await olga.takes_on("Анна")
    await petr.lists()
    await olga.hands_over("Сервис", "Гарантия до мая")
    await expect(petr.popups.get_by_role("button", name="Анна")).to_be_visible()
    await petr.takes_on("Анна")
    await expect(petr.message("Гарантия до мая")).to_be_visible()
    await petr.writes("Приносите")
    await anna.will_see("Приносите")
    await olga.shows("В работе")
    await olga.lists()
    await petr.counts(0, 0)
    await olga.counts(0, 0)


async def test_back_in_the_feed_anybody_can_accept_it(office, sits):
    olga, ivan = await asyncio.gather(sits(office.olga), sits(office.ivan))
    anna = office.customer("Анна")
    await anna.writes("Где мой заказ?")
    await olga.takes_on("Анна")
    await olga.hands_over("Во входящие")
    await expect(olga.log.get_by_text("Возвращено во входящие: Ольга")).to_be_visible()
    await ivan.opens("Анна")
    await expect(ivan.talk.get_by_text("Прошлое обращение: Ольга")).to_be_visible()
    await ivan.accepts()
    await ivan.writes("Завтра")
    await anna.will_see("Завтра")


async def test_a_new_request_pops_up_at_the_lower_right_and_a_click_opens_it(office, sits):
    olga = await sits(office.olga)
    await office.customer("Анна").writes("Где мой заказ?")
    popup = olga.popups.get_by_role("button", name="Анна")
    await expect(popup).to_contain_text("Новое обращение")
    await expect(popup).to_contain_text("Где мой заказ?")
    box = await popup.bounding_box()
    view = olga.page.viewport_size
    assert box["x"] + box["width"] > view["width"] - 80 and box["y"] + box["height"] > view["height"] - 60
    await popup.click()
    await olga.sees("Где мой заказ?")
    await expect(popup).to_have_count(0)


async def test_a_pop_up_goes_when_somebody_else_has_accepted(office, sits):
    olga = await sits(office.olga)
    await office.customer("Борис").writes("Здравствуйте")
    popup = olga.popups.get_by_role("button", name="Борис")
    await expect(popup).to_be_visible()
    await office.ivan.presses(await office.card("Борис"), "Принять")
    await expect(popup).to_have_count(0)


async def test_over_nine_the_icon_exclaims(office, sits):
    olga = await sits(office.olga)
    for number in range(9):
        await office.customer(f"Клиент {number}").writes("Вопрос")
    await olga.counts(9, 0)
    await office.customer("Десятый").writes("Вопрос")
    await olga.counts(10, 0)
    await expect(olga.section).to_have_text("Обращения!")
    await expect(olga.section).to_have_accessible_name("Обращения, 10 новых обращений")


async def test_colleagues_who_look_and_type_are_seen_and_a_customer_who_types_too(office, sits, comes):
    olga, ivan = await asyncio.gather(sits(office.olga), sits(office.ivan))
    visitor = await comes()
    await visitor.writes("Есть ли красный?")
    await olga.takes_on("Есть ли красный?")
    await ivan.shows("В работе")
    await ivan.opens("Есть ли красный?")
    await expect(ivan.talk.get_by_text("Ольга тоже смотрит это обращение")).to_be_visible()
    await expect(olga.talk.get_by_text("Иван тоже смотрит это обращение")).to_be_visible()
    await ivan.field.press_sequentially("Я")
    await expect(olga.talk.get_by_text("Иван пишет здесь…")).to_be_visible()
    await olga.field.press_sequentially("Сейчас")
    await expect(visitor.page.locator(".typing")).to_be_visible()
    customer = await office.store.read(lambda tx: tx.customer(CustomerId(1)))
    inbox = office.otklik._channels["tg"]._inbox
    inbox.typing(customer.channel, customer.external_id)  # as channels do whose platform tells it
    await expect(olga.log.get_by_text("печатает…")).to_be_visible()


async def test_a_row_tells_whose_the_last_words_are(office, sits):
    olga, ivan = await asyncio.gather(sits(office.olga), sits(office.ivan))
    await office.customer("Анна").writes("Где мой заказ?")
    await olga.takes_on("Где мой заказ?")
    for seat in (olga, ivan):
        await seat.shows("В работе")
    await ivan.opens("Анна")
    await ivan.writes("В пути")
    await expect(ivan.row("Анна")).to_contain_text("Вы: В пути")
    await expect(olga.row("Анна")).to_contain_text("Иван: В пути")
