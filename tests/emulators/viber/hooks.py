"""Events to the bot's webhook: signed, in a person's order at first, tried again for about an hour."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from yarl import URL

from ..common.clock import pause
from .world import World

DELAYS = (10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1080.0, 1400.0)  # after each try that got no 200; an hour in all
SIGNATURE = "X-Viber-Content-Signature"


@dataclass(eq=False)
class Event:
    """One event on its way."""

    name: str
    payload: dict[str, Any]
    body: bytes
    token: int
    attempts: list[int | str] = field(default_factory=list)  # HTTP status, or the name of the error
    answers: list[bytes] = field(default_factory=list)
    arrived: bool = False
    lost: bool = False  # no 200 in an hour
    on_answer: Callable[[bytes], None] | None = None  # told the body of the first 200
    copies: int = 1  # how many times it is posted even if all goes well
    first_try: asyncio.Event = field(default_factory=asyncio.Event)
    settled: asyncio.Event = field(default_factory=asyncio.Event)


class Hooks:
    """Public switches: `duplicate`, `escaped`, `sig_in_query`, `forget_answers`, `timeout`, `delays`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.duplicate = 0  # how many times more every event is posted
        self.escaped = False  # non-ASCII as \\uXXXX in bodies, or raw
        self.sig_in_query = True  # the signature is also sent as ?sig=
        self.forget_answers = 0  # how many of the next 200s get lost: the event comes again
        self.timeout = 5.0  # real seconds for an answer
        self.delays: tuple[float, ...] = DELAYS
        self.events: list[Event] = []  # all, in the order in which they happened
        self._swapped: list[tuple[str, Event]] | None = None
        self._lanes: dict[str, deque[Event]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    # -- for tests

    def swap_next(self, count: int = 2) -> None:
        """The next `count` events arrive in the opposite order, once all have happened."""
        self._swapped = []
        self._swap_count = count

    async def replay(self, event: Event) -> int | str:
        """Post an old event once more, byte for byte."""
        return (await self._post(event.body, self.sign(event.body)))[0]

    async def post(self, body: bytes, signature: str | None = "right") -> int | str:
        """Post any bytes, with a right, another or no signature; the HTTP status."""
        return (await self._post(body, self.sign(body) if signature == "right" else signature))[0]

    def sign(self, body: bytes) -> str:
        return hmac.new(self._world.account.token.encode("ascii"), body, hashlib.sha256).hexdigest()

    def encode(self, payload: dict[str, Any]) -> bytes:
        return json.dumps(payload, ensure_ascii=self.escaped).encode()

    async def settle(self, timeout: float = 20.0) -> None:
        """Wait until every event has been tried at least once."""
        while waiting := [event for event in self.events if not event.first_try.is_set()]:
            await asyncio.wait_for(waiting[0].first_try.wait(), timeout)

    # -- for the emulator

    def emit(self, name: str, lane: str, payload: dict[str, Any], token: int | None = None) -> Event:
        """Something happened. `lane`: whose events keep their order. Events the bot did not ask for are
        settled at once and never sent."""
        token = self._world.new_token() if token is None else token
        shown = {"event": name, "timestamp": self._world.timestamp()}
        shown |= {"chat_hostname": "SN-CHAT-11_", "message_token": self._world.shown(token)} | payload
        event = Event(name, shown, self.encode(shown), token, copies=1 + self.duplicate)
        if not self._world.wants(name):
            event.first_try.set()
            event.settled.set()
            return event
        self.events.append(event)
        if self._swapped is None:
            self._push(lane, event)
            return event
        self._swapped.append((lane, event))
        if len(self._swapped) >= self._swap_count:
            swapped, self._swapped = self._swapped, None
            for _, late in reversed(swapped):
                self._push("swapped", late)  # one lane, so that they really arrive in this order
        return event

    async def probe(self, url: str) -> int | str:
        """The `webhook` event during `set_webhook`; the status of the answer."""
        payload = {
            "event": "webhook",
            "timestamp": self._world.timestamp(),
            "chat_hostname": "SN-CHAT-11_",
            "message_token": self._world.shown(self._world.new_token()),
        }
        body = self.encode(payload)
        return (await self._post(body, self.sign(body), url))[0]

    async def stop(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        self._world.broken += [
            repr(error)
            for error in results
            if isinstance(error, BaseException) and not isinstance(error, asyncio.CancelledError)
        ]
        if self._session is not None:
            await self._session.close()

    def _push(self, lane: str, event: Event) -> None:
        if lane in self._lanes:
            self._lanes[lane].append(event)
            return
        self._lanes[lane] = deque([event])
        self._spawn(self._run(lane))

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._world.broken.append(repr(task.exception()))

    async def _run(self, lane: str) -> None:
        """First tries one by one; an event that got no 200 does not hold up those behind it."""
        events = self._lanes[lane]
        while events:
            event = events[0]
            await self._world.up.wait()
            arrived = await self._try(event)
            event.first_try.set()
            if arrived:
                await self._copies(event)
            else:
                self._spawn(self._again(event))
            events.popleft()
        del self._lanes[lane]

    async def _again(self, event: Event) -> None:
        for delay in self.delays:
            await pause(self._world.clock, delay, self._world.scale)
            await self._world.up.wait()
            if not self._world.hook.url:
                break
            if await self._try(event):
                await self._copies(event)
                return
        event.lost = True
        event.settled.set()

    async def _copies(self, event: Event) -> None:
        event.arrived = True
        if event.on_answer is not None:
            event.on_answer(event.answers[-1])
        for _ in range(event.copies - 1):
            await self._try(event)
        event.settled.set()

    async def _try(self, event: Event) -> bool:
        status, answer = await self._post(event.body, self.sign(event.body))
        event.attempts.append(status)
        event.answers.append(answer)
        if status == 200 and self.forget_answers > 0:
            self.forget_answers -= 1
            return False
        return status == 200

    async def _post(self, body: bytes, signature: str | None, url: str = "") -> tuple[int | str, bytes]:
        target = URL(self._world.routed(url or self._world.hook.url))
        headers = {"Content-Type": "application/json"}
        if signature is not None:
            headers[SIGNATURE] = signature
            if self.sig_in_query:
                target = target.update_query(sig=signature)
        if self._session is None:
            self._session = aiohttp.ClientSession()
        limit = aiohttp.ClientTimeout(total=self.timeout)
        try:
            async with self._session.post(
                target, data=body, headers=headers, allow_redirects=False, timeout=limit
            ) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return type(error).__name__, b""
