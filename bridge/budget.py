"""How many calls a limit allows now. Pure: whoever asks brings the time.

Telegram lets one bot make about 20 calls a minute that show in one group (sends, edits and topics share them) and
about one a second into one chat. https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
"""

from __future__ import annotations

from collections import deque

WINDOW = 60.0  # seconds
MARGIN = 0.5  # our clock and the server's are not the same
BURST = 3  # calls that may follow each other at once
SPACING = 1.0  # seconds between calls after a burst


class Budget:
    """A sliding window of `limit` units a minute, a second's spacing after a burst, and the server's own pauses."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._spent: deque[float] = deque()  # when each unit was spent, oldest first
        self._recent: deque[float] = deque()
        self._closed_until = 0.0
        self._spacing = SPACING if limit <= 60 else 60.0 / limit

    def spend(self, now: float, units: int = 1) -> None:
        """A call that costs `units` is about to be made."""
        self._spent.extend([now] * units)
        self._recent.append(now)
        while len(self._recent) > BURST:
            self._recent.popleft()

    def answered(self, since: float, now: float) -> None:
        """The calls made since then have been answered: the server may have counted them as late as now."""
        units = 0
        while self._spent and self._spent[-1] >= since:
            self._spent.pop()
            units += 1
        self._spent.extend([now] * units)

    def close(self, until: float) -> None:
        """The server asked for a pause."""
        self._closed_until = max(self._closed_until, until)

    def wait(self, now: float, units: int = 1, reserve: int = 0) -> float:
        """Seconds until a call of `units` may be made that leaves `reserve` units for more important ones."""
        while self._spent and self._spent[0] <= now - WINDOW - MARGIN:
            self._spent.popleft()
        pauses = [0.0, self._closed_until - now]
        usable = max(1, self.limit - reserve)
        over = len(self._spent) + min(units, usable) - usable
        if over > 0:
            pauses.append(self._spent[over - 1] + WINDOW + MARGIN - now)
        if len(self._recent) == BURST:
            # A bucket of BURST that fills by one each SPACING.
            pauses.append(self._recent[0] + BURST * self._spacing - now)
        return max(pauses)

    def left(self, now: float) -> int:
        """Units that could be spent in this window."""
        return self.limit - sum(1 for at in self._spent if at > now - WINDOW - MARGIN)
