"""Where the emulator takes the time from, and how long it waits between tries."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """A test may bring its own; with an `async sleep(seconds)` it also decides how long pauses last."""

    def monotonic(self) -> float: ...

    def now(self) -> datetime: ...


class RealClock:
    def monotonic(self) -> float:
        return time.monotonic()

    def now(self) -> datetime:
        return datetime.now(UTC)


async def pause(clock: Clock, seconds: float, scale: float) -> None:
    """Sleep by the clock, if it can; `scale` makes real pauses shorter."""
    sleep = getattr(clock, "sleep", asyncio.sleep)
    await sleep(seconds * scale)
