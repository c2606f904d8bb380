"""The site channel: visitors of the company's pages write in the widget. The store is their mailbox."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from aiohttp import WSMsgType, web

from bridge.catalogue import Catalogue
from bridge.channels.site.abilities import ABILITIES, is_file
from bridge.channels.site.connection import Connection
from bridge.channels.site.elsewhere import Elsewhere
from bridge.channels.site.faces import Face, faces
from bridge.channels.site.fallback import Fallback
from bridge.channels.site.gate import Origins, shown
from bridge.channels.site.hours import Schedule
from bridge.channels.site.identity import Identity
from bridge.channels.site.language import speaking
from bridge.channels.site.limits import Limits
from bridge.channels.site.protocol import Close, Code, encode
from bridge.channels.site.services import Services
from bridge.channels.site.session import Session
from bridge.channels.site.sessions import Sessions
from bridge.channels.site.settings import SiteSettings
from bridge.channels.site.socket import SocketConnection, make_socket
from bridge.channels.site.uploads import Uploads, Wrong
from bridge.channels.site.views import Views
from bridge.clock import Clock
from bridge.contracts import Abilities, Channel, ChannelHealth, FileGone, Health
from bridge.inbox import Inbox
from bridge.media.links import MediaLinks
from bridge.media.store import MediaStore
from bridge.model import (
    ChannelName,
    ExternalId,
    OperatorId,
    Outcome,
    Outgoing,
    Refused,
    Sent,
    Signals,
    TryLater,
    Why,
)
from bridge.web.pace import MINUTE
from bridge.web.visitors import LOOPBACK, Addresses

log = logging.getLogger(__name__)

SWEEP_EVERY = 1.0  # seconds
REFUSED_REMEMBERED = 100  # foreign origins that are logged once each


class SiteChannel:
    """A `bridge.contracts.Channel`. `run` it before visitors come; without it they are told to come later."""

    def __init__(
        self,
        settings: SiteSettings,
        inbox: Inbox,
        clock: Clock,
        catalogue: Catalogue,
        public_url: str | None,
        trusted_proxies: Iterable[str] = LOOPBACK,
        *,
        media: MediaStore,
        links: MediaLinks,
        uploads_key: bytes,
        operators: Iterable[Face] = (),
        others: Mapping[ChannelName, Channel] | None = None,
        kinds: Mapping[ChannelName, str] | None = None,
        refused: Callable[[ChannelName, str], None] = lambda channel, code: None,
    ) -> None:
        """`others` has the channels that `continue_in` may name (it may be filled later), `kinds` their kinds.

        `refused` counts what visitors are refused, by its code.
        """
        self._settings = settings
        self._media = media
        self._clock = clock
        self._catalogue = catalogue
        self.public_url = public_url
        self._origins = Origins(settings.origins, public_url)
        self._addresses = Addresses(trusted_proxies)
        self._limits = Limits(
            settings.messages_per_minute,
            settings.connections_per_address,
            clock,
            settings.new_visitors_per_address,
        )
        self._count = partial(refused, ChannelName(settings.name))
        self._refused: set[str] = set()
        self._health = ChannelHealth()
        self.sessions = Sessions()
        self._uploads = Uploads(settings, media, uploads_key, self._admit, clock, catalogue, self._count)
        self._faces = faces(settings, operators, f"{public_url or ''}/site/{settings.name}/avatar")
        elsewhere = Elsewhere(
            tuple(map(ChannelName, settings.continue_in)), {} if others is None else others, kinds or {}
        )
        self._services = self._shared(inbox, links, elsewhere)
        self._fallback = Fallback(
            self._admit,
            self._session,
            self.sessions,
            self._limits,
            clock,
            lambda language: speaking(language, catalogue),
            self._count,
        )
        inbox.subscribe(self._listen)
        inbox.follow(self.sessions.customers)

    def _shared(self, inbox: Inbox, links: MediaLinks, elsewhere: Elsewhere) -> Services:
        """What all sessions share."""
        settings = self._settings
        secret, hours = settings.identity_secret, settings.hours
        return Services(
            settings=settings,
            sessions=self.sessions,
            limits=self._limits,
            inbox=inbox,
            clock=self._clock,
            catalogue=self._catalogue,
            views=Views(self._faces.looks, links.url),
            identity=Identity(secret.get_secret_value(), self._clock) if secret else None,
            schedule=Schedule(hours.timezone, hours.open) if hours else None,
            uploads=self._uploads if self._uploads.file_limit else None,
            elsewhere=elsewhere,
            company_avatar=self._faces.company,
            refused=self._count,
        )

    @property
    def name(self) -> ChannelName:
        """Its name in the configuration."""
        return ChannelName(self._settings.name)

    @property
    def abilities(self) -> Abilities:
        """What it can carry."""
        return ABILITIES

    @property
    def health(self) -> ChannelHealth:
        """It works as long as it runs: there is no platform behind it."""
        return self._health

    @property
    def language(self) -> str:
        """The language of the configuration."""
        return self._catalogue.language

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """The widget's WebSocket, and the way for who cannot have one; uploads; pictures of who answers."""
        path = f"/site/{self.name}"
        return [
            web.get(f"{path}/socket", self._socket),
            *self._fallback.routes(path),
            *self._uploads.routes(path),
            web.get(f"{path}/avatar/{{id}}", self._avatar),
        ]

    async def run(self) -> None:
        """Keep the connections in order until cancelled; then send everyone away."""
        self._health = ChannelHealth(Health.UP)
        swept = self._clock.monotonic()
        try:
            while True:
                await self._clock.sleep(SWEEP_EVERY)
                now = self._clock.monotonic()
                self.sessions.sweep(now)
                self._fallback.sweep(now)
                if now - swept >= MINUTE:
                    swept = now
                    self._limits.sweep()
                    self._uploads.sweep(now)
        finally:
            self._health = ChannelHealth(Health.DOWN)
            await self.sessions.close_all()
            await self._fallback.stop()

    async def send(self, outgoing: Outgoing) -> Outcome:
        """Once its files are here there is nothing to call: what is marked as sent is in the visitor's mailbox.

        The id is what a visitor's quote of it is found by.
        """
        return await self._fetched(outgoing) or self.deposit(outgoing)

    def deposit(self, outgoing: Outgoing) -> Sent:
        """Words are there as soon as they are marked as sent."""
        return Sent((ExternalId(f"m{outgoing.message}"),) if outgoing.piece == 0 else ())

    async def edit(self, outgoing: Outgoing, external_ids: Sequence[ExternalId]) -> Outcome:
        """The same: a changed message has a new place in the mailbox's order."""
        return await self._fetched(outgoing) or Sent()

    async def unsend(self, customer: ExternalId, external_ids: Sequence[ExternalId]) -> Outcome:
        """The same: a message that was taken back has nothing in it any more."""
        return Sent()

    def link_for(self, token: str) -> str | None:
        """A visitor is on a page already: nobody is led here."""
        return None

    def typing(self, customer: ExternalId, name: str, operator: OperatorId | None = None) -> None:
        """An operator is writing to this visitor: their tabs show it for some seconds."""
        shown_name = self._faces.looks.name(operator, name)
        frame = encode("typing", name=shown_name or None)
        for tab in self.sessions.tabs(customer):
            tab.tell(frame)

    async def _fetched(self, outgoing: Outgoing) -> Refused | TryLater | None:
        """Have the files of a message in our own store; why that is not possible."""
        for attachment in outgoing.content.attachments:
            if attachment.file is None or not is_file(attachment):
                continue
            try:
                await self._media.local(attachment.file, attachment)
            except FileGone as gone:
                return Refused(Why.TOO_BIG if gone.limit else Why.FILE_GONE, str(gone), gone.limit)
            except OSError as error:
                return TryLater(detail=type(error).__name__)
        return None

    async def _avatar(self, request: web.Request) -> web.StreamResponse:
        return await self._faces.avatars.answer(request, request.match_info["id"])

    def _listen(self, signals: Signals) -> None:
        self.sessions.changed(signals.customers, signals.news)

    def _admit(self, request: web.Request) -> str:
        """The address of a visitor whose page may connect now. Raises 403 and 503."""
        if not self._origins.allow(request):
            self._count(Wrong.BAD_ORIGIN)
            self._log_refused(shown(request))
            raise web.HTTPForbidden(text=self._catalogue("widget-origin-refused"))
        if self._health.health is not Health.UP:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "5"})
        return self._addresses.of(request)

    def _session(self, connection: Connection, address: str) -> Session:
        return Session(connection, address, self._services)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        """One connection, from the handshake to the end."""
        address = self._admit(request)
        socket = make_socket()
        try:
            await socket.prepare(request)
        except ConnectionError:  # gone during the handshake
            return socket
        session = self._session(SocketConnection(socket, request, self._clock), address)
        wait = self._limits.connect(address)
        if wait:
            await session.end(Code.TOO_MANY_CONNECTIONS, Close.FLOOD, retry_after=wait)
            return socket
        self.sessions.add(session)
        try:
            async for message in socket:
                if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                    break  # larger than anything we would read
                await session.take(message.data if message.type is WSMsgType.TEXT else None)
        except ConnectionError:
            pass  # gone while we answered
        finally:
            await session.stop()
            self._limits.disconnect(address)
        return socket

    def _log_refused(self, origin: str) -> None:
        if origin not in self._refused and len(self._refused) < REFUSED_REMEMBERED:
            self._refused.add(origin)
            log.warning("channel %s: a page of origin %s may not carry the widget: refused", self.name, origin)
