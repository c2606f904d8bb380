"""What the ways to a visitor's tab share: one send at a time, how long it is stuck, when anything was heard."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from enum import Enum, auto

from bridge.channels.site.protocol import FRAME_LIMIT, Close
from bridge.clock import Clock

READ_LIMIT = 4 * FRAME_LIMIT  # what is too big by less than this gets a clear error, not just an end
SEND_BUFFER = 64 * 1024  # bytes on their way to a visitor; a send beyond that waits until the visitor reads

HELLO_WITHIN = 10.0  # seconds
PING_AFTER = 30.0  # seconds without a word
SILENT_AFTER = 60.0
STUCK_AFTER = 20.0  # seconds in which a reader took nothing of what we send


class Trouble(Enum):
    """What is wrong with a connection."""

    DEAD = auto()  # nobody takes what we send, or will ask for it
    LATE = auto()  # the hello has not come in time
    SILENT = auto()  # nothing was heard for so long that nobody can be there
    QUIET = auto()  # nothing was heard for a while, and nobody has asked yet


class Connection(ABC):
    """What the rest of the site channel knows of a way to a tab. Thousands are open and idle: keep them small."""

    __slots__ = (
        "_clock",
        "_ending",
        "_heard_at",
        "_opened_at",
        "_pinged",
        "_senders",
        "_sending_since",
        "_turn",
        "greeted",
    )

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._opened_at = self._heard_at = clock.monotonic()
        self._sending_since: float | None = None
        self._turn: asyncio.Lock | None = None  # there only while somebody sends
        self._senders = 0
        self._pinged = False
        self._ending = False
        self.greeted = False  # a hello has been taken

    @property
    @abstractmethod
    def closed(self) -> bool:
        """Whether it is over."""

    @abstractmethod
    async def close(self, code: Close, reason: str = "") -> None:
        """Say goodbye and end it."""

    @abstractmethod
    def drop(self) -> None:
        """End it at once, with whatever still waits to be sent."""

    @abstractmethod
    async def ask(self) -> None:
        """Ask whether anybody is there, once for each silence."""

    @abstractmethod
    async def _write(self, frame: str) -> None:
        """Give one frame out; returns when there is room for the next."""

    def heard(self) -> None:
        """There is somebody."""
        self._heard_at = self._clock.monotonic()
        self._pinged = False

    async def send(self, frame: str) -> None:
        """Send; waits while the visitor does not read. Raises ConnectionError when the connection is over."""
        async with self._in_turn():
            await self._write(frame)

    @contextlib.asynccontextmanager
    async def _in_turn(self) -> AsyncIterator[None]:
        """Wait for whoever sends before us, and count the time that we take."""
        if self._turn is None:
            self._turn = asyncio.Lock()
        self._senders += 1
        try:
            async with self._turn:
                self._sending_since = self._clock.monotonic()
                try:
                    yield
                finally:
                    self._sending_since = None
        finally:
            self._senders -= 1
            if not self._senders:
                self._turn = None

    def stuck(self, now: float) -> bool:
        """Whether the visitor does not read what we send."""
        return self._sending_since is not None and now - self._sending_since >= STUCK_AFTER

    def silent(self, now: float) -> bool:
        """Whether nothing was heard for so long that nobody can be there."""
        return now - self._heard_at >= SILENT_AFTER

    def trouble(self, now: float) -> Trouble | None:
        """What is wrong with it, the worst first."""
        if self.stuck(now):
            return Trouble.DEAD
        if self._ending:
            return None
        if not self.greeted:
            return Trouble.LATE if now - self._opened_at >= HELLO_WITHIN else None
        quiet = now - self._heard_at
        if quiet < PING_AFTER:
            return None
        if quiet >= SILENT_AFTER:
            return Trouble.SILENT
        return None if self._pinged else Trouble.QUIET
