"""Where an emulator takes the time from."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """A test may bring its own; with an `async sleep(seconds)` it may also decide how long pauses last."""

    def monotonic(self) -> float: ...

    def now(self) -> datetime: ...


class RealClock:
    def monotonic(self) -> float:
        return time.monotonic()

    def now(self) -> datetime:
        return datetime.now(UTC)


class HandClock:
    """Turned by the test, by `passed`; who sleeps by it turns it too."""

    def __init__(self) -> None:
        self.passed = 0.0

    def monotonic(self) -> float:
        return 1000.0 + self.passed

    def now(self) -> datetime:
        return datetime(2026, 9, 1, 9, 0, tzinfo=UTC) + timedelta(seconds=self.passed)

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds
        await asyncio.sleep(0)


async def pause(clock: Clock, seconds: float, scale: float = 1.0) -> None:
    """Sleep by the clock, if it can; `scale` makes real pauses shorter."""
    sleep = getattr(clock, "sleep", asyncio.sleep)
    await sleep(seconds * scale)
