"""`House`: VKontakte channels on a real store, media store, lanes and web server, with the emulator; no desk."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from bridge.catalogue import Catalogue
from bridge.channels.vk.channel import VkChannel
from bridge.channels.vk.settings import VkSettings
from bridge.contracts import FileOpener
from bridge.inbox.accept import Operator, accept
from bridge.inbox.reply import Reply, edit_reply, reply
from bridge.inbox.unsend import unsend
from bridge.lanes import Lanes
from bridge.media.downloads import Downloads
from bridge.media.links import MediaLinks
from bridge.media.store import MediaStore
from bridge.media.store import attachment as attachment_of
from bridge.messenger import Services
from bridge.model import (
    REMOTE,
    Attachment,
    ChannelName,
    Content,
    Conversation,
    Customer,
    Delivery,
    Direction,
    ExternalId,
    File,
    GroupName,
    Kind,
    Message,
    MessageId,
    OperatorId,
    Outgoing,
    Text,
)
from bridge.web.download import Downloader, endpoint
from bridge.web.remote import RemoteFiles
from bridge.web.server import WebServer, make_app
from storage.sqlite import SqliteStore, open_store
from storage.store import Transaction
from tests.emulators.vk import Community, Person, VkEmulator
from tests.office import FastClock
from tests.telegram_side import ShakyInbox

RU = Catalogue("ru")
OLGA = Operator(OperatorId(501), "Ольга Иванова")
GROUP = GroupName("sales")
VK = ChannelName("vk")


OpenHouse = Callable[..., Awaitable["House"]]


async def once(data: bytes) -> AsyncIterator[bytes]:
    yield data


def free_port() -> int:
    """Below those that the system gives to outgoing connections: nothing takes it until it is listened on."""
    while True:
        with socket.socket() as found, contextlib.suppress(OSError):
            found.bind(("127.0.0.1", random.randrange(20_000, 32_000)))
            return int(found.getsockname()[1])


class House:
    """Channels "vk", "vk2" …, one for each of `communities`; `settings` are of all of them."""

    def __init__(
        self, folder: Path, clock: FastClock, vk: VkEmulator, *communities: Community, **settings: Any
    ) -> None:
        self.folder = folder
        self.clock = clock
        self.vk = vk
        self.communities = dict(zip((VK, ChannelName("vk2")), communities or (vk.group,), strict=False))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.refused: list[tuple[str, str]] = []
        self.typed: list[str] = []
        self.channels: dict[ChannelName, VkChannel] = {}
        self.settings = settings
        self._tasks: list[asyncio.Task[None]] = []
        self._downloaders: list[Downloader] = []
        self._started = False

    async def open(self) -> None:
        self.store: SqliteStore = await open_store(self.folder / "otklik.db", self.clock)
        self.inbox = ShakyInbox(self.store, dict.fromkeys(self.communities, GROUP))
        self.inbox.on_typing(lambda _, customer: self.typed.append(customer))
        sources: dict[str, FileOpener] = {}
        self.media = MediaStore(self.folder / "media", self.store, self.clock, sources)
        links = MediaLinks(await self.store.write(lambda tx: tx.server_key("media")), self.url, self.clock)
        services = Services(
            inbox=self.inbox,
            clock=self.clock,
            catalogue=RU,
            media=self.media,
            links=links,
            public_url=self.url,
            key=bytes(32),
            refused=lambda channel, reason: self.refused.append((channel, reason)),
        )
        for name, community in self.communities.items():
            given = {"kind": "vk", "name": name, "group": "sales", "title": "ВК", "community_id": community.id}
            given |= {"token": community.token, "api_url": self.vk.url, **self.settings}
            self.channels[name] = VkChannel(VkSettings.model_validate(given), services)
            downloader = Downloader(RU, trusted=[endpoint(self.vk.url)])
            self._downloaders.append(downloader)
            sources[f"{REMOTE}{name}"] = RemoteFiles(downloader)
        lanes = Lanes(self.store, self.channels, lambda _: RU, self.clock, jitter=lambda: 0.5)
        self.server = WebServer(make_app(self.channels, lambda: True), "127.0.0.1", self.port)
        await self.server.start()
        works: list[Callable[[], Any]] = [self.media.run, Downloads(self.store, self.media, self.clock).run]
        works += [lanes.run, *(channel.run for channel in self.channels.values())]
        self._tasks = [asyncio.create_task(work()) for work in works]
        self._started = True

    async def ready(self) -> House:
        """Wait until every channel is up."""
        await self.until(lambda: all(channel.health.health == "up" for channel in self.channels.values()))
        return self

    async def close(self) -> None:
        if not self._started:
            return
        self._started = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.server.stop()
        for downloader in self._downloaders:
            await downloader.close()
        await self.store.close()

    async def reopen(self) -> None:
        """Otklik is started again."""
        await self.close()
        self.channels.clear()
        await self.open()
        await self.ready()

    async def until(self, condition: Callable[[], Any]) -> Any:
        return await self.vk.wait_until(condition)

    async def until_so(self, condition: Callable[[], Awaitable[Any]]) -> Any:
        """The same for what has to be awaited."""
        async with asyncio.timeout(8):
            while not (found := await condition()):  # noqa: ASYNC110 -- any condition
                await asyncio.sleep(0.003)
        return found

    # what is in the store

    @property
    def channel(self) -> VkChannel:
        return self.channels[VK]

    async def customer(self, person: Person, channel: ChannelName = VK) -> Customer | None:
        return await self.inbox.find(channel, ExternalId(str(person.id)))

    async def conversation(self, person: Person, channel: ChannelName = VK) -> Conversation | None:
        customer = await self.customer(person, channel)
        if customer is None:
            return None
        return await self.store.read(lambda tx: tx.open_conversation(customer.id))

    async def messages(
        self, person: Person, direction: Direction | None = None, channel: ChannelName = VK
    ) -> list[Message]:
        """All that was said in the person's conversation, oldest first."""
        conversation = await self.conversation(person, channel)
        if conversation is None:
            return []
        found = await self.store.read(lambda tx: tx.conversation_messages(conversation.id, 200))
        return sorted((m for m in found if direction in (None, m.direction)), key=lambda m: m.id)

    async def said(
        self, person: Person, direction: Direction = Direction.IN, channel: ChannelName = VK
    ) -> list[str]:
        return [message.content.text.plain for message in await self.messages(person, direction, channel)]

    async def received(self, person: Person, count: int = 1, channel: ChannelName = VK) -> list[Message]:
        """The customer's messages, once there are so many."""

        async def enough() -> list[Message]:
            found = await self.messages(person, Direction.IN, channel)
            return found if len(found) >= count else []

        return list(await self.until_so(enough))

    async def notes(self, person: Person) -> list[str]:
        return await self.said(person, Direction.NOTE)

    def set_aside(self) -> list[tuple[str, str]]:
        with contextlib.closing(sqlite3.connect(self.folder / "otklik.db")) as db:
            return db.execute("select reason, payload from set_aside").fetchall()

    async def bytes_of(self, attachment: Attachment) -> bytes:
        assert attachment.file is not None
        return await self.media.fetch(attachment.file, most=10**8)

    # what operators do

    async def answers(
        self, person: Person, text: str | Text = "", *attachments: Attachment, **more: Any
    ) -> MessageId:
        """Olga answers, after she has accepted."""
        await self.until_so(lambda: self.conversation(person))
        conversation = await self.conversation(person)
        assert conversation is not None
        content = Content(text=Text(text) if isinstance(text, str) else text, attachments=attachments)

        def work(tx: Transaction) -> MessageId:
            accept(tx, conversation.id, OLGA)
            made = reply(tx, Reply(conversation=conversation.id, operator=OLGA, content=content, **more))
            assert isinstance(made, Message)
            return made.id

        return await self.store.write(work)

    async def edits(self, id: MessageId, content: Content) -> None:
        await self.store.write(lambda tx: edit_reply(tx, id, content, item=0, channel_edits=True))

    async def unsends(self, id: MessageId) -> None:
        await self.store.write(lambda tx: unsend(tx, id, channel_unsends=True))

    async def settled(self, id: MessageId) -> Message:
        """The message, once there is nothing more to do with it."""

        async def done() -> Message | None:
            def look(tx: Transaction) -> Message | None:
                found = tx.message(id)
                return None if found.delivery is Delivery.QUEUED or tx.todo(id) else found

            return await self.store.read(look)

        return await self.until_so(done)  # type: ignore[no-any-return]

    async def sends(self, person: Person, content: Content, **more: Any) -> Any:
        """One piece straight through the channel."""
        given = {"message": MessageId(1), "piece": 0, "operator": OLGA.id, **more}
        return await self.channel.send(Outgoing(customer=ExternalId(str(person.id)), content=content, **given))

    async def file(self, data: bytes, kind: Kind, name: str = "", /, **more: Any) -> Attachment:
        """Something that an operator has at hand."""
        owner = ExternalId("operator")
        media = await self.media.receive(once(data), channel=ChannelName("x"), owner=owner, name=name, limit=10**9)
        found = attachment_of(media)
        about = {"kind": kind, "file": found.file, "name": name, "mime": found.mime, "size": found.size} | more
        return Attachment(**about)


def kinds(message: Message) -> list[Kind]:
    return [one.kind for one in message.content.attachments]


def files(messages: Sequence[Message]) -> list[File | None]:
    return [one.file for message in messages for one in message.content.attachments]
