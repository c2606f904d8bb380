"""A clock that stands still until the test turns it."""

import asyncio
import contextlib
import heapq
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bridge.clock import Clock

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PATIENCE = 30.0  # seconds of real time until a test gives up waiting


class TurnedClock(Clock):
    """Nobody wakes up unless the clock is turned, and then at the very moment they asked for."""

    def __init__(self) -> None:
        self._passed = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = itertools.count()

    def now(self) -> datetime:
        return START + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return 1000.0 + self._passed

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._passed + seconds, next(self._count), woken))
        await woken

    @property
    def sleeps(self) -> list[float]:
        """For how many seconds from now each sleeper still sleeps, the shortest first."""
        return [due - self._passed for due, _, woken in sorted(self._sleepers) if not woken.done()]

    def passes(self, seconds: float) -> None:
        """Turn the clock forward and wake those whose time has come."""
        self._passed += seconds
        while self._sleepers and self._sleepers[0][0] <= self._passed + 1e-6:
            woken = heapq.heappop(self._sleepers)[2]
            if not woken.done():
                woken.set_result(None)


async def until(condition: Callable[[], object], what: str = "") -> None:
    """Wait for a condition."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while not condition():  # noqa: ASYNC110 -- any condition, also of what threads do
                await asyncio.sleep(0.001)
    assert condition(), what or "it did not happen"
