"""The SQLite store: what is acknowledged is on disk, a failure takes nothing else with it, and a file that is not
ours to write is left as it was."""

import asyncio
import contextlib
import hashlib
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from bridge.model import (
    ChannelName,
    Content,
    ConversationId,
    CustomerId,
    Direction,
    ExternalId,
    Profile,
    Signals,
    Text,
)
from storage import sqlite
from storage.migrations import m001_first, migrations
from storage.sqlite import SqliteStore, open_store
from storage.store import StoreError, Transaction
from tests.turned_clock import TurnedClock

SITE = ChannelName("shop")
ROOT = Path(__file__).parent.parent


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "otklik.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    opened = await open_store(path, TurnedClock())
    yield opened
    await opened.close()


def adds(name: str) -> Any:
    return lambda tx: tx.add_customer(SITE, ExternalId(name), Profile(name=name))


def names(tx: Any) -> list[str]:
    return [row["name"] for row in tx.all("select name from customers order by id")]


class Gate:
    """Holds the writer up, so that what is written meanwhile waits together."""

    def __init__(self, store: SqliteStore) -> None:
        self._entered, self._open = threading.Event(), threading.Event()
        self._held = store.submit(self._hold)

    def _hold(self, tx: Transaction) -> None:
        self._entered.set()
        assert self._open.wait(10)

    async def __aenter__(self) -> None:
        assert await asyncio.to_thread(self._entered.wait, 10)

    async def __aexit__(self, *_: object) -> None:
        self._open.set()
        await self._held


async def statements(store: SqliteStore) -> list[str]:
    """What the writing connection executes from now on."""
    seen: list[str] = []
    await store.write(lambda tx: tx._connection.set_trace_callback(seen.append))  # type: ignore[attr-defined]
    seen.clear()
    return seen


class TestGroupCommit:
    async def test_many_writes_of_many_tasks_are_few_commits(self, store):
        seen = await statements(store)
        async with Gate(store):
            tasks = [asyncio.create_task(store.write(adds(f"c{n}"))) for n in range(200)]
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)
        assert sum(s.lower() == "commit" for s in seen) == 2  # the gate's, and one for all that waited
        assert len(await store.read(names)) == 200

    async def test_work_is_done_in_the_order_in_which_it_was_given(self, store):
        async with Gate(store):
            given = [store.submit(adds(f"c{n}")) for n in range(300)]
        await asyncio.gather(*given)
        assert await store.read(names) == [f"c{n}" for n in range(300)]

    async def test_work_that_raises_takes_nothing_else_with_it(self, store):
        def half(tx):
            adds("half")(tx)
            raise ValueError("no")

        async with Gate(store):
            given = [store.submit(adds("before")), store.submit(half), store.submit(adds("after"))]
        results = await asyncio.gather(*given, return_exceptions=True)
        assert isinstance(results[1], ValueError)
        assert await store.read(names) == ["before", "after"]

    async def test_a_statement_that_the_database_refuses_takes_nothing_else_with_it(self, store):
        async with Gate(store):
            given = [store.submit(adds(name)) for name in ("Anna", "Anna", "Boris")]
        results = await asyncio.gather(*given, return_exceptions=True)
        assert isinstance(results[1], sqlite3.IntegrityError)
        assert await store.read(names) == ["Anna", "Boris"]

    async def test_work_that_raises_stop_iteration_hangs_nobody(self, store):
        async with Gate(store):
            given = [store.submit(lambda tx: next(iter(()))), store.submit(adds("Anna"))]
        results = await asyncio.wait_for(asyncio.gather(*given, return_exceptions=True), 10)
        assert isinstance(results[0], RuntimeError)
        assert await store.read(names) == ["Anna"]

    async def test_a_failing_commit_fails_the_whole_batch_and_leaves_nothing(self, store):
        def spoils_the_commit(tx):
            tx.run("pragma defer_foreign_keys = on")  # checked at the commit only
            tx.run("insert into desk_places values (777, null)")

        heard: list[Signals] = []
        store.subscribe(heard.append)
        async with Gate(store):
            given = [store.submit(adds("Anna")), store.submit(spoils_the_commit), store.submit(adds("Boris"))]
        results = await asyncio.gather(*given, return_exceptions=True)
        assert [type(r) for r in results] == [sqlite3.IntegrityError] * 3
        assert await store.read(names) == [] and heard == []
        await store.write(adds("Clara"))  # and it goes on
        assert await store.read(names) == ["Clara"]

    async def test_a_full_disk_fails_what_did_not_fit_and_the_store_goes_on(self, store):
        await store.write(adds("Anna"))
        pages = await store.read(lambda tx: tx.one("pragma page_count")[0])
        await store.write(lambda tx: tx.run(f"pragma max_page_count = {pages}").fetchone())
        async with Gate(store):
            given = [store.submit(adds("x" * 100_000 + str(n))) for n in range(3)]
        results = await asyncio.gather(*given, return_exceptions=True)
        assert all(isinstance(r, sqlite3.OperationalError) and "full" in str(r) for r in results)
        assert await store.read(names) == ["Anna"]
        await store.write(lambda tx: tx.run("pragma max_page_count = 1000000").fetchone())
        await store.write(adds("Boris"))
        assert await store.read(names) == ["Anna", "Boris"]

    async def test_a_caller_that_stopped_waiting_harms_nobody(self, store):
        async with Gate(store):
            left, stays = store.submit(adds("Anna")), store.submit(adds("Boris"))
            left.cancel()
        await stays
        assert await store.read(names) == ["Anna", "Boris"]


class TestReading:
    async def test_a_read_does_not_wait_for_a_write(self, store):
        await store.write(adds("Anna"))
        async with Gate(store):
            waiting = store.submit(adds("Boris"))
            assert await asyncio.wait_for(store.read(names), 10) == ["Anna"]
            assert not waiting.done()
        await waiting

    async def test_a_write_does_not_wait_for_a_read(self, store):
        entered, leave = threading.Event(), threading.Event()

        def slow(tx):
            before = names(tx)
            entered.set()
            assert leave.wait(10)
            return before, names(tx)

        reading = asyncio.create_task(store.read(slow))
        await asyncio.to_thread(entered.wait, 10)
        await asyncio.wait_for(store.write(adds("Anna")), 10)
        leave.set()
        assert await reading == ([], [])  # one read sees one moment

    async def test_what_was_written_is_read(self, store):
        for n in range(50):
            await store.write(adds(f"c{n}"))
            assert len(await store.read(names)) == n + 1

    async def test_a_read_cannot_write(self, store):
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            await store.read(adds("Anna"))
        assert await store.read(names) == []


class TestListeners:
    @staticmethod
    def says(text: str) -> Any:
        def work(tx: Any) -> CustomerId:
            customer = adds(text)(tx)
            tx.customers_touched.add(customer.id)
            tx.lanes_touched.add(customer.id)
            return customer.id

        return work

    async def test_listeners_are_told_after_the_commit(self, store, path):
        seen: list[int] = []

        def listener(signals: Signals) -> None:
            with contextlib.closing(sqlite3.connect(path)) as other:
                seen.append(other.execute("select count(*) from customers").fetchone()[0])

        store.subscribe(listener)
        await store.write(self.says("Anna"))
        assert seen == [1]

    async def test_signals_of_work_that_raised_are_dropped_and_those_of_its_neighbours_kept(self, store):
        heard: list[Signals] = []
        store.subscribe(heard.append)

        def fails(tx):
            self.says("Boris")(tx)
            raise ValueError

        async with Gate(store):
            given = [store.submit(self.says("Anna")), store.submit(fails), store.submit(self.says("Clara"))]
        anna, _, clara = await asyncio.gather(*given, return_exceptions=True)
        assert [(s.customers, s.lanes) for s in heard] == [({anna, clara}, {anna, clara})]

    async def test_a_listener_that_fails_stops_no_other(self, store, caplog):
        heard: list[Signals] = []
        store.subscribe(lambda _: 1 / 0)
        store.subscribe(heard.append)
        await store.write(self.says("Anna"))
        assert len(heard) == 1 and "a listener failed" in caplog.text

    async def test_what_is_settled_at_once_is_told_to_no_lane(self, store):
        heard: list[Signals] = []
        asked: list[CustomerId] = []
        store.subscribe(heard.append)

        def settles(tx: Any, customer: CustomerId) -> bool:
            asked.append(customer)
            tx.set_blocked(customer, True)
            return tx.customer(customer).external_id == "Anna"

        store.settle(settles)
        async with Gate(store):
            given = [store.submit(self.says(name)) for name in ("Anna", "Boris")]
        anna, boris = await asyncio.gather(*given)
        assert asked == [anna, boris]  # each in its own work
        assert [(s.customers, s.lanes) for s in heard] == [({anna, boris}, {boris})]
        assert (await store.read(lambda tx: tx.customer(anna))).blocked

    @pytest.mark.parametrize("neighbours", [0, 1])
    async def test_what_cannot_be_settled_takes_its_work_with_it_and_no_other(self, store, neighbours):
        heard: list[Signals] = []
        store.subscribe(heard.append)

        def fails(tx: Any, customer: CustomerId) -> bool:
            raise ValueError

        store.settle(fails)
        async with Gate(store):
            given = [store.submit(self.says("Anna")), *(store.submit(adds("Boris")) for _ in range(neighbours))]
        results = await asyncio.gather(*given, return_exceptions=True)
        assert isinstance(results[0], ValueError)
        assert await store.read(names) == ["Boris"] * neighbours
        assert heard == []

    async def test_who_is_followed_is_told_what_has_changed(self, store):
        def writes(customer: CustomerId, *texts: str) -> Any:
            def work(tx: Any) -> None:
                for text in texts:
                    tx.add_message(
                        customer=customer,
                        conversation=None,
                        direction=Direction.IN,
                        content=Content(text=Text(text)),
                        written_at=tx.now,
                    )

            return work

        heard: list[Signals] = []
        store.subscribe(heard.append)
        anna, boris = [(await store.write(adds(name))).id for name in ("Anna", "Boris")]
        store.follow({anna})
        await store.write(writes(anna, "one"))
        async with Gate(store):
            given = [store.submit(writes(anna, "two")), store.submit(writes(boris, "not followed"))]
            given.append(store.submit(writes(anna, "three")))
        await asyncio.gather(*given)
        await store.write(writes(anna, *(f"{n}" for n in range(30))))  # too much to carry
        told = [signals.news for signals in heard]
        assert [list(news) for news in told] == [[anna], [anna], []]
        assert [m.content.text.plain for m in told[1][anna].messages] == ["two", "three"]
        assert told[0][anna].after == 0
        assert told[1][anna].after == told[0][anna].messages[-1].seq

    async def test_nobody_is_told_when_nothing_changed(self, store):
        heard: list[Signals] = []
        store.subscribe(heard.append)
        await store.write(lambda tx: None)
        await store.read(names)
        assert heard == []


class TestFile:
    @pytest.mark.parametrize(
        ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)]
    )
    async def test_the_pragmas_that_keep_the_promises_are_on(self, store, pragma, value):
        assert (await store.write(lambda tx: tx.one(f"pragma {pragma}")[0])) == value

    async def test_only_this_user_may_read_it(self, store, path):
        await store.write(adds("Anna"))
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
        assert set(modes) >= {"otklik.db", "otklik.db-wal", "otklik.db.lock"}
        assert set(modes.values()) == {0o600}

    async def test_closing_finishes_what_is_queued(self, path):
        store = await open_store(path, TurnedClock())
        given = [store.submit(adds(f"c{n}")) for n in range(20)]
        await store.close()
        await asyncio.gather(*given)
        with pytest.raises(StoreError, match="closed"):
            store.submit(adds("late"))
        with contextlib.closing(sqlite3.connect(path)) as file:
            assert file.execute("select count(*) from customers").fetchone() == (20,)

    async def test_closing_twice_is_harmless(self, path):
        store = await open_store(path, TurnedClock())
        await store.close()
        await store.close()


HOLDER = """
import asyncio, sys
from pathlib import Path
from bridge.clock import Clock
from storage.sqlite import open_store
async def main():
    store = await open_store(Path(sys.argv[1]), Clock())
    print("open", flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""

WRITER = """
import asyncio, sys
from pathlib import Path
from bridge.clock import Clock
from bridge.model import ChannelName, ExternalId, Profile
from storage.sqlite import open_store
async def one(store, name):
    await store.write(lambda tx: tx.add_customer(ChannelName("shop"), ExternalId(name), Profile(name=name)))
    print(name, flush=True)
async def main():
    store = await open_store(Path(sys.argv[1]), Clock())
    n = 0
    while True:
        await asyncio.gather(*(one(store, f"{sys.argv[2]}-{n + i}") for i in range(7)))
        n += 7
asyncio.run(main())
"""


@contextlib.contextmanager
def process(code: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A Python process that is killed at the end, if it still lives."""
    started = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        yield started
    finally:
        if started.poll() is None:
            os.kill(started.pid, signal.SIGKILL)
        started.communicate()


class TestAnotherProcess:
    async def test_a_second_process_is_refused_until_the_first_is_gone(self, path):
        with process(HOLDER, path) as holder:
            assert holder.stdout and await asyncio.to_thread(holder.stdout.readline) == "open\n"
            with pytest.raises(StoreError) as refused:
                await open_store(path, TurnedClock())
            assert refused.value.problem == "locked" and refused.value.values == {"path": str(path)}
            holder.kill()
            await asyncio.to_thread(holder.wait)
            store = await open_store(path, TurnedClock())
            await store.close()

    async def test_a_second_store_in_the_same_process_is_refused(self, store, path):
        with pytest.raises(StoreError, match="locked"):
            await open_store(path, TurnedClock())

    async def test_whatever_was_acknowledged_before_a_kill_is_there_after_it(self, path):
        acknowledged: set[str] = set()
        for round_ in range(4):
            with process(WRITER, path, round_) as writer:
                assert writer.stdout
                for _ in range(40 + 11 * round_):
                    acknowledged.add((await asyncio.to_thread(writer.stdout.readline)).strip())
                writer.kill()
                acknowledged |= set((await asyncio.to_thread(writer.stdout.read)).split())
            store = await open_store(path, TurnedClock())
            kept = set(await store.read(names))
            whole = await store.read(lambda tx: tx.one("pragma integrity_check")[0])
            await store.close()
            assert acknowledged <= kept and whole == "ok"
            assert len(acknowledged) >= 40


def later_version() -> Migrations:
    """The migrations of a version after this one."""
    later = Migrations("otklik")
    for step in migrations._migrations:
        later(name=step.name)(step.fn)

    @later(name="m999_shoe_size")
    def _(db: Database) -> None:
        db.execute("alter table customers add column shoe_size integer")

    return later


def fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


async def make_file(path: Path) -> None:
    """A file of this version with a customer in it."""
    store = await open_store(path, TurnedClock())
    await store.write(adds("Anna"))
    await store.close()


def copies(path: Path) -> list[Path]:
    return sorted(path.parent.glob("otklik.db.before-*"))


class TestVersions:
    async def test_an_older_file_is_migrated_after_a_copy_was_laid_beside_it(self, path, monkeypatch):
        await make_file(path)
        monkeypatch.setattr(sqlite, "migrations", later_version())
        store = await open_store(path, TurnedClock())
        assert await store.read(lambda tx: tx.one("select name, shoe_size from customers")["shoe_size"]) is None
        await store.close()
        (copy,) = copies(path)
        assert copy.name == "otklik.db.before-20261122-090000"
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
        with contextlib.closing(sqlite3.connect(copy)) as old:
            assert old.execute("select name from customers").fetchone() == ("Anna",)
            assert "shoe_size" not in str(old.execute("select sql from sqlite_master").fetchall())

    async def test_a_file_of_the_first_version_keeps_all_it_has(self, path, monkeypatch):
        first = Migrations("otklik")
        first(name="m001_first")(m001_first)
        with contextlib.closing(sqlite3.connect(path)) as old:
            first.apply(Database(old))
            old.execute("insert into customers (id, channel, external_id, created_at) values (1, 'shop', 'v1', 0)")
            old.execute(
                "insert into conversations (id, customer_id, channel, group_name, stage, opened_at)"
                " values (1, 1, 'shop', 'sales', 'accepted', 0)"
            )
            old.executemany(
                "insert into messages (id, conversation_id, customer_id, direction, text, written_at, seq, shown)"
                " values (?, 1, 1, 'in', ?, 0, ?, ?)",
                [(1, "Shown before", 1, 1), (2, "Not yet", 2, 0)],
            )
            old.commit()
        store = await open_store(path, TurnedClock())

        def what_is_there(tx):
            return (
                [(m.content.text.plain, m.on_desk, m.deleted_at) for m in tx.last_messages(CustomerId(1), 10)],
                tx.conversation(ConversationId(1)).details,
                tx.customer(CustomerId(1)).profile,
            )

        messages, details, profile = await store.read(what_is_there)
        await store.close()
        assert messages == [("Shown before", True, None), ("Not yet", False, None)]
        assert details == {} and profile == Profile()
        assert len(copies(path)) == 1

    async def test_a_new_file_and_one_of_this_version_are_not_copied(self, path):
        await make_file(path)
        store = await open_store(path, TurnedClock())
        await store.close()
        assert copies(path) == []

    async def test_a_migration_that_fails_leaves_the_file_as_it_was_and_unlocked(self, path, monkeypatch):
        await make_file(path)
        broken = later_version()

        @broken()
        def m9999_breaks(db: Database) -> None:
            db.execute("create table half_done (id integer)")
            db.execute("select no_such_column from customers")

        monkeypatch.setattr(sqlite, "migrations", broken)
        with pytest.raises(StoreError, match="no_such_column"):
            await open_store(path, TurnedClock())
        monkeypatch.setattr(sqlite, "migrations", later_version())
        store = await open_store(path, TurnedClock())
        tables = await store.read(lambda tx: {row["name"] for row in tx.all("select name from sqlite_master")})
        assert await store.read(names) == ["Anna"] and "half_done" not in tables
        await store.close()

    async def test_a_newer_file_is_refused_and_not_changed(self, path, monkeypatch):
        monkeypatch.setattr(sqlite, "migrations", later_version())
        await make_file(path)
        monkeypatch.undo()
        before = fingerprint(path)
        with pytest.raises(StoreError) as refused:
            await open_store(path, TurnedClock())
        assert refused.value.problem == "newer"
        assert fingerprint(path) == before and copies(path) == []

    async def test_another_programs_database_is_refused_and_not_changed(self, path):
        with contextlib.closing(sqlite3.connect(path)) as other, other:
            other.execute("create table accounts (id integer)")
        path.chmod(0o644)
        before = fingerprint(path)
        with pytest.raises(StoreError) as refused:
            await open_store(path, TurnedClock())
        assert refused.value.problem == "foreign"
        assert fingerprint(path) == before and stat.S_IMODE(path.stat().st_mode) == 0o644

    async def test_what_is_not_a_database_is_refused_and_not_changed(self, path):
        path.write_text("Dear diary, " * 500)
        before = fingerprint(path)
        with pytest.raises(StoreError) as refused:
            await open_store(path, TurnedClock())
        assert refused.value.problem == "broken" and "not a database" in refused.value.values["reason"]
        assert fingerprint(path) == before

    async def test_a_first_start_that_was_killed_half_way_is_no_foreign_database(self, path):
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as file:
            migrations.ensure_migrations_table(Database(file))
        await make_file(path)
        assert copies(path) == []

    async def test_a_place_that_cannot_be_written_is_named(self, tmp_path):
        (tmp_path / "file").write_text("")
        for path in (tmp_path / "file" / "otklik.db", tmp_path):
            with pytest.raises(StoreError) as refused:
                await open_store(path, TurnedClock())
            assert refused.value.problem == "unwritable"
            assert refused.value.values["path"] == str(path) and refused.value.values["reason"]

    @pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="this user may write everywhere")
    async def test_a_folder_without_the_right_to_write_is_named(self, tmp_path):
        tmp_path.chmod(0o500)
        try:
            with pytest.raises(StoreError, match="unwritable"):
                await open_store(tmp_path / "otklik.db", TurnedClock())
        finally:
            tmp_path.chmod(0o700)

    async def test_a_missing_folder_is_made(self, tmp_path):
        await make_file(tmp_path / "data" / "here" / "otklik.db")
