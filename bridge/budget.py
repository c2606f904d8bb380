"""How many calls a limit allows now. Pure: whoever asks brings the time.

Telegram lets one bot make about 20 calls a minute that show in one group (sends, edits and topics share them),
about one a second into one chat, and about 30 a second into all its chats together.
https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
"""

from __future__ import annotations

from collections import deque

WINDOW = 60.0  # seconds
MARGIN = 0.5  # our clock and the server's are not the same
BURST = 3  # calls that may follow each other at once
SPACING = 1.0  # seconds between calls after a burst
USUAL = 20  # calls a minute into one group
OVERALL = 30  # calls a second into all chats of a bot, where those into a group are the usual ones
SECOND = 1.1  # what we take for a second: the server's clock is not ours
IN_FLIGHT = 0.05  # seconds until it is worth looking again whether a call has been answered
RECOVERY = 30.0  # seconds until a limit that turned out too high is raised by one again


class Budget:
    """What one bot may do in one group: a sliding window of `limit` units a minute, a second's spacing after a
    burst, and the server's own pauses.

    After a refusal (`refused`) it goes gently: half of what it took for allowed, without bursts; then one unit more
    each half minute, until it is back at `limit`.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._spent: deque[float] = deque()  # when each unit was spent, oldest first
        self._recent: deque[float] = deque()
        self._closed_until = 0.0
        self._lowered: tuple[int, float] | None = None  # to what, and since when it may rise

    def limit_at(self, now: float) -> int:
        """Units in a minute, as far as we know now."""
        if self._lowered is None:
            return self.limit
        lowered, since = self._lowered
        risen = lowered + int(max(0.0, now - since) / RECOVERY)
        if risen >= self.limit:
            self._lowered = None
            return self.limit
        return risen

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
        """Nothing is to be spent before then."""
        self._closed_until = max(self._closed_until, until)

    def refused(self, now: float, seconds: float) -> None:
        """The server refused a call, and asked for a pause: keep it, then go gently."""
        ends = now + seconds
        if now >= self._closed_until or self._lowered is None:  # a refusal within a pause is no news of the limit
            self._lowered = max(1, self.limit_at(now) // 2), ends
        self.close(ends)

    def closed(self, now: float) -> float:
        """Seconds for which it is still closed."""
        return max(0.0, self._closed_until - now)

    def wait(self, now: float, units: int = 1, reserve: int = 0) -> float:
        """Seconds until a call of `units` may be made that leaves `reserve` units for more important ones."""
        while self._spent and self._spent[0] <= now - WINDOW - MARGIN:
            self._spent.popleft()
        pauses = [0.0, self._closed_until - now]
        usable = max(1, self.limit_at(now) - reserve)
        over = len(self._spent) + min(units, usable) - usable
        if over > 0:
            pauses.append(self._spent[over - 1] + WINDOW + MARGIN - now)
        burst = BURST if self._lowered is None else 1
        if len(self._recent) >= burst:
            # A bucket of `burst` that fills by one each `spacing`.
            pauses.append(self._recent[-burst] + burst * self.spacing(now) - now)
        return max(pauses)

    def delay(self, now: float, units: int, reserve: int = 0) -> float:
        """About how many seconds until so many units more have been spent, one by one."""
        usable = max(1, self.limit_at(now) - reserve)
        spent = [at for at in self._spent if at > now - WINDOW - MARGIN]
        delay = max(self.closed(now), (units - BURST) * self.spacing(now))
        over = units - (usable - len(spent))
        if over <= 0:
            return delay
        rounds, place = divmod(over - 1, usable)
        leaves = spent[place] if place < len(spent) else now + (place - len(spent)) * self.spacing(now)
        return max(delay, (rounds + 1) * (WINDOW + MARGIN) + leaves - now)

    def left(self, now: float) -> int:
        """Units that could be spent in this window."""
        return self.limit_at(now) - sum(1 for at in self._spent if at > now - WINDOW - MARGIN)

    def spacing(self, now: float) -> float:
        """Seconds between calls after a burst."""
        return SPACING if self.limit <= 60 else 60.0 / self.limit_at(now)


class Rate:
    """What one bot may do in all its chats together: so many units in any second, as the server counts them.

    When the server counted a call is known only to lie between the call and its answer.
    """

    def __init__(self, limit: int = OVERALL) -> None:
        self.limit = limit
        self._in_flight = 0
        self._answered: deque[float] = deque()  # when, for each unit

    @classmethod
    def beside(cls, posts_per_minute: int) -> Rate:
        """The rate of a bot at a server that allows so many posts in a group: its limits go together."""
        return cls(max(OVERALL, OVERALL * posts_per_minute // USUAL))

    def begin(self, units: int = 1) -> None:
        """A call that costs `units` is being made."""
        self._in_flight += units

    def end(self, now: float, units: int = 1) -> None:
        """It has been answered, or given up."""
        self._in_flight -= units
        self._answered.extend([now] * units)

    def wait(self, now: float, units: int = 1) -> float:
        """Seconds until a call of `units` may be made."""
        while self._answered and self._answered[0] <= now - SECOND:
            self._answered.popleft()
        over = self._in_flight + len(self._answered) + min(units, self.limit) - self.limit
        if over <= 0:
            return 0.0
        if over > len(self._answered):
            return IN_FLIGHT  # somebody has to be answered first
        return self._answered[over - 1] + SECOND - now
