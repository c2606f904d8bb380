"""An operator's page, written from docs/desk-protocol.md alone: it keeps what a page would keep."""

import asyncio
import itertools
import json
from typing import Any

import aiohttp

PATIENCE = 30.0  # seconds of real time until a test gives up waiting

Frame = dict[str, Any]


class Closed(Exception):
    """The server ended the connection."""

    def __init__(self, code: int | None) -> None:
        super().__init__(code)
        self.code = code


class Page:
    """One page of an operator. `frames` holds everything that came, in order."""

    _ids = itertools.count(1)

    def __init__(self, http: aiohttp.ClientSession, url: str, cookie: str) -> None:
        self._http = http
        self._url = url
        self.cookie = cookie
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self.frames: list[Frame] = []
        self.welcome: Frame = {}
        self.rows: dict[int, Frame] = {}
        self.list: Frame = {}
        self.figures: Frame = {}
        self.talk: Frame = {}

    @property
    def socket(self) -> aiohttp.ClientWebSocketResponse:
        assert self._socket is not None, "not connected"
        return self._socket

    @property
    def headers(self) -> dict[str, str]:
        return {"Origin": self._url, "Cookie": f"otklik_desk={self.cookie}"}

    async def open(self, **headers: str) -> None:
        """The handshake only. Raises aiohttp.WSServerHandshakeError when it is refused."""
        address = f"{self._url}/desk/ws"
        self._socket = await self._http.ws_connect(
            address, headers={**self.headers, **headers}, max_msg_size=0, autoclose=False
        )

    async def connect(self) -> "Page":
        """Connect and say hello."""
        await self.open()
        self.rows = {}
        await self.send("hello", version=1)
        self.welcome = await self.until("welcome")
        self.figures = self.welcome["figures"]
        return self

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def send(self, kind: str, **fields: object) -> None:
        await self.socket.send_str(json.dumps({"type": kind, **fields}, ensure_ascii=False))

    async def next(self) -> Frame:
        """The next frame, taken in. Raises Closed at the end of the connection."""
        async with asyncio.timeout(PATIENCE):
            message = await self.socket.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            await self.socket.close()
            raise Closed(message.data if message.type is aiohttp.WSMsgType.CLOSE else None)
        frame: Frame = json.loads(message.data)
        self.frames.append(frame)
        self._take(frame)
        return frame

    async def until(self, kind: str, **fields: object) -> Frame:
        """Read until a frame of this type with these fields."""
        while True:
            frame = await self.next()
            if frame["type"] == kind and all(frame.get(name) == value for name, value in fields.items()):
                return frame

    async def until_closed(self) -> int | None:
        """Read to the end; the close code."""
        while True:
            try:
                await self.next()
            except Closed as closed:
                return closed.code

    async def reads(self) -> list[Frame]:
        """Everything that the server has sent by now."""
        before = len(self.frames)
        await self.send("ping")
        await self.until("pong")
        return [frame for frame in self.frames[before:] if frame["type"] != "pong"]

    async def watch(self, list: str = "feed", **fields: object) -> Frame:
        """Look at a list; the window as it is now."""
        await self.send("watch", list=list, **{"group": None, "search": "", "offset": 0, "limit": 50, **fields})
        return await self.until("list")

    async def look(self, conversation: int, **fields: object) -> Frame:
        """Open a conversation; the frame that shows it."""
        await self.send("open", conversation=conversation, **fields)
        return await self.until("conversation", id=conversation)

    async def act(self, kind: str, **fields: object) -> Frame:
        """Do something; its `done` or `refused` frame."""
        id = str(fields.pop("id", "")) or f"act-{next(self._ids)}"
        await self.send(kind, id=id, **fields)
        return await self.answer(id)

    async def answer(self, id: str) -> Frame:
        """Read until what was done under this id is answered."""
        while True:
            frame = await self.next()
            if frame["type"] in ("done", "refused") and frame.get("id") == id:
                return frame

    async def done(self, kind: str, **fields: object) -> Frame:
        """Do something that must work."""
        frame = await self.act(kind, **fields)
        assert frame["type"] == "done", frame
        return frame

    async def refused(self, kind: str, **fields: object) -> Frame:
        """Do something that must not work."""
        frame = await self.act(kind, **fields)
        assert frame["type"] == "refused", frame
        assert frame["message"], frame
        return frame

    @property
    def order(self) -> list[int]:
        return list(self.list.get("order", ()))

    @property
    def names(self) -> list[str]:
        """Whom the list shows, in order."""
        return [self.rows[id]["name"] for id in self.order]

    @property
    def texts(self) -> list[str]:
        """What is read in the open conversation."""
        return [message["text"] for _, message in sorted(self.talk["messages"].items())]

    def _take(self, frame: Frame) -> None:
        match frame["type"]:
            case "list":
                self.list = frame
                self.rows |= {row["id"]: row for row in frame["rows"]}
                missing = [id for id in frame["order"] if id not in self.rows]
                assert not missing, f"rows that were never sent: {missing}"
            case "figures":
                self.figures = {name: value for name, value in frame.items() if name != "type"}
            case "conversation" if frame["reset"]:
                self.talk = {**frame, "messages": _by_id(frame["messages"]), "events": _by_id(frame["events"])}
            case "conversation" | "changed" if self.talk.get("id") == frame["id"]:
                for name in ("conversation", "customer", "history", "cursor"):
                    if name in frame:
                        self.talk[name] = frame[name]
                for name in ("messages", "events"):
                    self.talk[name].update(_by_id(frame.get(name, ())))
            case "earlier":
                self.talk["messages"].update(_by_id(frame["messages"]))
                self.talk["more"] = frame["more"]


def _by_id(items: Any) -> dict[int, Frame]:
    return {item["id"]: item for item in items}
