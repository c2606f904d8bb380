"""The lists and the counters: right from the first frame on, told when they change and only then."""

import random
from typing import Any

import pytest

from bridge.desks.web import lists
from bridge.inbox.accept import Operator, accept
from bridge.inbox.reply import Reply, reply
from bridge.model import Content, ExternalId, Figures, GroupName, OperatorId, Profile, Text
from tests.desk_web.desk_office import ANNA, BORIS, HELP, SALES, SHOP, SUPPORT, DeskOffice
from tests.desk_web.operator import Page


def shown(figures: dict, group: GroupName) -> tuple[int, int]:
    return figures["groups"][group]["feed"], figures["groups"][group]["unanswered"]


async def test_a_window_is_told_once_and_then_only_when_it_changes(desk_office: DeskOffice):
    anna, boris = await desk_office.at_work(ANNA), await desk_office.at_work(BORIS)
    first = await desk_office.writes("Мария")
    await anna.watch("feed")
    await boris.watch("closed")
    await desk_office.settles()
    assert [row["id"] for row in anna.list["rows"]] == [first]
    before = len(anna.frames), len(boris.frames)
    second = await desk_office.writes("Пётр")
    await desk_office.settles()
    lists = [f for f in anna.frames[before[0] :] if f["type"] == "list"]
    assert [(f["order"], [row["id"] for row in f["rows"]]) for f in lists] == [([first, second], [second])]
    assert [f["type"] for f in boris.frames[before[1] :] if f["type"] != "pong"] == ["figures", "new"]
    await anna.watch("accepted")
    again = await anna.watch("feed")
    assert (again["order"], again["rows"]) == ([first, second], [])  # it has them


async def test_changes_that_come_together_are_told_together(desk_office: DeskOffice):
    anna = await desk_office.at_work(ANNA)
    await anna.watch("feed")
    await desk_office.writes("Мария")
    await desk_office.until(lambda: not desk_office.desk.showing)
    for turn in range(10):
        await desk_office.writes(f"Клиент {turn}")
    await anna.reads()
    before = len([f for f in anna.frames if f["type"] == "list"])
    await desk_office.settles()
    assert len([f for f in anna.frames if f["type"] == "list"]) - before <= 1
    assert len(anna.order) == 11


async def test_a_window_is_a_part_of_the_list(desk_office: DeskOffice):
    ids = []
    for turn in range(12):
        ids.append(await desk_office.writes(f"Клиент {turn}"))
        desk_office.passes(1)
    anna = await desk_office.at_work(ANNA)
    part = await anna.watch("feed", offset=5, limit=3)
    assert (part["offset"], part["total"], part["order"]) == (5, 12, ids[5:8])
    await anna.done("accept", conversation=ids[6])
    await desk_office.settles()
    assert (anna.list["total"], anna.order) == (11, [ids[5], ids[7], ids[8]])


async def test_a_search_finds_by_name_text_and_guest_number(desk_office: DeskOffice):
    maria = await desk_office.writes("Мария Ёлкина", "Где мой заказ?")
    guest = await desk_office.writes("kto-to", "Сколько стоит доставка", profile=Profile())
    await desk_office.settles()
    anna = await desk_office.at_work(ANNA)
    assert (await anna.watch("feed", search="  ЁЛКИНА "))["order"] == [maria]
    assert anna.list["search"] == "  ЁЛКИНА "
    assert (await anna.watch("feed", search="достав"))["order"] == [guest]
    row = anna.rows[guest]
    assert (row["name"], row["guest"], row["initials"], row["colour"]) == ("Гость №1", True, "", "grey")
    assert (await anna.watch("feed", search="№1"))["order"] == [guest]
    assert (await anna.watch("feed", search="такого нет"))["total"] == 0
    found = await desk_office.writes("Пётр", "такого нет, но вот")
    await desk_office.settles()
    assert anna.order == [found]


async def test_a_row_tells_who_and_how_long_and_what_was_said_last(desk_office: DeskOffice):
    asked = await desk_office.writes("Мария Петрова", "Есть\n\n  в   наличии? " + "а" * 500)
    anna = await desk_office.at_work(ANNA)
    await anna.watch("feed")
    row = anna.rows[asked]
    assert (row["name"], row["initials"], row["guest"]) == ("Мария Петрова", "МП", False)
    assert (row["kind"], row["channel"], row["group"], row["stage"]) == ("site", "shop", "sales", "incoming")
    assert row["waiting_since"] == row["opened_at"] == "2026-11-22T09:00:00.000Z"
    assert row["last"]["from"] == "customer"
    assert row["last"]["text"].startswith("Есть в наличии? аа") and len(row["last"]["text"]) <= 140
    assert row["unread"] == 1
    await desk_office.write(lambda tx: accept(tx, asked, BORIS))
    await anna.watch("accepted")
    assert anna.rows[asked]["operator"] == {"id": BORIS.id, "name": "Борис"}
    await anna.done("reply", conversation=asked, text="За Бориса")
    await desk_office.settles()
    assert anna.rows[asked]["last"]["author"] == {"id": ANNA.id, "name": "Анна"}


async def recounted(office: DeskOffice) -> dict[GroupName, Figures]:
    return {group: await office.inbox.read(lambda tx, g=group: tx.figures(g)) for group in (SALES, SUPPORT)}


async def test_at_every_step_the_figures_are_those_of_the_store(desk_office: DeskOffice):
    """Whatever happens in whatever order: what each page has in the end is what is counted anew."""
    dice = random.Random(6)
    anna = await desk_office.at_work(ANNA, SALES, SUPPORT)
    boris = await desk_office.at_work(BORIS, SALES)
    pages: list[Page] = [anna, boris]
    await anna.watch("feed")
    await boris.watch("mine")
    ids: list[int] = []
    for _ in range(60):
        what = dice.choice(["write", "write", "accept", "reply", "close", "no_reply", "reopen", "feed", "group"])
        page, id = dice.choice(pages), dice.choice(ids or [0])
        if what == "write":
            channel = dice.choice([HELP, None, None])
            ids.append(
                await desk_office.writes(f"К{dice.randrange(9)}", **({"channel": channel} if channel else {}))
            )
        elif what == "reply":
            await page.act("reply", conversation=id or 1, text="!")
        elif what == "feed":
            await page.act("transfer", conversation=id or 1, to={"feed": True})
        elif what == "group":
            await page.act("transfer", conversation=id or 1, to={"group": dice.choice([SALES, SUPPORT])})
        else:
            await page.act(what, conversation=id or 1)
        await desk_office.settles()
        true = await recounted(desk_office)
        for each, groups in ((anna, (SALES, SUPPORT)), (boris, (SALES,))):
            assert set(each.figures["groups"]) == set(groups)
            for group in groups:
                assert shown(each.figures, group) == (true[group].feed, true[group].unanswered)
            assert each.figures["total"] == sum(true[group].total for group in groups)
            operator = ANNA if each is anna else BORIS
            lines = [line for group in groups for line in true[group].operators if line.operator == operator.id]
            assert each.figures["mine"] == sum(line.unanswered for line in lines)
        assert anna.list["total"] == anna.figures["feed"]
        fresh = await desk_office.at_work(ANNA)
        assert fresh.figures == anna.figures
        assert (await fresh.watch("feed"))["order"] == anna.order
        assert [fresh.rows[i] for i in fresh.order] == [anna.rows[i] for i in anna.order]
        desk_office.pages.remove(fresh)
        await fresh.close()


async def test_what_is_new_pops_up_where_it_concerns(desk_office: DeskOffice):
    await desk_office.writes("Мария")
    await desk_office.settles()
    anna, boris = await desk_office.at_work(ANNA), await desk_office.at_work(BORIS)
    await desk_office.writes("Мария", "ещё слово")  # it stood in the feed already
    fresh = await desk_office.writes("Пётр")
    await desk_office.settles()

    def news(page: Page) -> list[tuple[str, int]]:
        return [(f["what"], f["row"]["id"]) for f in page.frames if f["type"] == "new"]

    assert (
        [n for n in news(anna) if n[1] == fresh]
        == [n for n in news(boris) if n[1] == fresh]
        == [("request", fresh)]
    )
    await anna.done("accept", conversation=fresh)
    await desk_office.settles()
    await desk_office.writes("Пётр", "ау")
    await desk_office.settles()
    assert news(anna)[-1] == ("message", fresh)
    assert news(boris)[-1] == ("request", fresh)
    await anna.look(fresh)
    count = len(news(anna))
    await desk_office.writes("Пётр", "вы тут?")
    await desk_office.settles()
    assert len(news(anna)) == count  # it stands open
    await anna.done("transfer", conversation=fresh, to={"operator": BORIS.id})
    await desk_office.settles()
    assert news(boris)[-1] == ("message", fresh)
    await boris.done("transfer", conversation=fresh, to={"feed": True})
    await anna.send("leave")
    await desk_office.settles()
    assert news(anna)[-1] == ("request", fresh)
    assert news(boris)[-1] == ("message", fresh)  # it was he who put it back


async def test_what_happens_in_the_group_shows_on_the_page(desk_office: DeskOffice):
    """Nothing in the inbox knows which desk acted."""
    asked = await desk_office.writes("Мария")
    anna = await desk_office.at_work(ANNA)
    await anna.watch("mine")
    await anna.look(asked)
    await desk_office.write(lambda tx: accept(tx, asked, ANNA))
    said = Reply(conversation=asked, operator=ANNA, content=Content(text=Text("Да")))
    await desk_office.write(lambda tx: reply(tx, said))
    await desk_office.settles()
    assert anna.order == [asked]
    assert anna.texts == ["Здравствуйте", "Да"]


async def test_ids_of_customers_are_theirs_alone(desk_office: DeskOffice):
    await desk_office.writes("Мария")
    customer = await desk_office.inbox.find(SHOP, ExternalId("Мария"))
    anna = await desk_office.at_work(ANNA)
    await anna.watch("feed")
    assert customer is not None
    assert [row["customer"] for row in anna.rows.values()] == [customer.id]


async def test_what_many_look_at_is_read_once_for_all(desk_office: DeskOffice, monkeypatch: pytest.MonkeyPatch):
    for number in range(10):
        page = await desk_office.at_work(Operator(OperatorId(100 + number), f"Сотрудник {number}"))
        await page.watch("feed" if number % 2 else "closed")
    read = lists._windows
    windows: list[str] = []

    def counted(tx: Any, queries: Any) -> Any:
        windows.extend(query.list for query in queries)
        return read(tx, queries)

    monkeypatch.setattr(lists, "_windows", counted)
    asked = await desk_office.writes("Мария")
    await desk_office.settles()
    assert sorted(windows) == ["closed", "feed"]
    assert [page.order for page in desk_office.pages] == [[asked] if n % 2 else [] for n in range(10)]


async def test_a_search_is_looked_at_once_a_second_and_what_cannot_have_moved_every_three(
    desk_office: DeskOffice, monkeypatch: pytest.MonkeyPatch
):
    anna, boris = await desk_office.at_work(ANNA), await desk_office.at_work(BORIS)
    await anna.watch("feed", search="товар")
    await boris.watch("mine")
    read = lists._windows
    times: list[tuple[str, float]] = []

    def counted(tx: Any, queries: Any) -> Any:
        times.extend((query.list, desk_office.clock.monotonic()) for query in queries)
        return read(tx, queries)

    monkeypatch.setattr(lists, "_windows", counted)
    ids = []
    for number in range(30):
        ids.append(await desk_office.writes(f"Клиент {number}", "товар"))
        desk_office.passes(0.3)
        await anna.reads()
        await boris.reads()
    await desk_office.settles()
    assert anna.order == ids
    for which, pause in (("feed", 1.0), ("mine", 3.0)):
        at = [time for name, time in times if name == which]
        assert 0 < len(at) <= 30 * 0.3 / pause + 2
