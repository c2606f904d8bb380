"""A bot's webhook: where Telegram posts updates, and seeing to it that Telegram knows the address."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from aiogram.methods import GetWebhookInfo, SetWebhook
from aiohttp import web

from bridge.catalogue import Catalogue
from bridge.clock import Clock
from bridge.contracts import ChannelHealth, Health
from bridge.model import ChannelName
from bridge.telegram.client import TelegramClient
from bridge.telegram.errors import BadToken, Failure, RetryAfter
from bridge.telegram.intake import Intake, StorageFailed
from bridge.web.hooks import Hook, Refusals, same

log = logging.getLogger(__name__)

SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # https://core.telegram.org/bots/api#setwebhook
CHECK_SECONDS: Final = 3600.0
LONGEST_PAUSE: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where updates arrive: `url` for Telegram, `path` on our server, and the secret that proves the sender."""

    url: str
    path: str
    secret: str = field(repr=False)
    refused: Refusals = field(default=lambda channel, reason: None, repr=False, compare=False)

    @property
    def name(self) -> ChannelName:
        """Of the channel, or the desk."""
        return ChannelName(self.path.rpartition("/")[2])


def webhook_at(
    public_url: str, name: str, secret: str, refused: Refusals = lambda channel, reason: None
) -> Webhook:
    """The webhook of the channel (or desk) `name`: `/hooks/<name>` under the public address.

    `refused` counts calls that were not taken.
    """
    path = f"/hooks/{name}"
    return Webhook(url=public_url.rstrip("/") + path, path=path, secret=secret, refused=refused)


class WebhookServer:
    """Answers Telegram's calls, and keeps the webhook registered."""

    def __init__(
        self, client: TelegramClient, intake: Intake, webhook: Webhook, clock: Clock, catalogue: Catalogue
    ) -> None:
        self._client = client
        self._intake = intake
        self._webhook = webhook
        self._clock = clock
        self._catalogue = catalogue
        self._hook = Hook(webhook.name, webhook.refused)
        self.health = ChannelHealth()

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """The one address that Telegram posts to."""
        return (web.post(self._webhook.path, self.handle),)

    async def run(self) -> None:
        """Register the webhook, and look every hour whether it is still there, until cancelled."""
        pause = 0.0
        anew = True  # the secret cannot be asked for, so it is told at every start
        while True:
            failure = await self._register(anew=anew)
            if failure is None:
                self.health = ChannelHealth(Health.UP)
                anew, pause = False, 0.0
                await self._clock.sleep(CHECK_SECONDS)
                continue
            self._down(failure)
            pause = min(max(1.0, pause * 2), LONGEST_PAUSE)
            await self._clock.sleep(failure.seconds if isinstance(failure, RetryAfter) else pause)

    async def handle(self, request: web.Request) -> web.Response:
        """One update. 200 once it is safe on disk, so that Telegram sends it again otherwise.

        403 for a wrong secret, 400 for what is not an update, 413 for too much, 503 when the store fails.
        """
        self._hook.admit(same(request.headers.get(SECRET_HEADER, ""), self._webhook.secret))
        raw = self._hook.parse(await self._hook.body(request))
        try:
            await self._intake.take_in([raw])
        except StorageFailed:
            raise web.HTTPServiceUnavailable from None
        return web.Response()

    async def _register(self, *, anew: bool) -> Failure | None:
        wanted = self._intake.allowed_updates
        if not anew:
            info = await self._client.call(GetWebhookInfo())
            if isinstance(info, Failure):
                return info
            if info.last_error_message:
                log.warning("bot %s: webhook: %s", self._client.bot_id, info.last_error_message)
            if info.url == self._webhook.url and sorted(info.allowed_updates or []) == wanted:
                return None
            log.warning("bot %s: the webhook was changed by somebody; set again", self._client.bot_id)
        done = await self._client.call(
            SetWebhook(
                url=self._webhook.url,
                allowed_updates=wanted,
                secret_token=self._webhook.secret,
                drop_pending_updates=False,
            )
        )
        return done if isinstance(done, Failure) else None

    def _down(self, failure: Failure) -> None:
        match failure:
            case BadToken():
                reason = "telegram-down-token"
            case _:
                reason = "telegram-down-webhook-refused"
        said = ChannelHealth(Health.DOWN, self._catalogue(reason))
        if said != self.health:
            log.warning("bot %s: %s (%s)", self._client.bot_id, said.reason, failure)
        self.health = said
