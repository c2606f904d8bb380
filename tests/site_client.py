"""A client of the widget protocol, written from docs/widget-protocol.md alone.

It keeps what a widget would keep: the messages it was given, its cursor, and what was not acknowledged yet.
"""

import asyncio
import contextlib
import json
import secrets
from typing import Any

import aiohttp

PATIENCE = 10.0  # seconds of real time until a test gives up waiting


class Closed(Exception):
    """The server ended the connection."""

    def __init__(self, code: int | None) -> None:
        super().__init__(code)
        self.code = code


class SiteClient:
    """One tab. `frames` holds everything that came, in order."""

    def __init__(self, http: aiohttp.ClientSession, url: str, *, secret: str = "", origin: str = "") -> None:
        self.secret = secret or secrets.token_urlsafe(32)
        self.cursor = 0
        self.messages: dict[int, dict[str, Any]] = {}
        self.outbox: dict[str, str] = {}
        self.frames: list[dict[str, Any]] = []
        self._http = http
        self._url = url
        self._origin = origin
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    @property
    def socket(self) -> aiohttp.ClientWebSocketResponse:
        assert self._socket is not None, "not connected"
        return self._socket

    @property
    def texts(self) -> list[str]:
        """What the visitor reads, in order."""
        return [self.messages[number]["text"] for number in sorted(self.messages)]

    async def open(self, **headers: str) -> None:
        """The handshake only. Raises aiohttp.WSServerHandshakeError when it is refused."""
        if self._origin:
            headers["Origin"] = self._origin
        self._socket = await self._http.ws_connect(self._url, headers=headers, max_msg_size=0, autoclose=False)

    async def connect(self, *, v: int = 1, **hello: object) -> dict[str, Any]:
        """Open, say hello with the cursor, send again what was not acknowledged; the welcome."""
        await self.open()
        await self.send(
            "hello", v=v, secret=self.secret, **({"cursor": self.cursor} if self.cursor else {}), **hello
        )
        welcome = await self.until("welcome")
        for id, text in tuple(self.outbox.items()):
            await self.send("message", id=id, text=text)
            await self.until("ack", id=id)
        return welcome

    async def send(self, kind: str, **fields: object) -> None:
        await self.send_raw(json.dumps({"type": kind, **fields}, ensure_ascii=False))

    async def send_raw(self, raw: str | bytes) -> None:
        if isinstance(raw, bytes):
            await self.socket.send_bytes(raw)
        else:
            await self.socket.send_str(raw)

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
        message = await asyncio.wait_for(self.socket.receive(), PATIENCE)
        if message.type is not aiohttp.WSMsgType.TEXT:
            await self.socket.close()
            raise Closed(message.data if message.type is aiohttp.WSMsgType.CLOSE else None)
        frame: dict[str, Any] = json.loads(message.data)
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

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()

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
