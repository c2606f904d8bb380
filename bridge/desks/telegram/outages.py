"""Tells a group, once, that one of its channels (or the database) does not work, and once that it does again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiogram.methods import SendMessage
from aiogram.types import LinkPreviewOptions, Message

from bridge.clock import Clock
from bridge.contracts import ChannelHealth, Health
from bridge.desks.telegram.failing import Paused
from bridge.desks.telegram.steps import Importance
from bridge.desks.telegram.turns import Errand
from bridge.desks.telegram.view import Group
from bridge.model import ChannelName
from bridge.telegram.client import TelegramClient
from bridge.telegram.errors import Failure

log = logging.getLogger(__name__)

LOOK_EVERY = 5.0  # seconds
GRACE = 60.0  # seconds for which a channel may be down without anybody being told
TELL_WITHIN = 3600.0  # seconds; after that a notice is no news


@dataclass(slots=True)
class _Known:
    """What the group knows of a channel, and since when it has not been so."""

    told: str = ""  # the reason that stands in the group
    down: bool = False  # whether the group was told that it does not work
    since: float | None = None


class Outages:
    """Watches the channels of one group. `run` it."""

    def __init__(
        self,
        client: TelegramClient,
        clock: Clock,
        group: Callable[[], Group],
        health: Callable[[], Mapping[ChannelName, ChannelHealth]],
        add: Callable[[Errand], None],
        failed: Callable[[Failure], Paused | None],
        trouble: Callable[[], str] = lambda: "",
    ) -> None:
        """`trouble`: why the store takes nothing, in one word; "" when it does."""
        self._client = client
        self._clock = clock
        self._group = group
        self._health = health
        self._add = add
        self._failed = failed
        self._trouble = trouble
        self._known: dict[ChannelName, _Known] = {}
        self._store = _Known()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            for name, health in self._health().items():
                if name in self._group().sources:
                    self._look(name, health)
            self._look_at_store()
            await self._clock.sleep(LOOK_EVERY)

    def _look_at_store(self) -> None:
        """Nothing that is written in the group comes in meanwhile, so this is how people there learn of it."""
        known, trouble, now = self._store, self._trouble(), self._clock.monotonic()
        if bool(trouble) == known.down:
            known.since = None
            return
        known.since = now if known.since is None else known.since
        if trouble and now - known.since < GRACE:
            return
        words = self._group().words
        self._say(words("outage-store", why=trouble) if trouble else words("outage-store-over"))
        known.down, known.since = bool(trouble), None

    def _look(self, name: ChannelName, health: ChannelHealth) -> None:
        known = self._known.setdefault(name, _Known())
        now = self._clock.monotonic()
        down = health.health is Health.DOWN
        reason = health.reason if health.health is not Health.STARTING else known.told
        if health.health is Health.STARTING or (down == known.down and reason == known.told):
            known.since = None
            return
        if down and known.down:  # still down, for another reason: that is for /status
            return
        if known.since is None:
            known.since = now
        if known.down:  # it works again; a trouble that it still has is told when it has lasted
            reason = ""
        if (down or reason) and now - known.since < GRACE:
            return
        self._tell(name, known, health)
        known.told, known.down, known.since = reason, down, None

    def _tell(self, name: ChannelName, known: _Known, health: ChannelHealth) -> None:
        group = self._group()
        source = group.sources[name]
        channel = f"{source.mark} {source.title}"
        if health.health is Health.DOWN:
            said = group.words("outage-down", channel=channel, reason=_sentence(health.reason))
        elif known.down:
            said = group.words("outage-up", channel=channel)
        elif health.reason:
            said = group.words("outage-trouble", channel=channel, reason=_sentence(health.reason))
        else:
            return  # a trouble is over: nobody needs to be told
        self._say(said)

    def _say(self, said: str) -> None:
        now = self._clock.monotonic()

        async def post() -> Paused | None:
            method = SendMessage(
                chat_id=self._group().chat_id,
                message_thread_id=self._group().feed_thread,
                text=" ".join(said.split()),  # a reason may be empty
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
            done = await self._client.call(method)
            if isinstance(done, Message):
                return None
            return self._failed(done) if isinstance(done, Failure) else None

        self._add(Errand(importance=Importance.PRESS, since=now, do=post, until=now + TELL_WITHIN))


def _sentence(reason: str) -> str:
    """A reason as a sentence of its own."""
    reason = reason.strip()
    return reason and reason[0].upper() + reason[1:] + ("" if reason.endswith((".", "!", "?")) else ".")
