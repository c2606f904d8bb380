"""Who looks and who types, told to colleagues and customers; who comes and goes; slow pages; the server's end."""

import asyncio
import socket

import pytest

from bridge.desks.web.lists import Lists
from bridge.desks.web.screen import Screen
from bridge.inbox.notes import note
from bridge.model import Content, ExternalId, Text
from storage.store import Transaction
from tests.desk_web.desk_office import ANNA, BORIS, HELP, SHOP, SUPPORT, VERA, DeskOffice
from tests.desk_web.operator import Page


def others(page: Page) -> list[tuple[str, bool]]:
    """Who else looks, as the page was told last."""
    frame = next(f for f in reversed(page.frames) if f["type"] in ("looking", "conversation"))
    return [(each["name"], each["typing"]) for each in frame["looking"]]


async def test_who_looks_and_who_types_is_told_to_the_others(desk_office: DeskOffice):
    asked = await desk_office.writes("Мария")
    anna, boris = await desk_office.at_work(ANNA), await desk_office.at_work(BORIS)
    await boris.watch("feed")
    await anna.look(asked)
    await desk_office.settles()
    assert others(anna) == []  # oneself is no other
    assert boris.rows[asked]["looking"] == [{"id": ANNA.id, "name": "Анна"}]
    await boris.look(asked)
    await desk_office.settles()
    assert (others(anna), others(boris)) == ([("Борис", False)], [("Анна", False)])
    await boris.send("typing", conversation=asked)
    await boris.reads()
    await anna.reads()
    assert others(anna) == [("Борис", True)]
    desk_office.passes(3)
    await boris.send("typing", conversation=asked)
    await boris.reads()
    desk_office.passes(4)
    await anna.reads()
    assert others(anna) == [("Борис", True)]
    desk_office.passes(7)
    await desk_office.settles()
    assert others(anna) == [("Борис", False)]
    second = await desk_office.at_work(BORIS)
    await second.look(asked)
    await boris.send("leave")
    await desk_office.settles()
    assert others(anna) == [("Борис", False)]  # he has another page
    await second.close()
    await desk_office.until(lambda: len(desk_office.desk._screens) == 2)
    await desk_office.settles()
    assert others(anna) == []


async def test_what_was_being_written_is_sent(desk_office: DeskOffice):
    asked = await desk_office.writes("Мария")
    anna, boris = await desk_office.at_work(ANNA), await desk_office.at_work(BORIS)
    await anna.look(asked)
    await boris.look(asked)
    await boris.send("typing", conversation=asked)
    await boris.done("note", conversation=asked, text="вот")
    await desk_office.settles()
    assert others(anna) == [("Борис", False)]


async def test_the_customer_is_told_that_somebody_writes_and_has_read(desk_office: DeskOffice):
    asked = await desk_office.writes("Мария")
    channel = desk_office.channels[SHOP]
    anna, boris = await desk_office.at_work(ANNA), await desk_office.at_work(BORIS)
    await anna.look(asked)
    await anna.send("typing", conversation=asked)
    await desk_office.settles()
    assert (channel.typed, channel.seen_by) == ([], [])  # nobody has it in work
    assert [m.on_desk for m in await desk_office.messages(asked)] == [True]
    await anna.done("accept", conversation=asked)
    await boris.look(asked)
    await desk_office.settles()
    seen = len(channel.seen_by)
    await anna.look(asked)
    for _ in range(3):
        await anna.send("typing", conversation=asked)
    await anna.reads()
    await desk_office.settles()
    assert channel.typed == [ExternalId("Мария")]
    assert len(channel.seen_by) > seen and set(channel.seen_by) == {ExternalId("Мария")}
    desk_office.passes(5)
    await anna.send("typing", conversation=asked)
    await anna.reads()
    await desk_office.settles()
    assert channel.typed == [ExternalId("Мария")] * 2
    await anna.send("typing", conversation=asked + 1)
    await boris.send("leave")
    await boris.send("typing", conversation=asked)
    await desk_office.settles()
    assert len(channel.typed) == 2


async def test_a_customer_who_types_is_seen_where_the_conversation_is_open(desk_office: DeskOffice):
    asked = await desk_office.writes("Мария")
    await desk_office.writes("Пётр")
    anna, boris = await desk_office.at_work(ANNA), await desk_office.at_work(BORIS)
    await anna.look(asked)
    for channel, who in ((SHOP, "Мария"), (SHOP, "Пётр"), (HELP, "Мария"), (SHOP, "никто")):
        desk_office.desk.typing(channel, ExternalId(who))
    await desk_office.settles()
    assert [f["id"] for f in anna.frames if f["type"] == "customer_typing"] == [asked]
    assert [f for f in boris.frames if f["type"] == "customer_typing"] == []


async def test_colleagues_are_known_as_they_come(desk_office: DeskOffice):
    anna = await desk_office.at_work(ANNA)
    assert [each["name"] for each in anna.welcome["colleagues"]] == ["Анна"]
    boris = await desk_office.at_work(BORIS)
    assert [each["name"] for each in boris.welcome["colleagues"]] == ["Анна", "Борис"]
    await desk_office.at_work(VERA, SUPPORT)
    told = await anna.until("colleagues")
    assert [each["name"] for each in told["colleagues"]] == ["Анна", "Борис"]
    await anna.reads()
    assert len([f for f in anna.frames if f["type"] == "colleagues"]) == 1


async def test_colleagues_who_come_at_once_know_each_other(
    desk_office: DeskOffice, monkeypatch: pytest.MonkeyPatch
):
    greet, gate, reached = Lists.greet, asyncio.Event(), asyncio.Event()

    async def slow(self: Lists, screen: Screen) -> str:
        if screen.operator_id == ANNA.id:
            reached.set()
            await gate.wait()
        return await greet(self, screen)

    monkeypatch.setattr(Lists, "greet", slow)
    coming = asyncio.create_task(desk_office.at_work(ANNA))
    await reached.wait()  # she knows her colleagues, and is not welcomed yet
    boris = await desk_office.at_work(BORIS)
    gate.set()
    for page in (await coming, boris):
        assert [each["name"] for each in page.welcome["colleagues"]] == ["Анна", "Борис"]


async def does_not_read(office: DeskOffice, page: Page) -> Screen:
    """A page takes nothing more; what the server knows of it."""
    transport = page.socket._response.connection.transport  # type: ignore[union-attr]
    transport.pause_reading()
    office.pages.remove(page)
    (screen,) = (each for each in office.desk._screens if each.operator.name == "Анна")
    assert screen.request.transport is not None
    screen.request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
    return screen


async def long_talk(office: DeskOffice) -> int:
    asked = await office.writes("Мария")

    def talk(tx: Transaction) -> None:
        for _ in range(60):
            note(tx, asked, BORIS, Content(text=Text("ы" * 10_000)))

    await office.write(talk)
    return asked


async def test_a_page_that_does_not_read_is_dropped_and_the_others_wait_for_nothing(desk_office: DeskOffice):
    asked = await long_talk(desk_office)
    anna, boris = await desk_office.at_work(ANNA), await desk_office.at_work(BORIS)
    screen = await does_not_read(desk_office, anna)
    for _ in range(10):
        await anna.send("open", conversation=asked)
    await desk_office.until(lambda: screen.connection._waiting and screen.connection._sending_since is not None)
    await boris.watch("feed")
    fresh = await desk_office.writes("Пётр")
    await desk_office.settles()
    assert boris.order == [asked, fresh]
    assert len(desk_office.desk._screens) == 2
    desk_office.passes(21)
    await desk_office.until(lambda: len(desk_office.desk._screens) == 1)
    await anna.close()


async def test_a_page_that_is_too_far_behind_is_dropped_at_once(desk_office: DeskOffice):
    asked = await long_talk(desk_office)
    anna = await desk_office.at_work(ANNA)
    await does_not_read(desk_office, anna)
    for _ in range(40):
        try:
            await anna.send("open", conversation=asked)
        except ConnectionError:
            break
    await desk_office.until(lambda: not desk_office.desk._screens)
    await anna.close()


async def test_when_the_server_stops_pages_are_told_and_later_let_in_again(desk_office: DeskOffice):
    asked = await desk_office.writes("Мария")
    anna = await desk_office.at_work(ANNA)
    cursor = (await anna.look(asked))["cursor"]
    desk_office.run.cancel()
    await asyncio.gather(desk_office.run, return_exceptions=True)
    assert await anna.until_closed() == 1001
    assert anna.frames[-1]["code"] == "going-away"
    early = desk_office.page(ANNA)
    await early.open()
    assert await early.until_closed() == 1001
    await desk_office.runs()
    await anna.connect()
    assert (await anna.look(asked, after=cursor))["messages"] == []


async def test_after_an_error_what_changed_is_shown_all_the_same(desk_office: DeskOffice, monkeypatch, caplog):
    anna = await desk_office.at_work(ANNA)
    await anna.watch("feed")
    good = desk_office.inbox.read
    broken = 3

    async def sometimes(work):
        nonlocal broken
        broken -= 1
        if broken >= 0:
            raise OSError("not now")
        return await good(work)

    monkeypatch.setattr(desk_office.inbox, "read", sometimes)
    asked = await desk_office.writes("Мария")
    await desk_office.until(lambda: "could not be shown" in caplog.text)
    for _ in range(10):
        desk_office.passes(3)
        await asyncio.sleep(0.002)
    await desk_office.settles()
    assert anna.order == [asked]
    caplog.clear()
