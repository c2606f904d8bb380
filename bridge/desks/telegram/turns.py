"""What waits for its turn in a group, and in which order it comes. Pure: whoever asks brings the time."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from bridge.desks.telegram.failing import Paused
from bridge.desks.telegram.seats import MAIN, Wish
from bridge.desks.telegram.steps import Call, Importance
from bridge.model import ConversationId

IMPATIENCE = 60.0  # seconds of waiting that make a step one degree more important
QUIET, HELD_AT_MOST = 3.0, 12.0  # seconds that a customer is given to finish when more waits than can be posted
SCARCE_QUIET = 8.0  # the same when what waits takes most of what may be posted in this minute
SAME_MOMENT = 1.0  # seconds
FIRST_DELAY, LONGEST_DELAY = 5.0, 600.0  # seconds before a step that did not help is made again
KEPT_TRIES = 20  # steps


@dataclass(frozen=True, slots=True)
class Candidate:
    """A conversation that has something to post, since when it waits, when it changed last, and was looked at.

    What exactly is posted is read in its turn.
    """

    conversation: ConversationId
    importance: Importance
    units: int
    since: float
    changed: float
    looked: float
    wish: Wish


@dataclass(slots=True)
class Errand:
    """A post that belongs to no conversation (an answer to a command, the board). The desk's own bot makes it."""

    importance: Importance
    since: float
    do: Callable[[], Awaitable[Paused | None]]
    units: int = 1
    until: float = math.inf  # nobody wants it any more after that
    wish: Wish = MAIN


@dataclass(slots=True)
class Tries:
    """The steps made for a conversation since it last had nothing to do. One that is planned again did not help."""

    made: list[tuple[Call, int, float]] = field(default_factory=list)  # how often, and when last

    def count(self, step: Call, now: float) -> None:
        """It was made, without a pause being asked for."""
        times = next((times for made, times, _ in self.made if made == step), 0)
        self.made = [each for each in self.made if each[0] != step][-KEPT_TRIES:]
        self.made.append((step, times + 1, now))

    def not_before(self, step: Call) -> float:
        """When it may be made (again)."""
        times, last = next(((times, last) for made, times, last in self.made if made == step), (0, 0.0))
        return last + min(FIRST_DELAY * 2 ** (times - 1), LONGEST_DELAY) if times else 0.0


@dataclass(frozen=True, slots=True)
class Room:
    """What the group's bots can still post: seconds between two calls, and cards in this minute."""

    spacing: float
    cards: int


def fallen_silent(
    candidates: Collection[Candidate], news: Mapping[ConversationId, float], room: Room, now: float
) -> tuple[Sequence[Candidate], float]:
    """Whose turn may come now, and seconds until that is so for more; `news`: who has changed since, and when.

    While more waits than can be posted at once, whoever is still writing waits for a moment of quiet: then all
    of it is one post, rather than a card and its edit. Those who fall silent at about the same time go by age.
    """
    if len(candidates) * room.spacing <= QUIET:
        return list(candidates), math.inf
    quiet = SCARCE_QUIET if len(candidates) > room.cards / 2 else QUIET

    def held(each: Candidate) -> float:
        if each.importance <= Importance.PRESS:
            return 0.0
        changed = news.get(each.conversation, each.changed)
        return min(changed + quiet, each.since + HELD_AT_MOST) - now

    waits = [(held(each), each) for each in candidates]
    soon = SAME_MOMENT if any(wait <= 0 for wait, _ in waits) else 0.0
    silent = [each for wait, each in waits if wait <= soon]
    return silent, min((wait for wait, _ in waits if wait > soon), default=math.inf)


def in_order(
    waiting: Collection[Candidate | Errand], now: float, *, all_of_them: bool = True
) -> Sequence[Candidate | Errand]:
    """The most important first; waiting makes all else as important as a new card, but never as a press.

    Without `all_of_them`, just the first.
    """

    def rank(each: Candidate | Errand) -> tuple[float, float, int]:
        aged = each.importance - (now - each.since) // IMPATIENCE
        importance = max(aged, min(each.importance, Importance.FIRST_CARD))
        return importance, each.since, each.conversation if isinstance(each, Candidate) else 0

    if all_of_them:
        return sorted(waiting, key=rank)
    return [min(waiting, key=rank)] if waiting else []
