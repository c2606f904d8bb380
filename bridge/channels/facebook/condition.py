"""Whether the channel works: what is broken, and what is only a trouble, each until it is over."""

from __future__ import annotations

from bridge.contracts import ChannelHealth, Health


class Condition:
    """Reasons by what they are about («token», «policy» …); they are for people, without secrets."""

    def __init__(self) -> None:
        self._known = False
        self._down: dict[str, str] = {}
        self._trouble: dict[str, str] = {}

    @property
    def health(self) -> ChannelHealth:
        """The newest reason of those that hold it up; else the newest trouble."""
        if self._down:
            return ChannelHealth(Health.DOWN, next(reversed(self._down.values())))
        if not self._known:
            return ChannelHealth()
        return ChannelHealth(Health.UP, next(reversed(self._trouble.values()), ""))

    def down(self, about: str, reason: str) -> None:
        """It does not work."""
        self._known = True
        self._down[about] = reason

    def up(self, *about: str) -> None:
        """These are over; without any: all of it is, a message has just gone through."""
        self._known = self._known or not about
        for name in about or tuple(self._down):
            self._down.pop(name, None)

    def started(self) -> None:
        """Whatever had to be set up has had its first go."""
        self._known = True

    def trouble(self, about: str, reason: str) -> None:
        """It works, but not all is well. An empty reason: this one is over."""
        self._trouble.pop(about, None)
        if reason:
            self._trouble[about] = reason
