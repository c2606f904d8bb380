"""The disk is full, or somebody else holds the database: nothing is acknowledged that is not stored, people are
told, and everything goes on by itself."""

import asyncio
import contextlib
import logging
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from storage import sqlite
from storage.sqlite import PROBE_EVERY, SqliteStore, open_store
from storage.store import Transaction
from tests.alike.ends import Someone
from tests.alike.site import Visitor
from tests.alike.town import Town
from tests.site_client import SiteClient
from tests.turned_clock import TurnedClock, until

LONG = "Ничего не теряется. " * 150  # more than fits into the free room of a page


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of four megabytes of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextlib.contextmanager
def full(disk: Path) -> Iterator[None]:
    """Not a byte is left on the disk."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * size)
    try:
        yield
    finally:
        filler.unlink()


@contextlib.contextmanager
def held(database: Path) -> Iterator[None]:
    """Somebody with an editor for SQLite has begun to write, and went for lunch."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("begin immediate")
        yield


@pytest.fixture
async def town(small_disk: Path) -> AsyncIterator[Town]:
    town = Town(small_disk, "site", "telegram", "vk", "viber", "facebook")
    await town.open()
    yield town
    await town.close()
    assert town.audited() == {}


async def healthz(town: Town) -> tuple[int, dict[str, Any]]:
    async with town.http.get(f"{town.site_url}/healthz") as response:
        return response.status, await response.json()


def store_of(town: Town) -> SqliteStore:
    assert town.otklik is not None and town.otklik._store is not None
    return town.otklik._store


def stored(town: Town) -> list[str]:
    """What of ours is in the database, whoever wrote it."""
    with contextlib.closing(sqlite3.connect(town.folder / "otklik.db")) as connection:
        rows = connection.execute("select text from messages where direction = 'in'")
        return sorted(row[0].split(".")[0] for row in rows)


class Crowd:
    """One person at each platform, who writes as soon as they are told to."""

    def __init__(self, town: Town, people: dict[str, Someone]) -> None:
        self.town = town
        self.people = people
        self._writing: list[asyncio.Task[Any]] = []

    @classmethod
    async def of(cls, town: Town) -> "Crowd":
        return cls(town, {kind: await end.person("Анна") for kind, end in town.ends.items()})

    def write(self, words: str) -> None:
        """Some platforms wait for our answer, so each has a task of its own."""
        for kind, one in self.people.items():
            self._writing.append(asyncio.create_task(one.writes(f"{words} {kind}. {LONG}")))

    @property
    def visitor(self) -> SiteClient:
        one = self.people["site"]
        assert isinstance(one, Visitor)
        return one.tab

    def told(self) -> list[tuple[str, str]]:
        """What the visitor's tab was told of the message."""
        return [
            (frame["type"], frame.get("code", ""))
            for frame in self.visitor.frames
            if frame["type"] in ("ack", "error")
        ]

    async def stored(self, words: str) -> None:
        """Wait until every message is in the database, once. The widget sends again what it was told to."""
        await self.visitor.socket.close()
        wanted = sorted(f"{words} {kind}" for kind in self.people)
        await self.town.until(lambda: len(stored(self.town)) >= len(wanted), lambda: str(stored(self.town)))
        assert stored(self.town) == wanted

    async def go(self) -> None:
        for task in self._writing:
            task.cancel()
        await asyncio.gather(*self._writing, return_exceptions=True)


@pytest.fixture
async def crowd(town: Town) -> AsyncIterator[Crowd]:
    crowd = await Crowd.of(town)
    yield crowd
    await crowd.go()


async def test_a_full_disk_loses_nothing_and_is_told(
    town: Town, crowd: Crowd, small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = store_of(town)
    with full(small_disk):
        crowd.write("полный")
        await town.until(lambda: store.trouble == "full", lambda: store.trouble)
        assert "the database takes nothing (full)" in caplog.text
        status, told = await healthz(town)
        assert (status, told["ok"], told["storage"]) == (503, False, "full")
        await town.until(lambda: crowd.told() == [("error", "try-later")], lambda: str(crowd.told()))
        await town.finds("🔴 База данных ничего не принимает: на диске нет места.")
        await town.clock.sleep(30)
        assert stored(town) == []
        cards = [m for m in town.group.messages(by=town.bot) if "полный" in m.text]
        assert cards == [], "what cannot be remembered is not posted"
    await crowd.stored("полный")
    await town.finds("🟢 База данных снова работает.")
    assert (await healthz(town))[0] == 200 and "the database works again" in caplog.text
    assert sorted(crowd.told()) == [("ack", ""), ("error", "try-later")]
    for kind in town.ends:
        await town.finds(f"полный {kind}")


async def test_a_held_database_loses_nothing(town: Town, crowd: Crowd) -> None:
    store = store_of(town)
    await store.write(lambda tx: tx.run("pragma busy_timeout = 300"))  # type: ignore[attr-defined]
    with held(town.folder / "otklik.db"):
        crowd.write("занято")
        await town.until(lambda: store.trouble == "busy")
        status, told = await healthz(town)
        assert (status, told["ok"], told["storage"]) == (503, False, "busy")
        await town.until(lambda: crowd.told() == [("error", "try-later")])
        await town.clock.sleep(30)
        assert stored(town) == []
    await crowd.stored("занято")
    await town.until(lambda: store.trouble == "")
    assert (await healthz(town))[0] == 200


async def test_a_database_that_is_held_for_a_moment_only_takes_longer(town: Town, crowd: Crowd) -> None:
    """Nobody hears anything but the acknowledgement."""
    with held(town.folder / "otklik.db"):
        crowd.write("миг")
        await asyncio.sleep(0.5)
        assert stored(town) == [] and crowd.told() == [] and not store_of(town).trouble
    await town.until(lambda: crowd.told() == [("ack", "")])
    await crowd.stored("миг")


async def test_an_answer_that_went_out_while_nothing_could_be_written_goes_once(
    town: Town, small_disk: Path
) -> None:
    """The call was under way when the disk became full: what became of it waits for room."""
    anna, store = await town.ends["telegram"].person("Анна"), store_of(town)
    await anna.writes("Здравствуйте")
    thread = await town.accepts("Здравствуйте")
    town.telegram.fail_next("sendMessage", slow=1.0)
    await thread.answers("Добрый день")
    await asyncio.sleep(0.4)
    with full(small_disk):
        await town.until(lambda: [got.text for got in anna.got] == ["Добрый день"])
        await town.until(lambda: store.trouble == "full")
        await town.clock.sleep(60)
    await town.until(lambda: store.trouble == "")
    await town.clock.sleep(60)
    assert [got.text for got in anna.got] == ["Добрый день"]


# the store by itself


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = await open_store(tmp_path / "otklik.db", TurnedClock())
    yield opened
    await opened.close()


def _limited(tx: Transaction) -> None:
    """The file may not grow any more."""
    run = tx.run  # type: ignore[attr-defined]
    pages = run("pragma page_count").fetchone()[0]
    run(f"pragma max_page_count = {pages}")


def _much(tx: Transaction) -> None:
    tx.set_aside("test", "x" * 100_000, "")


def _unlimited(tx: Transaction) -> None:
    tx.run("pragma max_page_count = 1000000")  # type: ignore[attr-defined]


async def test_a_piece_of_work_that_does_not_fit_is_told_so_and_the_others_are_done(
    store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    await store.write(_limited)
    results = await asyncio.gather(
        store.submit(lambda tx: tx.unaccounted(1)), store.submit(_much), return_exceptions=True
    )
    assert isinstance(results[1], sqlite3.OperationalError) and "full" in str(results[1])
    assert store.trouble == "full"
    with pytest.raises(sqlite3.OperationalError):
        await store.write(_much)
    told = [r.message for r in caplog.records if r.name == "storage.sqlite" and r.levelno >= logging.WARNING]
    assert told == ["the database takes nothing (full): database or disk is full"], "once"


async def test_a_mistake_in_a_piece_of_work_is_no_trouble_of_the_store(store: SqliteStore) -> None:
    def mistaken(tx: Transaction) -> None:
        tx.run("insert into counters (name, value) values ('guest', 0)")  # type: ignore[attr-defined]

    with pytest.raises(sqlite3.IntegrityError):
        await store.write(mistaken)
    with pytest.raises(KeyError):
        await store.write(lambda tx: tx.message(5))  # type: ignore[arg-type]
    assert store.trouble == ""


async def test_it_tries_by_itself_and_leaves_nothing_behind(tmp_path: Path) -> None:
    clock = TurnedClock()
    store = await open_store(tmp_path / "otklik.db", clock)
    running = asyncio.create_task(store.run())
    try:
        await store.write(_limited)
        with pytest.raises(sqlite3.OperationalError):
            await store.write(_much)
        await until(lambda: clock.sleeps == [PROBE_EVERY])
        clock.passes(PROBE_EVERY)
        await until(lambda: clock.sleeps == [PROBE_EVERY])
        assert store.trouble == "full", "a small write would fit, a message need not"
        await store.write(_unlimited)
        clock.passes(PROBE_EVERY)
        await until(lambda: store.trouble == "")
        assert await store.read(lambda tx: tx.all("select * from set_aside")) == []  # type: ignore[attr-defined]
    finally:
        running.cancel()
        await store.close()


async def test_the_end_waits_for_nobody_who_holds_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sqlite, "LAST_WRITES", 0.1)
    store = await open_store(tmp_path / "otklik.db", TurnedClock())
    await store.write(lambda tx: tx.run("pragma busy_timeout = 4000"))  # type: ignore[attr-defined]
    with held(tmp_path / "otklik.db"):
        late = store.submit(lambda tx: tx.unaccounted(1))
        await store.close()
        assert "is held by another process" in caplog.text
        with pytest.raises(sqlite3.OperationalError):
            await late
    store._writer._thread.join()
