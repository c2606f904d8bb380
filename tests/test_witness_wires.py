"""docs/widget-protocol.md: Without a WebSocket, Sending, Getting changes, Staying connected."""

import asyncio
import contextlib
import secrets
import socket
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.conftest import OpenOffice
from tests.office import Office
from tests.stories.scenes import quiet
from tests.witness import SHOP, Witness
from tests.witness_office import WAYS, Bare, Meet, Network, answered, meetings
from tests.witness_tables import Frame
from tests.witness_wires import Fallback, Refused, Socket

FAST = "messages_per_minute = 1000"


@pytest.fixture
async def meet() -> AsyncIterator[Meet]:
    async with meetings() as meet:
        yield meet


@pytest.fixture(params=WAYS)
def by(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def message(text: str, **more: Any) -> Frame:
    return {"type": "message", "id": f"m-{secrets.token_urlsafe(8)}", "text": text, **more}


# Without a WebSocket


async def opened(office: Office, **hello: Any) -> Fallback:
    bare = await Bare(office, "http").says_hello(**hello)
    assert isinstance(bare.wire, Fallback)
    return bare.wire


async def poll(wire: Fallback, n: int) -> Frame:
    return await wire.post("poll", {"connection": wire.connection, "n": n})


async def send(wire: Fallback, *frames: Any) -> Frame:
    return await wire.post("send", {"connection": wire.connection, "frames": list(frames)})


async def refused(wire: Fallback, what: str, body: Any, **how: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        await wire.post(what, body, **how)
    return caught.value


async def test_frames_over_http_as_in_the_example(office: Office) -> None:
    wire = await opened(office)
    assert wire.n == 1 and wire.connection
    waiting = asyncio.create_task(poll(wire, 1))
    assert await send(wire, message("Раз")) == {}
    answer = await waiting
    assert answer["n"] == 2 and answer["frames"][0]["type"] in ("ack", "messages")
    got = answer["frames"]
    while not any(frame["type"] == "messages" for frame in got):
        answer = await poll(wire, answer["n"])
        got += answer["frames"]
    await wire.close()


async def test_a_poll_waits_for_25_seconds(office: Office) -> None:
    wire = await opened(office)
    began = office.clock.monotonic()
    answer = await poll(wire, 1)
    assert answer == {"n": 1, "frames": []}
    assert 23 < office.clock.monotonic() - began < 35
    assert (await poll(wire, 1))["n"] == 1


async def test_an_answer_that_was_lost_comes_again(office: Office) -> None:
    wire = await opened(office)
    await send(wire, message("Раз"))
    answer = await poll(wire, 1)
    assert answer["n"] == 2
    again = await poll(wire, 1)
    assert again["n"] == 2 and again["frames"][: len(answer["frames"])] == answer["frames"]
    later = await poll(wire, again["n"])
    assert all(frame not in again["frames"] for frame in later["frames"])


async def test_a_second_poll_ends_the_first(office: Office) -> None:
    office.clock.speed = 1.0
    wire = await opened(office)
    first = asyncio.create_task(poll(wire, 1))
    await asyncio.sleep(0.1)
    second = asyncio.create_task(poll(wire, 1))
    assert await asyncio.wait_for(first, 5) == {"n": 1, "frames": []}
    await send(wire, {"type": "ping"})
    assert (await asyncio.wait_for(second, 5))["frames"] == [{"type": "pong"}]


async def test_twenty_frames_at_once_in_order(open_office: OpenOffice, meet: Meet) -> None:
    office = await open_office(site=FAST)
    wire = await opened(office)
    assert (
        await refused(wire, "send", {"connection": wire.connection, "frames": [{"type": "ping"}] * 21})
    ).status == 400
    secret = secrets.token_urlsafe(32)
    wire = await opened(office, secret=secret)
    await send(wire, *[message(str(n)) for n in range(20)])
    witness = await meet(office, "http", secret=secret).enters()
    await witness.until(lambda: witness.texts == [str(n) for n in range(20)])


async def test_goodbye_and_then_nothing(office: Office) -> None:
    wire = await opened(office)
    pending = asyncio.create_task(poll(wire, 1))
    await asyncio.sleep(0.05)
    assert await wire.post("close", {"connection": wire.connection}) == {}
    with contextlib.suppress(Refused):
        await asyncio.wait_for(pending, 5)
    for what, body in (("poll", {"n": 1}), ("send", {"frames": []}), ("send", {"frames": [{"type": "ping"}]})):
        assert (await refused(wire, what, {"connection": wire.connection, **body})).status == 404
    assert (await refused(wire, "poll", {"connection": "nosuch", "n": 1})).status == 404


async def test_who_does_not_ask_for_a_minute_is_gone(office: Office) -> None:
    wire = await opened(office)
    office.clock.passes(61)
    await asyncio.sleep(0.3)
    assert (await refused(wire, "poll", {"connection": wire.connection, "n": 1})).status == 404


async def test_who_asks_stays(office: Office, meet: Meet) -> None:
    witness = await meet(office, "http").enters()
    office.clock.speed = 50
    await office.clock.sleep(150)
    assert witness.closes == [] and (await witness.says("Я тут").over()).stored


async def test_bodies_that_are_none(office: Office) -> None:
    wire = await opened(office)
    for what in ("open", "poll", "send", "close"):
        for text in ("", "{", "[]", "7", "null", '"x"'):
            assert (await refused(wire, what, None, text=text)).status == 400, (what, text)
    it = wire.connection
    for what, body in (
        ("poll", {"n": 1}),
        ("poll", {"connection": it}),
        ("poll", {"connection": it, "n": "1"}),
        ("poll", {"connection": it, "n": -1}),
        ("poll", {"connection": 7, "n": 1}),
        ("send", {"connection": it}),
        ("send", {"connection": it, "frames": {}}),
        ("send", {"connection": it, "frames": "x"}),
        ("close", {}),
        ("close", {"connection": None}),
    ):
        assert (await refused(wire, what, body)).status == 400, (what, body)
    await send(wire, {"type": "ping"})
    assert (await poll(wire, 1))["frames"] == [{"type": "pong"}]


async def test_strange_frames_over_http_are_answered_like_those_of_a_socket(office: Office) -> None:
    wire = await opened(office)
    await send(wire, 7, [], None, "ping", {"type": "ping"})
    frames = (await poll(wire, 1))["frames"]
    assert [frame.get("code", frame["type"]) for frame in frames] == ["bad-frame"] * 4 + ["pong"]


async def test_strangers_may_not_ask_over_http(office: Office) -> None:
    wire = await opened(office)
    wire._origin = "https://evil.example"
    for what, body in (("open", {"type": "hello"}), ("poll", {"n": 1}), ("send", {"frames": []}), ("close", {})):
        assert (await refused(wire, what, {"connection": wire.connection, **body})).status == 403, what


async def test_too_much_over_http(office: Office) -> None:
    wire = await opened(office)
    assert (await refused(wire, "open", {"type": "hello", "more": "x" * 300_000})).status == 413
    big = {"type": "ping", "more": "x" * 70_000}
    await send(wire, big)
    assert (await poll(wire, 1))["frames"][0]["code"] == "too-big"
    assert (await refused(wire, "send", {"connection": wire.connection, "frames": [big] * 20})).status == 413


async def test_another_first_frame_over_http(office: Office) -> None:
    bare = Bare(office, "http")
    await bare.wire.open(message("Раз"))
    assert [await bare.ends(), bare.got[0]["code"]] == [4400, "hello-first"]


async def test_a_client_behind_a_proxy_goes_on_over_http(office: Office, meet: Meet) -> None:
    async with Network(office) as network:
        network.sockets = False
        witness = await meet(office, "auto", server=network.url).enters()
        said = await answered(office, witness, "Раз", "Два")
        await witness.until(lambda: witness.texts == ["Раз", "Два"])
        await office.reaction(said, "👀")
        assert [line.split()[1] for line in network.asked[:3]] == ["/site/shop/socket"] * 2 + ["/site/shop/open"]
        await witness.close()


async def test_a_proxy_that_says_nothing(office: Office, meet: Meet) -> None:
    async with Network(office) as network:
        network.stands_still()
        witness = meet(office, "auto", server=network.url).start()
        await witness.until(lambda: witness.goes_by == "http")
        assert len([line for line in network.asked if "/socket" in line]) == 1
        network.stands_still(False)
        await witness.until(lambda: witness.welcome)
        await witness.close()


async def test_without_a_network_it_tries_both(office: Office, meet: Meet) -> None:
    witness = await meet(office, "auto").enters()
    await office.stop()
    await witness.until(lambda: len(witness.pauses) > 8)  # it tries both: there is no network at all
    await office.start()
    await witness.until(lambda: witness._open)


async def test_who_had_a_websocket_goes_over_http_after_four_that_failed(office: Office, meet: Meet) -> None:
    async with Network(office) as network:
        witness = await meet(office, "auto", server=network.url).enters()
        network.sockets = False
        assert isinstance(witness.wire, Socket)
        witness.wire.drop()
        await witness.until(lambda: isinstance(witness.wire, Fallback) and witness._open)
        assert [line.split()[1] for line in network.asked[:6]] == ["/site/shop/socket"] * 5 + ["/site/shop/open"]
        assert (await witness.says("Раз").over()).stored
        await witness.close()


# Sending so that nothing is lost or doubled


class Cutting:
    """Cuts the connection right after each of the next messages was sent."""

    def __init__(self, witness: Witness, times: int) -> None:
        self.left = times
        self.witness = witness
        self.send = type(witness)._send_one
        witness._send_one = self  # type: ignore[method-assign, assignment]

    async def __call__(self, wire: Any, sent: Any) -> None:
        await self.send(self.witness, wire, sent)
        if self.left:
            self.left -= 1
            await asyncio.sleep(0.02 * (self.left % 3))
            wire.drop()
            if isinstance(wire, Fallback):
                self.witness._open = False


async def test_a_connection_that_breaks_at_each_message_loses_and_doubles_nothing(
    open_office: OpenOffice, meet: Meet, by: str
) -> None:
    office = await open_office(site=FAST)
    witness = await meet(office, by).enters()
    cutting = Cutting(witness, 8)
    sents = [witness.says(f"слово {n}") for n in range(10)]
    for sent in sents:
        await sent.over()
    assert cutting.left == 0 and witness.closes
    await witness.until(lambda: witness.texts == [f"слово {n}" for n in range(10)])
    card = await office.card("слово 9")
    assert all(card.now().text.count(f"слово {n}") == 1 for n in range(8, 10))
    fresh = await meet(office, by, secret=witness.secret).enters()
    await fresh.until(lambda: fresh.shown == witness.shown)


async def test_the_ack_of_a_repeat_is_the_one_that_was_lost(office: Office, meet: Meet, by: str) -> None:
    witness = await meet(office, by).enters()
    sent = witness.says("Раз")
    await office.card("Раз")
    await witness.until(lambda: sent.ack and witness.shown and witness.shown[0].get("shown"))
    assert sent.ack
    seq = witness.shown[0]["seq"]  # it has changed since: operators have it
    bare = await Bare(office, by).says_hello(secret=witness.secret)
    for text in ("Раз", "Другое"):  # the first one counts
        await bare.wire.send({**sent.frame(), "text": text})
        assert await bare.until("ack") == {**sent.ack, "seq": seq}
    await quiet(office)
    assert witness.texts == ["Раз"]


async def test_the_same_id_of_two_visitors(office: Office, meet: Meet, by: str) -> None:
    anna, boris = await meet(office, by).enters(), await meet(office, by).enters()
    one, two = await anna.says("Анна", id="m-same-id").over(), await boris.says("Борис", id="m-same-id").over()
    await boris.until(lambda: one.ack and two.ack)
    assert one.ack and two.ack and one.ack["message"] != two.ack["message"]
    await boris.until(lambda: boris.texts == ["Борис"])


async def test_two_tabs_that_send_a_kept_message_store_it_once(office: Office, meet: Meet) -> None:
    tabs = [meet(office, by, secret="s" * 43) for by in ("socket", "http", "socket")]
    sents = [tab.says("Раз", id="m-kept-one") for tab in tabs]
    for tab in tabs:
        await tab.enters()
    for sent in sents:
        await sent.over()
    for tab in tabs:
        await tab.until(lambda tab=tab: tab.texts == ["Раз"])  # type: ignore[misc]
    assert len({sent.ack["message"] for sent in sents if sent.ack}) == 1


async def test_a_flood_keeps_its_order(open_office: OpenOffice, meet: Meet, by: str) -> None:
    office = await open_office(site="messages_per_minute = 6")
    witness = await meet(office, by).enters()
    sents = [witness.says(f"слово {n}") for n in range(9)]
    for sent in sents:
        await sent.over()
    assert all(sent.stored for sent in sents) and any("flood" in sent.refusals for sent in sents)
    await witness.until(lambda: witness.texts == [f"слово {n}" for n in range(9)])
    assert all(sent.refusals.count("flood") <= 1 for sent in sents)  # `retry_after` is to be believed


async def test_a_server_that_restarts_in_between(open_office: OpenOffice, meet: Meet, by: str) -> None:
    office = await open_office(site=FAST)
    witness = await meet(office, by).enters()
    sents = [witness.says(f"слово {n}") for n in range(30)]
    await sents[3].over()
    await office.stop()
    await asyncio.sleep(0.1)
    await office.start()
    for sent in sents:
        await sent.over()
    await witness.until(lambda: witness.texts == [f"слово {n}" for n in range(30)])
    assert set(witness.closes) <= {1001, 1006}


# Getting changes: the cursor


async def test_only_what_has_changed_comes_after_a_break(office: Office, meet: Meet, by: str) -> None:
    witness = await meet(office, by).enters()
    said = await answered(office, witness, "Раз", "Два")
    await witness.until(lambda: witness.texts == ["Раз", "Два"])
    await office.reaction(said, "👀")
    card = await office.card("Раз")
    cursor = witness.cursor
    await witness.close()
    for text in ("Три", "Четыре"):
        later = await office.olga.says(office.group, text, reply_to=card)
        await office.reaction(later, "👌")
    await office.olga.edits(said, "Два с половиной")
    await quiet(office)
    before = len(witness.frames)
    await witness.enters()
    await witness.until(lambda: witness.texts == ["Раз", "Два с половиной", "Три", "Четыре"])
    new = witness.frames[before:]
    assert new[0]["reset"] is False and new[0]["history"] is True
    changed = [message for frame in new if frame["type"] == "messages" for message in frame["messages"]]
    assert all(message["seq"] > cursor for message in changed)
    assert {message["text"] for message in changed} == {"Два с половиной", "Три", "Четыре"}


async def test_nothing_comes_when_nothing_has_changed(office: Office, meet: Meet, by: str) -> None:
    witness = await meet(office, by).enters()
    await witness.says("Раз").over()
    await office.card("Раз")
    await witness.until(lambda: witness.shown and witness.shown[0].get("shown"))
    await witness.close()
    before = len(witness.frames)
    await witness.enters()
    await asyncio.sleep(0.2)
    assert [frame["type"] for frame in witness.frames[before:]] == ["welcome"]
    assert witness.welcome["reset"] is False


async def test_a_fresh_page_gets_the_last_hundred(open_office: OpenOffice, meet: Meet, by: str) -> None:
    office = await open_office(site=FAST)
    witness = await meet(office, by).enters()
    for n in range(120):
        sent = witness.says(f"слово {n}")
    await sent.over()
    await witness.until(lambda: len(witness.texts) == 120)
    fresh = await meet(office, by, secret=witness.secret).enters()
    assert fresh.welcome["reset"] is True and fresh.welcome["history"] is True
    await fresh.until(lambda: fresh.texts and fresh.texts[-1] == "слово 119")
    assert fresh.texts == [f"слово {n}" for n in range(20, 120)]
    assert fresh.cursor == witness.cursor
    await witness.close()
    witness.cursor, witness.messages = 1, {}
    await witness.enters()  # an old cursor: everything since
    await witness.until(lambda: len(witness.texts) in (119, 100, 120))
    await witness.until(lambda: witness.cursor == fresh.cursor)
    if not witness.welcome["reset"]:
        assert len(witness.texts) >= 119


async def test_a_cursor_that_the_server_does_not_know(office: Office, meet: Meet, by: str) -> None:
    witness = await meet(office, by).enters()
    await witness.says("Раз").over()
    await witness.until(lambda: witness.texts)
    await witness.close()
    witness.cursor = 10**9
    await witness.enters()
    assert witness.welcome["reset"] is True
    await witness.until(lambda: witness.texts == ["Раз"])
    assert witness.cursor < 10**9


async def test_a_visitor_with_a_cursor_whom_the_server_does_not_know(office: Office, by: str) -> None:
    for cursor in (0, 1, 2**53 - 1):
        bare = await Bare(office, by).says_hello(cursor=cursor)
        welcome = await bare.next()
        assert welcome and welcome["reset"] is True and welcome["history"] is False


async def test_all_tabs_see_the_same(office: Office, meet: Meet) -> None:
    tabs = [await meet(office, by, secret="s" * 43).enters() for by in ("socket", "http", "socket", "http")]
    await answered(office, tabs[0], "Раз", "Два")
    await tabs[1].says("Три").over()
    await tabs[3].says("Четыре").over()
    for tab in tabs:
        await tab.until(lambda tab=tab: tab.texts == ["Раз", "Два", "Три", "Четыре"])  # type: ignore[misc]
    await tabs[0].until(lambda: all(m.get("shown") for m in tabs[0].shown if m["from"] == "visitor"))
    for tab in tabs:
        await tab.until(lambda tab=tab: tab.shown == tabs[0].shown)  # type: ignore[misc]


async def test_a_reader_that_is_too_slow_is_dropped(open_office: OpenOffice, meet: Meet) -> None:
    office = await open_office(site=FAST)
    secret = secrets.token_urlsafe(32)
    writer = await meet(office, secret=secret).enters()
    text = "😀" * 9_999
    for _ in range(100):
        sent = writer.says(text + ".")
    await sent.over()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(socket_factory=narrow)) as http:
        slow = Bare(office, "socket")
        slow.wire = Socket(http, slow.address, SHOP, office.clock.sleep)
        await slow.says_hello(secret=secret)
        await stalls(office, slow)
    again = await meet(office, secret=secret).enters()
    await again.until(lambda: len(again.texts) == 100)


def narrow(address: Any) -> socket.socket:
    """A socket that takes in little ahead."""
    made = socket.socket(address[0], socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    return made


async def stalls(office: Office, slow: Bare) -> None:
    """It does not read for longer than anybody waits."""
    assert isinstance(slow.wire, Socket) and slow.wire._ws is not None
    connection = slow.wire._ws._response.connection
    assert connection is not None and connection.transport is not None
    connection.transport.pause_reading()  # type: ignore[attr-defined]
    await office.clock.sleep(45)
    connection.transport.resume_reading()  # type: ignore[attr-defined]
    assert await slow.ends() == 1006


# Staying connected


async def test_the_server_asks_after_30_seconds_and_hangs_up_after_60(office: Office) -> None:
    began = office.clock.monotonic()
    bare = await Bare(office, "socket").says_hello()
    await bare.until("ping")
    assert 29 < office.clock.monotonic() - began < 45
    assert await bare.ends() == 4408
    assert 59 < office.clock.monotonic() - began < 75


@pytest.mark.parametrize("sign", [{"type": "pong"}, {"type": "nosuch"}, {"type": "seen", "cursor": 0}])
async def test_any_frame_is_a_sign_of_life(office: Office, sign: Frame) -> None:
    bare = await Bare(office, "socket").says_hello()
    for _ in range(3):
        await bare.until("ping")
        await bare.wire.send(sign)
    await bare.wire.send({"type": "ping"})
    await bare.until("pong")


async def test_a_client_that_answers_stays(office: Office, meet: Meet, by: str) -> None:
    witness = await meet(office, by).enters()
    office.clock.speed = 50
    await office.clock.sleep(200)
    assert witness.closes == []
    await witness.sends("ping")
    await witness.until(lambda: any(frame["type"] == "pong" for frame in witness.frames))


async def test_a_dead_network_is_noticed_and_nothing_is_lost(office: Office, meet: Meet, by: str) -> None:
    async with Network(office) as network:
        witness = await meet(office, by, server=network.url).enters()
        await witness.says("Раз").over()
        network.stands_still()
        sent = witness.says("Два")
        await witness.until(lambda: witness.closes)
        network.stands_still(False)
        assert (await sent.over()).stored
        await witness.until(lambda: witness.texts == ["Раз", "Два"])
        await witness.close()


async def test_pauses_grow_and_begin_anew_after_a_welcome(office: Office, meet: Meet, by: str) -> None:
    witness = await meet(office, by, chance=lambda: 1.0).enters()
    grown = [1, 2, 4, 8, 16, 30, 30]
    await office.stop()  # a poll may be welcomed once more meanwhile
    await witness.until(lambda: any(witness.pauses[at : at + 7] == grown for at in range(len(witness.pauses))))
    assert witness.closes == [1001] or (by == "http" and set(witness.closes) <= {1001, 1006})  # no poll was waiting
    await office.start()
    await witness.until(lambda: witness._open)
    count = len(witness.pauses)
    await office.stop()
    await witness.until(lambda: len(witness.pauses) > count)
    assert witness.pauses[count] == 1
    await office.start()


async def test_a_page_that_comes_back_tries_at_once(office: Office, meet: Meet) -> None:
    witness = await meet(office, "socket", chance=lambda: 1.0).enters()
    await office.stop()
    await witness.until(lambda: len(witness.pauses) >= 6)
    office.clock.speed = 0.01
    await office.start()
    await witness.looks_at_it()
    await witness.until(lambda: witness._open)
