"""From events to the database: the same for the long poll and for callbacks, and each event once.

    events -> translated (may ask VKontakte first) -> committed, in their order -> what is to follow

A message is known by its number in the dialog; an event without one, by its own id.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bridge.aside import field_names, kind_of, payload
from bridge.channels.vk.attachments import number
from bridge.channels.vk.events import Translator
from bridge.channels.vk.works import After, NotNow, Work
from bridge.clock import Clock
from bridge.inbox import Inbox
from bridge.model import ChannelName, ExternalId
from bridge.web.hooks import of_the_store
from storage.store import Transaction

log = logging.getLogger(__name__)

HEARD: Final = "heard"  # the key under which it is kept when the last event came
HEARD_EVERY: Final = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class _Prepared:
    raw: Any
    work: Work


class Intake:
    """Takes in the events of one community."""

    def __init__(self, channel: ChannelName, inbox: Inbox, clock: Clock, translator: Translator) -> None:
        self._channel = channel
        self._inbox = inbox
        self._clock = clock
        self._translator = translator
        self._heard_at = float("-inf")

    async def take(self, events: Sequence[Any]) -> None:
        """Commit what the events do; returns when all of it is safe on disk.

        One that cannot be handled is set aside and holds up no other. Raises NotNow when they must come again;
        what is on disk by then will be recognised.
        """
        prepared = [found for event in events if (found := await self._prepare(event))]
        waiting = [(one, self._inbox.submit(self._noting(one.work))) for one in prepared]
        failed = False
        for one, future in waiting:
            try:
                after = await future
            except Exception as error:
                if of_the_store(error):
                    log.error("channel %s: the store failed: %s", self._channel, error)
                    failed = True
                else:
                    failed |= not await self._set_aside(one.raw, error)
                continue
            self._run(after)
        if failed:
            raise NotNow

    async def _prepare(self, event: Any) -> _Prepared | None:
        try:
            work = await self._translator.translate(event)
        except NotNow:
            raise
        except Exception as error:
            reason, payload = self._aside(event, error)
            return _Prepared(event, lambda tx: tx.set_aside(self._source, reason, payload))
        return _Prepared(event, work) if work else None

    def _noting(self, work: Work) -> Work:
        """Keeps, now and then, when we last heard of VKontakte: what a gap is searched from."""
        now = self._clock.monotonic()
        if now - self._heard_at < HEARD_EVERY:
            return work
        self._heard_at = now

        def noting(tx: Transaction) -> After | None:
            tx.keep_echo(self._channel, HEARD, ExternalId(str(int(tx.now.timestamp()))))
            return work(tx)

        return noting

    async def _set_aside(self, event: Any, error: Exception) -> bool:
        reason, payload = self._aside(event, error)
        try:
            await self._inbox.write(lambda tx: tx.set_aside(self._source, reason, payload))
        except Exception as second:
            if of_the_store(second):
                return False
            log.error("channel %s: an event is lost: %s", self._channel, type(second).__name__)
        return True

    def _aside(self, event: Any, error: Exception) -> tuple[str, str]:
        """Why, and the event; the log gets the names of its fields, not what they hold."""
        reason = type(error).__name__
        log.error("channel %s: an event was set aside (%s): %s", self._channel, _fields(event), reason)
        return reason, payload(event)

    @property
    def _source(self) -> str:
        return f"vk:{self._channel}"

    def _run(self, after: After | None) -> None:
        try:
            if after is not None:
                after()
        except Exception:
            log.exception("channel %s: what should follow an event failed", self._channel)


def _fields(event: Any) -> str:
    """The kind of an event, and the names of its object's fields."""
    if not isinstance(event, Mapping):
        return field_names(event)
    return f"{kind_of(event.get('type'))}: {field_names(event.get('object'))}"


async def last_heard(inbox: Inbox, channel: ChannelName) -> int | None:
    """When the last event came, in unix seconds; None if none ever did."""
    found = await inbox.read(lambda tx: tx.echo(channel, HEARD))
    return number(found) if found else None
