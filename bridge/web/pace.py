"""How often somebody may do something, and when they may go on. Nothing here waits or keeps a timer."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass

MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Rate:
    """`times` in any `seconds`: all at once or spread, and afterwards evenly as they come free again."""

    times: int
    seconds: float = MINUTE

    @property
    def interval(self) -> float:
        """Seconds after which one more comes free."""
        return self.seconds / self.times


class Pace:
    """One count that keeps a `Rate`; remembers a single moment however often it is used."""

    __slots__ = ("_full_at", "_rate")

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._full_at = -math.inf  # when all of the rate will be free again

    def wait(self, now: float) -> float:
        """Seconds until one more is allowed; 0 if it is allowed now."""
        return max(0.0, self._full_at - now - (self._rate.seconds - self._rate.interval))

    def take(self, now: float) -> None:
        """Count one."""
        self._full_at = max(self._full_at, now) + self._rate.interval

    def give_back(self) -> None:
        """One that was counted does not count after all."""
        self._full_at -= self._rate.interval

    def idle(self, now: float) -> bool:
        """Whether forgetting it would change nothing."""
        return self._full_at <= now


class Meter:
    """A `Pace` for each key; those that are idle are forgotten by `sweep`."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._paces: dict[Hashable, Pace] = {}

    def wait(self, key: Hashable, now: float) -> float:
        """Seconds until `key` is allowed one more; 0 if it is now."""
        pace = self._paces.get(key)
        return pace.wait(now) if pace else 0.0

    def take(self, key: Hashable, now: float) -> None:
        """Count one of `key`."""
        self._paces.setdefault(key, Pace(self._rate)).take(now)

    def sweep(self, now: float) -> None:
        """Forget whoever has all of the rate free."""
        self._paces = {key: pace for key, pace in self._paces.items() if not pace.idle(now)}

    def __len__(self) -> int:
        return len(self._paces)
