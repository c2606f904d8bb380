"""The bots that post in one group: the desk's own, and its helpers. Which of them makes a call.

Limits are each bot's own, so helpers multiply what can be posted. A conversation stays with the bot that posted its
card; another one takes over what is new while that bot is away, asked to pause, or has spent what it may.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bridge.budget import Budget
from bridge.clock import Clock
from bridge.desks.telegram.failing import Pace, Paused
from bridge.desks.telegram.steps import (
    Call,
    CloseTopic,
    EditCard,
    EditMirror,
    Importance,
    OpenTopic,
    PostMedia,
    PostNotice,
    PostTexts,
    RenameTopic,
)
from bridge.desks.telegram.view import Group, View
from bridge.model import Role
from bridge.telegram.client import TelegramClient
from bridge.telegram.errors import BadToken, ChatGone, Failure, NoRights

# Units of a bot's minute that only more important calls may take: what accepting needs is always there.
RESERVE = {Importance.FIRST_CARD: 2, Importance.PRESS: 0, Importance.ACCEPTED: 2}
RESERVE_OTHERS = 4
SHARED_RESERVE = 2  # of the desk's bot where it has helpers; topics and answers to commands are its own
HELPERS_RESERVE = 1
PATIENCE = 3.0  # seconds for which a conversation waits for its bot rather than going to another
LONG = 10.0  # seconds of a pause after which nothing that others can do waits for a bot
REFUSED_PAUSE = 30.0  # seconds until a helper that is known to be away tries again to edit its posts
CHEAP = 5 * 1024 * 1024  # bytes that are fetched for another bot rather than waited for
FILES_PATIENCE = 90.0  # seconds for which bigger ones wait for the bot that has them


class Away(StrEnum):
    """Why a helper gets nothing to post in a group; each has its sentence (`helper-<reason>`)."""

    STARTING = "starting"
    DOUBT = "doubt"  # a call failed as if it was away; it is being asked
    TOKEN = "token"
    ABSENT = "absent"
    RIGHTS = "rights"  # no admin
    TOPICS = "topics"  # may not manage topics
    UPDATES = "updates"  # somebody else takes its presses
    BASIC = "basic"  # not in a basic group: every bot counts its messages in its own way


# Its posts can no longer be edited, or their buttons reach nobody.
GONE = frozenset({Away.TOKEN, Away.ABSENT, Away.UPDATES, Away.BASIC})
UNKNOWN = frozenset({Away.STARTING, Away.DOUBT})


class Seat:
    """One bot in one group: how it fares there, and what it may spend."""

    def __init__(self, client: TelegramClient, clock: Clock, limit: int, *, helper: bool = False) -> None:
        self.client = client
        self.bot_id = client.bot_id
        self.helper = helper
        self.budget = Budget(limit)
        self.pace = Pace()
        self.busy = False  # a call is being made
        self.shared = False  # it has helpers
        self.away: Away | None = Away.STARTING if helper else None
        self.doubt = asyncio.Event()  # it should be asked what it may do
        self._clock = clock

    def spend(self, units: int = 1) -> None:
        """A call is being made that the bot's budget pays for."""
        self.budget.spend(self._clock.monotonic(), units)

    def wait(self, now: float, units: int, importance: Importance) -> float:
        """Seconds until it may make a call."""
        rate = self.client.rate
        return max(self.budget.wait(now, units, self.reserve(importance)), rate.wait(now, units) if rate else 0.0)

    def reserve(self, importance: Importance) -> int:
        """Units that are left for what is more important."""
        if self.helper or self.shared:
            least = HELPERS_RESERVE if self.helper else SHARED_RESERVE
            return least if importance > Importance.PRESS else 0
        return RESERVE.get(importance, RESERVE_OTHERS)

    def failed(self, failure: Failure) -> Paused | None:
        """A call failed: how long to pause. A helper that may be away is asked, and others go on at once."""
        if not self.helper or not isinstance(failure, BadToken | ChatGone | NoRights):
            return self.pace.failed(failure)
        if self.away is not None:  # an edit of what it posted when it could
            return Paused(REFUSED_PAUSE)
        self.away = Away.DOUBT
        self.doubt.set()
        return Paused(0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which bot a step needs or would like."""

    main: bool = False  # only the desk's own
    bound: int | None = None  # only this one can
    owner: int | None = None  # the conversation's
    origin: str = ""  # of the files that it sends
    heavy: bool = False  # another bot would have to carry a lot


MAIN = Wish(main=True)


def wish_of(view: View, step: Call) -> Wish:
    """Edits need the bot that posted; topics are best made by the desk's; all else is the conversation's bot's."""
    match step:
        case EditCard() | EditMirror():
            return Wish(bound=step.post.bot_id)
        case OpenTopic() | CloseTopic() | RenameTopic():
            return Wish(owner=view.group.bot_id)
        case PostMedia():
            files = [each for each in step.attachments if each.file and each.file.origin.startswith("telegram:")]
            sizes = [each.size for each in files]
            heavy = any(size is None or size > CHEAP for size in sizes)
            origin = files[0].file.origin if files and files[0].file else ""
            return Wish(owner=_owner(view, step.reply_to), origin=origin, heavy=heavy)
        case PostTexts():
            return Wish(owner=_owner(view, step.reply_to))
        case PostNotice() if step.mark.repeated:
            return Wish(owner=step.mark.bot_id)
        case _:
            return Wish(owner=_owner(view, None))


def _owner(view: View, reply_to: int | None) -> int | None:
    """A bot can reply to people's posts and its own, not to another bot's; else whose card it is, or was."""
    for post in (view.card, *view.targets.values()):
        if post and post.message_id == reply_to and post.role is not Role.OPERATOR:
            return post.bot_id
    return view.card.bot_id if view.card else view.last_bot


class Seats:
    """All bots of a group; the first is the desk's own."""

    def __init__(self, main: Seat, helpers: Sequence[Seat] = ()) -> None:
        self.main = main
        self.helpers = tuple(helpers)
        main.shared = bool(helpers)
        self._of = {seat.bot_id: seat for seat in (main, *helpers)}

    def __iter__(self) -> Iterator[Seat]:
        return iter(self._of.values())

    def __len__(self) -> int:
        return len(self._of)

    def of(self, bot_id: int) -> Seat | None:
        """The seat of a bot, if it is (still) one of ours."""
        return self._of.get(bot_id)

    def stamp(self, group: Group, now: float) -> Group:
        """The group, with what can be expected of its bots just now."""
        if not self.helpers:
            return group
        resting = {seat.bot_id for seat in self if seat.away is not None or seat.budget.closed(now) > LONG}
        return replace(
            group,
            away=frozenset(seat.bot_id for seat in self.helpers if seat.away in GONE),
            resting=frozenset(resting),
        )

    def choose(
        self, wish: Wish, units: int, importance: Importance, now: float, taken: Collection[int]
    ) -> Seat | None:
        """Who is to make a call; None while more important ones (`taken`) have all that could."""

        def soon(seat: Seat, patience: float) -> bool:
            return seat.away is None and seat.wait(now, units, importance) <= patience

        def rank(seat: Seat) -> tuple[bool, float, int, bool]:
            wait = seat.wait(now, units, importance)
            room = seat.budget.left(now) - seat.reserve(Importance.EDIT)
            return seat.busy and not wait, wait, -room, not seat.helper

        if wish.main or not self.helpers:
            return None if self.main.bot_id in taken else self.main
        if wish.bound is not None:
            seat = self._of.get(wish.bound)
            return None if seat is None or seat.away in UNKNOWN or wish.bound in taken else seat
        having = next((seat for seat in self if wish.origin and seat.client.origin == wish.origin), None)
        owner = self._of.get(wish.owner) if wish.owner is not None else None
        for wished, patience in ((having, FILES_PATIENCE if wish.heavy else PATIENCE), (owner, PATIENCE)):
            if wished is not None and soon(wished, patience):
                return None if wished.bot_id in taken else wished
        able = [seat for seat in self if seat.away is None and seat.bot_id not in taken]
        return min(able, key=rank, default=None)

    def fits(self, wish: Wish, seat: Seat) -> bool:
        """Whether a bot that was chosen a moment ago can still do it."""
        return seat.away is None if wish.bound is None else wish.bound == seat.bot_id

    def delay(self, now: float, units: int) -> float:
        """About how many seconds it takes all of them to spend so many units."""
        able = [seat for seat in self if seat.away is None and seat.budget.closed(now) <= LONG] or [self.main]
        share = math.ceil(units / len(able))
        return max(seat.budget.delay(now, share, seat.reserve(Importance.FIRST_CARD)) for seat in able)

    def left(self, now: float) -> int:
        """How many cards all of them could still post in this minute."""
        able = [seat for seat in self if seat.away is None and not seat.budget.closed(now)]
        return sum(max(0, seat.budget.left(now) - seat.reserve(Importance.FIRST_CARD)) for seat in able)

    def spacing(self, now: float) -> float:
        """Seconds between two calls of any of them, after a burst."""
        able = [seat for seat in self if seat.away is None] or [self.main]
        return sum(seat.budget.spacing(now) for seat in able) / len(able) ** 2
