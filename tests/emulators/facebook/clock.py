"""Where the emulator takes the time from."""

from __future__ import annotations

from datetime import UTC, datetime

from ..common.clock import Clock, RealClock, pause


class Time:
    """The clock as the emulator uses it: milliseconds that never repeat, and pauses that can be scaled."""

    def __init__(self, clock: Clock | None, scale: float) -> None:
        self.clock: Clock = clock or RealClock()
        self.scale = scale
        self._last = 0

    def monotonic(self) -> float:
        return self.clock.monotonic()

    def seconds(self) -> float:
        return self.clock.now().timestamp()

    def milliseconds(self) -> int:
        """Each call is later than the one before, so that "all until then" is exact."""
        self._last = max(int(self.seconds() * 1000), self._last + 1)
        return self._last

    def text(self, milliseconds: int) -> str:
        """As `created_time` shows it."""
        return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")

    async def sleep(self, seconds: float) -> None:
        await pause(self.clock, seconds, self.scale)
