"""docs/widget-protocol.md, Errors and Limits: every code that can be provoked from outside, over both ways."""

import asyncio
import contextlib
import re
import secrets
import sqlite3
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.conftest import OpenOffice
from tests.office import Office
from tests.stories.scenes import quiet
from tests.witness import SHOP
from tests.witness_office import FORM, KEY, WAYS, Bare, Meet, healthy, meetings
from tests.witness_tables import ERRORS, Frame
from tests.witness_wires import Refused, Socket

SITE = f"""
identity_secret = "{KEY}"
continue_in = ["tg"]
messages_per_minute = 2
"""


@pytest.fixture
async def meet() -> AsyncIterator[Meet]:
    async with meetings() as meet:
        yield meet


@pytest.fixture(params=WAYS)
def by(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def message(text: str = "Раз", **more: Any) -> Frame:
    return {"type": "message", "id": f"m-{secrets.token_urlsafe(8)}", "text": text, **more}


# Errors: what provokes each code, as the frames after a good hello, or as a hello

FRAMES: dict[str, list[Frame]] = {
    "bad-frame": [{"type": "message", "id": "m-1"}],
    "unknown-type": [{"type": "nosuch"}],
    "too-big": [message("x" * 70_000)],
    "text-too-long": [message("x" * 10_001)],
    "empty": [message(" ")],
    "flood": [message(), message(), message()],
    "hello-twice": [{"type": "hello", "v": 1, "secret": "s" * 43}],
    "bad-contact": [{"type": "contact", "email": "nonsense"}],
    "file-gone": [message(files=["nosuch"])],
    "too-many-files": [message(files=[f"file-{n}" for n in range(11)])],
    "no-such-link": [{"type": "continue", "channel": "nosuch"}],
}
HELLOS: dict[str, Frame] = {
    "bad-version": {"type": "hello", "v": 2, "secret": "s" * 43},
    "bad-secret": {"type": "hello", "v": 1, "secret": "short"},
    "hello-first": {"type": "ping"},
    "bad-identity": {"type": "hello", "v": 1, "secret": "s" * 43, "identity": "nonsense"},
}
ELSEWHERE = {"late", "form-first", "try-later", "too-many-connections"}  # below


def test_every_code_of_the_page_is_provoked() -> None:
    assert FRAMES.keys() | HELLOS.keys() | ELSEWHERE == ERRORS.keys()


@pytest.mark.parametrize("code", FRAMES)
async def test_what_is_wrong_with_a_frame(open_office: OpenOffice, by: str, code: str) -> None:
    office = await open_office(site=SITE)
    bare = await Bare(office, by).says_hello(language="en")
    for frame in FRAMES[code]:
        await bare.wire.send(frame)
    error = await bare.until("error")
    assert error["code"] == code and re.fullmatch("[A-Z][ -~’–—]+", error["message"]), error
    if frame["type"] == "message" and code != "bad-frame":
        assert error["id"] == frame["id"]
    await bare.wire.send({"type": "ping"})
    await bare.until("pong")


@pytest.mark.parametrize("code", HELLOS)
async def test_what_is_wrong_with_a_hello(open_office: OpenOffice, by: str, code: str) -> None:
    office = await open_office(site=SITE)
    bare = Bare(office, by)
    await bare.wire.open(HELLOS[code])
    error = await bare.until("error")
    assert error["code"] == code and not error.keys() & {"id", "retry_after"}
    if (closes := ERRORS[code][1]) is not None:
        assert await bare.ends() == closes and bare.got == [error]
    else:
        await bare.until("welcome")


async def test_a_hello_whose_optional_fields_are_wrong(office: Office, by: str) -> None:
    """Nothing of it has happened: the client may say another."""
    wrong: dict[str, Any] = {"cursor": "1", "language": 7, "page": "x", "identity": 7, "contact": [], "fields": 7}
    wrong |= {"v": "1", "secret": "short"}
    for field, value in wrong.items():
        bare = await Bare(office, by).says_hello(**{field: value})
        error = await bare.until("error")
        if field in ("v", "secret"):
            assert error["code"] == f"bad-{'version' if field == 'v' else field}" and await bare.ends() == 4400
            continue
        assert error["code"] == "bad-frame" and error["field"] == field, error
        if by == "http":  # there is no connection yet
            assert await bare.ends() == 4400
            continue
        await bare.wire.send({"type": "hello", "v": 1, "secret": "s" * 43})
        assert (await bare.until("welcome"))["v"] == 1
        await bare.wire.close()


async def test_a_client_does_not_come_back_with_a_wrong_hello(office: Office, meet: Meet, by: str) -> None:
    witness = meet(office, by, secret="short").start()
    assert await witness.until(lambda: witness.stopped) == "bad-secret"
    assert witness.closes == [4400] and witness.pauses == []


async def test_no_hello_in_time(office: Office) -> None:
    bare = Bare(office, "socket")
    assert isinstance(bare.wire, Socket)
    await bare.wire.connect()
    began = office.clock.monotonic()
    assert await bare.ends() == 4408
    assert [frame["code"] for frame in bare.got] == ["late"]
    assert 9 < office.clock.monotonic() - began < 20


@contextlib.asynccontextmanager
async def taking_nothing(office: Office) -> AsyncIterator[None]:
    """Somebody else has the database and does not let go of it."""
    other = sqlite3.connect(office.folder / "otklik.db", isolation_level=None)
    other.execute("begin immediate")
    try:
        yield
    finally:
        other.execute("rollback")
        other.close()


@pytest.fixture
async def impatient(open_office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> Office:
    """An office that soon gives up waiting for its database."""
    monkeypatch.setattr("storage.sqlite.TIMEOUT", 0.2)
    office = await open_office(site='continue_in = ["tg"]')
    await healthy(office)
    office.clock.speed = 1.0
    return office


async def test_a_database_that_takes_nothing_now(impatient: Office, meet: Meet, by: str) -> None:
    witness = await meet(impatient, by).enters()
    async with taking_nothing(impatient):
        sent = witness.says("Раз")
        error = await witness.error("try-later")
        assert error["id"] == sent.id and witness.closes == []
    impatient.clock.passes(error["retry_after"])
    assert (await sent.over()).stored
    await witness.until(lambda: witness.texts == ["Раз"])


async def test_what_is_no_message_and_cannot_be_stored_ends_the_connection(impatient: Office, by: str) -> None:
    bare = await Bare(impatient, by).says_hello()
    await bare.wire.send(message())
    await bare.until("ack")
    async with taking_nothing(impatient):
        await bare.wire.send({"type": "continue", "channel": "tg"})
        error = await bare.until("error")
        assert error["code"] == "try-later" and "id" not in error
        assert await bare.ends() == 1011


async def test_a_form_that_was_not_filled_in(open_office: OpenOffice, by: str) -> None:
    office = await open_office(site=FORM)
    bare = await Bare(office, by).says_hello()
    sent = message()
    await bare.wire.send(sent)
    assert (await bare.until("error")) | {"message": ""} == {
        "type": "error",
        "code": "form-first",
        "message": "",
        "id": sent["id"],
    }


# Limits


async def test_a_frame_of_64_kilobytes_and_one_byte_more(office: Office) -> None:
    bare = await Bare(office, "socket").says_hello()
    assert isinstance(bare.wire, Socket)
    frame = '{"type":"ping","more":"%s"}'
    most = 64 * 1024 - len(frame) + 2
    await bare.wire.send_text(frame % ("x" * most))
    await bare.until("pong")
    await bare.wire.send_text(frame % ("x" * (most + 1)))
    assert (await bare.until("error"))["code"] == "too-big"
    await bare.wire.send_text(frame % ("x" * (255 * 1024)))
    assert (await bare.until("error"))["code"] == "too-big"
    await bare.wire.send_text(frame % ("x" * (256 * 1024)))
    assert await bare.ends() == 1009


async def test_messages_of_a_visitor_in_all_tabs(open_office: OpenOffice) -> None:
    office = await open_office(site="messages_per_minute = 20")
    office.clock.speed = 0.5
    tabs = [await Bare(office, by).says_hello(secret="s" * 43) for by in WAYS]
    for _ in range(10):
        for tab in tabs:
            await tab.wire.send(message())
            await tab.until("ack")
    await tabs[0].wire.send(message())
    error = await tabs[0].until("error")
    assert error["code"] == "flood" and error["retry_after"] <= 3
    office.clock.passes(error["retry_after"])
    await tabs[1].wire.send(message())
    await tabs[1].until("ack")


async def test_a_repeat_of_what_is_stored_is_no_flood(open_office: OpenOffice) -> None:
    """A client that lost its connection sends what it keeps; that must not be held against it for ever."""
    office = await open_office(site="messages_per_minute = 2")
    bare = await Bare(office, "socket").says_hello()
    sent = message()
    await bare.wire.send(sent)
    ack = await bare.until("ack")
    for _ in range(3):
        office.clock.passes(31)
        await bare.wire.send({"type": "pong"})
        await bare.wire.send(sent)
        assert (await bare.until("ack"))["message"] == ack["message"]


async def test_messages_of_one_address(open_office: OpenOffice, by: str) -> None:
    office = await open_office(site="messages_per_minute = 1")
    office.clock.speed = 0.5
    for _ in range(10):
        bare = await Bare(office, by).says_hello()
        await bare.wire.send(message())
        await bare.until("ack")
    bare = await Bare(office, by).says_hello()
    sent = message()
    await bare.wire.send(sent)
    error = await bare.until("error")
    assert error["code"] == "flood" and error["id"] == sent["id"]


async def test_new_visitors_of_one_address(open_office: OpenOffice, by: str) -> None:
    office = await open_office(site="new_visitors_per_address = 3")
    office.clock.speed = 0.5
    known = ""
    for _ in range(3):
        known = secrets.token_urlsafe(32)
        bare = await Bare(office, by).says_hello(secret=known)
        await bare.wire.send(message())
        await bare.until("ack")
    stranger = await Bare(office, by).says_hello()
    sent = message()
    await stranger.wire.send(sent)
    error = await stranger.until("error")
    assert error["code"] == "flood" and error["id"] == sent["id"] and error["retry_after"] <= 1200
    bare = await Bare(office, by).says_hello(secret=known)
    await bare.wire.send(message())
    await bare.until("ack")


async def test_frames_on_one_connection(office: Office, by: str) -> None:
    office.clock.speed = 0.5
    bare = await Bare(office, by).says_hello()
    for _ in range(299):
        await bare.wire.send({"type": "received", "cursor": 0})
    await bare.wire.send({"type": "ping"})
    for _ in range(60):
        await bare.wire.send({"type": "received", "cursor": 0})
    assert await bare.ends() == 4429
    assert bare.got[-1]["code"] == "flood" and bare.got[-1]["retry_after"] and "id" not in bare.got[-1]


async def comes_in(bare: Bare) -> float:
    """0 where the server lets us in, else the seconds to wait."""
    try:
        await bare.says_hello()
    except Refused as error:
        assert error.status == 429 and error.retry_after
        return error.retry_after
    first = await bare.next()
    assert first
    if first["type"] == "welcome":
        return 0.0
    assert first["code"] == "too-many-connections" and await bare.ends() == 4429
    return float(first["retry_after"])


async def test_open_connections_of_one_address(open_office: OpenOffice, by: str) -> None:
    office = await open_office(site="connections_per_address = 3")
    bares = [Bare(office, by) for _ in range(4)]
    assert [bool(await comes_in(bare)) for bare in bares] == [False, False, False, True]
    await bares[0].wire.close()
    await asyncio.sleep(0.1)
    assert not await comes_in(Bare(office, by))


async def test_new_connections_of_one_address(open_office: OpenOffice, by: str) -> None:
    office = await open_office(site="connections_per_address = 2")
    office.clock.speed = 0.5
    for _ in range(12):
        bare = Bare(office, by)
        assert not await comes_in(bare)
        await bare.wire.close()
        await asyncio.sleep(0.02)
    pause = await comes_in(Bare(office, by))
    assert 0 < pause <= 60
    office.clock.passes(pause)
    assert not await comes_in(Bare(office, by))


async def test_a_client_comes_back_when_it_was_told_to(open_office: OpenOffice, meet: Meet, by: str) -> None:
    office = await open_office(site="connections_per_address = 1")
    first = await meet(office, by).enters()
    second = meet(office, by).start()
    await second.until(lambda: second.pauses)
    if by == "socket":
        assert second.closes == [4429] and second.pauses[0] == second.errors[0]["retry_after"]
    await first.close()
    await second.until(lambda: second._open)


async def test_addresses_behind_a_proxy(open_office: OpenOffice) -> None:
    """The right-most entry that is no trusted proxy counts; the visitor may have written what is left of it."""
    office = await open_office(site="connections_per_address = 1")

    async def connects(forwarded: str) -> str:
        url = f"{office.site_url}/site/shop/socket"
        ws = await office.http.ws_connect(url, origin=SHOP, headers={"X-Forwarded-For": forwarded})
        opened.append(ws)
        await ws.send_json({"type": "hello", "v": 1, "secret": secrets.token_urlsafe(32)})
        frame = await ws.receive_json()
        return str(frame.get("code", frame["type"]))

    opened: list[aiohttp.ClientWebSocketResponse] = []
    assert await connects("203.0.113.1") == "welcome"
    assert await connects("198.51.100.7, 203.0.113.1") == "too-many-connections"
    assert await connects("203.0.113.1, 203.0.113.2") == "welcome"
    assert await connects("203.0.113.2, 127.0.0.1") == "too-many-connections"
    assert await connects("2001:db8:1:2::1") == "welcome"
    assert await connects("2001:db8:1:2:ffff::9") == "too-many-connections"
    assert await connects("2001:db8:1:3::1") == "welcome"
    for ws in opened:
        await ws.close()


async def test_page_titles_and_addresses_are_cut(office: Office, meet: Meet, by: str) -> None:
    url = f"{SHOP}/" + "a" * 3000
    witness = await meet(office, by, page={"title": "Т" * 300, "url": url}).enters()
    assert (await witness.says("Раз").over()).stored
    card = await office.card("Раз")
    assert "a" * 2001 not in str(card)


async def test_a_client_that_floods_gets_everything_through(open_office: OpenOffice, meet: Meet, by: str) -> None:
    office = await open_office(site="messages_per_minute = 30")
    witness = await meet(office, by).enters()
    sents = [witness.says(str(n)) for n in range(36)]
    for sent in sents:
        await sent.over()
    await witness.until(lambda: witness.texts == [str(n) for n in range(36)])
    await quiet(office)
