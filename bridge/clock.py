"""Time as a thing that tests can turn."""

from __future__ import annotations

import asyncio
import contextlib
import time
from datetime import UTC, datetime

_BOOT = getattr(time, "CLOCK_BOOTTIME", None)

JUMP = 30.0  # seconds; by less a clock is only kept right


class Clock:
    """The real time. Tests put their own in its place."""

    _base: float | None = None  # the wall clock less the steady one, as we believe it

    def now(self) -> datetime:
        """The wall clock, aware, in UTC; but when somebody sets it, it goes on as before until `follow`."""
        steady = self._steady()
        base, known = self._wall() - steady, self._base
        if known is None or abs(base - known) < JUMP:
            self._base = known = base
        return datetime.fromtimestamp(known + steady, UTC)

    @property
    def jump(self) -> float:
        """By how many seconds the wall clock was set since `now` was first asked; 0 when it was not."""
        off = self._wall() - self._steady() - self._base if self._base is not None else 0.0
        return off if abs(off) >= JUMP else 0.0

    def follow(self, jump: float) -> None:
        """From now on `now` tells what the wall clock does since it was set by `jump`."""
        assert self._base is not None
        self._base += jump

    def _wall(self) -> float:
        return time.time()

    def _steady(self) -> float:
        """Seconds that nobody can set, and that also pass while the machine is suspended, where it can tell."""
        return time.monotonic() if _BOOT is None else time.clock_gettime(_BOOT)

    def monotonic(self) -> float:
        """Seconds that only grow."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of this clock."""
        await asyncio.sleep(max(0.0, seconds))

    async def wait(self, event: asyncio.Event, seconds: float | None) -> bool:
        """Wait until `event` is set, at most `seconds` of this clock; True if it was set."""
        if event.is_set():
            return True
        if seconds is None:
            await event.wait()
            return True
        if type(self).sleep is Clock.sleep:  # the loop's own time: no tasks are needed
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, seconds)):
                    await event.wait()
            return event.is_set()
        waiter = asyncio.ensure_future(event.wait())
        sleeper = asyncio.ensure_future(self.sleep(seconds))
        try:
            await asyncio.wait({waiter, sleeper}, return_when=asyncio.FIRST_COMPLETED)
            return event.is_set()
        finally:
            waiter.cancel()
            sleeper.cancel()
