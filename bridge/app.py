"""What starts when, what a crash stops, how we shut down. The one place that knows everybody.

store -> clients -> channels, desk, lanes -> web server -> everything runs until cancelled -> the same, backwards
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from aiohttp import web
from pydantic import SecretStr

from bridge.audit import Audits, books_of
from bridge.budget import Rate
from bridge.catalogue import Catalogue
from bridge.channels.facebook.channel import FacebookChannel
from bridge.channels.facebook.pages import Pages
from bridge.channels.facebook.settings import FacebookSettings
from bridge.channels.site.channel import SiteChannel
from bridge.channels.site.faces import Face
from bridge.channels.site.pages import try_page_routes, widget_routes
from bridge.channels.site.settings import SiteSettings
from bridge.channels.telegram.channel import TelegramChannel
from bridge.channels.telegram.settings import TelegramSettings
from bridge.channels.viber.channel import ViberChannel
from bridge.channels.viber.settings import ViberSettings
from bridge.channels.vk.channel import VkChannel
from bridge.channels.vk.settings import VkSettings
from bridge.clock import Clock
from bridge.config import Config, DeskSettings, GroupSettings
from bridge.contracts import Channel, ChannelHealth, FileOpener, Health
from bridge.desks.telegram.desk import TelegramDesk
from bridge.desks.telegram.group import GroupDesk
from bridge.desks.telegram.helpers import Helper
from bridge.desks.telegram.members import Members
from bridge.desks.telegram.view import Group, Layout, Source
from bridge.inbox import Inbox
from bridge.jumps import Jumps
from bridge.lanes import Lanes
from bridge.media.downloads import Downloads
from bridge.media.links import MediaLinks
from bridge.media.store import ORIGIN, MediaStore
from bridge.messenger import Person, Services
from bridge.metrics import Metrics, metrics_routes
from bridge.model import REMOTE, ChannelName, GroupName, OperatorId
from bridge.settings import ChannelSettings, MessengerSettings
from bridge.telegram.client import TelegramClient, make_bot
from bridge.telegram.updates import UpdateLoop, Webhook
from bridge.telegram.webhook import webhook_at
from bridge.web.download import Downloader, endpoint
from bridge.web.media import media_routes
from bridge.web.remote import RemoteFiles
from bridge.web.server import WebServer, make_app
from bridge.windows import Windows
from storage.sqlite import SqliteStore, open_store
from storage.store import StoreError

log = logging.getLogger(__name__)

LAST_TASKS, LAST_REQUESTS, LAST_GOODBYES = 3.5, 2.0, 0.5  # seconds; together with the store's, less than ten
RESTART_PAUSE = 5.0  # seconds before a part that fell over is started again
DESK = "desk"  # the desk's name among the webhooks


class StartupError(Exception):
    """Otklik cannot start; the text says why and what to do, for an admin."""


class Otklik:
    """The whole program. `start`, then `stop`; everything in between happens by itself."""

    def __init__(self, config: Config, clock: Clock | None = None) -> None:
        self.config = config
        self.clock = clock or Clock()
        self.words = Catalogue(config.language)
        self._tasks: list[asyncio.Task[None]] = []
        self._clients: list[TelegramClient] = []
        self._downloaders: list[Downloader] = []
        self._store: SqliteStore | None = None
        self._server: WebServer | None = None
        self._channels: dict[ChannelName, Channel] = {}
        self._pages = Pages()  # of Facebook, whose channels may share an app
        self._loop: UpdateLoop | None = None
        kinds = {ChannelName(channel.name): channel.kind for channel in config.channels}
        self._metrics = Metrics(kinds, lambda: self.health)

    @property
    def _desk_settings(self) -> DeskSettings:
        assert self.config.desk is not None
        return self.config.desk

    @property
    def port(self) -> int:
        """Where the web server listens."""
        assert self._server is not None
        return self._server.port

    @property
    def health(self) -> Mapping[ChannelName, ChannelHealth]:
        """Each channel's state."""
        return {name: channel.health for name, channel in self._channels.items()}

    async def start(self) -> None:
        """Open, build, listen, run. Raises StartupError; what had been opened is closed again."""
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def _start(self) -> None:
        config = self.config
        self._store = store = await self._open()
        groups = {ChannelName(c.name): GroupName(c.group) for c in config.channels}
        inbox = Inbox(store, groups)
        desk_client = self._desk_client(self._desk_settings.token)
        helpers = [
            Helper(self._desk_client(token), number) for number, token in enumerate(self._desk_settings.helpers, 1)
        ]
        openers: dict[str, FileOpener] = {desk_client.origin: desk_client}
        sources: dict[str, FileOpener] = {}  # where the media store itself gets other origins' files
        keep = timedelta(days=config.storage.media_days)
        openers[ORIGIN] = media = MediaStore(config.storage.media, store, self.clock, sources, keep)
        key = await store.write(lambda tx: tx.server_key("media"))
        links = MediaLinks(key, config.public_url or "", self.clock)
        uploads_key = await store.write(lambda tx: tx.server_key("uploads"))
        services = self._services(inbox, media, links, await store.write(lambda tx: tx.server_key("messengers")))
        for settings in config.channels:
            self._channels[ChannelName(settings.name)] = (
                self._site(settings, inbox, media, links, uploads_key)
                if isinstance(settings, SiteSettings)
                else self._channel(settings, services, desk_client, openers)
            )
        sources |= {origin: opener for origin, opener in openers.items() if opener is not media}
        sources |= self._remote(config.channels)
        openers |= {origin: media for origin in sources if origin.startswith(REMOTE)}
        desk = self._desk(store, desk_client, openers, links if config.public_url else None, helpers)
        inbox.on_typing(desk.typing)
        self._loop = self._update_loop(inbox, desk_client, desk)
        by_link = {
            ChannelName(channel.name): links
            for channel in config.channels
            if isinstance(channel, MessengerSettings) and channel.files_by_link and config.public_url
        }
        lanes = Lanes(
            store, self._channels, lambda _: self.words, self.clock, links=by_link, ended=self._metrics.ended
        )
        store.subscribe(lambda signals: self._metrics.received(signals.received))
        windows = Windows(inbox, self._channels, self.clock, self.words)
        await self._listen(
            [
                *media_routes(media, links, store, self.words),
                *metrics_routes(self._metrics, config.server.metrics),
            ]
        )
        self._run("storage", store.run)
        self._run("clock", Jumps(store, self.clock).run)
        self._run("audit", Audits(books_of(config), store, self.clock, self._metrics.audited).run)
        self._run("media", media.run)
        self._run("downloads", Downloads(store, media, self.clock).run)
        self._run("windows", windows.run)
        self._run("lanes", lanes.run)
        self._run("desk", desk.run)
        self._run("updates", self._loop.run)
        for helper in helpers:
            loop = UpdateLoop(helper.client, inbox, [helper], self.clock, self.words)
            helper.follow(loop)
            self._run(f"helper {helper.number}", loop.run)
        for name, channel in self._channels.items():
            self._run(name, channel.run)

    async def _open(self) -> SqliteStore:
        try:
            return await open_store(self.config.storage.path, self.clock)
        except StoreError as error:
            raise StartupError(self.words(f"store-{error.problem}", **error.values)) from error

    def _desk_client(self, token: SecretStr) -> TelegramClient:
        """A bot that posts in the groups: it keeps to the limit of all its chats together."""
        desk = self._desk_settings
        rate = Rate.beside(desk.posts_per_minute)
        return self._client(token.get_secret_value(), desk.api_url, desk.proxy, rate)

    def _client(self, token: str, api_url: str, proxy: str, rate: Rate | None = None) -> TelegramClient:
        client = TelegramClient(make_bot(token, api_url, proxy), self.clock, self.words, rate)
        self._clients.append(client)
        return client

    def _channel(
        self,
        settings: ChannelSettings,
        services: Services,
        desk_client: TelegramClient,
        openers: dict[str, FileOpener],
    ) -> Channel:
        match settings:
            case TelegramSettings():
                client = desk_client
                webhook = None
                if settings.token is not None:
                    client = self._client(settings.token.get_secret_value(), settings.api_url, settings.proxy)
                    openers[client.origin] = client
                    webhook = self._webhook(settings, settings.name)
                return TelegramChannel(settings, client, services.inbox, self.clock, self.words, openers, webhook)
            case VkSettings():
                return VkChannel(settings, services)
            case ViberSettings():
                return ViberChannel(settings, services)
            case FacebookSettings():
                return FacebookChannel(settings, services, self._pages)
            case _:
                raise StartupError(f"{settings.kind}: no such channel")

    def _services(self, inbox: Inbox, media: MediaStore, links: MediaLinks, key: bytes) -> Services:
        config = self.config
        return Services(
            inbox=inbox,
            clock=self.clock,
            catalogue=self.words,
            media=media,
            links=links,
            public_url=config.public_url,
            key=key,
            operators={OperatorId(known.id): Person(known.name, known.avatar) for known in config.operators},
            refused=self._metrics.hook_refused,
        )

    def _remote(self, channels: Iterable[ChannelSettings]) -> dict[str, FileOpener]:
        """Who downloads customers' files from the platforms. Only a channel's own server may be in our network."""
        found: dict[str, FileOpener] = {}
        for channel in channels:
            if isinstance(channel, MessengerSettings):
                downloader = Downloader(self.words, trusted=[endpoint(channel.api_url)], proxy=channel.proxy)
                self._downloaders.append(downloader)
                found[f"{REMOTE}{channel.name}"] = RemoteFiles(downloader)
        return found

    def _site(
        self, settings: SiteSettings, inbox: Inbox, media: MediaStore, links: MediaLinks, uploads_key: bytes
    ) -> SiteChannel:
        config = self.config
        return SiteChannel(
            settings,
            inbox,
            self.clock,
            self.words,
            config.public_url,
            config.server.trusted_proxies,
            media=media,
            links=links,
            uploads_key=uploads_key,
            operators=[Face(OperatorId(known.id), known.name, known.avatar) for known in config.operators],
            others=self._channels,
            kinds={ChannelName(channel.name): channel.kind for channel in config.channels},
            refused=self._metrics.widget_refused,
        )

    def _webhook(self, settings: object, name: str) -> Webhook | None:
        if getattr(settings, "updates", "") != "webhook" or not self.config.public_url:
            return None
        secret = getattr(settings, "webhook_secret")  # noqa: B009 -- of the desk's and the channel's settings
        return webhook_at(self.config.public_url, name, secret.get_secret_value(), self._metrics.hook_refused)

    def _update_loop(self, inbox: Inbox, client: TelegramClient, desk: TelegramDesk) -> UpdateLoop:
        """The desk's bot serves the groups, and the private chats of a channel without a token of its own."""
        shared = [
            channel
            for name, channel in self._channels.items()
            if isinstance(channel, TelegramChannel) and self._on_the_desk_bot(name)
        ]
        loop = UpdateLoop(
            client,
            inbox,
            [desk, *shared],
            self.clock,
            self.words,
            webhook=self._webhook(self._desk_settings, DESK),
        )
        for channel in shared:
            channel.follow(loop)
        return loop

    def _on_the_desk_bot(self, name: ChannelName) -> bool:
        settings = self.config.channel(name)
        return isinstance(settings, TelegramSettings) and settings.token is None

    def _desk(
        self,
        store: SqliteStore,
        client: TelegramClient,
        openers: Mapping[str, FileOpener],
        links: MediaLinks | None,
        helpers: Sequence[Helper],
    ) -> TelegramDesk:
        groups = [
            GroupDesk(
                store,
                client,
                self.clock,
                self._group(settings, client),
                forced_layout=None if settings.layout == "auto" else Layout(settings.layout),
                posts_per_minute=self._desk_settings.posts_per_minute,
                openers=openers,
                links=links,
                channel_health=lambda: self.health,
                helpers=helpers,
            )
            for settings in self.config.groups
        ]
        return TelegramDesk(
            store,
            client,
            Members(client, self.clock),
            groups,
            self.clock,
            language=self.config.language,
            channel_edits=lambda name: name in self._channels and self._channels[name].abilities.edits,
            channel_unsends=lambda name: name in self._channels and self._channels[name].abilities.unsends,
            channel_health=lambda: self.health,
            helpers=helpers,
        )

    def _group(self, settings: GroupSettings, client: TelegramClient) -> Group:
        words = Catalogue(self.config.language_of(settings))
        sources = {
            ChannelName(channel.name): Source(
                mark=words(f"channel-mark-{channel.kind}"), title=channel.title or channel.name
            )
            for channel in self.config.channels
            if channel.group == settings.name
        }
        return Group(
            name=GroupName(settings.name),
            title=settings.title,
            chat_id=settings.chat_id or 0,
            layout=Layout.TOPICS if settings.layout == "topics" else Layout.REPLIES,
            feed_thread=settings.feed_topic,
            bot_id=client.bot_id,
            words=words,
            sources=sources,
        )

    async def _listen(self, files: Iterable[web.AbstractRouteDef]) -> None:
        server = self.config.server
        sites = [channel for channel in self._channels.values() if isinstance(channel, SiteChannel)]
        settings = [channel for channel in self.config.channels if isinstance(channel, SiteSettings)]
        routes = [*widget_routes(settings), *(try_page_routes(sites[0]) if sites else ())]
        assert self._loop is not None
        store = self._store
        assert store is not None
        every = [*routes, *files, *self._loop.routes()]
        app = make_app(self._channels, self._ready, every, lambda: store.trouble)
        self._server = WebServer(app, server.host, server.port)
        try:
            await self._server.start()
        except OSError as error:
            self._server = None
            raise StartupError(
                self.words("run-port-taken", host=server.host, port=str(server.port), reason=error.strerror or "")
            ) from error
        log.info(self.words("run-started", url=self.config.public_url or f"http://{server.host}:{self.port}"))

    def _ready(self) -> bool:
        """Whether everything has had its first go: each channel works, or says why it does not."""
        states = [channel.health.health for channel in self._channels.values()]
        states.append(self._loop.health.health if self._loop else Health.STARTING)
        return Health.STARTING not in states

    def _run(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self._tasks.append(asyncio.create_task(self._kept_up(name, work), name=name))

    async def _kept_up(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run a part of the program; one that falls over is started again and disturbs no other."""
        while True:
            try:
                await work()
                log.error("%s has ended; starting it again", name)
            except Exception:
                if self._store and self._store.trouble:  # which the store has told
                    log.warning("%s waits for the database", name)
                else:
                    log.exception("%s fell over; starting it again", name)
            await self.clock.sleep(RESTART_PAUSE)

    async def stop(self) -> None:
        """Stop taking in, finish what is being written, close everything: within ten seconds, whatever hangs.

        What is not finished by then is in the database, and goes on at the next start.
        """
        if self._server:
            await self._server.refuse()
        for task in self._tasks:
            task.cancel()
        await _within(LAST_TASKS, self._tasks)
        self._tasks.clear()
        if self._server:
            await _within(LAST_REQUESTS, [asyncio.create_task(self._server.stop(), name="web server")])
            self._server = None
        closing = [each.close() for each in self._clients] + [each.close() for each in self._downloaders]
        await _within(LAST_GOODBYES, [asyncio.create_task(each, name="http client") for each in closing])
        self._clients.clear()
        self._downloaders.clear()
        if self._store:
            await self._store.close()
            self._store = None


async def _within(seconds: float, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait for tasks that are about to end; those that do not are left behind."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        log.warning("%s does not end; going on without it", task.get_name())
        task.cancel()


async def run(config: Config, *, config_path: Path) -> None:
    """Run until cancelled. Raises StartupError."""
    log.debug("config: %s", config_path)
    otklik = Otklik(config)
    await otklik.start()
    try:
        await asyncio.Event().wait()
    finally:
        await otklik.stop()
