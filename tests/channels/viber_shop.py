"""`Shop`: Viber channels on a real store, media store, lanes and web server, each with its emulator; no desk."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bridge.catalogue import Catalogue
from bridge.channels.viber.channel import ViberChannel
from bridge.channels.viber.settings import ViberSettings
from bridge.contracts import FileOpener
from bridge.inbox import Inbox
from bridge.inbox.accept import Operator, accept
from bridge.inbox.reply import Reply, reply, retry
from bridge.lanes import Lanes
from bridge.media.downloads import Downloads
from bridge.media.links import MediaLinks
from bridge.media.store import MediaStore
from bridge.media.store import attachment as attachment_of
from bridge.messenger import Person as Face
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
    GroupName,
    Kind,
    Message,
    MessageId,
    OperatorId,
    Text,
)
from bridge.web.download import Downloader, endpoint
from bridge.web.media import media_routes
from bridge.web.remote import RemoteFiles
from bridge.web.server import WebServer, make_app
from storage.sqlite import SqliteStore, open_store
from storage.store import Transaction
from tests.emulators.viber import Person, ViberEmulator
from tests.office import FastClock
from tests.turned_clock import until

RU = Catalogue("ru")
OLGA = Operator(OperatorId(501), "Ольга Иванова")
GROUP = GroupName("sales")


def free_port() -> int:
    """A port that nobody listens on; none of those that connections are given, or one could take it at once."""
    while True:
        port = random.randrange(15_000, 32_000)
        with contextlib.suppress(OSError), socket.socket() as tried:
            tried.bind(("127.0.0.1", port))
            return port


async def once(data: bytes) -> AsyncIterator[bytes]:
    yield data


class Shop:
    """Channels "viber", "viber2" …, one for each of `vibers`; the rest are settings of all of them."""

    def __init__(
        self,
        folder: Path,
        clock: FastClock,
        *vibers: ViberEmulator,
        faces: Mapping[OperatorId, Face] | None = None,
        **settings: Any,
    ) -> None:
        self.folder = folder
        self.clock = clock
        self.vibers = dict(zip(("viber", "viber2"), vibers, strict=False))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.refused: list[tuple[str, str]] = []
        self.channels: dict[ChannelName, ViberChannel] = {}
        self.started = False
        self._settings = settings
        self._faces = faces or {}
        self._tasks: list[asyncio.Task[None]] = []
        self._downloaders: list[Downloader] = []

    async def open(self) -> None:
        self.store: SqliteStore = await open_store(self.folder / "otklik.db", self.clock)
        self.inbox = Inbox(self.store, {ChannelName(name): GROUP for name in self.vibers})
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
            operators=self._faces,
            refused=lambda channel, reason: self.refused.append((channel, reason)),
        )
        for name, viber in self.vibers.items():
            settings = ViberSettings.model_validate(
                {"kind": "viber", "name": name, "group": "sales", "token": viber.token, "api_url": viber.url}
                | self._settings
            )
            self.channels[ChannelName(name)] = ViberChannel(settings, services)
            downloader = Downloader(RU, trusted=[endpoint(viber.url)])
            self._downloaders.append(downloader)
            sources[f"{REMOTE}{name}"] = RemoteFiles(downloader)
        lanes = Lanes(self.store, self.channels, lambda _: RU, self.clock)
        routes = media_routes(self.media, links, self.store, RU)
        self.server = WebServer(make_app(self.channels, lambda: True, routes), "127.0.0.1", self.port)
        await self.server.start()
        works = [self.media.run, Downloads(self.store, self.media, self.clock).run, lanes.run]
        works += [channel.run for channel in self.channels.values()]
        self._tasks = [asyncio.create_task(work()) for work in works]
        self.started = True

    async def ready(self) -> None:
        """Wait until every channel is up."""
        await until(lambda: all(channel.health.health == "up" for channel in self.channels.values()))

    async def close(self) -> None:
        if not self.started:
            return
        self.started = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.server.stop()
        for downloader in self._downloaders:
            await downloader.close()
        await self.store.close()

    # what is in the store

    @property
    def channel(self) -> ViberChannel:
        return self.channels[ChannelName("viber")]

    async def customer(self, person: Person, channel: str = "viber") -> Customer | None:
        return await self.inbox.find(ChannelName(channel), ExternalId(person.id))

    async def conversation(self, person: Person, channel: str = "viber") -> Conversation:
        customer = await self.customer(person, channel)
        assert customer is not None
        found = await self.store.read(lambda tx: tx.open_conversation(customer.id))
        assert found is not None
        return found

    async def messages(self, person: Person, channel: str = "viber") -> Sequence[Message]:
        """All that was said to and by a person, and what the operators were told, oldest first."""
        customer = await self.customer(person, channel)
        if customer is None:
            return ()

        def look(tx: Transaction) -> Sequence[Message]:
            conversation = tx.open_conversation(customer.id)
            return tx.conversation_messages(conversation.id, 100) if conversation else ()

        return sorted(await self.store.read(look), key=lambda message: message.id)

    async def said(self, person: Person, channel: str = "viber") -> list[str]:
        """What the customer wrote."""
        messages = await self.messages(person, channel)
        return [message.content.text.plain for message in messages if message.direction is Direction.IN]

    async def notes(self, person: Person) -> list[str]:
        """What the operators were told."""
        messages = await self.messages(person)
        return [message.content.text.plain for message in messages if message.direction is Direction.NOTE]

    async def message(self, id: MessageId) -> Message:
        return await self.store.read(lambda tx: tx.message(id))

    async def until_delivery(self, id: MessageId, delivery: Delivery) -> Message:
        await self.until_read(lambda tx: tx.message(id).delivery is delivery)
        return await self.message(id)

    async def until_read(self, condition: Callable[[Transaction], bool]) -> None:
        """Wait until the store says so."""
        async with asyncio.timeout(10):
            while not await self.store.read(condition):  # noqa: ASYNC110 -- any condition
                await asyncio.sleep(0.002)

    def has_set_aside(self) -> int:
        """How many events could not be read."""
        with contextlib.closing(sqlite3.connect(self.folder / "otklik.db")) as db:
            return int(db.execute("select count(*) from set_aside").fetchone()[0])

    # what operators do

    async def answers(
        self, person: Person, text: str = "", *attachments: Attachment, channel: str = "viber", **more: Any
    ) -> MessageId:
        """Olga answers, after she has accepted."""
        conversation = await self.conversation(person, channel)
        content = Content(text=Text(text), attachments=attachments)

        def work(tx: Transaction) -> MessageId:
            accept(tx, conversation.id, OLGA)
            made = reply(tx, Reply(conversation=conversation.id, operator=OLGA, content=content, **more))
            assert isinstance(made, Message)
            return made.id

        return await self.store.write(work)

    async def again(self, id: MessageId) -> None:
        """Somebody presses «Повторить»."""
        assert await self.store.write(lambda tx: retry(tx, id))

    async def file(self, data: bytes, kind: Kind, name: str = "", /, **more: Any) -> Attachment:
        """Something that an operator has at hand."""
        owner = ExternalId("operator")
        media = await self.media.receive(once(data), channel=ChannelName("x"), owner=owner, name=name, limit=10**9)
        found = attachment_of(media)
        about = {"kind": kind, "file": found.file, "name": name, "mime": found.mime, "size": found.size} | more
        return Attachment(**about)
