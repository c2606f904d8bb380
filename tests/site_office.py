"""A site channel with everything it needs around it: a real store, a real server, and an operator.

In the place of the lanes stands a loop that marks whatever is queued as sent, as the lanes do for this channel.
"""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from bridge.catalogue import Catalogue
from bridge.channels.site.channel import SiteChannel
from bridge.channels.site.faces import Face
from bridge.channels.site.pages import try_page_routes, widget_routes
from bridge.channels.site.settings import SiteSettings
from bridge.clock import Clock
from bridge.inbox import Inbox
from bridge.inbox.accept import NotDone, Operator, accept
from bridge.inbox.reply import Reply, edit_reply, reply
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
    Message,
    MessageId,
    OperatorId,
    Signals,
    Span,
    Stage,
    Text,
)
from bridge.web.media import media_routes
from bridge.web.server import WebServer, make_app
from storage.sqlite import SqliteStore, open_store
from storage.store import Transaction
from tests.site_client import SiteClient, Tab
from tests.turned_clock import TurnedClock

SHOP = ChannelName("shop")
TELEGRAM = "telegram:7"  # an origin of files
SALES = GroupName("sales")
ANNA = Operator(OperatorId(7), "Анна")
ORIGIN = "https://shop.example.ru"


class SiteOffice:
    """Use as `async with`; `stop` and `start` restart it on the same database and port."""

    def __init__(
        self, path: Path, clock: Clock | None = None, *, way: type[Tab] = SiteClient, **settings: object
    ) -> None:
        """`way`: how visitors connect."""
        self.clock = clock or TurnedClock()
        self.way = way
        self._path = path
        self._settings = {"kind": "site", "name": SHOP, "group": SALES, "origins": [ORIGIN], **settings}
        self.public_url: str | None = None
        self.port = 0
        self.deliver = True
        self._clients: list[Tab] = []
        self._tasks: set[asyncio.Task[object]] = set()
        self.pages: dict[str, tuple[str, dict[str, str]]] = {}  # path -> (HTML, headers): a shop's own pages
        self.files: dict[str, bytes | Exception] = {}  # Telegram's, by file_id
        self.operators: list[Face] = []
        self.others: dict[ChannelName, Any] = {}

    async def __aenter__(self) -> "SiteOffice":
        self.http = aiohttp.ClientSession()
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        for client in self._clients:
            await client.close()
        await self.http.close()

    async def start(self) -> None:
        self.store: SqliteStore = await open_store(self._path / "otklik.db", self.clock)
        self.inbox = Inbox(self.store, {SHOP: SALES})
        self.inbox.subscribe(self._deliver)
        settings = SiteSettings.model_validate(self._settings)
        self.media = MediaStore(self._path / "media", self.store, self.clock, {TELEGRAM: self})
        key = await self.store.write(lambda tx: tx.server_key("media"))
        links = MediaLinks(key, self.public_url or "", self.clock)
        self.channel = SiteChannel(
            settings,
            self.inbox,
            self.clock,
            Catalogue("ru"),
            self.public_url,
            media=self.media,
            links=links,
            uploads_key=await self.store.write(lambda tx: tx.server_key("uploads")),
            operators=self.operators,
            others=self.others,
            kinds=dict.fromkeys(self.others, "telegram"),
        )
        self._run = asyncio.create_task(self.channel.run())
        await asyncio.sleep(0)
        routes = [*widget_routes([settings]), *try_page_routes(self.channel), web.get("/page/{name}", self._page)]
        routes += media_routes(self.media, links, self.store, Catalogue("ru"))
        self._server = WebServer(make_app({SHOP: self.channel}, lambda: True, routes), "127.0.0.1", self.port)
        await self._server.start()
        self.port = self._server.port

    async def stop(self) -> None:
        self._run.cancel()
        await asyncio.gather(self._run, *self._tasks, return_exceptions=True)
        await self._server.stop()
        await self.store.close()

    async def fetch(self, file: File, *, most: int) -> bytes:
        """In the place of Telegram: a `FileOpener` of `self.files`."""
        found = self.files[file.ref]
        if isinstance(found, Exception):
            raise found
        return found

    async def _page(self, request: web.Request) -> web.Response:
        page, headers = self.pages[request.match_info["name"]]
        return web.Response(text=page, content_type="text/html", headers=headers)

    async def passes(self, seconds: float) -> None:
        """Let time pass, and let whoever waited for it act."""
        assert isinstance(self.clock, TurnedClock)
        self.clock.passes(seconds)
        for _ in range(10):
            await asyncio.sleep(0)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket_url(self) -> str:
        return f"{self.url}/site/{SHOP}/socket"

    def tab(self, of: Tab | None = None, *, origin: str = ORIGIN, way: type[Tab] | None = None) -> Any:
        """A visitor's first tab, or a further one."""
        client = (way or self.way)(self.http, self.socket_url, secret=of.secret if of else "", origin=origin)
        self._clients.append(client)  # one that nobody holds would be closed
        return client

    async def visitor(self, **hello: object) -> Any:
        client = self.tab()
        await client.connect(**hello)
        return client

    # the lanes' stand-in
    def _deliver(self, signals: Signals) -> None:
        if signals.lanes and self.deliver:
            task: asyncio.Task[object] = asyncio.create_task(self.store.write(_finish_all))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    # the operator
    async def conversations(self) -> list[Conversation]:
        def work(tx: Transaction) -> list[Conversation]:
            return [
                c for stage in (Stage.INCOMING, Stage.ACCEPTED) for c in tx.open_conversations(SALES, stage, 100)
            ]

        return await self.inbox.read(work)

    async def answers(self, text: str, *more: Span | Attachment, operator: Operator = ANNA, **said: Any) -> Message:
        """Accept whatever is incoming and answer the only conversation that there is; `said`: more of a `Reply`."""
        (conversation,) = await self.conversations()

        def work(tx: Transaction) -> Message | NotDone:
            if conversation.stage is Stage.INCOMING:
                accept(tx, conversation.id, operator)
            spans = tuple(part for part in more if isinstance(part, Span))
            attachments = tuple(part for part in more if isinstance(part, Attachment))
            content = Content(text=Text(text, spans), attachments=attachments)
            return reply(tx, Reply(conversation=conversation.id, operator=operator, content=content, **said))

        message = await self.inbox.write(work)
        assert isinstance(message, Message)
        return message

    async def changes(self, message: Message, text: str) -> None:
        content = Content(text=Text(text))
        await self.inbox.write(lambda tx: edit_reply(tx, message.id, content, item=0, channel_edits=True))

    async def message(self, message: MessageId) -> Message:
        return await self.inbox.read(lambda tx: tx.message(message))

    async def stored(self, conversation: ConversationId | None = None) -> list[Message]:
        """What the store has of the only conversation that there is."""
        if conversation is None:
            (found,) = await self.conversations()
            conversation = found.id
        return list(await self.inbox.read(lambda tx: tx.conversation_messages(conversation, 1000)))

    async def until_delivery(self, message: Message, delivery: Delivery) -> None:
        async with asyncio.timeout(10):
            while (await self.message(message.id)).delivery is not delivery:  # noqa: ASYNC110
                await asyncio.sleep(0.005)


def _finish_all(tx: Transaction) -> None:
    for customer in tx.lanes():
        while work := tx.next_work(customer):
            tx.finish(work.message.id, Delivery.SENT)
            if not tx.external_ids(work.message.id):
                tx.link(SHOP, [ExternalId(f"m{work.message.id}")], work.message.id)
