"""Helper bots: what each takes in (presses of its own buttons), and whether it can work in a group.

A helper is used in a group once it has been asked there and is an admin; from then on Telegram tells what changes
(`my_chat_member`), and failed calls make it doubtful. One that is away is asked again until it is back.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from aiogram.methods import GetChatMember
from aiogram.types import (
    CallbackQuery,
    ChatMemberAdministrator,
    ChatMemberOwner,
    ChatMemberUpdated,
    ResultChatMemberUnion,
    Update,
)

from bridge.clock import Clock
from bridge.contracts import Health
from bridge.desks.telegram.members import inside
from bridge.desks.telegram.seats import GONE, UNKNOWN, Away, Seat
from bridge.desks.telegram.view import Group, Layout
from bridge.telegram.client import TelegramClient
from bridge.telegram.errors import BadToken, ChatGone, Conflict, Failure, NotMember
from bridge.telegram.updates import UpdateLoop, Work

log = logging.getLogger(__name__)

LOOK_EVERY = 5.0  # seconds between two looks whether its updates come in
ASK_AGAIN = 30.0  # seconds until one that is away is asked again
ASK_SOON = 5.0  # the same where nobody could tell
CONFLICT_GRACE = 60.0  # seconds for which somebody else may take its updates: a restart does that for a moment


class Presses(Protocol):
    """Who does what buttons say."""

    async def press(self, query: CallbackQuery, client: TelegramClient) -> Work:
        """What a press does; it is answered by the bot whose button it was."""

    def rights_changed(self, update: ChatMemberUpdated, bot_id: int) -> Work | None:
        """What the bot may do in a group has changed."""


class Helper:
    """An `UpdateTaker` for one helper bot: its own buttons and its own rights; the desk's bot reads the rest."""

    allowed_updates = frozenset({"callback_query", "my_chat_member"})

    def __init__(self, client: TelegramClient, number: int) -> None:
        self.client = client
        self.number = number  # in the configuration, from 1
        self.desk: Presses | None = None
        self._loop: UpdateLoop | None = None
        self.name = ""

    def follow(self, loop: UpdateLoop) -> None:
        """Its updates come from there."""
        self._loop = loop

    @property
    def trouble(self) -> Failure | None:
        """Why its updates do not come in."""
        return self._loop.failure if self._loop else None

    async def take(self, update: Update) -> Work | None:
        """What an update does."""
        if self.desk is None:
            return None
        if update.callback_query is not None:
            return await self.desk.press(update.callback_query, self.client)
        if update.my_chat_member is not None:
            return self.desk.rights_changed(update.my_chat_member, self.client.bot_id)
        return None

    async def introduce(self) -> None:
        """Learn its name, for `/status`."""
        if not self.name:
            me = await self.client.me()
            self.name = "" if isinstance(me, Failure) else f"@{me.username}" if me.username else me.full_name


@dataclass(frozen=True, slots=True)
class HelperState:
    """How a helper fares in a group: `away`, or else for how long it was told to pause, or why its calls fail."""

    name: str
    away: Away | None
    pause: float  # seconds
    reason: str


class Attendance:
    """Whether one helper can work in one group. `run` it; `changed(seat, before)` is told of every change."""

    def __init__(
        self,
        helper: Helper,
        seat: Seat,
        clock: Clock,
        group: Callable[[], Group],
        is_basic: Callable[[], bool],
        changed: Callable[[Seat, Away | None], Awaitable[None]],
    ) -> None:
        self.helper = helper
        self.seat = seat
        self._clock = clock
        self._group = group
        self._is_basic = is_basic
        self._changed = changed
        self._settled: Away | None = Away.STARTING  # the last answer
        self._conflict_since = math.inf

    async def run(self) -> None:
        """Ask and watch until cancelled."""
        doubt, ask_at = self.seat.doubt, 0.0
        doubt.set()
        while True:
            now = self._clock.monotonic()
            trouble = self._trouble(now)
            if trouble is Away.TOKEN and self._settled is not Away.TOKEN:
                doubt.set()
            if doubt.is_set() or now >= ask_at:
                doubt.clear()
                ask_at = now + await self._ask()
            await self._settle(trouble)
            await self._clock.wait(doubt, LOOK_EVERY)

    def state(self) -> HelperState:
        """What `/status` tells of it."""
        seat, health = self.seat, self.seat.pace.health
        reason = health.reason if health.health is Health.DOWN else ""
        name = self.helper.name or str(self.helper.number)
        return HelperState(name, seat.away, seat.budget.closed(self._clock.monotonic()), reason)

    async def _ask(self) -> float:
        """What it is in the group; seconds until it should be asked again."""
        if self._is_basic():
            self._settled = Away.BASIC
            return ASK_AGAIN
        await self.helper.introduce()
        group = self._group()
        found = await self.seat.client.call(
            GetChatMember(chat_id=group.chat_id, user_id=self.seat.bot_id), timeout=10
        )
        if isinstance(found, BadToken):
            self._settled = Away.TOKEN
        elif isinstance(found, ChatGone | NotMember):
            self._settled = Away.ABSENT
        elif isinstance(found, ResultChatMemberUnion):
            self._settled = _standing(found, group)
        else:  # a pause, the network, a group that moves: nobody can tell
            self._settled = self.seat.away
            return ASK_SOON
        if self._settled is None and self.seat.away is Away.DOUBT:  # what failed may fail again
            self.seat.budget.close(self._clock.monotonic() + ASK_SOON)
        return math.inf if self._settled is None else ASK_AGAIN

    def _trouble(self, now: float) -> Away | None:
        """Whether its presses would be lost."""
        match self.helper.trouble:
            case BadToken():
                return Away.TOKEN
            case Conflict():
                self._conflict_since = min(self._conflict_since, now)
                return Away.UPDATES if now - self._conflict_since >= CONFLICT_GRACE else None
        self._conflict_since = math.inf
        return None

    async def _settle(self, trouble: Away | None) -> None:
        before = self.seat.away
        away = self._settled or (trouble if trouble is Away.UPDATES else None)
        if away in UNKNOWN or away == before:
            return
        self.seat.away = away
        log.log(
            logging.WARNING if away in GONE else logging.INFO,
            "group %s: helper %s: %s",
            self._group().name,
            self.helper.number,
            away or "works",
        )
        await self._changed(self.seat, before)


def _standing(member: ResultChatMemberUnion, group: Group) -> Away | None:
    """Only an admin can post whatever the group forbids its members, and in closed topics."""
    if isinstance(member, ChatMemberOwner):
        return None
    if isinstance(member, ChatMemberAdministrator):
        return None if group.layout is Layout.REPLIES or member.can_manage_topics else Away.TOPICS
    return Away.RIGHTS if inside(member) else Away.ABSENT
