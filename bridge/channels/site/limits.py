"""How much one visitor and one address may do, and when they may go on. Nothing here waits or keeps a timer."""

from __future__ import annotations

from collections import Counter

from bridge.clock import Clock
from bridge.web.pace import MINUTE, Meter, Rate

ADDRESS_SHARE = 10  # an office behind one address may write as much as so many visitors
CONNECTS_SHARE = 6  # new connections of an address a minute, as a multiple of those it may hold open
HOUR = 3600.0


class Limits:
    """The limits of one channel."""

    def __init__(
        self,
        messages_per_minute: int,
        connections_per_address: int,
        clock: Clock,
        new_visitors_per_address: int,
    ) -> None:
        self._clock = clock
        self._most_open = connections_per_address
        self._open: Counter[str] = Counter()
        self._connects = Meter(Rate(connections_per_address * CONNECTS_SHARE))
        self._of_visitor = Meter(Rate(messages_per_minute))
        self._of_address = Meter(Rate(messages_per_minute * ADDRESS_SHARE))
        self._new_visitors = Meter(Rate(new_visitors_per_address, HOUR))

    def connect(self, address: str) -> float:
        """Count a connection in and return 0, or return the seconds after which to try again."""
        now = self._clock.monotonic()
        wait = self._connects.wait(address, now)
        if wait:
            return wait
        self._connects.take(address, now)
        if self._open[address] >= self._most_open:
            return MINUTE
        self._open[address] += 1
        return 0.0

    def disconnect(self, address: str) -> None:
        """A connection that was counted in is gone."""
        self._open[address] -= 1
        if self._open[address] <= 0:
            del self._open[address]

    def message(self, visitor: str, address: str, *, new: bool = False) -> float:
        """Count a message and return 0, or return the seconds after which the visitor may write again.

        `new`: it is the first one of a visitor of whom nobody has heard. A script with a thousand secrets would
        fill the desk with conversations otherwise.
        """
        now = self._clock.monotonic()
        counted = [(self._of_visitor, visitor), (self._of_address, address)]
        if new:
            counted.append((self._new_visitors, address))
        wait = max(meter.wait(key, now) for meter, key in counted)
        if wait:
            return wait
        for meter, key in counted:
            meter.take(key, now)
        return 0.0

    def sweep(self) -> None:
        """Forget what no longer matters."""
        now = self._clock.monotonic()
        for meter in (self._connects, self._of_visitor, self._of_address, self._new_visitors):
            meter.sweep(now)
