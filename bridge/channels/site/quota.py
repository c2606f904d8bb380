"""How many bytes one visitor and one address may upload, and when they may go on."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

DAY: Final = 24 * 3600.0


class Quota:
    """`amount` in any `seconds` for each key: all at once or spread, and afterwards evenly as it comes free again.

    Like `limits.Meter`, with steps of any size. More may be taken than there was: then there is a wait.
    """

    def __init__(self, amount: int, seconds: float = DAY) -> None:
        self._amount = amount
        self._seconds = seconds
        self._full_at: dict[Hashable, float] = {}  # when all of the amount will be free again

    def wait(self, key: Hashable, amount: int, now: float) -> float:
        """Seconds until `key` may take `amount` (or all there ever is, if that is less); 0 if it may now."""
        full_at = self._full_at.get(key, now)
        return max(0.0, full_at - now - self._time(self._amount - min(amount, self._amount)))

    def take(self, key: Hashable, amount: int, now: float) -> None:
        """Count what `key` has taken."""
        self._full_at[key] = max(self._full_at.get(key, now), now) + self._time(amount)

    def sweep(self, now: float) -> None:
        """Forget whoever has all of the amount free."""
        self._full_at = {key: full_at for key, full_at in self._full_at.items() if full_at > now}

    def __len__(self) -> int:
        return len(self._full_at)

    def _time(self, amount: int) -> float:
        return amount * self._seconds / self._amount
