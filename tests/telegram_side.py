"""What tests of the Telegram connection stand on: the emulator, a real store, and a clock that the test turns."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from aiogram.types import Update

from bridge.catalogue import Catalogue
from bridge.clock import Clock
from bridge.inbox import Inbox
from bridge.model import ChannelName, GroupName
from bridge.telegram.client import TelegramClient, make_bot
from bridge.telegram.updates import After, UpdateLoop, UpdateTaker, Work
from storage.sqlite import SqliteStore, open_store
from storage.store import Transaction
from tests.emulators.telegram import Bot, TelegramEmulator

RU = Catalogue("ru")
TG = ChannelName("tg")
SALES = GroupName("sales")
Result = TypeVar("Result")


class HandClock(Clock):
    """Time that passes only when the test says so."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.sleeping: dict[asyncio.Future[None], float] = {}

    def now(self) -> datetime:
        return datetime(2026, 9, 1, 9, 0, tzinfo=UTC) + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return 1000.0 + self.passed

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sleeping[future] = self.passed + seconds
        try:
            await future
        finally:
            self.sleeping.pop(future, None)

    @property
    def pauses(self) -> list[float]:
        """For how long each sleeper will still sleep."""
        return sorted(until - self.passed for until in self.sleeping.values())

    def passes(self, seconds: float) -> None:
        self.passed += seconds
        for future, until in list(self.sleeping.items()):
            if until <= self.passed:
                del self.sleeping[future]
                if not future.done():
                    future.set_result(None)


class ShakyInbox(Inbox):
    """An inbox whose store fails on demand, as a full disk would."""

    broken = False

    def submit(self, work: Callable[[Transaction], Result]) -> asyncio.Future[Result]:
        if not self.broken:
            return super().submit(work)
        failed: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        failed.set_exception(OSError(28, "No space left on device"))
        return failed


class Notes:
    """A taker that remembers in the database what texts came, in order; some texts make it misbehave."""

    allowed_updates = frozenset({"message"})

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.after: list[str] = []
        self.file_broken = True
        self.gates: dict[str, asyncio.Event] = {}

    async def take(self, update: Update) -> Work | None:
        if update.message is None:
            return None
        text = update.message.text or ""
        if text in self.gates:
            await self.gates[text].wait()
        if text == "take raises":
            raise KeyError(text)

        def work(tx: Transaction) -> After | None:
            if text == "work raises":
                raise ValueError(text)
            if text == "a rule of the schema":
                raise sqlite3.IntegrityError("unique")
            if text == "a broken file" and self.file_broken:
                raise sqlite3.DatabaseError("database disk image is malformed")
            self.seen.append(text)
            return lambda: self.after.append(text)

        return work


class Side:
    """An emulator with one bot, and our end of the connection."""

    def __init__(self, emulator: TelegramEmulator, clock: HandClock, store: SqliteStore) -> None:
        self.emulator = emulator
        self.clock = clock
        self.store = store
        self.inbox = ShakyInbox(store, {TG: SALES})
        self.bot: Bot = emulator.add_bot()
        self.client = self.connect(self.bot)
        self._clients = [self.client]
        self._tasks: list[asyncio.Task[Any]] = []

    def connect(self, bot: Bot | str, clock: Clock | None = None) -> TelegramClient:
        token = bot if isinstance(bot, str) else bot.token
        client = TelegramClient(make_bot(token, self.emulator.url), clock or self.clock, RU)
        if hasattr(self, "_clients"):
            self._clients.append(client)
        return client

    def loop(self, takers: Sequence[UpdateTaker], **how: Any) -> UpdateLoop:
        how.setdefault("poll_seconds", 5)
        return UpdateLoop(self.client, self.inbox, takers, self.clock, RU, **how)

    def start(self, runner: Any) -> asyncio.Task[Any]:
        task = asyncio.create_task(runner.run())
        self._tasks.append(task)
        return task

    async def until(self, condition: Callable[[], Any]) -> Any:
        return await self.emulator.wait_until(condition)

    async def set_aside(self) -> list[tuple[str, str]]:
        """Reasons and payloads of what could not be handled."""
        rows = await self.store.read(lambda tx: tx.all("select reason, payload from set_aside"))  # type: ignore[attr-defined]
        return [(row["reason"], row["payload"]) for row in rows]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for client in self._clients:
            session = client._bot.session._session  # aiogram's own close() sleeps
            if session is not None:
                await session.close()


@contextlib.asynccontextmanager
async def telegram_side(path: Path) -> AsyncIterator[Side]:
    clock = HandClock()
    store = await open_store(path / "otklik.db", clock)
    async with TelegramEmulator() as emulator:
        side = Side(emulator, clock, store)
        try:
            yield side
        finally:
            await side.stop()
            await store.close()
