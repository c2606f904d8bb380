"""Where the emulator takes the time from."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Any, Protocol


class Clock(Protocol):
    """A test may bring its own; with an `async sleep(seconds)` it also decides how long pauses last."""

    def monotonic(self) -> float: ...

    def now(self) -> datetime: ...


class RealClock:
    def monotonic(self) -> float:
        return time.monotonic()

    def now(self) -> datetime:
        return datetime.now(UTC)


class Time:
    """The clock as the emulator uses it: milliseconds that never repeat, and pauses that can be scaled."""

    def __init__(self, clock: Clock | None, scale: float) -> None:
        self.clock: Any = clock or RealClock()
        self.scale = scale
        self._last = 0

    def monotonic(self) -> float:
        return float(self.clock.monotonic())

    def seconds(self) -> float:
        return float(self.clock.now().timestamp())

    def milliseconds(self) -> int:
        """Each call is later than the one before, so that "all until then" is exact."""
        self._last = max(int(self.seconds() * 1000), self._last + 1)
        return self._last

    def text(self, milliseconds: int) -> str:
        """As `created_time` shows it."""
        return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")

    async def sleep(self, seconds: float) -> None:
        sleep = getattr(self.clock, "sleep", None)
        await (sleep or asyncio.sleep)(seconds * self.scale)
