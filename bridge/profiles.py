"""Asking a platform who a customer is: once, in the background, and again only after a long time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bridge.clock import Clock
from bridge.inbox import Inbox
from bridge.inbox.receive import learn_profile
from bridge.model import ChannelName, ExternalId, Profile, TryLater
from storage.store import Transaction

log = logging.getLogger(__name__)

FRESH: Final = timedelta(days=7)
FIRST_PAUSE: Final = 2.0  # seconds before the second try, doubling
LONGEST_PAUSE: Final = 300.0
TRIES: Final = 8
WAITING_MOST: Final = 1_000  # customers; more are asked for when they write again

LookUp = Callable[[ExternalId], Awaitable[Profile | TryLater | None]]


@dataclass(slots=True)
class _Waiting:
    due: float  # by the monotonic clock
    tries: int = 0


class Profiles:
    """The look-ups of one channel, one at a time. `run` it; `want` never waits.

    `look_up` asks the platform: the profile, None where there is none to be had, or TryLater.
    """

    def __init__(self, channel: ChannelName, inbox: Inbox, clock: Clock, look_up: LookUp) -> None:
        self._channel = channel
        self._inbox = inbox
        self._clock = clock
        self._look_up = look_up
        self._waiting: dict[ExternalId, _Waiting] = {}
        self._news = asyncio.Event()

    def want(self, customer: ExternalId) -> None:
        """The customer has written: their profile is looked up unless that was done lately."""
        if len(self._waiting) < WAITING_MOST and customer not in self._waiting:
            self._waiting[customer] = _Waiting(self._clock.monotonic())
            self._news.set()

    async def run(self) -> None:
        """Look up until cancelled. One who has to be asked for later holds up nobody."""
        while True:
            self._news.clear()
            if not self._waiting:
                await self._news.wait()
                continue
            customer, waiting = min(self._waiting.items(), key=lambda each: each[1].due)
            pause = waiting.due - self._clock.monotonic()
            if pause > 0:
                await self._clock.wait(self._news, pause)
                continue
            try:
                again = await self._one(customer, waiting.tries)
            except Exception:
                log.exception("channel %s: a profile cannot be looked up", self._channel)
                again = None
            waiting.tries += 1
            if again is None or waiting.tries >= TRIES:
                del self._waiting[customer]
            else:
                waiting.due = self._clock.monotonic() + again

    async def _one(self, customer: ExternalId, tries: int) -> float | None:
        """Ask for one; seconds until it should be done again, if it should."""
        if not await self._inbox.read(lambda tx: self._due(tx, customer)):
            return None
        found = await self._look_up(customer)
        if isinstance(found, TryLater):
            return found.after.total_seconds() if found.after else min(FIRST_PAUSE * 2.0**tries, LONGEST_PAUSE)
        await self._inbox.write(lambda tx: self._learn(tx, customer, found))
        return None

    def _due(self, tx: Transaction, customer: ExternalId) -> bool:
        known = tx.find_customer(self._channel, customer)
        return known is not None and (known.looked_up_at is None or tx.now - known.looked_up_at > FRESH)

    def _learn(self, tx: Transaction, customer: ExternalId, profile: Profile | None) -> None:
        known = tx.find_customer(self._channel, customer)
        if known is None:
            return
        tx.looked_up(known.id)
        if profile is not None:
            learn_profile(tx, known, profile)
