"""What tests of the Messenger channel stand on: the emulator, a real store, the channel with its webhook, lanes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp

from bridge.catalogue import Catalogue
from bridge.channels.facebook.channel import FacebookChannel
from bridge.channels.facebook.pages import Pages
from bridge.channels.facebook.settings import FacebookSettings
from bridge.contracts import Health
from bridge.inbox.accept import Operator, accept
from bridge.inbox.reply import Reply, reply
from bridge.lanes import Lanes
from bridge.media.downloads import Downloads
from bridge.media.links import MediaLinks
from bridge.media.store import ORIGIN, MediaStore
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
from bridge.web.media import media_routes
from bridge.web.remote import RemoteFiles
from bridge.web.server import WebServer, make_app
from storage.sqlite import SqliteStore, open_store
from tests.emulators.facebook import FacebookEmulator, Page, Person
from tests.office import FastClock
from tests.telegram_side import ShakyInbox

RU = Catalogue("ru")
FB = ChannelName("fb")
SALES = GroupName("sales")
OLGA = Operator(OperatorId(77), "Ольга")
PUBLIC = "https://chat.example.ru"
PATIENCE = 30.0  # seconds of real time
FAR = 1_000_000  # a customer's messages are fewer


class Side:
    """Our end of the connection. Extra channels are made by `channel(page=…)` before `start`."""

    def __init__(self, emulator: FacebookEmulator, clock: FastClock, store: SqliteStore, folder: Path) -> None:
        self.emulator = emulator
        self.clock = clock
        self.store = store
        self.inbox = ShakyInbox(store, {})
        self.refused: list[tuple[str, str]] = []
        self.channels: dict[ChannelName, FacebookChannel] = {}
        self.pages = Pages()
        self._sources: dict[str, Any] = {}
        self.media = MediaStore(folder / "media", store, clock, self._sources)
        self._downloader = Downloader(RU, trusted=[endpoint(emulator.url)])
        self._tasks: list[asyncio.Task[Any]] = []
        self.server: WebServer | None = None
        self.port = 0

    async def prepare(self) -> None:
        self.links = MediaLinks(await self.store.write(lambda tx: tx.server_key("media")), PUBLIC, self.clock)
        self.key = await self.store.write(lambda tx: tx.server_key("messengers"))

    def channel(self, page: Page | None = None, **settings: Any) -> FacebookChannel:
        fb, page = self.emulator, page or self.emulator.page
        given = {
            "kind": "facebook",
            "name": FB,
            "group": SALES,
            "page_id": page.id,
            "page_token": page.token,
            "app_id": fb.app.id,
            "app_secret": fb.app.secret,
            "verify_token": fb.verify_token,
            "api_url": fb.url,
            "title": "Facebook",
            **settings,
        }
        given = {name: value for name, value in given.items() if value is not None}
        made = FacebookChannel(FacebookSettings.model_validate(given), self.services(), self.pages)
        self.channels[made.name] = made
        self._sources[f"{REMOTE}{made.name}"] = RemoteFiles(self._downloader)
        self.inbox._groups = {**self.inbox._groups, made.name: SALES}
        return made

    def services(self) -> Services:
        return Services(
            inbox=self.inbox,
            clock=self.clock,
            catalogue=RU,
            media=self.media,
            links=self.links,
            public_url=PUBLIC,
            key=self.key,
            refused=lambda channel, reason: self.refused.append((channel, reason)),
        )

    async def start(self) -> None:
        """Listen, run, wait until the first set-up is over."""
        routes = media_routes(self.media, self.links, self.store, RU)
        self.server = WebServer(make_app(self.channels, lambda: True, routes), "127.0.0.1", self.port)
        await self.server.start()
        self.port = self.server.port
        self.emulator.world.routes[PUBLIC] = f"http://127.0.0.1:{self.port}"
        self.run(Downloads(self.store, self.media, self.clock))
        self.run(Lanes(self.store, self.channels, lambda _: RU, self.clock, jitter=lambda: 0.5))
        for channel in self.channels.values():
            self.run(channel)
        await self.until(
            lambda: all(channel.health.health is not Health.STARTING for channel in self.channels.values())
        )

    def run(self, runner: Any) -> None:
        self._tasks.append(asyncio.create_task(runner.run()))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        if self.server:
            await self.server.stop()
            self.server = None
        for channel in self.channels.values():
            await channel._api.close()

    async def close(self) -> None:
        await self.stop()
        await self._downloader.close()

    # waiting and looking

    async def until(self, condition: Callable[[], Any], what: str = "") -> Any:
        """Wait for a condition, or for an awaitable one."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    found = condition()
                    if asyncio.iscoroutine(found):
                        found = await found
                    if found:
                        return found
                    await asyncio.sleep(0.005)
        except TimeoutError:
            raise AssertionError(what or "it did not happen") from None

    async def customer(self, person: Person, channel: ChannelName = FB, page: Page | None = None) -> Customer:
        psid = ExternalId(person.psid(page or self.emulator.page))
        found = await self.until(lambda: self.inbox.find(channel, psid), f"{person.name} is not known")
        assert isinstance(found, Customer)
        return found

    async def all(self, person: Person, channel: ChannelName = FB, page: Page | None = None) -> list[Message]:
        psid = ExternalId(person.psid(page or self.emulator.page))
        known = await self.inbox.find(channel, psid)
        if known is None:
            return []
        found = await self.inbox.read(lambda tx: tx.messages_after(known.id, 0, FAR, visible_only=False))
        return sorted(found, key=lambda message: message.id)

    async def said(self, person: Person, direction: Direction = Direction.IN, **where: Any) -> list[Message]:
        return [message for message in await self.all(person, **where) if message.direction is direction]

    async def texts(self, person: Person, direction: Direction = Direction.IN, **where: Any) -> list[str]:
        return [message.content.text.plain for message in await self.said(person, direction, **where)]

    async def notes(self, person: Person, **where: Any) -> list[str]:
        return await self.texts(person, Direction.NOTE, **where)

    async def received(self, person: Person, count: int = 1, **where: Any) -> list[Message]:
        async def enough() -> list[Message]:
            found = await self.said(person, **where)
            return found if len(found) >= count else []

        found = await self.until(enough, f"fewer than {count} messages")
        assert isinstance(found, list)
        return found

    async def conversation(self, person: Person, **where: Any) -> Conversation | None:
        customer = await self.customer(person, **where)
        return await self.inbox.read(lambda tx: tx.open_conversation(customer.id))

    async def set_aside(self) -> list[tuple[str, str]]:
        rows = await self.store.read(lambda tx: tx.all("select reason, payload from set_aside"))  # type: ignore[attr-defined]
        return [(row["reason"], row["payload"]) for row in rows]

    # what operators do

    async def answers(self, person: Person, text: str = "", *attachments: Attachment, **how: Any) -> Message:
        """Olga accepts, if need be, and replies."""
        where = {name: how.pop(name) for name in ("channel", "page") if name in how}
        conversation = await self.conversation(person, **where)
        assert conversation is not None
        said = Reply(
            conversation=conversation.id,
            operator=OLGA,
            content=Content(text=Text(text), attachments=attachments),
            **how,
        )

        def work(tx: Any) -> Any:
            accept(tx, conversation.id, OLGA)
            return reply(tx, said)

        done = await self.inbox.write(work)
        assert isinstance(done, Message), done
        return done

    async def message(self, id: MessageId) -> Message:
        return await self.inbox.read(lambda tx: tx.message(id))

    async def becomes(self, sent: Message, delivery: Delivery) -> Message:
        async def there() -> Message | None:
            found = await self.message(sent.id)
            return found if found.delivery is delivery else None

        try:
            found = await self.until(there)
        except AssertionError:
            raise AssertionError(f"it is {await self.message(sent.id)}, not {delivery}") from None
        assert isinstance(found, Message)
        return found

    async def file(self, data: bytes, kind: Kind, name: str, **more: Any) -> Attachment:
        """A file of an operator, in the media store."""
        made = await self.media.receive(_once(data), channel=FB, owner=ExternalId("x"), name=name, limit=10**9)
        return Attachment(kind=kind, file=File(origin=ORIGIN, ref=made.id), name=name, size=made.size, **more)

    def outgoing(self, person: Person, text: str = "hello", **more: Any) -> Outgoing:
        given: dict[str, Any] = {
            "message": MessageId(900),
            "piece": 0,
            "customer": ExternalId(person.id),
            "content": Content(text=Text(text)),
            "operator": OLGA.id,
            "heard_at": self.clock.now(),
        }
        return Outgoing(**{**given, **more})

    async def post(self, body: bytes, *, name: str = FB, **headers: str) -> tuple[int, str]:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"http://127.0.0.1:{self.port}/hooks/{name}", data=body, headers=headers) as answer,
        ):
            return answer.status, await answer.text()

    async def get(self, *, name: str = FB, **query: str) -> tuple[int, str, str]:
        params = {f"hub.{key}": value for key, value in query.items()}
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{self.port}/hooks/{name}", params=params) as answer,
        ):
            return answer.status, await answer.text(), answer.content_type


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


@contextlib.asynccontextmanager
async def facebook_side(path: Path, **emulator: Any) -> AsyncIterator[Side]:
    """A side that is not started."""
    clock = FastClock()
    store = await open_store(path / "otklik.db", clock)
    async with FacebookEmulator(clock, **emulator) as fb:
        side = Side(fb, clock, store, path)
        await side.prepare()
        try:
            yield side
        finally:
            await side.close()
            await store.close()
    assert fb.leaks == []
