"""The update loop of one bot: polling, or a webhook. Committed first, confirmed afterwards.

    polling    getUpdates(offset) -> batch -> commit -> offset = last + 1 -> getUpdates(offset) ...
    webhook    POST -> commit -> 200

aiogram's own polling confirms a batch while its handlers still run, runs the messages of a chat side by side, and
stops for good at an update that it cannot parse; so the updates are asked for raw and handled here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from typing import Any, Final

from aiogram.methods import DeleteWebhook, GetWebhookInfo, TelegramMethod
from aiohttp import web

from bridge.catalogue import Catalogue
from bridge.clock import Clock
from bridge.contracts import ChannelHealth, Health
from bridge.inbox import Inbox
from bridge.telegram.client import TelegramClient
from bridge.telegram.errors import BadToken, Conflict, Failure, RetryAfter
from bridge.telegram.intake import After, Intake, StorageFailed, UpdateTaker, Work, update_id_of
from bridge.telegram.webhook import Webhook, WebhookServer

__all__ = ["After", "RawUpdates", "UpdateLoop", "UpdateTaker", "Webhook", "Work"]

log = logging.getLogger(__name__)

POLL_SECONDS: Final = 50  # https://core.telegram.org/bots/api#getupdates; the server takes no more
ANSWER_SECONDS: Final = 15  # how much later than that the answer may come
LONGEST_PAUSE: Final = 30.0
CONFLICT_PAUSE: Final = 3.0
FAREWELL_SECONDS: Final = 3


class RawUpdates(TelegramMethod[list[Any]]):
    """getUpdates without parsing: one bad update must not spoil the batch."""

    __returning__ = list[Any]
    __api_method__ = "getUpdates"

    offset: int | None = None
    limit: int | None = None
    timeout: int | None = None
    allowed_updates: list[str] | None = None


class UpdateLoop:
    """Takes in the updates of one bot until cancelled."""

    def __init__(
        self,
        client: TelegramClient,
        inbox: Inbox,
        takers: Sequence[UpdateTaker],
        clock: Clock,
        catalogue: Catalogue,
        *,
        webhook: Webhook | None = None,
        poll_seconds: int = POLL_SECONDS,
    ) -> None:
        self._client = client
        self._intake = Intake(client.bot_id, inbox, takers)
        self._clock = clock
        self._catalogue = catalogue
        self._poll_seconds = poll_seconds
        self._webhook = WebhookServer(client, self._intake, webhook, clock, catalogue) if webhook else None
        self._health = ChannelHealth()
        self.failure: Failure | None = None  # why the last poll brought nothing
        self._offset: int | None = None
        self._pause = 0.0
        self._free = False  # no webhook stands in the way of polling
        self._taking: asyncio.Task[bool] | None = None

    @property
    def health(self) -> ChannelHealth:
        """Whether updates come in."""
        return self._webhook.health if self._webhook else self._health

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """What the web server must serve: the webhook, if there is one."""
        return self._webhook.routes() if self._webhook else ()

    async def run(self) -> None:
        """Take in updates until cancelled; then finish what has begun, and confirm it."""
        if self._webhook:
            await self._webhook.run()
            return
        try:
            while True:
                await self._step()
        except asyncio.CancelledError:
            await self._farewell()
            raise

    async def _step(self) -> None:
        """One poll and all that follows from it."""
        if not self._free:
            failure = await self._remove_webhook()
            if failure is not None:
                await self._wait(failure)
                return
            self._free = True
        # The first answer after a trouble should not take a whole long poll: it says that we work.
        seconds = self._poll_seconds if self._health.health is Health.UP else 0
        batch = await self._client.call(
            RawUpdates(offset=self._offset, timeout=seconds, allowed_updates=self._intake.allowed_updates),
            timeout=seconds + ANSWER_SECONDS,
        )
        if not isinstance(batch, list):
            await self._wait(batch)
            return
        self._taking = asyncio.ensure_future(self._take_in(batch))
        if not await asyncio.shield(self._taking):  # cancelled or not, what has begun is finished
            await self._grow_pause()

    async def _take_in(self, batch: list[Any]) -> bool:
        """Commit a batch and move on behind it; False when it must be asked for again."""
        try:
            await self._intake.take_in(batch)
        except StorageFailed:
            self._down("telegram-down-storage")
            return False
        last = max((number for raw in batch if (number := update_id_of(raw)) is not None), default=None)
        if last is not None:
            self._offset = last + 1
        self._works()
        return True

    async def _farewell(self) -> None:
        """Finish the batch in hand and tell the server what is safe, so that it does not come again."""
        if self._taking and not self._taking.done():
            await asyncio.wait({self._taking})
        if self._offset is not None:
            await self._client.call(
                RawUpdates(offset=self._offset, timeout=0, limit=1, allowed_updates=self._intake.allowed_updates),
                timeout=FAREWELL_SECONDS,
            )

    async def _remove_webhook(self) -> Failure | None:
        info = await self._client.call(GetWebhookInfo())
        if isinstance(info, Failure):
            return info
        if info.url:
            log.warning("bot %s: removing a webhook, since updates are polled", self._client.bot_id)
            removed = await self._client.call(DeleteWebhook(drop_pending_updates=False))
            if isinstance(removed, Failure):
                return removed
        return None

    async def _wait(self, failure: Failure) -> None:
        """Say what is wrong (once) and wait before the next try."""
        self.failure = failure
        match failure:
            case RetryAfter(seconds):
                await self._clock.sleep(seconds)
                return
            case Conflict(webhook=True):
                self._free = False
                self._down("telegram-down-webhook")
            case Conflict():
                self._down("telegram-down-conflict")
                self._pause = max(self._pause, CONFLICT_PAUSE / 2)
            case BadToken():
                self._down("telegram-down-token")
            case _ if self._pause:  # one lost connection is nothing; the second in a row is
                self._down("telegram-down-network", f" ({failure})")
        await self._grow_pause()

    async def _grow_pause(self) -> None:
        self._pause = min(max(1.0, self._pause * 2), LONGEST_PAUSE)
        await self._clock.sleep(self._pause)

    def _works(self) -> None:
        if self._health.health is Health.DOWN:
            log.warning("bot %s: updates come in again", self._client.bot_id)
        self._health = ChannelHealth(Health.UP)
        self.failure = None
        self._pause = 0.0

    def _down(self, reason: str, detail: str = "") -> None:
        said = ChannelHealth(Health.DOWN, self._catalogue(reason))
        if said != self._health:
            log.warning("bot %s: %s%s", self._client.bot_id, said.reason, detail)
        self._health = said
