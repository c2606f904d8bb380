"""Flood control: what costs how much, and who has to wait (§5)."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Any

from .errors import Refusal, too_many
from .words import words

ONE = words(
    "sendmessage sendphoto sendvideo senddocument sendaudio sendvoice sendvideonote sendanimation sendsticker "
    "sendlocation sendvenue sendcontact sendpoll senddice sendrichmessage copymessage forwardmessage "
    "editmessagetext editmessagecaption editmessagemedia editmessagereplymarkup createforumtopic "
    "editforumtopic closeforumtopic reopenforumtopic deleteforumtopic editgeneralforumtopic "
    "closegeneralforumtopic reopengeneralforumtopic hidegeneralforumtopic unhidegeneralforumtopic "
    "pinchatmessage setchattitle"
)
EPHEMERAL_EDITS = words("editephemeralmessagetext editephemeralmessagecaption editephemeralmessagereplymarkup")
ALBUMS = {"sendmediagroup": "media", "copymessages": "message_ids", "forwardmessages": "message_ids"}


@dataclass(frozen=True)
class Limits:
    """None switches a limit off; pairs are (units, seconds)."""

    group: tuple[int, float] | None = None
    private: tuple[float, int] | None = None  # per second, burst
    overall: tuple[int, float] | None = None
    action: tuple[tuple[int, float], ...] = ()
    ephemeral: int = 1  # units of an ephemeral message or its edit: not known (§5), so the careful guess
    stubborn: float = 0.0  # seconds that each call during a pause adds to it; 0: none

    @classmethod
    def off(cls) -> Limits:
        return cls()

    @classmethod
    def real(cls, **changes: Any) -> Limits:
        usual = cls(
            group=(20, 60.0), private=(1.0, 3), overall=(30, 1.0), action=((20, 5.0), (40, 30.0)), stubborn=3.0
        )
        return replace(usual, **changes)


def cost(method: str, values: dict[str, Any], limits: Limits) -> int:
    """Sending, editing and topic calls share one bucket; an album of n counts n (§5)."""
    method = method.lower()
    if method in ALBUMS:
        items = values.get(ALBUMS[method])
        return len(items) if isinstance(items, list) else 1
    if method in EPHEMERAL_EDITS:
        return limits.ephemeral
    if method in ONE:
        hidden = values.get("ephemeral_message_parameters") or values.get("receiver_user_id")
        return limits.ephemeral if hidden else 1
    return 0


@dataclass(slots=True)
class _Window:
    """A sliding window of spent units."""

    spent: deque[tuple[float, int]] = field(default_factory=deque)
    total: int = 0

    def wait(self, now: float, count: int, limit: tuple[int, float]) -> float:
        units, seconds = limit
        while self.spent and self.spent[0][0] <= now - seconds:
            self.total -= self.spent.popleft()[1]
        excess = self.total + count - units
        if excess <= 0:
            return 0.0
        for at, spent in self.spent:
            excess -= spent
            if excess <= 0:
                return at + seconds - now
        return seconds

    def add(self, now: float, count: int) -> None:
        self.spent.append((now, count))
        self.total += count

    def refund(self, count: int) -> None:
        if self.spent:
            at, spent = self.spent.pop()
            self.total -= count
            if spent > count:
                self.spent.append((at, spent - count))


class Flood:
    def __init__(self) -> None:
        self.limits = Limits.off()
        self._windows: dict[tuple[str, int, int], _Window] = {}
        self._buckets: dict[tuple[int, int], tuple[float, float]] = {}  # tokens, when
        self._pauses: dict[tuple[int, int], float] = {}

    def pause(self, bot: int, chat: int, until: float) -> None:
        self._pauses[(bot, chat)] = until

    def paused_until(self, bot: int, chat: int) -> float:
        return self._pauses.get((bot, chat), 0.0)

    def charge(self, now: float, bot: int, chat: int, *, private: bool, count: int) -> None:
        """Take the units, or refuse with 429. A call during the pause pushes its end further."""
        limits = self.limits
        until = self._pauses.get((bot, chat), 0.0)
        if until > now:
            until += limits.stubborn
            self._pauses[(bot, chat)] = until
            raise self._refused(until - now)
        wait = 0.0
        if private and limits.private is not None:
            wait = self._bucket_wait(now, bot, chat, count, limits.private)
        elif not private and limits.group is not None:
            wait = self._window("group", bot, chat).wait(now, count, limits.group)
        if limits.overall is not None:
            wait = max(wait, self._window("all", bot, 0).wait(now, count, limits.overall))
        if wait > 0:
            refusal = self._refused(wait)
            self._pauses[(bot, chat)] = now + (refusal.retry_after or 0)
            raise refusal
        self._window("group", bot, chat).add(now, count)
        self._window("all", bot, 0).add(now, count)
        if private and limits.private is not None:
            tokens, at = self._buckets[(bot, chat)]
            self._buckets[(bot, chat)] = (tokens - count, at)

    def refund(self, bot: int, chat: int, count: int) -> None:
        """The server refused it by itself: nothing reached the core."""
        self._window("group", bot, chat).refund(count)
        self._window("all", bot, 0).refund(count)

    def charge_action(self, now: float, bot: int, chat: int) -> None:
        """`sendChatAction` has a bucket of its own (§5)."""
        for number, limit in enumerate(self.limits.action):
            window = self._window(f"action{number}", bot, chat)
            wait = window.wait(now, 1, limit)
            if wait > 0:
                raise self._refused(wait)
            window.add(now, 1)

    def _bucket_wait(self, now: float, bot: int, chat: int, count: int, limit: tuple[float, int]) -> float:
        rate, burst = limit
        tokens, at = self._buckets.get((bot, chat), (float(burst), now))
        tokens = min(float(burst), tokens + (now - at) * rate)
        self._buckets[(bot, chat)] = (tokens, now)
        wanted = min(count, burst)
        return 0.0 if tokens >= wanted else (wanted - tokens) / rate

    def _window(self, name: str, bot: int, chat: int) -> _Window:
        return self._windows.setdefault((name, bot, chat), _Window())

    @staticmethod
    def _refused(seconds: float) -> Refusal:
        return too_many(max(1, math.ceil(seconds)))
