"""Reactions on operators' messages: set beside the posts, since they cost nothing of the group's budget."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from bridge.clock import Clock
from bridge.desks.telegram.failing import Paused
from bridge.desks.telegram.view import View
from bridge.model import ConversationId, Delivery, Mark

log = logging.getLogger(__name__)

QUEUED_SHOWS_AFTER = timedelta(seconds=3)  # an answer that leaves at once needs no «queued» first
BUG_PAUSE = 5.0

Signaller = Callable[[View, Mark], Awaitable[Paused | None]]


class Marks:
    """Brings operators' messages to say what became of them. `run` it; the scheduler tells what to look at."""

    def __init__(self, clock: Clock, signal: Signaller, look_at: Callable[[ConversationId], None]) -> None:
        self._clock = clock
        self._signal = signal
        self._look_at = look_at
        self._waiting: dict[ConversationId, View] = {}
        self._busy: ConversationId | None = None
        self._news = asyncio.Event()

    def consider(self, conversation: ConversationId, view: View | None) -> float | None:
        """The conversation as it is now; seconds until it should be looked at again, if it should."""
        self._waiting.pop(conversation, None)
        if conversation == self._busy:
            return None  # what was read may be older than what is being done; it is looked at again after that
        if view is None or not view.marks:
            return None
        if any(ready(view, mark) for mark in view.marks):
            self._waiting[conversation] = view
            self._news.set()
            return None
        return QUEUED_SHOWS_AFTER.total_seconds()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            if not self._waiting:
                self._news.clear()
                await self._news.wait()
                continue
            conversation, view = next(iter(self._waiting.items()))
            del self._waiting[conversation]
            self._busy = conversation
            paused = await self._bring(view)
            if paused:
                await self._clock.sleep(paused.seconds)
            self._busy = None
            self._look_at(conversation)

    async def _bring(self, view: View) -> Paused | None:
        for mark in view.marks:
            if not ready(view, mark):
                continue
            try:
                paused = await self._signal(view, mark)
            except Exception:
                log.exception("a reaction failed; going on")
                paused = Paused(BUG_PAUSE)
            if paused:
                return paused
        return None


def ready(view: View, mark: Mark) -> bool:
    """Whether the operator's message can get its reaction now: a failure is told in words first."""
    if mark.delivery is Delivery.FAILED:
        return mark.message in view.notices or mark.failure is None
    if mark.delivery is Delivery.QUEUED and mark.shown is None:
        return view.now - mark.queued_at >= QUEUED_SHOWS_AFTER
    return True
