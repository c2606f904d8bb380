"""A client of the widget protocol, written from docs/widget-protocol.md alone.

It keeps what a widget would keep: the messages it was given, its cursor, and what was not acknowledged yet.
"""

import asyncio
import contextlib
import json
import secrets
from abc import ABC, abstractmethod
from collections import deque
from typing import Any

import aiohttp

PATIENCE = 30.0  # seconds of real time until a test gives up waiting


class Closed(Exception):
    """The server ended the connection."""

    def __init__(self, code: int | None) -> None:
        super().__init__(code)
        self.code = code


class Tab(ABC):
    """One tab. `frames` holds everything that came, in order. How frames travel is left to the two below."""

    def __init__(self, http: aiohttp.ClientSession, url: str, *, secret: str = "", origin: str = "") -> None:
        self.secret = secret or secrets.token_urlsafe(32)
        self.cursor = 0
        self.messages: dict[int, dict[str, Any]] = {}
        self.outbox: dict[str, str] = {}
        self.frames: list[dict[str, Any]] = []
        self._http = http
        self._url = url
        self._origin = origin

    @abstractmethod
    async def hello(self, **hello: object) -> None:
        """Begin a connection with these fields."""

    @abstractmethod
    async def send_raw(self, raw: str | bytes) -> None:
        """One frame as it is."""

    @abstractmethod
    async def close(self) -> None:
        """The tab is gone, or its connection."""

    @abstractmethod
    async def _receive(self) -> dict[str, Any]:
        """The next frame. Raises Closed at the end of the connection."""

    @property
    def texts(self) -> list[str]:
        """What the visitor reads, in order."""
        return [self.messages[number]["text"] for number in sorted(self.messages)]

    async def connect(self, *, v: int = 1, **hello: object) -> dict[str, Any]:
        """Open, say hello with the cursor, send again what was not acknowledged; the welcome."""
        await self.hello(v=v, secret=self.secret, **({"cursor": self.cursor} if self.cursor else {}), **hello)
        welcome = await self.until("welcome")
        for id, text in tuple(self.outbox.items()):
            await self.send("message", id=id, text=text)
            await self.until("ack", id=id)
        return welcome

    async def send(self, kind: str, **fields: object) -> None:
        await self.send_raw(json.dumps({"type": kind, **fields}, ensure_ascii=False))

    async def say(self, text: str, id: str = "") -> dict[str, Any]:
        """Send a message and return its ack (or the error that refused it)."""
        id = id or secrets.token_urlsafe(12)
        self.outbox[id] = text
        await self.send("message", id=id, text=text)
        while True:
            frame = await self.next()
            if frame["type"] in ("ack", "error") and frame.get("id") == id:
                return frame

    async def next(self) -> dict[str, Any]:
        """The next frame, taken in. Raises Closed at the end of the connection."""
        async with asyncio.timeout(PATIENCE):  # `wait_for` loses a cancellation that a frame comes together with
            frame = await self._receive()
        self.frames.append(frame)
        await self._take(frame)
        return frame

    async def until(self, kind: str, **fields: object) -> dict[str, Any]:
        """Read until a frame of this type with these fields."""
        while True:
            frame = await self.next()
            if frame["type"] == kind and all(frame.get(name) == value for name, value in fields.items()):
                return frame

    async def until_texts(self, *texts: str) -> None:
        """Read until the visitor would see exactly this."""
        while self.texts != list(texts):
            await self.next()

    async def until_closed(self) -> int | None:
        """Read to the end; the close code."""
        while True:
            try:
                await self.next()
            except Closed as closed:
                return closed.code

    async def _take(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "welcome" if frame["reset"]:
                self.messages.clear()
                self.cursor = 0
            case "messages":
                for message in frame["messages"]:
                    self.messages[message["id"]] = message
                    self.outbox.pop(message.get("client_id", ""), None)
                self.cursor = frame["cursor"]
            case "ack":
                self.outbox.pop(frame["id"], None)
            case "ping":
                with contextlib.suppress(ConnectionError):
                    await self.send("pong")


class SiteClient(Tab):
    """A tab with a WebSocket."""

    _socket: aiohttp.ClientWebSocketResponse | None = None

    @property
    def socket(self) -> aiohttp.ClientWebSocketResponse:
        assert self._socket is not None, "not connected"
        return self._socket

    async def open(self, **headers: str) -> None:
        """The handshake only. Raises aiohttp.WSServerHandshakeError when it is refused."""
        if self._origin:
            headers["Origin"] = self._origin
        self._socket = await self._http.ws_connect(self._url, headers=headers, max_msg_size=0, autoclose=False)

    async def hello(self, **hello: object) -> None:
        await self.open()
        await self.send("hello", **hello)

    async def send_raw(self, raw: str | bytes) -> None:
        if isinstance(raw, bytes):
            await self.socket.send_bytes(raw)
        else:
            await self.socket.send_str(raw)

    async def _receive(self) -> dict[str, Any]:
        message = await self.socket.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            await self.socket.close()
            raise Closed(message.data if message.type is aiohttp.WSMsgType.CLOSE else None)
        frame: dict[str, Any] = json.loads(message.data)
        return frame

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()


class PollClient(Tab):
    """A tab behind a proxy that lets no WebSocket through. `url` is the socket's, whose neighbours it asks."""

    connection = ""
    n = 0
    code: int | None = None

    def __init__(self, http: aiohttp.ClientSession, url: str, *, secret: str = "", origin: str = "") -> None:
        super().__init__(http, url, secret=secret, origin=origin)
        self._brought: deque[dict[str, Any]] = deque()

    async def post(self, what: str, body: object, **headers: str) -> aiohttp.ClientResponse:
        """One request; its answer, read. A `body` that is no string goes as JSON."""
        if self._origin:
            headers.setdefault("Origin", self._origin)
        headers.setdefault("Content-Type", "text/plain")
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        response = await self._http.post(
            self._url.removesuffix("socket") + what,
            data=data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data,
            headers=headers,
        )
        await response.read()
        return response

    async def hello(self, **hello: object) -> None:
        self.connection, self.n, self.code = "", 0, None
        self._brought.clear()
        response = await self.post("open", {"type": "hello", **hello})
        response.raise_for_status()
        answer = await response.json()
        self.connection = answer.get("connection", "")
        self._bring(answer)

    async def send_raw(self, raw: str | bytes) -> None:
        assert isinstance(raw, str)
        response = await self.post("send", f'{{"connection":"{self.connection}","frames":[{raw}]}}')
        if response.status == 404:
            raise ConnectionResetError("the connection is over")
        response.raise_for_status()
        assert await response.json() == {}

    async def poll(self) -> None:
        """Ask once. Raises Closed when the connection is over."""
        if self.code is not None:
            raise Closed(self.code)
        try:
            response = await self.post("poll", {"connection": self.connection, "n": self.n})
        except aiohttp.ClientConnectionError:
            raise Closed(None) from None
        if response.status == 404:
            raise Closed(None)
        response.raise_for_status()
        self._bring(await response.json())

    def _bring(self, answer: dict[str, Any]) -> None:
        self.n = answer["n"]
        self._brought.extend(answer["frames"])
        self.code = answer.get("closed")

    async def _receive(self) -> dict[str, Any]:
        while not self._brought:
            await self.poll()
        return self._brought.popleft()

    async def close(self) -> None:
        if self.connection and not self._http.closed:
            with contextlib.suppress(aiohttp.ClientError):  # the server may be gone
                await self.post("close", {"connection": self.connection})
            self.connection = ""
