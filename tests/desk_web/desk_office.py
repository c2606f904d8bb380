"""A web desk with everything it needs around it: a real store, a real server, a door that the test keeps."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from bridge.catalogue import Catalogue
from bridge.clock import Clock
from bridge.contracts import Abilities, Shows
from bridge.desks.web.desk import DeskGroup, DeskSource, WebDesk
from bridge.desks.web.services import NotChecked
from bridge.inbox import Inbox
from bridge.inbox.accept import Operator
from bridge.media.links import MediaLinks
from bridge.media.store import MediaStore
from bridge.model import (
    Attachment,
    ChannelName,
    Content,
    Conversation,
    ConversationId,
    Delivery,
    ExternalId,
    File,
    GroupName,
    Incoming,
    Kind,
    Message,
    MessageId,
    OperatorId,
    Profile,
    Text,
    Why,
)
from bridge.web.media import media_routes
from bridge.web.server import WebServer, make_app
from storage.sqlite import SqliteStore, open_store
from storage.store import Transaction
from tests.desk_web.operator import Page
from tests.turned_clock import TurnedClock

SHOP, VK, HELP = ChannelName("shop"), ChannelName("vk"), ChannelName("help")
SALES, SUPPORT = GroupName("sales"), GroupName("support")
GROUP_OF = {SHOP: SALES, VK: SALES, HELP: SUPPORT}
ANNA, BORIS, VERA = (
    Operator(OperatorId(7), "Анна"),
    Operator(OperatorId(8), "Борис"),
    Operator(OperatorId(9), "Вера"),
)
PICTURES = "pictures"  # an origin of files

EVERYTHING = Abilities(
    text_limit=4000,
    caption_limit=1000,
    kinds=frozenset({Kind.PHOTO, Kind.DOCUMENT}),
    albums=(frozenset({Kind.PHOTO}),),
    album_limit=10,
    file_limit=1024 * 1024,
    edits=True,
    unsends=True,
    shows=frozenset({Shows.QUOTES}),
)
LITTLE = replace(EVERYTHING, kinds=frozenset(), edits=False, unsends=False, window=timedelta(hours=24))


class FakeChannel:
    """A channel that sends nothing: what is queued stays queued. It remembers who is told of whom."""

    def __init__(self, name: ChannelName, abilities: Abilities) -> None:
        self.name = name
        self.abilities = abilities
        self.typed: list[ExternalId] = []
        self.seen_by: list[ExternalId] = []

    async def typing(self, customer: ExternalId) -> None:
        self.typed.append(customer)

    async def seen(self, customer: ExternalId) -> None:
        self.seen_by.append(customer)


@dataclass
class Entered:
    operator: Operator
    until: datetime


class FakeDoor:
    """Sessions and memberships as the test wants them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.sessions: dict[str, Operator] = {}
        self.members: dict[OperatorId, set[GroupName]] = {}
        self.reachable = True  # False: Telegram tells nobody's memberships, and has not for long
        self.used: list[bool] = []  # of each look at a session: whether the operator did something

    async def enter_by_cookie(self, request: web.Request, *, used: bool = True) -> Entered | None:
        self.used.append(used)
        operator = self.sessions.get(request.cookies.get("otklik_desk", ""))
        return Entered(operator, self._clock.now() + timedelta(hours=12)) if operator else None

    async def groups_of(self, operator: OperatorId, *, fresh: bool = False) -> frozenset[GroupName]:
        if not self.reachable:
            raise NotChecked
        return frozenset(self.members.get(operator, ()))

    def same_origin(self, request: web.Request) -> bool:
        return request.headers.get("Origin", "") == f"http://{request.host}"


class DeskOffice:
    """Use as `async with`."""

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        self.clock = clock or TurnedClock()
        self._path = path
        self._ids = itertools.count(1)
        self.pages: list[Page] = []
        self.files: dict[str, bytes] = {}

    async def __aenter__(self) -> "DeskOffice":
        self.http = aiohttp.ClientSession()
        self.store: SqliteStore = await open_store(self._path / "otklik.db", self.clock)
        self.inbox = Inbox(self.store, GROUP_OF)
        self.door = FakeDoor(self.clock)
        self.channels: dict[ChannelName, Any] = {
            SHOP: FakeChannel(SHOP, EVERYTHING),
            VK: FakeChannel(VK, LITTLE),
            HELP: FakeChannel(HELP, EVERYTHING),
        }
        self.media = MediaStore(self._path / "media", self.store, self.clock, {PICTURES: self})
        links = MediaLinks(
            await self.store.write(lambda tx: tx.server_key("media")), "https://x.example", self.clock
        )
        self.desk = WebDesk(
            self.inbox,
            self.store,
            self.clock,
            language="ru",
            groups=[
                DeskGroup(name=SALES, title="Продажи", language="ru"),
                DeskGroup(name=SUPPORT, title="Поддержка", language="ru"),
            ],
            channels=self.channels,
            sources={
                SHOP: DeskSource(kind="site", title="Магазин", group=SALES, mark="🌐"),
                VK: DeskSource(kind="vk", title="Сообщество", group=SALES, mark="🔷"),
                HELP: DeskSource(kind="site", title="Помощь", group=SUPPORT, mark="🌐"),
            },
            media=self.media,
            links=links,
            door=self.door,
        )
        routes = [*self.desk.routes(), *media_routes(self.media, links, self.store, Catalogue("ru"))]
        self._server = WebServer(make_app({}, lambda: True, routes), "127.0.0.1", 0)
        await self._server.start()
        await self.runs()
        return self

    async def runs(self) -> None:
        """Run the desk until it is ready."""
        self.run = asyncio.create_task(self.desk.run())
        await self.until(lambda: self.desk.ready)

    async def __aexit__(self, *_: object) -> None:
        for page in self.pages:
            await page.close()
        self.run.cancel()
        await asyncio.gather(self.run, return_exceptions=True)
        await self._server.stop()
        await self.store.close()
        await self.http.close()

    async def fetch(self, file: File, *, most: int) -> bytes:
        """A `FileOpener` of `self.files`."""
        return self.files[file.ref]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    # operators
    def page(self, operator: Operator = ANNA, *groups: GroupName) -> Page:
        """A page of an operator who has entered (and is a member of these groups)."""
        self.door.sessions[f"cookie-{operator.id}"] = operator
        if groups or operator.id not in self.door.members:
            self.door.members[operator.id] = set(groups or (SALES,))
        page = Page(self.http, self.url, f"cookie-{operator.id}")
        self.pages.append(page)
        return page

    async def at_work(self, operator: Operator = ANNA, *groups: GroupName) -> Page:
        """The same, connected."""
        return await self.page(operator, *groups).connect()

    async def settles(self) -> None:
        """Let everything that was committed be shown, and let all pages read it."""
        async with asyncio.timeout(20):
            while not self.desk.settled:
                if not self.desk.showing:
                    self.passes(0.3)
                await asyncio.sleep(0.0005)
        for page in self.pages:
            if page._socket is not None and not page._socket.closed:
                await page.reads()

    def passes(self, seconds: float) -> None:
        assert isinstance(self.clock, TurnedClock)
        self.clock.passes(seconds)

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(20):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.001)

    # customers
    async def writes(
        self,
        who: str,
        text: str = "Здравствуйте",
        *attachments: Attachment,
        channel: ChannelName = SHOP,
        profile: Profile | None = None,
        **more: Any,
    ) -> ConversationId:
        """A customer writes; the conversation."""
        incoming = Incoming(
            channel=channel,
            customer=ExternalId(who),
            external_id=ExternalId(f"m{next(self._ids)}"),
            written_at=self.clock.now(),
            content=Content(text=Text(text), attachments=attachments),
            profile=profile or Profile(name=who),
            **more,
        )
        received = await self.inbox.receive(incoming)
        assert received.message.conversation is not None
        return received.message.conversation

    # the truth
    async def conversation(self, id: ConversationId | int) -> Conversation:
        found = await self.inbox.read(lambda tx: tx.conversation(ConversationId(id)))
        assert found is not None
        return found

    async def messages(self, id: ConversationId | int) -> list[Message]:
        return list(await self.inbox.read(lambda tx: tx.conversation_messages(ConversationId(id), 10_000)))

    async def message(self, id: int) -> Message:
        return await self.inbox.read(lambda tx: tx.message(MessageId(id)))

    async def becomes(self, id: int, delivery: Delivery, why: Why | None = None) -> None:
        """The lane is done with a message."""
        await self.inbox.write(lambda tx: tx.finish(MessageId(id), delivery, failure=why))

    async def write(self, work: Callable[[Transaction], Any]) -> Any:
        return await self.inbox.write(work)
