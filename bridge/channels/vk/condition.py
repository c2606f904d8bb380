"""Whether the channel works: what is wrong, by where it was noticed."""

from __future__ import annotations

import logging
from enum import StrEnum

from bridge.contracts import ChannelHealth, Health
from bridge.model import ChannelName

log = logging.getLogger(__name__)


class Part(StrEnum):
    """Where something was noticed."""

    UPDATES = "updates"  # events come in
    SENDING = "sending"
    SETUP = "setup"  # the community is set up as it must be
    NOTICE = "notice"  # VKontakte wants something of the admins


class Condition:
    """The first thing that is wrong is the channel's state; a change is logged once."""

    def __init__(self, channel: ChannelName) -> None:
        self._channel = channel
        self._problems: dict[Part, str] = {}
        self._began = False

    @property
    def health(self) -> ChannelHealth:
        """DOWN while events or answers do not pass; UP once events can come in; a reason then is a trouble."""
        for part in (Part.UPDATES, Part.SENDING):
            if part in self._problems:
                return ChannelHealth(Health.DOWN, self._problems[part])
        trouble = self._problems.get(Part.SETUP) or self._problems.get(Part.NOTICE) or ""
        if not self._began:
            return ChannelHealth(Health.DOWN if trouble else Health.STARTING, trouble)
        return ChannelHealth(Health.UP, trouble)

    def good(self, part: Part) -> None:
        """Nothing is wrong there (any more). Events that come in say that the channel has begun to work."""
        if self._problems.pop(part, None) is not None:
            log.warning("channel %s: %s: it works again", self._channel, part)
        self._began |= part is Part.UPDATES

    def bad(self, part: Part, reason: str, detail: str = "") -> None:
        """Something is wrong; `detail` is for the log."""
        if self._problems.get(part) != reason:
            log.warning("channel %s: %s: %s%s", self._channel, part, reason, detail and f" ({detail})")
        self._problems[part] = reason
