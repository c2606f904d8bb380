"""Somebody sets the clock by a day: nothing hangs, and nothing expires at once."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from bridge.clock import JUMP, Clock
from bridge.inbox.windows import tell_of_windows
from bridge.jumps import LOOK_EVERY, Jumps
from bridge.model import ChannelName
from storage.sqlite import SqliteStore, open_store
from tests.office import FastClock, Office
from tests.stories.scenes import accepted, quiet
from tests.turned_clock import TurnedClock, until

DAY = 86400.0
BOTH = pytest.mark.parametrize("jump", [DAY, -DAY], ids=["forward", "back"])


class Settable:
    """Makes of a test's clock one whose wall somebody can set."""

    set_by = 0.0

    now = Clock.now

    def _wall(self) -> float:
        return datetime.timestamp(super().now()) + self.set_by  # type: ignore[misc]

    def _steady(self) -> float:
        return self.monotonic()  # type: ignore[attr-defined, no-any-return]


class SettableFastClock(Settable, FastClock):
    pass


class SettableTurnedClock(Settable, TurnedClock):
    pass


# the clock


def test_small_steps_are_followed_at_once() -> None:
    clock = SettableTurnedClock()
    began = clock.now()
    clock.set_by = JUMP - 1
    assert clock.now() - began == timedelta(seconds=JUMP - 1) and clock.jump == 0
    clock.set_by = 2 * JUMP - 3  # many small ones, too
    assert clock.now() - began == timedelta(seconds=2 * JUMP - 3)


@BOTH
def test_a_leap_is_followed_when_all_is_ready_for_it(jump: float) -> None:
    clock = SettableTurnedClock()
    began = clock.now()
    clock.set_by = jump
    clock.passes(60)
    assert clock.now() - began == timedelta(seconds=60) and clock.jump == jump
    clock.follow(jump)
    assert clock.now() - began == timedelta(seconds=60 + jump) and clock.jump == 0


def test_what_is_set_back_in_time_was_nothing() -> None:
    clock = SettableTurnedClock()
    began = clock.now()
    clock.set_by = DAY
    assert clock.now() == began
    clock.set_by = 0
    assert clock.now() == began and clock.jump == 0


def test_the_real_clock_tells_the_time() -> None:
    clock = Clock()
    assert abs(clock.now() - datetime.now(clock.now().tzinfo)) < timedelta(seconds=1) and clock.jump == 0


# what waits in the store

WAITING = """
insert into customers (id, channel, external_id, created_at, heard_at) values (1, 'fb', 'a', 5, :now - 3600);
insert into customers (id, channel, external_id, created_at, heard_at) values (2, 'fb', 'b', 5, :now - 3600);
insert into conversations (id, customer_id, channel, group_name, stage, opened_at)
    values (1, 1, 'fb', 'sales', 'accepted', 5), (2, 2, 'fb', 'sales', 'closed', 5);
insert into messages (id, conversation_id, customer_id, direction, text, written_at, seq, delivery, todo, queued_at,
    attempts, next_attempt_at, settles_at, shown)
    values (1, 1, 1, 'out', '', 5, 1, 'queued', 'send', :now - 10, 3, :now + 300, :now + 1, 1),
        (2, 1, 1, 'in', '', 5, 2, null, null, null, 0, 0, :now + 1, 0),
        (3, 1, 1, 'out', '', 5, 3, 'sent', null, :now - 100, 0, 0, :now - 99, 1),
        (4, 1, 1, 'out', '', 5, 4, 'queued', 'send', :now - 5, 0, 0, 0, 1);
insert into downloads (message_id, item, due, attempts) values (2, 0, :now + 60, 2);
insert into joins (token_hash, customer_id, channel, expires_at) values ('x', 1, 'tg', :now + 600);
insert into media (id, origin, ref, name, mime, kind, size, created_at, message_id)
    values ('a', 'media', 'a', '', '', 'document', 1, :now - 3600, null),
        ('b', 'media', 'b', '', '', 'document', 1, :now - 3600, 2);
"""
LEFT = {
    "select next_attempt_at from messages where id = 1": 300,
    "select queued_at from messages where id = 1": -10,
    "select settles_at from messages where id = 1": 1,
    "select settles_at from messages where id = 2": 1,
    "select queued_at from messages where id = 4": -5,
    "select due from downloads": 60,
    "select expires_at from joins": 600,
    "select created_at from media where id = 'a'": -3600,
}
STAYS = {
    "select queued_at from messages where id = 3": -100,
    "select settles_at from messages where id = 3": -99,
    "select created_at from media where id = 'b'": -3600,
    "select heard_at from customers where id = 2": -3600,
}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[tuple[SqliteStore, SettableTurnedClock]]:
    clock = SettableTurnedClock()
    store = await open_store(tmp_path / "otklik.db", clock)
    now = clock.now().timestamp()
    with closing(sqlite3.connect(tmp_path / "otklik.db")) as connection:
        for statement in WAITING.split(";\n"):
            connection.execute(statement, {"now": now})
        connection.commit()
    yield store, clock
    await store.close()


async def asked(store: SqliteStore, question: str) -> float:
    row = await store.read(lambda tx: tx.one(question))  # type: ignore[attr-defined]
    return float(row[0])


@BOTH
async def test_what_waits_waits_as_long_as_before(
    store: tuple[SqliteStore, SettableTurnedClock], jump: float, caplog: pytest.LogCaptureFixture
) -> None:
    kept, clock = store
    before = clock.now().timestamp()
    clock.set_by = jump
    watching = asyncio.create_task(Jumps(kept, clock).run())
    try:
        await until(lambda: clock.sleeps)
        clock.passes(LOOK_EVERY)
        await until(lambda: not clock.jump)
        await until(lambda: clock.sleeps)
        now = clock.now().timestamp()
        assert now == before + LOOK_EVERY + jump
        for question, left in LEFT.items():
            assert await asked(kept, question) == pytest.approx(now - LOOK_EVERY + left), question
        for question, left in STAYS.items():
            assert await asked(kept, question) == pytest.approx(before + left), question
        assert await asked(kept, "select next_attempt_at from messages where id = 4") == 0
        assert await asked(kept, "select heard_at from customers where id = 1") == pytest.approx(
            before - 3600 + max(0, jump)
        ), "the platform knows itself when its window is over"
        told = await kept.write(
            partial(tell_of_windows, channel=ChannelName("fb"), window=timedelta(hours=24), said="over")
        )
        assert not told and "the clock was set by" in caplog.text
    finally:
        watching.cancel()


async def test_what_cannot_be_moved_is_moved_later(store: tuple[SqliteStore, SettableTurnedClock]) -> None:
    kept, clock = store
    before = clock.now()
    clock.set_by = DAY
    await kept.write(
        lambda tx: tx.run("create temp trigger never before update on joins begin select raise(abort, 'no'); end")
    )  # type: ignore[attr-defined]
    with pytest.raises(sqlite3.IntegrityError):
        await Jumps(kept, clock).follow(DAY)
    assert clock.now() == before and clock.jump == DAY
    await kept.write(lambda tx: tx.run("drop trigger never"))  # type: ignore[attr-defined]
    await Jumps(kept, clock).follow(DAY)
    assert clock.now() == before + timedelta(days=1)


# the whole program


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    office = Office(tmp_path)
    office.clock = SettableFastClock()
    await office.open()
    yield office
    await office.close()
    assert office.audited() == {}


def set_clock(office: Office, jump: float) -> None:
    assert isinstance(office.clock, SettableFastClock)
    office.clock.set_by = jump


@BOTH
async def test_an_answer_that_waits_goes_out_and_an_album_is_shown(office: Office, jump: float) -> None:
    anna, card = await accepted(office)
    await quiet(office)
    fault = office.telegram.fail_next("sendMessage", error=500, chat=anna.human.id, times=1000)
    await office.olga.says(office.group, "Секунду", reply_to=card)
    await office.until(lambda: fault.hits > 2)
    office.clock.speed = 1.0
    await anna.human.album(office.bot, [b"1", b"2"])
    set_clock(office, jump)
    await office.olga.says(office.group, "И ещё", reply_to=card)
    office.clock.speed = 20.0
    await office.until(lambda: not office.clock.jump)
    fault.times = 0
    office.telegram.faults.clear()
    await office.until(lambda: anna.sees == ["Секунду", "И ещё"], lambda: str(anna.sees))
    await office.until(
        lambda: sum(bool(m.get("photo")) for m in office.group.messages(by=office.bot)) == 2, lambda: "no album"
    )
    assert not any("Не доставлено" in (m.text or "") for m in office.group.messages(by=office.bot))
    await anna.writes("Спасибо")
    await office.finds("Спасибо")
