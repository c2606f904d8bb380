"""Whether the channel works, put together from what sending and the set-up have seen."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from bridge.contracts import ChannelHealth, Health

WARNED_FOR: Final = timedelta(days=1)


class Condition:
    """Each side speaks for itself: that answers go out does not mean that messages come in."""

    def __init__(self) -> None:
        self._looked = False  # whether the set-up has had its first go
        self._setup = ""  # why it is not set up, for people
        self._sending = ""  # why nothing goes out
        self._warning = ""  # it works, but …
        self._warned_at: datetime | None = None

    @property
    def health(self) -> ChannelHealth:
        """As `/status` shows it."""
        if reason := self._setup or self._sending:
            return ChannelHealth(Health.DOWN, reason)
        return ChannelHealth(Health.UP, self._warning) if self._looked else ChannelHealth()

    def set_up(self, problem: str, now: datetime) -> None:
        """The set-up was looked at; "" if all is as it should be, and then sending gets another chance."""
        self._looked, self._setup = True, problem
        if not problem:
            self._sending = ""
        if self._warned_at is not None and now - self._warned_at > WARNED_FOR:
            self.warn("", now)

    def sent(self) -> None:
        """A message went out."""
        self._sending = ""

    def down(self, reason: str) -> None:
        """Nothing goes out."""
        self._sending = reason

    def warn(self, reason: str, now: datetime) -> None:
        """Something that people should know of while it works; "" takes it back."""
        self._warning, self._warned_at = reason, now if reason else None
