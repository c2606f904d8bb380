"""How near we are to the limits, as the headers of each answer tell, and the pace that follows from it.

https://developers.facebook.com/docs/graph-api/overview/rate-limiting#headers
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from bridge.budget import Budget
from bridge.clock import Clock
from bridge.web.api import parsed

# A page may make 300 calls a second, 10 of which may carry sound or video; a budget lets three go at once.
# https://developers.facebook.com/docs/graph-api/overview/rate-limiting#messenger-rate-limits
PER_MINUTE: Final = 290 * 60
SLOW_PER_MINUTE: Final = 6 * 60
FULL: Final = 80  # percent of what is allowed, from which on we go slowly
SLOWLY: Final = 1.0  # seconds between calls then
SLOW_FOR: Final = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Usage:
    """Percent of what is allowed, and how long all calls are refused."""

    percent: float = 0.0
    regain: timedelta | None = None


def usage(headers: Mapping[str, str]) -> Usage:
    """What the headers of an answer tell; they are Facebook's own, and may be missing or be anything."""
    percent, minutes = _percent(parsed(headers.get("X-App-Usage", ""))), 0.0
    business = parsed(headers.get("X-Business-Use-Case-Usage", ""))
    for entries in business.values() if isinstance(business, dict) else ():
        for entry in entries if isinstance(entries, list) else ():
            percent = max(percent, _percent(entry))
            if isinstance(entry, dict):
                minutes = max(minutes, _number(entry.get("estimated_time_to_regain_access")))
    return Usage(percent, timedelta(minutes=min(minutes, 24 * 60)) if minutes > 0 else None)


class Pace:
    """When the next call may be made. One for each page."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._all = Budget(PER_MINUTE)
        self._slow = Budget(SLOW_PER_MINUTE)
        self._turns = (asyncio.Lock(), asyncio.Lock())
        self._closed_until = 0.0
        self._slowly_until = 0.0

    @property
    def closed_for(self) -> float:
        """Seconds for which the platform wants to hear nothing from us; 0 if it does."""
        return max(0.0, self._closed_until - self._clock.monotonic())

    def close(self, seconds: float) -> None:
        """The platform asked for a pause."""
        self._closed_until = max(self._closed_until, self._clock.monotonic() + seconds)

    def told(self, found: Usage) -> None:
        """What an answer told."""
        if found.percent >= FULL:
            self._slowly_until = self._clock.monotonic() + SLOW_FOR

    async def turn(self, *, slow: bool) -> None:
        """Wait for it; those who wait go in the order in which they came."""
        if slow:
            async with self._turns[1]:
                await self._wait(self._slow)
        async with self._turns[0]:
            await self._wait(self._all)
            if self._slowly_until > self._clock.monotonic():
                await self._clock.sleep(SLOWLY)

    async def _wait(self, budget: Budget) -> None:
        while (pause := budget.wait(self._clock.monotonic())) > 0:
            await self._clock.sleep(pause)
        budget.spend(self._clock.monotonic())


def _percent(value: Any) -> float:
    if not isinstance(value, dict):
        return 0.0
    return max(_number(value.get(name)) for name in ("call_count", "total_cputime", "total_time"))


def _number(value: object) -> float:
    return float(min(value, 1_000_000)) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
