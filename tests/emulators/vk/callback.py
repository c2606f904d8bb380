"""The Callback API (§6): servers of a community, `confirmation`, exact `ok`, retries, pause after failures."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import aiohttp

from .errors import VkError, bad
from .world import Subscription

if TYPE_CHECKING:
    from .world import Community

MAX_SERVERS = 10
MAX_RETRY_AFTER = 3 * 3600
Shape = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One POST and what it got."""

    event: Shape
    attempt: int  # 0: the first
    status: int | None  # None: no connection, or no answer in time
    body: str
    wait: float | None = None  # seconds that the address asked for by Retry-After

    @property
    def ok(self) -> bool:
        return self.status == 200 and self.body == "ok"


@dataclass(eq=False)
class Server:
    """One address. `status`: unconfigured, wait, ok or failed."""

    community: Community
    id: int
    url: str
    title: str
    secret: str = ""
    creator_id: int = 0
    status: str = "unconfigured"
    subscription: Subscription = field(default_factory=Subscription)
    failures: int = 0  # in a row
    sent: list[Delivery] = field(default_factory=list)
    waiting: int = 0  # events that are not told yet
    gone: bool = False
    _confirmed: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, event: Shape) -> None:
        callback = self.community.callback
        if callback.held is not None:
            callback.held.append((self, event))
            return
        copies = 1
        if callback.duplicates > 0:
            callback.duplicates -= 1
            copies = 2
        for _ in range(copies):
            callback.spawn(self.deliver(event))

    async def confirm(self) -> None:
        """Ask the address for the community's code."""
        callback = self.community.callback
        self.status = "wait"
        event: Shape = {"type": "confirmation", "group_id": self.community.id, "event_id": secrets.token_hex(20)}
        event["v"] = self.subscription.api_version
        delivery = await self._post(event, 0, secret=self.community.world.rules.secret_in_confirmation)
        confirmed = delivery.status == 200 and delivery.body == self.community.confirmation_code
        self.status = "ok" if confirmed else "failed"
        if confirmed:
            self.failures = 0
            self._confirmed.set()
        callback.touch()

    async def deliver(self, event: Shape, attempt: int = 0) -> None:
        """Until it is taken: with pauses, and not while the server is failed."""
        rules = self.community.world.rules
        self.waiting += 1
        try:
            while not self.gone:
                if not self._confirmed.is_set() and not rules.callback_keeps:
                    return
                await self._confirmed.wait()
                delivery = await self._post(event, attempt)
                if delivery.ok or self.gone:
                    self.failures = 0
                    return
                attempt += 1
                await self._failed(attempt, delivery)
        finally:
            self.waiting -= 1
            self.community.world.touch()

    async def _failed(self, attempt: int, delivery: Delivery) -> None:
        rules = self.community.world.rules
        if delivery.body == "remove":
            self.community.callback.remove(self.id)
            return
        self.failures += 1
        if self.failures >= rules.callback_fails_after:
            self.status = "failed"
            self._confirmed.clear()
            self.community.world.touch()
            return
        delay = delivery.wait
        if delay is None:
            delay = rules.callback_delays[min(attempt, len(rules.callback_delays)) - 1]
        await self.community.callback.pause(delay * self.community.world.scale)

    async def _post(self, event: Shape, attempt: int, *, secret: bool = True) -> Delivery:
        world = self.community.world
        await world.up.wait()
        body = {**event, "secret": self.secret} if self.secret and secret else event
        headers = {"Content-Type": "application/json", "User-Agent": "VKCallback"}
        if attempt:
            headers["X-Retry-Counter"] = str(attempt)
        text = json.dumps(body, ensure_ascii=self.community.callback.escaped)
        status, answer, retry_after = None, "", None
        timeout = aiohttp.ClientTimeout(total=world.rules.callback_timeout)
        with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(
                    self._address(), data=text.encode(), headers=headers, allow_redirects=False, ssl=False
                ) as got,
            ):
                answer = (await got.content.read(1000)).decode("utf-8", "replace")
                status, retry_after = got.status, got.headers.get("Retry-After")
        steered = retry_after is not None and status in (410, 429, 503)
        delivery = Delivery(event, attempt, status, answer, self._until(retry_after) if steered else None)
        self.sent.append(delivery)
        world.touch()
        return delivery

    def _until(self, retry_after: Any) -> float:
        """§6: an HTTP date, less than three hours away."""
        try:
            moment = parsedate_to_datetime(str(retry_after))
        except ValueError:
            return 1.0
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        now: datetime = self.community.world.clock.now()
        return min(max((moment - now).total_seconds(), 0.0), MAX_RETRY_AFTER)

    def _address(self) -> str:
        for public, real in self.community.world.routes.items():
            if self.url.startswith(public):
                return real + self.url.removeprefix(public)
        return self.url

    def shown(self) -> Shape:
        return {
            "id": self.id,
            "title": self.title,
            "creator_id": self.creator_id,
            "url": self.url,
            "secret_key": self.secret,
            "status": self.status,
        }


class Callback:
    """The servers of one community, and switches for how events reach them."""

    def __init__(self, community: Community) -> None:
        self._community = community
        self.servers: dict[int, Server] = {}
        self.duplicates = 0  # so many of the next events come twice, at once
        self.escaped = False  # "\\u041f" in place of "П"
        self.held: list[tuple[Server, Shape]] | None = None
        self._last = 0
        self._hurry = asyncio.Event()

    @property
    def server(self) -> Server:
        """The only one."""
        (server,) = self.servers.values()
        return server

    # -- what the API does

    def add(self, url: str, title: str, secret: str) -> Server:
        if len(self.servers) >= MAX_SERVERS:
            raise VkError(2000)
        self._check(url, title, secret)
        self._last += 1
        server = Server(self._community, self._last, url, title, secret)
        self.servers[server.id] = server
        return server

    def edit(self, server: Server, url: str, title: str, secret: str) -> None:
        self._check(url, title, secret)
        server.url, server.title, server.secret = url, title, secret

    def _check(self, url: str, title: str, secret: str) -> None:
        if not url.startswith(("http://", "https://")) or len(url) > 128:
            raise bad("url is invalid")
        if not 0 < len(title) <= 14:
            raise bad("title should be less or equal than 14 letters")
        if len(secret) > 50 or (secret and not secret.isalnum()):
            raise bad("secret_key is invalid")

    def find(self, text: str) -> Server:
        server = self.servers.get(int(text)) if text.isdecimal() else None
        if server is None:
            raise VkError(104)
        return server

    def remove(self, number: int) -> None:
        self.servers.pop(number).gone = True
        self.retry_now()

    # -- what a test does

    def hold(self) -> None:
        """Keep the events that come, until `release`."""
        self.held = []

    async def release(self, order: Sequence[int] | None = None, *, reverse: bool = False) -> None:
        """Tell the held events one after the other: in this order, from the end, or as they came."""
        held, self.held = self.held or [], None
        if order is not None:
            held = [held[number] for number in order]
        if reverse:
            held = held[::-1]
        for server, event in held:
            await server.deliver(event)

    async def again(self, count: int = 1, *, first: bool = False) -> None:
        """The last events come once more, as retries; first=True: as if for the first time."""
        for server in list(self.servers.values()):
            events = [one.event for one in server.sent if one.event["type"] != "confirmation"]
            for event in events[-count:]:
                await server.deliver(event, attempt=0 if first else 1)

    def retry_now(self) -> None:
        """All pauses before retries are over."""
        self._hurry.set()
        self._hurry = asyncio.Event()

    # -- inside

    async def pause(self, seconds: float) -> None:
        hurry = self._hurry
        try:
            async with asyncio.timeout(seconds):
                await hurry.wait()
        except TimeoutError:
            return

    def spawn(self, work: Any) -> None:
        world = self._community.world

        async def guarded() -> None:
            try:
                await work
            except Exception:
                world.broken.keep()

        task = asyncio.get_running_loop().create_task(guarded())
        world.tasks.add(task)
        task.add_done_callback(world.tasks.discard)

    def touch(self) -> None:
        self._community.world.touch()
