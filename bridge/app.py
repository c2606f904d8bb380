"""What starts when, what a crash stops, how we shut down. Together with `bridge.building` it knows everybody.

store -> clients -> channels, desks, lanes -> web server -> everything runs until cancelled -> the same, backwards
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from aiohttp import web

from bridge.audit import Audits, books_of
from bridge.building.channels import Channels, Keys
from bridge.building.core import Addition, Connections, Core, Described
from bridge.building.telegram_desk import TelegramSide
from bridge.building.web_desk import WebSide
from bridge.catalogue import Catalogue
from bridge.channels.site.channel import SiteChannel
from bridge.channels.site.pages import try_page_routes, widget_routes
from bridge.channels.site.settings import SiteSettings
from bridge.clock import Clock
from bridge.config import Config
from bridge.contracts import Channel, ChannelHealth, FileOpener, Health
from bridge.inbox import Inbox
from bridge.jumps import Jumps
from bridge.lanes import Lanes
from bridge.media.downloads import Downloads
from bridge.media.links import MediaLinks
from bridge.media.store import ORIGIN, MediaStore
from bridge.metrics import Metrics, metrics_routes
from bridge.model import REMOTE, ChannelName, GroupName
from bridge.telegram.updates import UpdateLoop
from bridge.web.media import media_routes
from bridge.web.server import WebServer, make_app
from bridge.windows import Windows
from storage.sqlite import SqliteStore, open_store
from storage.store import StoreError

log = logging.getLogger(__name__)

LAST_TASKS, LAST_REQUESTS, LAST_GOODBYES = 3.5, 2.0, 0.5  # seconds; together with the store's, less than ten
RESTART_PAUSE = 5.0  # seconds before a part that fell over is started again


class StartupError(Exception):
    """Otklik cannot start; the text says why and what to do, for an admin."""


class Otklik:
    """The whole program. `start`, then `stop`; everything in between happens by itself."""

    def __init__(self, config: Config, clock: Clock | None = None, addition: Addition | None = None) -> None:
        self.config = config
        self.clock = clock or Clock()
        self.words = Catalogue(config.language)
        self._addition = addition
        self._described = {
            ChannelName(each.name): Described(each.kind, each.title or each.name, GroupName(each.group))
            for each in config.channels
        }
        if addition is not None:
            self._described |= addition.described
        kinds = {name: described.kind for name, described in self._described.items()}
        self._metrics = Metrics(kinds, lambda: self.health)
        self._connections = Connections(config, self.clock, self.words, self._metrics)
        self._tasks: list[asyncio.Task[None]] = []
        self._channels: dict[ChannelName, Channel] = {}
        self._store: SqliteStore | None = None
        self._server: WebServer | None = None
        self._loop: UpdateLoop | None = None  # of the desk's bot

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
        sources: dict[str, FileOpener] = {}  # where the media store itself gets other origins' files
        core = await self._core(store, sources)
        self._channels = core.channels
        keys = Keys(
            uploads=await store.write(lambda tx: tx.server_key("uploads")),
            messengers=await store.write(lambda tx: tx.server_key("messengers")),
        )
        telegram = TelegramSide(core, self._connections, config.desk) if config.desk is not None else None
        channels = Channels(core, self._connections, keys, telegram.client if telegram else None)
        channels.make()
        if self._addition is not None:
            core.channels |= {channel.name: channel for channel in await self._addition.join(core)}
        sources |= {origin: opener for origin, opener in core.openers.items() if opener is not core.media}
        sources |= channels.remote()
        core.openers |= {origin: core.media for origin in sources if origin.startswith(REMOTE)}
        parts = self._parts(core, channels)
        web_side = WebSide(core, telegram) if config.web.enabled else None
        if web_side is not None:
            core.inbox.on_typing(web_side.desk.typing)
            parts["web desk"] = web_side.desk.run
        if telegram is not None:
            desk = telegram.build(web_side.door.offer, web_side.mini_app) if web_side else telegram.build()
            core.inbox.on_typing(desk.typing)
            self._loop = telegram.update_loop(desk, channels.on_the_desk_bot())
            parts |= {"desk": desk.run, "updates": self._loop.run, "name": telegram.introduce}
            parts |= {f"helper {each.number}": telegram.helper_loop(each).run for each in telegram.helpers}
        await self._listen(
            [
                *media_routes(core.media, core.links, store, self.words),
                *metrics_routes(self._metrics, config.server.metrics),
                *self._pages(core),
                *(web_side.routes() if web_side else ()),
            ]
        )
        for name, work in parts.items():
            self._run(name, work)
        for channel in core.channels.values():
            self._run(channel.name, channel.run)

    async def _open(self) -> SqliteStore:
        try:
            return await open_store(self.config.storage.path, self.clock)
        except StoreError as error:
            raise StartupError(self.words(f"store-{error.problem}", **error.values)) from error

    async def _core(self, store: SqliteStore, sources: Mapping[str, FileOpener]) -> Core:
        config = self.config
        keep = timedelta(days=config.storage.media_days)
        media = MediaStore(config.storage.media, store, self.clock, sources, keep)
        key = await store.write(lambda tx: tx.server_key("media"))
        return Core(
            config=config,
            clock=self.clock,
            words=self.words,
            metrics=self._metrics,
            store=store,
            inbox=Inbox(store, {name: described.group for name, described in self._described.items()}),
            media=media,
            links=MediaLinks(key, config.public_url or "", self.clock),
            described=self._described,
            openers={ORIGIN: media},
        )

    def _parts(self, core: Core, channels: Channels) -> dict[str, Callable[[], Awaitable[None]]]:
        """What runs beside channels and desks."""
        store = core.store
        lanes = Lanes(
            store,
            core.channels,
            lambda _: self.words,
            self.clock,
            links=channels.by_link(),
            ended=self._metrics.ended,
        )
        store.subscribe(lambda signals: self._metrics.received(signals.received))
        assert self._store is not None
        parts: dict[str, Callable[[], Awaitable[None]]] = {
            "storage": self._store.run,
            "clock": Jumps(store, self.clock).run,
            "audit": Audits(books_of(self.config), store, self.clock, self._metrics.audited).run,
            "media": core.media.run,
            "downloads": Downloads(store, core.media, self.clock).run,
            "windows": Windows(core.inbox, core.channels, self.clock, self.words).run,
            "lanes": lanes.run,
        }
        if self._addition is not None:
            parts["addition"] = self._addition.run
        return parts

    def _pages(self, core: Core) -> Iterable[web.AbstractRouteDef]:
        """What browsers load: the widget, and a page to try it on, or those of the addition."""
        yield from widget_routes([each for each in self.config.channels if isinstance(each, SiteSettings)])
        sites = [channel for channel in core.channels.values() if isinstance(channel, SiteChannel)]
        if self._addition is not None:
            yield from self._addition.routes(core)
        elif sites:
            yield from try_page_routes(sites[0])

    async def _listen(self, routes: Iterable[web.AbstractRouteDef]) -> None:
        server, store = self.config.server, self._store
        assert store is not None
        every = [*routes, *(self._loop.routes() if self._loop else ())]
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
        if self._loop is not None:
            states.append(self._loop.health.health)
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
        closing = [asyncio.create_task(each, name="http client") for each in self._connections.closing()]
        await _within(LAST_GOODBYES, closing)
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


async def run(
    config: Config,
    *,
    config_path: Path,
    addition: Addition | None = None,
    started: Callable[[], None] = lambda: None,
) -> None:
    """Run until cancelled; `started` is called when everything is on its way. Raises StartupError."""
    log.debug("config: %s", config_path)
    otklik = Otklik(config, addition=addition)
    await otklik.start()
    try:
        started()
        await asyncio.Event().wait()
    finally:
        await otklik.stop()
