"""The targets: each kind of way in, and how to send it something bad."""

from __future__ import annotations

import asyncio
import json
import secrets
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import Any, ClassVar

import aiohttp

from bridge.web.hooks import hmac_sha256_hex
from tests.fire.mutations import Mutator, places
from tests.fire.wire import Answer, Wire
from tests.fire.yard import DESK_SECRET, OWN_SECRET, PRIVATE, Yard

ORIGIN = b"https://shop.example.ru"
TELEGRAM = "X-Telegram-Bot-Api-Secret-Token"
Sign = Callable[[bytes], dict[str, bytes]]

HELLO: dict[str, Any] = {
    "type": "hello",
    "v": 1,
    "secret": "s" * 43,
    "cursor": 0,
    "language": "ru",
    "page": {"title": "Чайники", "url": "https://shop.example.ru/kettles"},
    "identity": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
    "contact": {"name": "Анна", "email": "a@example.ru", "phone": "+79990001122", "consent": True},
    "fields": {"Тариф": "Про", "Корзина": 2, "Вошёл": True},
}
# Every frame of docs/widget-protocol.md, with all its fields.
FRAMES: list[dict[str, Any]] = [
    HELLO,
    {"type": "message", "id": "m-7Yq0bV4kTn", "text": PRIVATE, "files": ["f0b7Qm"], "reply_to": 41},
    {"type": "page", "title": "Чайники", "url": "https://shop.example.ru/kettles?a=1#b"},
    {"type": "fields", "fields": {"Тариф": "Про", "Корзина": "2 товара"}},
    {"type": "contact", "name": "Анна", "email": "a@example.ru", "phone": "+7", "consent": True},
    {"type": "continue", "channel": "tg"},
    {"type": "received", "cursor": 103},
    {"type": "seen", "cursor": 103},
    {"type": "ping"},
    {"type": "pong"},
]


class Target(ABC):
    """One way in."""

    name: ClassVar[str] | str

    def __init__(self, yard: Yard, random: Random) -> None:
        self.yard = yard
        self.random = random

    @abstractmethod
    async def shoot(self, body: Any = None) -> str | None:
        """One case; what was wrong with the program, if anything. `body`: instead of a mutated shape."""

    def refused(self, channel: str) -> float:
        """How much of a channel was counted as refused."""
        assert self.yard.otklik is not None
        metrics = self.yard.otklik._metrics
        families = (metrics._refused, metrics._visitors)
        counters = [counter for family in families for counter in family._metrics.items()]
        return float(sum(counter._value.get() for labels, counter in counters if labels[0] == channel))

    async def counted(self, channel: str, asking: Awaitable[Answer], *, busy: bool = False) -> str | None:
        """What is wrong with an answer: a crash, or a refusal that was not counted.

        `busy`: 503 is none; by the fast clock a minute may have passed while a hello was looked at.
        """
        before = self.refused(channel)
        answer = await asking
        if 400 <= answer.status < 500 and self.refused(channel) <= before:
            return f"answered {answer.status} {answer.body[:80]!r}, but not counted"
        return None if busy and answer.status == 503 else wrong(answer)

    async def close(self) -> None:  # noqa: B027 -- some have nothing open
        """Let go."""


NUMBERED = ("update_id", "message_id", "conversation_message_id", "message_token", "event_id", "mid", "watermark")


def renumbered(shape: Any, number: int) -> None:
    """Make an event a new one: what was seen before is recognised and goes no further."""
    for within, key in list(places(shape)):
        if key in NUMBERED and isinstance(within, dict):
            if type(within[key]) is int:
                within[key] = 1_000_000 + number
            elif type(within[key]) is str:
                within[key] = f"n{number}"


def wrong(answer: Answer) -> str | None:
    """A crash, as it is seen from outside."""
    return f"answered {answer.status} {answer.body[:200]!r}" if answer.status >= 500 else None


class HookTarget(Target):
    """A webhook."""

    def __init__(self, yard: Yard, random: Random, name: str, sign: Sign, shapes: Sequence[Any]) -> None:
        super().__init__(yard, random)
        self.name = name
        self._sign = sign
        self._shapes = shapes
        self._mutator = Mutator(random, shapes)
        self._wire = Wire(yard.port)
        self._number = 0
        self._repairs: dict[str, Any] = {}
        if name == "vk":  # whose events carry who they are from
            self._repairs = {key: shapes[-1][key] for key in ("secret", "group_id")}

    async def shoot(self, body: Any = None) -> str | None:
        random, mutator = self.random, self._mutator
        shape = json.loads(json.dumps(random.choice(self._shapes))) if body is None else body
        if random.random() < 0.9:
            self._number += 1
            renumbered(shape, self._number)
        if body is None:
            shape = mutator.mutated(shape)
        if isinstance(shape, dict) and self._repairs and random.random() < 0.9:
            shape |= self._repairs
        data = mutator.encoded(shape)
        headers = mutator.headers()
        if random.random() < 0.03:
            packed, data = mutator.packed(data)
            headers |= packed
        if random.random() < 0.9:
            headers |= self._sign(data)
        else:
            headers |= self._badly_signed(data)
        if random.random() < 0.03:
            return wrong(await self._wire.post(f"/hooks/{self.name}", data, headers, promised=len(data) + 9))
        return await self.counted(str(self.name), self._wire.post(f"/hooks/{self.name}", data, headers))

    def _badly_signed(self, data: bytes) -> dict[str, bytes]:
        good = self._sign(data) or {"X-Nothing": b"x"}
        (name, value), *_ = good.items()
        bad = self.random.choice((b"", value[:-1], value.swapcase(), b"\xff\xfe\x80", b"0" * 7000, "чай".encode()))
        return {} if self.random.random() < 0.2 else {name: bad}

    async def close(self) -> None:
        await self._wire.close()


class SocketTarget(Target):
    """Frames over a WebSocket; after each case the connection must answer, or have said why it is over."""

    name = "socket"

    def __init__(self, yard: Yard, random: Random) -> None:
        super().__init__(yard, random)
        self._mutator = Mutator(random, FRAMES)
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._left = 0

    async def shoot(self, body: Any = None) -> str | None:
        socket = self._socket
        if socket is None or socket.closed or self._left <= 0:
            await self.close()
            url = f"ws://127.0.0.1:{self.yard.port}/site/shop/socket"
            socket = self._socket = await self.yard.http.ws_connect(url, origin=ORIGIN.decode())
            self._left = 200  # below the frames that one connection may send
            if self.random.random() < 0.9:
                await socket.send_json({"type": "hello", "v": 1, "secret": secrets.token_urlsafe(32)})
        shape = self._mutator.mutated(self.random.choice(FRAMES)) if body is None else body
        if isinstance(shape, dict) and shape.get("type") == "message" and self.random.random() < 0.7:
            shape["id"] = secrets.token_urlsafe(12)
        data = self._mutator.encoded(shape)
        try:
            if self.random.random() < 0.05:
                await socket.send_bytes(data)
            else:
                await socket.send_str(data.decode("utf-8", "replace"))
            await socket.send_json({"type": "ping"})
            self._left -= 2
            return await self._heard(socket)
        except ConnectionError:
            return None

    async def _heard(self, socket: aiohttp.ClientWebSocketResponse) -> str | None:
        while True:
            message = await socket.receive(timeout=20)
            if message.type is not aiohttp.WSMsgType.TEXT:
                return f"closed with {socket.close_code}" if socket.close_code == 1011 else None
            frame = json.loads(message.data)
            if frame["type"] == "error" and (frame["code"] == "try-later" or not self.refused("shop")):
                return f"answered {frame}"
            if frame["type"] == "pong" or frame.get("code") == "hello-first":
                return None

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()
            self._socket = None


class FallbackTarget(Target):
    """The same over HTTP."""

    name = "fallback"

    def __init__(self, yard: Yard, random: Random) -> None:
        super().__init__(yard, random)
        self._wire = Wire(yard.port)
        self._connection = ""
        self._n = 1
        self._left = 0

    async def shoot(self, body: Any = None) -> str | None:
        if self._left <= 0 or not self._connection:
            await self._open()
        shapes = {
            "open": HELLO | {"secret": secrets.token_urlsafe(32)},
            "poll": {"connection": self._connection, "n": self._n - 1},  # which is answered at once
            "send": {"connection": self._connection, "frames": [self.random.choice(FRAMES)]},
            "close": {"connection": "Zm9v"},
        }
        what = self.random.choice(("open", "poll", "send", "send", "send", "close"))
        mutator = Mutator(self.random, [*shapes.values(), *FRAMES])
        shape = mutator.mutated(shapes[what]) if body is None else body
        if body is not None and what == "send":
            shape = {"connection": self._connection, "frames": [body]}
        if shape == {"connection": self._connection, "n": self._n}:
            return None  # it would wait for news
        data = mutator.encoded(shape)
        headers = {"Origin": ORIGIN, **mutator.headers()}
        if self.random.random() < 0.03:
            packed, data = mutator.packed(data)
            headers |= packed
        if self.random.random() < 0.03:
            headers["Origin"] = self.random.choice(
                (b"null", b"\xff", b"https://evil.example", b"http://[", b"a" * 5000)
            )
        self._left -= 1
        return await self.counted("shop", self._wire.post(f"/site/shop/{what}", data, headers), busy=True)

    async def _open(self) -> None:
        hello = {"type": "hello", "v": 1, "secret": secrets.token_urlsafe(32)}
        answer = await self._wire.post("/site/shop/open", json.dumps(hello).encode(), {"Origin": ORIGIN})
        told = json.loads(answer.body) if answer.status == 200 else {}
        self._connection, self._n, self._left = told.get("connection", ""), told.get("n", 1), 40

    async def close(self) -> None:
        await self._wire.close()


class UploadTarget(Target):
    """Files, names and tokens that are none."""

    name = "upload"

    def __init__(self, yard: Yard, random: Random) -> None:
        super().__init__(yard, random)
        self._wire = Wire(yard.port)
        self._token = b""
        self._left = 0

    async def shoot(self, body: Any = None) -> str | None:
        random = self.random
        if self._left <= 0:
            await self._greet()
        self._left -= 1
        start = random.choice(
            (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe1", b"GIF89a", b"%PDF", b"RIFF....WEBP", b"OggS", b"")
        )
        data = start + random.randbytes(random.choice((0, 1, 20, 500, 20_000)))
        names = (b"a.pdf", b"%D1%87", b"%FF%00", b"..%2F..%2Fetc", b"\xff\xfe", b"x" * 6000, b"", b"%ED%A0%80.png")
        token = self._token
        if random.random() < 0.3:
            token = random.choice((b"", token[:-3], b"\xff\xfe", b"x" * 5000, b"WyI.x.y", token + b"."))
        headers = {"Origin": ORIGIN, "X-File-Name": random.choice(names), "Authorization": b"Bearer " + token}
        headers |= Mutator(random).headers()
        if random.random() < 0.1:
            packed, data = Mutator(random).packed(data)
            headers |= packed
        if random.random() < 0.1:
            return wrong(await self._wire.post("/site/shop/upload", data, headers, promised=len(data) + 50))
        return await self.counted("shop", self._wire.post("/site/shop/upload", data, headers))

    async def _greet(self) -> None:
        hello = {"type": "hello", "v": 1, "secret": secrets.token_urlsafe(32)}
        for _ in range(3):  # the connection may just be closing, after what was sent over it before
            answer = await self._wire.post("/site/shop/open", json.dumps(hello).encode(), {"Origin": ORIGIN})
            if answer.status:
                break
        assert answer.status == 200, answer
        frames = json.loads(answer.body)["frames"]
        self._token = next(frame for frame in frames if frame["type"] == "welcome")["upload"]["token"].encode()
        self._left = 100

    async def close(self) -> None:
        await self._wire.close()


class WireTarget(Target):
    """What is no HTTP, and no WebSocket after the handshake."""

    name = "wire"

    async def shoot(self, body: Any = None) -> str | None:
        random = self.random
        wire = Wire(self.yard.port)
        try:
            path = random.choice(
                (b"/hooks/vk", b"/site/shop/open", b"/site/shop/upload", b"/media/x/y", b"/hooks/desk")
            )
            shots = (
                random.randbytes(random.choice((1, 10, 300))) + b"\r\n\r\n",
                b"GET %s HTTP/9.9\r\n\r\n" % path,
                b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n" % path,
                b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab" % path,
                b"POST %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n" % path,
                b"POST %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab" % path,
                b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n"
                % random.choice((b"%00", b"%ff%fe", b"..%2f..", b"a" * 9000)),
                b"GET /media/%s/x HTTP/1.1\r\nHost: x\r\n\r\n"
                % secrets.token_urlsafe(random.randint(1, 60)).encode(),
                b"GET %s HTTP/1.1\r\nHost: \xff\r\nX: %s\r\n\r\n" % (path, b"y" * random.choice((10, 20_000))),
                b"GET /site/shop/socket HTTP/1.1\r\nHost: x\r\nOrigin: %s\r\nUpgrade: websocket\r\n\r\n" % ORIGIN,
            )
            if random.random() < 0.5:
                return wrong(await wire.raw(random.choice(shots), ends=True))
            return await self._after_handshake(wire)
        finally:
            await wire.close()

    async def _after_handshake(self, wire: Wire) -> str | None:
        random = self.random
        head = (
            b"GET /site/shop/socket HTTP/1.1\r\nHost: x\r\nOrigin: %s\r\nConnection: Upgrade\r\n"
            b"Upgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        answer = await wire.raw(head % ORIGIN)
        if answer.status != 101:
            return wrong(answer)
        mask = b"\x01\x02\x03\x04"
        frames = (
            b"\x81\x05hello",  # without a mask
            b"\xf1\x81" + mask + b"a",  # reserved bits
            b"\x83\x81" + mask + b"a",  # an opcode that there is not
            b"\x81\xff" + (2**62).to_bytes(8, "big") + mask,  # no end of it
            b"\x81\x82" + mask + bytes((0xFF ^ 1, 0xFE ^ 2)),  # no UTF-8
            b"\x89\xfe\x01\x00" + mask + b"a" * 256,  # a ping that is too long
            b"\x01\x81" + mask + b"a" + b"\x81\x81" + mask + b"b",  # a message within a message
            b"\x88\x82" + mask + b"\x00\x01",  # an end that is none
            random.randbytes(50),
        )
        await wire.raw(random.choice(frames), ends=True)
        return None


def targets(yard: Yard, random: Random, shapes: dict[str, list[Any]]) -> list[Target]:
    """All of them. `shapes`: what was recorded, by the channel."""
    viber: Any = yard.ends["viber"]
    fb: Any = yard.ends["facebook"]
    signs: dict[str, Sign] = {
        "vk": lambda body: {},
        "viber": lambda body: {"X-Viber-Content-Signature": hmac_sha256_hex(viber.viber.token, body).encode()},
        "fb": lambda body: {
            "X-Hub-Signature-256": b"sha256=" + hmac_sha256_hex(fb.facebook.app.secret, body).encode()
        },
        "tg": lambda body: {TELEGRAM: OWN_SECRET.encode()},
        "desk": lambda body: {TELEGRAM: DESK_SECRET.encode()},
    }
    hooks = [HookTarget(yard, random, name, sign, shapes[name]) for name, sign in signs.items()]
    widget = (SocketTarget, FallbackTarget, UploadTarget, WireTarget)
    return [*hooks, *(kind(yard, random) for kind in widget)]


async def closed(all_targets: Sequence[Target]) -> None:
    """Let go of all."""
    await asyncio.gather(*(target.close() for target in all_targets))
