"""In which groups an operator is: asked of Telegram, remembered for a moment; for minutes while it is silent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from bridge.clock import Clock
from bridge.model import GroupName, OperatorId

log = logging.getLogger(__name__)

# Seconds for which an answer is good. What Telegram says is remembered where it is asked, too.
ANSWERS: Final = {True: 60.0, False: 5.0, None: 15.0}
WITHOUT_AN_ANSWER: Final = 900.0  # seconds for which a yes is believed while nobody can be asked
KNOWN: Final = 10_000

Key = tuple[GroupName, OperatorId]


class Membership(Protocol):
    """Who knows the groups' members: Telegram."""

    async def is_member(self, group: GroupName, operator: OperatorId) -> bool | None:
        """Whether the operator is in the group now; None when that cannot be told."""


@dataclass(frozen=True, slots=True)
class Seats:
    """Where an operator may work. `sure`: of the other groups we know that they are not in them."""

    groups: frozenset[GroupName]
    sure: bool


@dataclass(slots=True)
class _Known:
    answer: bool | None
    asked_at: float
    member_at: float | None  # when the last yes came


class Members:
    """The memberships of all operators."""

    def __init__(self, membership: Membership, groups: Iterable[GroupName], clock: Clock) -> None:
        self._membership = membership
        self._groups = tuple(groups)
        self._clock = clock
        self._known: dict[Key, _Known] = {}
        self._asking: dict[Key, asyncio.Task[bool | None]] = {}

    async def seats(self, operator: OperatorId, *, fresh: bool = False) -> Seats:
        """The operator's groups; `fresh`: ask again, also if the last answer is of just now."""
        found = await asyncio.gather(*(self._is_in((group, operator), fresh) for group in self._groups))
        answers = dict(zip(self._groups, found, strict=True))
        return Seats(frozenset(group for group in answers if answers[group]), None not in found)

    async def _is_in(self, key: Key, fresh: bool) -> bool | None:
        known = self._known.get(key)
        if known is None or fresh or self._clock.monotonic() >= known.asked_at + ANSWERS[known.answer]:
            task = self._asking.get(key)
            if task is None:
                task = self._asking[key] = asyncio.create_task(self._ask(key))
            await asyncio.shield(task)  # others may wait for the same answer
            known = self._known[key]
        if known.answer is not None:
            return known.answer
        recently = known.member_at is not None and self._clock.monotonic() < known.member_at + WITHOUT_AN_ANSWER
        return True if recently else None

    async def _ask(self, key: Key) -> bool | None:
        try:
            answer = await self._membership.is_member(*key)
        except Exception:
            log.exception("whether an operator is in group %s could not be asked", key[0])
            answer = None
        finally:
            del self._asking[key]
        now = self._clock.monotonic()
        before = self._known.get(key)
        member_at = now if answer else before.member_at if before and answer is None else None
        self._forget(now)
        self._known[key] = _Known(answer, now, member_at)
        return answer

    def _forget(self, now: float) -> None:
        if len(self._known) >= KNOWN:
            self._known = {key: one for key, one in self._known.items() if now < one.asked_at + WITHOUT_AN_ANSWER}
