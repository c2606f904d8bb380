"""How often an address may try to enter. Nothing can be guessed (tokens are random); this spares the machine."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from bridge.clock import Clock
from bridge.web.pace import Pace, Rate

FAILED: Final = Rate(10, 600.0)  # tries that came to nothing: ten at once, and then one a minute
ENTERED: Final = Rate(100, 600.0)  # an office behind one address enters in the morning
KNOWN: Final = 10_000  # addresses; those that have been quiet longest are forgotten first


class Throttle:
    """Counts tries by address."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: OrderedDict[str, tuple[Pace, Pace]] = OrderedDict()  # failed, entered; the quietest first

    def begin(self, address: str) -> float:
        """Count a try and return 0, or return the seconds after which the address may try again.

        Until it succeeds it counts as failed: many tries at the same time are no way round.
        """
        failed, entered = paces = self._known.pop(address, None) or (Pace(FAILED), Pace(ENTERED))
        self._known[address] = paces
        self._forget()
        now = self._clock.monotonic()
        wait = max(failed.wait(now), entered.wait(now))
        if not wait:
            failed.take(now)
        return wait

    def succeeded(self, address: str) -> None:
        """The try brought somebody in, or failed for what is not their fault."""
        if address in self._known:
            failed, entered = self._known[address]
            failed.give_back()
            entered.take(self._clock.monotonic())

    def __len__(self) -> int:
        return len(self._known)

    def _forget(self) -> None:
        """Drop who has nothing counted, and who is too many; never the last one, who asks now."""
        now = self._clock.monotonic()
        while len(self._known) > 1:
            quietest = next(iter(self._known))
            if len(self._known) <= KNOWN and not all(pace.idle(now) for pace in self._known[quietest]):
                break
            del self._known[quietest]
