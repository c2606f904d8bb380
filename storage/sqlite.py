"""The SQLite store: the file, its threads, group commit, locking, and the backup before a migration.

One thread owns the writing connection. Everything that waits for it when it looks becomes one transaction with one
fsync (group commit); each piece of work has a savepoint of its own, so one that raises takes nothing else with it.
A second connection serves reads, so a long read holds up no write.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import queue
import sqlite3
import sys
import threading
from collections.abc import Callable, Container
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path
from typing import Any, TypeVar

from sqlite_utils import Database

from bridge.clock import Clock
from bridge.model import CustomerId, News, Signals
from storage.base import Rows
from storage.conversations import ConversationRows
from storage.customers import CustomerRows
from storage.downloads import DownloadRows
from storage.entrances import EntranceRows
from storage.events import EventRows
from storage.forget import ForgetRows
from storage.lists import ListRows
from storage.locking import FileLock
from storage.media import MediaRows
from storage.messages import MessageRows
from storage.migrations import migrations
from storage.posts import DeskRows, UpdateRows
from storage.receipts import ReceiptRows
from storage.search import BEHIND, FAR_BEHIND
from storage.store import StoreError, Transaction
from storage.times import TimeRows

log = logging.getLogger(__name__)
Result = TypeVar("Result")

TIMEOUT = 30.0  # seconds that a connection waits for another one's lock
UNWRITABLE = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    }
)
OF_THE_WORK = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError, sqlite3.InterfaceError)
PROBLEMS = {sqlite3.SQLITE_FULL: "full", sqlite3.SQLITE_BUSY: "busy", sqlite3.SQLITE_LOCKED: "busy"}
PROBE_EVERY = 5.0  # seconds between two tries to write while nothing can be written
LAST_WRITES, LAST_READS = 2.0, 0.5  # seconds that the store's threads have to finish at the end
TURN = 0.0002  # seconds after which the event loop gets its turn again; with Python's 5 ms each call waits for us
GROUP_COMMIT_MOST = 500  # pieces of work in one transaction; bounds how long the first of them waits


class SqliteTransaction(
    CustomerRows,
    ConversationRows,
    MessageRows,
    ReceiptRows,
    MediaRows,
    DownloadRows,
    DeskRows,
    UpdateRows,
    TimeRows,
    EventRows,
    ListRows,
    EntranceRows,
    ForgetRows,
    Rows,
):
    """Every operation of `storage.store.Transaction`, in SQL."""


@dataclass(slots=True)
class _Job:
    work: Callable[[Transaction], Any]
    future: asyncio.Future[Any]


class SqliteStore:
    """A `storage.store.Store` in one SQLite file. Make it with `open_store`."""

    def __init__(self, path: Path, clock: Clock, lock: FileLock) -> None:
        self._path = path
        self._lock = lock
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._listeners: list[Callable[[Signals], None]] = []
        self._writer = _Worker(self._loop, path, clock, writes=True, committed=self._tell)
        self._reader = _Worker(self._loop, path, clock, writes=False, committed=self._tell)

    @property
    def trouble(self) -> str:
        """Why nothing can be written: "full", "busy" (another process holds it) or "failing"; "" when it can."""
        return self._writer.trouble

    async def run(self) -> None:
        """While nothing can be written, try whether it can again; until cancelled."""
        while True:
            await self._clock.sleep(PROBE_EVERY)
            if self.trouble:
                with contextlib.suppress(sqlite3.Error):
                    await self._writer.submit(_probe)
                    self._writer.works()

    async def write(self, work: Callable[[Transaction], Result]) -> Result:
        """Run `work`; return when it is safe on disk. If it raises, nothing of it happened.

        The order of calls is the order of the work, also for calls that nobody has awaited yet.
        """
        return await self.submit(work)

    def submit(self, work: Callable[[Transaction], Result]) -> asyncio.Future[Result]:
        """`write` for a caller that has several to give before it waits."""
        return self._writer.submit(work)

    async def read(self, work: Callable[[Transaction], Result]) -> Result:
        """Run `work`, which must not write, on what is committed."""
        return await self._reader.submit(work)

    def subscribe(self, listener: Callable[[Signals], None]) -> None:
        """Call `listener` on the event loop after each commit that changed something."""
        self._listeners.append(listener)

    def settle(self, settler: Callable[[Transaction, CustomerId], bool]) -> None:
        """Let `settler` do at once what was just queued for a customer, in the transaction that queued it.

        True: nothing is left to do, and no signal tells the lanes. It is called on the store's thread, and what it
        raises takes the work with it.
        """
        self._writer.settlers.append(settler)

    def follow(self, customers: Container[CustomerId]) -> None:
        """For these customers signals bring along what has changed. Asked on the store's thread."""
        self._writer.followed.append(customers)

    def _tell(self, signals: Signals) -> None:
        for listener in self._listeners:
            try:
                listener(signals)
            except Exception:
                log.exception("a listener failed after a commit")

    async def close(self) -> None:
        """Finish what is queued and let go of the file."""
        await self._reader.stop(LAST_READS)
        await self._writer.stop(LAST_WRITES)  # alone, and so the last: SQLite then makes one file of it
        self._lock.release()


class _Worker:
    """A thread with a connection, and the queue of work before it."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        path: Path,
        clock: Clock,
        *,
        writes: bool,
        committed: Callable[[Signals], None],
    ) -> None:
        self._loop = loop
        self._path = path
        self._clock = clock
        self._writes = writes
        self._committed = committed
        self.settlers: list[Callable[[Transaction, CustomerId], bool]] = []
        self.followed: list[Container[CustomerId]] = []
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False
        self.trouble = ""
        name = "otklik-write" if writes else "otklik-read"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Transaction], Result]) -> asyncio.Future[Result]:
        if self._closed:
            raise StoreError("closed")
        future: asyncio.Future[Result] = self._loop.create_future()
        self._queue.put(_Job(work, future))
        return future

    async def stop(self, patience: float) -> None:
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join, patience)
        if self._thread.is_alive() and self._writes:
            log.error("the database is held by another process: what was about to be written is not")

    def _run(self) -> None:
        db = connect(self._path, writes=self._writes)
        try:
            rows = SqliteTransaction(db, self._clock)
            if self._writes:
                with contextlib.suppress(sqlite3.Error):  # it fails aloud when there is something to do
                    rows.unsearched = rows.behind()
            while (job := self._next(db, rows)) is not None:
                jobs, last = self._waiting(job)
                self._do(db, rows, jobs)
                if rows.unsearched >= FAR_BEHIND and self._writes:
                    self._index(db, rows)
                if last:
                    break
        finally:
            db.close()

    def _next(self, db: Database, rows: SqliteTransaction) -> _Job | None:
        """Wait for work; when there is none, see to the index of words meanwhile."""
        while rows.unsearched >= BEHIND and self._writes:
            with contextlib.suppress(queue.Empty):
                return self._queue.get_nowait()
            self._index(db, rows)
        return self._queue.get()

    def _index(self, db: Database, rows: SqliteTransaction) -> None:
        """Put what is new into the index of words, in a transaction of its own: what fails here is no message."""
        connection = db.conn
        try:
            connection.execute("pragma busy_timeout = 0")  # work that comes meanwhile must not wait for it
            connection.execute("begin immediate")
            rows.index_words()
            connection.execute("commit")
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("rollback")
            log.warning("the index of words is left as it is: %s", error)
            rows.unsearched = 0  # until as much is new again
        finally:
            connection.execute(f"pragma busy_timeout = {int(TIMEOUT * 1000)}")

    def _waiting(self, first: _Job) -> tuple[list[_Job], bool]:
        """The work that waits now, and whether to stop after it."""
        jobs = [first]
        while len(jobs) < GROUP_COMMIT_MOST:
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return jobs, True
            jobs.append(job)
        return jobs, False

    def _do(self, db: Database, rows: SqliteTransaction, jobs: list[_Job]) -> None:
        connection = db.conn
        results: list[tuple[_Job, Any, BaseException | None]] = []
        try:
            connection.execute("begin immediate" if self._writes else "begin")
            if self._writes and len(jobs) == 1:
                results.append((jobs[0], self._work(rows, jobs[0]), None))
            else:
                for job in jobs:
                    results.append(self._one(connection, rows, job))
            news = self._news(rows)
            connection.execute("commit")
        except BaseException as error:  # the disk is full, the file is gone: nothing of the batch happened
            with contextlib.suppress(sqlite3.Error):
                connection.execute("rollback")
            rows.take_signals()
            results, news = [(job, None, error) for job in jobs], {}
        if self._writes:
            self._heed(results)
        signals = replace(rows.take_signals(), news=news) if news else rows.take_signals()
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._report, results, signals)

    def _heed(self, results: list[tuple[_Job, Any, BaseException | None]]) -> None:
        """Whether the file takes what is written; a piece of work that is wrong in itself says nothing of that."""
        failed = next((error for _, _, error in results if error is not None and of_the_store(error)), None)
        if failed is not None:
            code = getattr(failed, "sqlite_errorcode", 0) & 0xFF
            trouble = PROBLEMS.get(code, "failing")
            if trouble != self.trouble:
                log.error("the database takes nothing (%s): %s", trouble, failed)
            self.trouble = trouble

    def works(self) -> None:
        """As much as a message may need has been written. (Less may find room on a disk that is full.)"""
        if self.trouble:
            log.warning("the database works again")
            self.trouble = ""

    def _work(self, rows: SqliteTransaction, job: _Job) -> Any:
        """Do what is asked, and at once what that has queued, where it can be."""
        result = job.work(rows)
        for customer in tuple(rows.lanes_touched):
            if any(settle(rows, customer) for settle in self.settlers):
                rows.lanes_touched.discard(customer)
        return result

    def _one(
        self, connection: sqlite3.Connection, rows: SqliteTransaction, job: _Job
    ) -> tuple[_Job, Any, BaseException | None]:
        if not self._writes:
            try:
                return job, job.work(rows), None
            except Exception as error:
                return job, None, error
        kept = dict(rows.touched), rows.lanes_touched, set(rows.customers_touched)
        left = dict(rows.left)
        rows.lanes_touched = set()
        received = len(rows.received)
        connection.execute("savepoint job")
        try:
            result = self._work(rows, job)
        except Exception as error:
            if not connection.in_transaction:
                raise  # SQLite took back the whole batch: the disk is full
            connection.execute("rollback to job")
            connection.execute("release job")
            rows.touched, rows.lanes_touched, rows.customers_touched = kept
            rows.left = left
            rows.marked = set()
            del rows.received[received:]
            return job, None, error
        connection.execute("release job")
        rows.lanes_touched |= kept[1]
        return job, result, None

    def _news(self, rows: SqliteTransaction) -> dict[CustomerId, News]:
        """What has changed for whoever is followed."""
        if not (self.followed and rows.customers_touched and rows.changed_from):
            return {}
        followed = [
            customer for customer in rows.customers_touched if any(customer in some for some in self.followed)
        ]
        return {customer: news for customer in followed if (news := rows.news(customer)) is not None}

    def _report(self, results: list[tuple[_Job, Any, BaseException | None]], signals: Signals) -> None:
        for job, result, error in results:
            if job.future.cancelled():
                continue
            if error is None:
                job.future.set_result(result)
            elif isinstance(error, StopIteration):  # a future takes any error but this
                job.future.set_exception(RuntimeError("the work raised StopIteration"))
            else:
                job.future.set_exception(error)
        if signals.conversations or signals.lanes or signals.customers or signals.downloads:
            self._committed(signals)


def of_the_store(error: BaseException) -> bool:
    """Whether the file is in trouble, not this one piece of work."""
    return isinstance(error, sqlite3.Error) and not isinstance(error, OF_THE_WORK)


def _probe(tx: Transaction) -> None:
    """Writes as much as a message may need, and leaves nothing behind."""
    assert isinstance(tx, Rows)
    tx.run("insert into set_aside (id, source, at, reason, payload) values (-1, 'probe', 0, '', zeroblob(65536))")
    tx.run("delete from set_aside where id = -1")


def connect(path: Path, *, writes: bool) -> Database:
    """A connection with the pragmas that the invariants need; for the thread that calls."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=TIMEOUT)
    connection.row_factory = sqlite3.Row
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("pragma foreign_keys = on")
    connection.execute("pragma cache_size = -32768")
    if not writes:
        connection.execute("pragma query_only = on")
    return Database(connection)


async def open_store(path: Path, clock: Clock) -> SqliteStore:
    """Open the file, migrating it if it is of an older version (after a backup beside it).

    Raises StoreError when another process uses it, when a newer version wrote it,
    when it is not a database or another program's, or when it cannot be written.
    """
    lock = await asyncio.to_thread(_prepare, path, clock)
    sys.setswitchinterval(min(sys.getswitchinterval(), TURN))
    return SqliteStore(path, clock, lock)


def _prepare(path: Path, clock: Clock) -> FileLock:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_name(path.name + ".lock"))
    except OSError as error:
        raise StoreError("unwritable", path=str(path), reason=error.strerror or str(error)) from error
    if not lock.acquire():
        raise StoreError("locked", path=str(path))
    try:
        _check(path)
        _migrate(path, clock)
    except sqlite3.DatabaseError as error:
        lock.release()
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        problem = "unwritable" if code in UNWRITABLE else "broken"
        raise StoreError(problem, path=str(path), reason=str(error)) from error
    except OSError as error:
        lock.release()
        raise StoreError("unwritable", path=str(path), reason=error.strerror or str(error)) from error
    except BaseException:
        lock.release()
        raise
    return lock


def _check(path: Path) -> None:
    """Refuse a file that is not ours to write, before anything in it is changed."""
    _make_private(path)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=TIMEOUT)) as connection:
        db = Database(connection)
        if newer_steps(db):
            raise StoreError("newer", path=str(path))
        if not migrations.applied(db) and set(db.table_names()) - {migrations.migrations_table}:
            raise StoreError("foreign", path=str(path))


def _migrate(path: Path, clock: Clock) -> None:
    os.chmod(path, 0o600)  # noqa: PTH101 -- customers' words: for this user only
    with contextlib.closing(connect(path, writes=True).conn) as connection:
        db = Database(connection)
        if migrations.applied(db) and migrations.pending(db):
            _back_up(db, path, clock)
        migrations.apply(db)


def _make_private(path: Path) -> None:
    """The file, made empty if it is not there, for this user only. Raises OSError."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def newer_steps(db: Database) -> set[str]:
    """Migrations that were applied to a file by a newer version than this one."""
    known = {step.name for step in migrations._migrations}
    return {step.name for step in migrations.applied(db)} - known


def _back_up(db: Database, path: Path, clock: Clock) -> None:
    stamp = clock.now().astimezone(UTC).strftime("%Y%m%d-%H%M%S")
    target = path.with_name(f"{path.name}.before-{stamp}")
    _make_private(target)
    with contextlib.closing(sqlite3.connect(target)) as copy:
        db.conn.backup(copy)
    log.warning("database is of an older version: backed up to %s, migrating", target)
