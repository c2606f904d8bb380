"""What the page knows about a visitor, told to operators: the latest, and not too often."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping

from bridge.clock import Clock

PAUSE = 5.0  # seconds between two writes for one tab


class Details:
    """The fields of one tab's page. `write` stores them and says whether that took a write; it must not raise."""

    __slots__ = ("_clock", "_next_at", "_task", "_waiting", "_write", "latest")

    def __init__(self, write: Callable[[Mapping[str, str]], Awaitable[bool]], clock: Clock) -> None:
        self._write = write
        self._clock = clock
        self._next_at = -math.inf
        self._waiting = False
        self._task: asyncio.Task[None] | None = None
        self.latest: Mapping[str, str] = {}

    def replace(self, details: Mapping[str, str]) -> None:
        """The page knows this now; it is written soon, unless something newer comes first."""
        if details == self.latest:
            return
        self.latest = details
        self._waiting = True
        if self._task is None:
            self._task = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        try:
            while self._waiting:
                await self._clock.sleep(max(0.0, self._next_at - self._clock.monotonic()))
                await self._store()
        finally:
            self._task = None

    async def _store(self) -> None:
        self._waiting = False
        if await self._write(self.latest):
            self._next_at = self._clock.monotonic() + PAUSE

    async def stop(self) -> None:
        """The tab is gone: what has not been written yet is written now."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._waiting:
            await self._store()
