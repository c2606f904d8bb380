"""What every part is built on: store, inbox, files, bots; and what may be added to the program."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import web
from pydantic import SecretStr

from bridge.budget import Rate
from bridge.catalogue import Catalogue
from bridge.clock import Clock
from bridge.config import Config, DeskSettings
from bridge.contracts import Channel, ChannelHealth, FileOpener
from bridge.inbox import Inbox
from bridge.media.links import MediaLinks
from bridge.media.store import MediaStore
from bridge.metrics import Metrics
from bridge.model import ChannelName, GroupName
from bridge.telegram.client import TelegramClient, make_bot
from bridge.telegram.updates import Webhook
from bridge.telegram.webhook import webhook_at
from bridge.web.download import Downloader, Endpoint
from storage.store import Store


@dataclass(frozen=True, slots=True)
class Described:
    """What a desk must know of a channel: its kind, what operators call it, and who handles it."""

    kind: str
    title: str
    group: GroupName


@dataclass(slots=True, kw_only=True)
class Core:
    """What is there before any channel or desk."""

    config: Config
    clock: Clock
    words: Catalogue
    metrics: Metrics
    store: Store
    inbox: Inbox
    media: MediaStore
    links: MediaLinks
    described: Mapping[ChannelName, Described]
    openers: dict[str, FileOpener] = field(default_factory=dict)  # who gives the bytes of files, by their origin
    channels: dict[ChannelName, Channel] = field(default_factory=dict)

    def health(self) -> Mapping[ChannelName, ChannelHealth]:
        """Each channel's state."""
        return {name: channel.health for name, channel in self.channels.items()}


class Connections:
    """The clients of platforms, and their end."""

    def __init__(self, config: Config, clock: Clock, words: Catalogue, metrics: Metrics) -> None:
        self._config = config
        self._clock = clock
        self._words = words
        self._metrics = metrics
        self._clients: list[TelegramClient] = []
        self._downloaders: list[Downloader] = []

    def desk_bot(self, desk: DeskSettings, token: SecretStr) -> TelegramClient:
        """A bot that posts in the groups: it keeps to the limit of all its chats together."""
        return self.bot(token, desk.api_url, desk.proxy, Rate.beside(desk.posts_per_minute))

    def bot(self, token: SecretStr, api_url: str, proxy: str, rate: Rate | None = None) -> TelegramClient:
        """A bot of Telegram's."""
        bot = make_bot(token.get_secret_value(), api_url, proxy)
        client = TelegramClient(bot, self._clock, self._words, rate)
        self._clients.append(client)
        return client

    def downloader(self, trusted: Iterable[Endpoint], proxy: str) -> Downloader:
        """Who fetches files from a platform; only `trusted` ends may be in our own network."""
        downloader = Downloader(self._words, trusted=trusted, proxy=proxy)
        self._downloaders.append(downloader)
        return downloader

    def webhook(self, settings: object, name: str) -> Webhook | None:
        """Where Telegram calls a bot with these settings; None where it is polled."""
        if getattr(settings, "updates", "") != "webhook" or not self._config.public_url:
            return None
        secret = getattr(settings, "webhook_secret")  # noqa: B009 -- of the desk's and the channel's settings
        return webhook_at(self._config.public_url, name, secret.get_secret_value(), self._metrics.hook_refused)

    def closing(self) -> Sequence[Coroutine[Any, Any, None]]:
        """What must be awaited at the end; then there are none any more."""
        ends = [each.close() for each in self._clients] + [each.close() for each in self._downloaders]
        self._clients.clear()
        self._downloaders.clear()
        return ends


class Addition(Protocol):
    """What the demo puts into the program, beside what the configuration has."""

    @property
    def described(self) -> Mapping[ChannelName, Described]:
        """The channels that it brings."""

    async def join(self, core: Core) -> Iterable[Channel]:
        """Make those channels; they run as all others do."""

    def routes(self, core: Core) -> Iterable[web.AbstractRouteDef]:
        """Pages of its own; `/` is one of them."""

    async def run(self) -> None:
        """What it does beside everything else, until cancelled."""
