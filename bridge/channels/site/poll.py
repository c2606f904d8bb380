"""A visitor's tab that asks over HTTP: frames wait here until they are asked for, and until they have arrived."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bridge.channels.site.connection import SEND_BUFFER, Connection, Trouble
from bridge.channels.site.protocol import Close
from bridge.clock import Clock

POLL_WAITS = 25.0  # seconds; proxies give up after 30 or more


@dataclass(frozen=True, slots=True)
class Answer:
    """What one poll brings: frames under a number, and how the connection ended if it did."""

    n: int
    frames: tuple[str, ...] = ()
    closed: Close | None = None


class BadNumber(ValueError):
    """A poll names an answer that is neither the last nor the one before it."""


class PollConnection(Connection):
    """Nothing here waits in a task of its own: `tick` ends the polls that have waited long enough."""

    __slots__ = ("_asked_at", "_asking", "_code", "_dropped", "_kept", "_n", "_room", "_size", "_waiting")

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._n = 0  # of the last answer that was given
        self._kept: tuple[str, ...] = ()  # its frames, until the next poll shows that they have arrived
        self._waiting: list[str] = []  # for the next answer
        self._size = 0  # characters in it
        self._room: asyncio.Future[None] | None = None  # a send that waits for the next answer to be fetched
        self._asking: asyncio.Future[bool] | None = None  # a poll that waits; True: there is something
        self._asked_at = 0.0
        self._code: Close | None = None
        self._dropped = False

    @property
    def closed(self) -> bool:
        """Whether it is over; the last frames and the code may still be asked for."""
        return self._dropped or self._code is not None

    @property
    def dropped(self) -> bool:
        """Whether there is nothing left to ask for."""
        return self._dropped

    async def _write(self, frame: str) -> None:
        while self._size >= SEND_BUFFER and not self.closed:
            self._room = asyncio.get_running_loop().create_future()
            await self._room
        if self.closed:
            raise ConnectionResetError("the connection is over")
        self._waiting.append(frame)
        self._size += len(frame)
        self._wake(news=True)

    async def poll(self, n: int) -> Answer:
        """The answer after answer `n`, waiting for something to bring; the last one again if it was lost.

        Raises BadNumber. When there was nothing to bring, or another poll came, it is `n` again without frames.
        """
        self.heard()
        self._wake(news=False)  # one at a time: the one before has been given up
        if n != self._n:
            if n < 0 or n != self._n - 1:
                raise BadNumber
            return self._last()
        self._kept = ()
        if not (self._waiting or self.closed) and not await self._ask():
            return Answer(n)
        if n != self._n or not (self._waiting or self.closed):
            return Answer(n)  # another poll was quicker
        self._n += 1
        self._kept, self._waiting, self._size = tuple(self._waiting), [], 0
        self._make_room()
        return self._last()

    def tick(self, now: float) -> None:
        """Let a poll that has waited long enough go with nothing."""
        if self._asking is not None and now - self._asked_at >= POLL_WAITS:
            self._wake(news=False)

    async def close(self, code: Close, reason: str = "") -> None:
        """End it; the last answer tells the code."""
        if not self.closed:
            self._ending = True
            self._code = code
            self._make_room()
            self._wake(news=True)

    def drop(self) -> None:
        """End it at once; a poll that waits learns it."""
        self._dropped = True
        self._make_room()
        self._wake(news=True)

    async def ask(self) -> None:
        """Nobody need be asked: whoever is there polls."""

    def trouble(self, now: float) -> Trouble | None:
        """It is dead when its visitor no longer asks, or not for what waits."""
        return Trouble.DEAD if self.stuck(now) or self.silent(now) else None

    async def _ask(self) -> bool:
        """Wait for something to bring."""
        asking: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._asking = asking
        self._asked_at = self._clock.monotonic()
        try:
            return await asking
        finally:
            if self._asking is asking:
                self._asking = None
            self.heard()

    def _last(self) -> Answer:
        return Answer(self._n, self._kept, None if self._waiting else self._code)

    def _wake(self, *, news: bool) -> None:
        if self._asking is not None and not self._asking.done():
            self._asking.set_result(news)

    def _make_room(self) -> None:
        if self._room is not None and not self._room.done():
            self._room.set_result(None)
        self._room = None
