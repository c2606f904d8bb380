"""Ten thousand conversations: the page holds what is seen, and shows what is right."""

import sqlite3

from playwright.async_api import expect

from tests.desk_browser.operator import Seat
from tests.widget_browser.visitor import BROWSER_TESTS

pytestmark = BROWSER_TESTS

MANY = 10_000
STARTED = 1_700_000_000
FILL = f"""
with recursive n (i) as (select 1 union all select i + 1 from n where i < {MANY})
insert into customers (id, channel, external_id, name, created_at)
    select i, 'tg', 'person-' || i, 'Клиент ' || i, {STARTED} + i from n;
with recursive n (i) as (select 1 union all select i + 1 from n where i < {MANY})
insert into conversations (id, customer_id, channel, group_name, stage, opened_at, operator_id, operator_name,
        accepted_at, closed_at, unanswered_count)
    select i, i, 'tg', 'sales', 'closed', {STARTED} + i, 501, 'Ольга', {STARTED} + i, {STARTED} + i * 10, 0 from n;
with recursive n (i) as (select 1 union all select i + 1 from n where i < {MANY})
insert into messages (id, conversation_id, customer_id, direction, text, written_at, seq, shown, shown_delivery)
    select i, i, i, 'in', 'Вопрос номер ' || i, {STARTED} + i, i, 1, null from n;
update counters set value = {MANY} where name = 'seq';
"""
NODES = "document.querySelectorAll('#desk *').length"


def called(seat, name):
    """The row of exactly this customer."""
    return seat.rows.filter(has=seat.page.get_by_text(name, exact=True))


async def test_ten_thousand_scroll_and_are_found(open_desk, new_context):
    office = await open_desk(forum=True)
    office.may_miss = {"eventless"}  # what was written past the inbox
    await office.stop()
    with sqlite3.connect(office.folder / "otklik.db") as database:
        database.executescript(FILL)
    database.close()
    await office.start()
    olga = await Seat.takes(await new_context(), office, office.olga)
    empty = await olga.page.evaluate(NODES)
    await olga.shows("Закрытые")
    await expect(called(olga, f"Клиент {MANY}")).to_be_visible()  # the one that was closed last stands first
    assert await olga.page.evaluate(NODES) - empty < 1_000
    height = await olga.list.evaluate("list => list.scrollHeight")
    for part in (0.5, 0.123, 0.999, 0.0):
        await olga.list.evaluate("(list, top) => { list.scrollTop = top; }", height * part)
        place = round(height * part / (height / MANY))
        number = max(1, min(MANY, MANY - place))
        await expect(called(olga, f"Клиент {number}")).to_be_visible()
        assert await olga.page.evaluate(NODES) - empty < 1_000
    await olga.list.focus()
    await olga.page.keyboard.press("End")
    await expect(called(olga, "Клиент 1")).to_be_visible()
    await olga.page.keyboard.press("Enter")
    await olga.sees("Вопрос номер 1")
    await olga.search.fill("номер 7777")
    await olga.lists("Клиент 7777")
    await olga.search.fill("клиент 123")
    await expect(olga.page.get_by_role("status").filter(has_text="Найдено 11 обращений")).to_be_visible()
