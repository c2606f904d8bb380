"""Sleep, a lost network, a server that restarts: the desk says so at once, and catches up exactly."""

import asyncio

from playwright.async_api import expect

from tests.desk_browser.operator import Seat
from tests.desk_browser.wire import Wire
from tests.widget_browser.visitor import BROWSER_TESTS

pytestmark = BROWSER_TESTS


async def test_a_lost_network_is_said_at_once_and_everything_is_caught_up(office, new_context):
    context = await new_context()
    wire = await Wire.under(context)
    olga = await Seat.takes(context, office, office.olga)
    anna = office.customer("Анна")
    await anna.writes("Раз")
    await olga.takes_on("Анна")
    await wire.cut()
    await context.set_offline(True)
    bar = olga.page.get_by_text("Нет связи")
    await expect(bar).to_be_visible()
    await anna.writes("Два")
    await office.customer("Борис").writes("Здравствуйте")
    await anna.writes("Три")
    await olga.field.fill("Напишу, пока нет сети")
    await olga.field.press("Enter")
    await expect(olga.message("Напишу").get_by_role("img", name="Отправляется")).to_be_visible()
    await office.until(lambda: office.otklik is not None and not office.bot.queue.pending)
    await expect(olga.messages).to_have_count(2)  # nothing has come through
    wire.mend()
    await context.set_offline(False)
    await expect(bar).to_be_hidden()
    await olga.sees("Раз", "Два", "Три", "Напишу, пока нет сети")
    await anna.will_see("Напишу, пока нет сети")
    await olga.lists("Борис")
    await olga.counts(1, 0)
    assert [message.content.text.plain for message in await office.stored()] == [
        "Раз",
        "Два",
        "Три",
        "Напишу, пока нет сети",
    ]


async def test_after_a_sleep_a_dead_connection_is_found_out_and_everything_is_caught_up(office, new_context):
    context = await new_context()
    await context.clock.install()
    wire = await Wire.under(context)
    olga = await Seat.takes(context, office, office.olga)
    anna = office.customer("Анна")
    await anna.writes("Раз")
    await olga.takes_on("Анна")
    await olga.sees("Раз")
    wire.goes_dead()
    await anna.writes("Пока все спали")
    await context.clock.fast_forward(3_600_000)  # it wakes up, and asks whether anybody is there
    await context.clock.fast_forward(11_000)  # nobody answers
    bar = olga.page.get_by_text("Соединяемся").or_(olga.page.get_by_text("Нет связи"))
    await expect(bar).to_be_visible()
    wire.mend()
    await context.clock.fast_forward(20_000)
    await olga.sees("Раз", "Пока все спали")
    await expect(bar).to_be_hidden()
    await olga.counts(0, 1)
    await olga.writes("Проснулись")
    await anna.will_see("Проснулись")


async def test_a_server_that_restarts_is_waited_for(office, sits):
    olga = await sits(office.olga)
    anna = office.customer("Анна")
    await anna.writes("Раз")
    await olga.takes_on("Анна")
    await olga.writes("Да")
    await anna.will_see("Да")
    await office.stop()
    await expect(olga.page.get_by_text("Соединяемся").or_(olga.page.get_by_text("Нет связи"))).to_be_visible()
    await anna.writes("Два")
    await office.start()
    await olga.sees("Раз", "Да", "Два")
    await expect(olga.page.get_by_text("Нет связи")).to_be_hidden()
    await olga.counts(0, 1)
    await olga.writes("Снова здесь")
    await anna.will_see("Да", "Снова здесь")


async def test_an_answer_whose_receipt_was_lost_is_sent_once(office, new_context):
    context = await new_context()
    olga = await Seat.takes(context, office, office.olga)
    anna = office.customer("Анна")
    await anna.writes("Раз")
    await olga.takes_on("Анна")
    # The page never hears that it was done, and the connection goes: it has to ask again.
    wire = await Wire.under(context)
    await office.stop()
    await office.start()
    await expect(olga.page.get_by_text("Нет связи")).to_be_hidden()
    await olga.writes("Один раз")
    await wire.cut()
    await asyncio.sleep(0.1)
    wire.mend()
    await olga.sees("Раз", "Один раз")
    await anna.will_see("Один раз")
    await expect(olga.message("Один раз").get_by_role("img")).to_have_attribute("aria-label", "Отправлено")
    assert len(await office.stored()) == 2
    assert anna.sees == ["Один раз"]


async def test_two_tabs_of_one_operator_show_the_same(office, sits):
    olga = await sits(office.olga)
    other = Seat(await olga.page.context.new_page(), office, office.olga)
    await other.page.goto(f"{office.url}/desk")
    await other.is_in()
    await office.customer("Анна").writes("Раз")
    await olga.takes_on("Анна")
    await other.shows("Мои")
    await other.opens("Анна")
    await other.writes("Из другой вкладки")
    await olga.sees("Раз", "Из другой вкладки")
    await expect(olga.talk.get_by_text("тоже смотрит")).to_have_count(0)  # that is no colleague
