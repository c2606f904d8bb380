"""What a failed call of the desk means for its pace, the same for every kind of post."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from bridge.contracts import ChannelHealth, Health
from bridge.telegram.errors import BadToken, ChatGone, Failure, NoRights, RetryAfter, Transient

log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0  # seconds
LONGEST_PAUSE = 30.0
GONE_PAUSE = 60.0  # the chat or the token must be mended by a person; ask now and then


@dataclass(frozen=True, slots=True)
class Paused:
    """The last call could not be made: nothing more by this bot in this group for so many seconds."""

    seconds: float
    flood: bool = False  # Telegram asked for it: we were too fast


@dataclass(frozen=True, slots=True)
class Parked:
    """The step waits for something (a file's bytes) and will be asked for again."""


@dataclass(slots=True)
class Pace:
    """How a bot's calls into a group fare: growing pauses while they fail, and what `/status` says of it."""

    health: ChannelHealth = field(default_factory=ChannelHealth)
    _pause: float = FIRST_PAUSE

    def works(self) -> None:
        """A call went through."""
        self._pause = FIRST_PAUSE
        self.health = ChannelHealth(Health.UP)

    def failed(self, failure: Failure) -> Paused | None:
        """How long to pause; None when the failure is about this one call only."""
        match failure:
            case RetryAfter(seconds=seconds):
                log.warning("telegram asks for a pause of %s s", seconds)
                return Paused(seconds + 0.5, flood=True)
            case Transient(detail=detail):
                pause, self._pause = self._pause, min(self._pause * 2, LONGEST_PAUSE)
                self.health = ChannelHealth(Health.DOWN, detail)
                return Paused(pause)
            case BadToken():
                self.health = ChannelHealth(Health.DOWN, "token")
                return Paused(GONE_PAUSE)
            case ChatGone(reason=reason):
                self.health = ChannelHealth(Health.DOWN, reason)
                log.error("the group cannot be reached: %s", reason)
                return Paused(GONE_PAUSE)
            case NoRights(detail=detail):
                self.health = ChannelHealth(Health.DOWN, detail)
                log.error("the bot lacks a right in the group: %s", detail)
                return Paused(GONE_PAUSE)
            case _:
                return None
