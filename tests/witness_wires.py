"""The two ways to the server of docs/widget-protocol.md, behind one interface: `Socket` and `Fallback`.

wire = Socket(http, "http://127.0.0.1:8080/site/shop", origin, sleep)
await wire.open(hello);  async for frame in wire.frames(): …;  await wire.send({"type": "ping"});  wire.closed
"""

import asyncio
import contextlib
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol

import aiohttp

from tests.witness_tables import ANSWERS, REFUSED_POST, REFUSED_POSTS, Frame, Strange, check

Sleep = Callable[[float], Awaitable[None]]
AT_ONCE = 20  # frames in one `send`
LOST = 1006  # no goodbye
OVER = {getattr(aiohttp.WSMsgType, name) for name in ("CLOSE", "CLOSED", "CLOSING", "ERROR")}


class Refused(Exception):
    """The server did not let us in."""

    def __init__(self, status: int, retry_after: float | None = None) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.retry_after = retry_after


class Lost(Exception):
    """Nobody is there, or not in time."""


class Wire(Protocol):
    """A connection that is opened once."""

    closed: int  # the close code, once `frames` has ended

    async def open(self, hello: Frame) -> None:
        """Connect and say hello. Raises Refused, Lost."""

    def frames(self) -> AsyncIterator[Frame]:
        """What the server sends, until the connection ends."""

    async def send(self, frame: Frame) -> None:
        """Send a frame, as far as the connection still stands."""

    async def close(self) -> None:
        """Say goodbye."""

    def drop(self) -> None:
        """Go without a goodbye, as a network that fails."""


def packed(frame: Any) -> str:
    """JSON with its characters as they are: escaped ones are up to three times as big."""
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


def pause_of(response: aiohttp.ClientResponse) -> float | None:
    """`Retry-After`, in seconds."""
    value = response.headers.get("Retry-After")
    return float(value) if value is not None else None


async def _as_listed(response: aiohttp.ClientResponse) -> None:
    """Raise Strange unless this refusal is in the page's table."""
    if response.status not in REFUSED_POSTS:
        raise Strange(f"no status of the page: {response.status}")
    if codes := REFUSED_POSTS[response.status]:
        body = json.loads(await response.text())
        check(body, REFUSED_POST, str(response.status))
        if body["error"] not in codes or body.get("retry_after", pause_of(response)) != pause_of(response):
            raise Strange(f"{response.status} {body}, {response.headers}")
    if response.status in (429, 503) and not pause_of(response):
        raise Strange(f"{response.status} does not say when to go on")


class Socket:
    """A WebSocket."""

    def __init__(self, http: aiohttp.ClientSession, address: str, origin: str | None, sleep: Sleep) -> None:
        self._http = http
        self._address = f"ws{address.removeprefix('http')}/socket"
        self._origin = origin
        self._ws: aiohttp.ClientWebSocketResponse | None = None
        self.closed = LOST

    async def open(self, hello: Frame) -> None:
        await self.connect()
        await self.send(hello)

    async def connect(self) -> None:
        """The handshake alone."""
        try:
            self._ws = await self._http.ws_connect(
                self._address, origin=self._origin, max_msg_size=0, autoclose=False
            )
        except aiohttp.WSServerHandshakeError as error:
            value = (error.headers or {}).get("Retry-After")
            raise Refused(error.status, float(value) if value else None) from error
        except (aiohttp.ClientError, OSError) as error:
            raise Lost(str(error)) from error

    async def frames(self) -> AsyncIterator[Frame]:
        assert self._ws is not None
        while True:
            message = await self._ws.receive()
            if message.type is aiohttp.WSMsgType.CLOSE:
                self.closed = int(message.data or LOST)
                await self._ws.close()
            if message.type in OVER:
                break
            if message.type is not aiohttp.WSMsgType.TEXT:
                raise Strange(f"every frame is a text frame, this is {message.type}")
            yield json.loads(message.data)

    async def send(self, frame: Frame) -> None:
        await self.send_text(packed(frame))

    async def send_text(self, text: str) -> None:
        """Anything in a text frame."""
        assert self._ws is not None
        with contextlib.suppress(aiohttp.ClientError, OSError):
            await self._ws.send_str(text)

    async def send_bytes(self, data: bytes) -> None:
        """A binary frame, which the server refuses."""
        assert self._ws is not None
        await self._ws.send_bytes(data)

    async def close(self) -> None:
        if self._ws is not None:
            await self._ws.close()

    def drop(self) -> None:
        assert self._ws is not None and self._ws._response.connection is not None
        transport = self._ws._response.connection.transport
        if transport is not None:
            transport.abort()


class Fallback:
    """The same frames over HTTP."""

    def __init__(self, http: aiohttp.ClientSession, address: str, origin: str | None, sleep: Sleep) -> None:
        self._http = http
        self._address = address
        self._origin = origin
        self._sleep = sleep
        self._waiting: asyncio.Queue[Frame] = asyncio.Queue()
        self._sender: asyncio.Task[None] | None = None
        self._over = asyncio.Event()
        self._first: Frame = {}
        self.connection: str | None = None
        self.n = 0
        self.closed = LOST

    async def post(self, what: str, body: Any, *, text: str | None = None) -> Frame:
        """One request; its answer as the page describes it. Raises Refused, Lost."""
        data = io.BytesIO((packed(body) if text is None else text).encode())
        headers = {"Content-Type": "text/plain", **({"Origin": self._origin} if self._origin else {})}
        try:
            async with self._http.post(f"{self._address}/{what}", data=data, headers=headers) as response:
                if response.status != 200:
                    if what != "open" or response.status != 404:  # that one is of no channel at all
                        await _as_listed(response)
                    raise Refused(response.status, pause_of(response))
                if response.headers.get("Access-Control-Allow-Origin") not in (self._origin, "*"):
                    raise Strange(f"a browser would not show this answer to a page of {self._origin}")
                answer: Frame = json.loads(await response.text())
        except (aiohttp.ClientError, OSError) as error:
            raise Lost(str(error)) from error
        check(answer, ANSWERS[what], what)
        return answer

    async def open(self, hello: Frame) -> None:
        self._first = await self.post("open", hello)
        self.n = self._first["n"]
        self.connection = self._first.get("connection")
        if self.connection is None and "closed" not in self._first:
            raise Strange(f"neither a connection nor a close code: {self._first}")
        self._sender = asyncio.create_task(self._send_on())

    async def frames(self) -> AsyncIterator[Frame]:
        answer = self._first
        while not self._over.is_set():
            for frame in answer["frames"]:
                yield frame
            self.n = answer["n"]
            if "closed" in answer:
                self.closed = answer["closed"]
                break
            again = await self._poll()
            if again is None:
                break
            answer = again
        self._over.set()

    async def _poll(self) -> Frame | None:
        """The next answer; None when the connection is over."""
        lost = 0
        while not self._over.is_set():
            try:
                return await self.post("poll", {"connection": self.connection, "n": self.n})
            except Refused as error:
                if error.status != 429:
                    return None
                await self._sleep(error.retry_after or 1)
            except Lost:  # asked for again with the same `n`
                lost += 1
                if lost > 2:
                    return None
                await self._sleep(1)
        return None

    async def send(self, frame: Frame) -> None:
        await self._waiting.put(frame)

    async def _send_on(self) -> None:
        while not self._over.is_set():
            batch = [await self._waiting.get()]
            while len(batch) < AT_ONCE and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            while not self._over.is_set():
                try:
                    await self.post("send", {"connection": self.connection, "frames": batch})
                except Refused as error:
                    if error.status == 429:
                        await self._sleep(error.retry_after or 1)
                        continue
                    self._over.set()
                except Lost:
                    self._over.set()
                break

    async def close(self) -> None:
        self.drop()
        if self.connection is None:
            return
        with contextlib.suppress(Refused, Lost):
            await self.post("close", {"connection": self.connection})

    def drop(self) -> None:
        self._over.set()
        if self._sender is not None:
            self._sender.cancel()
