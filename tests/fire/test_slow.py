"""Who is slow makes nobody else wait: a visitor who does not read, a platform that does not answer."""

import asyncio
import json
import secrets
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from tests.fire.chaos import KINDS, SOON, Chaos, opened
from tests.site_client import SiteClient

LONG = "слово " * 600  # an answer of 7 KB
HANDSHAKE = (
    "GET /site/shop/socket HTTP/1.1\r\nHost: x\r\nOrigin: https://shop.example.ru\r\nConnection: Upgrade\r\n"
    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class Deaf:
    """A visitor's tab that says hello and a message, and reads nothing of what is answered."""

    def __init__(self, port: int) -> None:
        self.secret = secrets.token_urlsafe(32)
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.setblocking(False)
        self._port = port

    async def says(self, text: str) -> None:
        loop = asyncio.get_running_loop()
        await loop.sock_connect(self._socket, ("127.0.0.1", self._port))
        hello = {"type": "hello", "v": 1, "secret": self.secret}
        message = {"type": "message", "id": secrets.token_urlsafe(12), "text": text}
        frames = b"".join(_framed(json.dumps(frame).encode()) for frame in (hello, message))
        await loop.sock_sendall(self._socket, HANDSHAKE.encode() + frames)

    def close(self) -> None:
        self._socket.close()


def _framed(data: bytes) -> bytes:
    """A text frame with a mask of zeros (https://www.rfc-editor.org/rfc/rfc6455#section-5.2)."""
    return b"\x81" + bytes((0x80 | 126,)) + len(data).to_bytes(2, "big") + b"\0\0\0\0" + data


async def others_are_served(chaos: Chaos, *besides: object) -> float:
    """Everybody else writes and is answered; the longest that one of them waited, in seconds."""
    began = time.monotonic()
    others = [talk for talk in chaos.talks if talk not in besides]
    for talk in others:
        await talk.says()
        await talk.answers()
    for talk in others:
        await chaos.soon(talk)
    waited = time.monotonic() - began
    for talk in others:
        await chaos.town.until(lambda t=talk: t.shown[-1:] == t.said[-1:], lambda t=talk: t.amiss())  # type: ignore[misc]
    return waited


async def test_a_visitor_who_does_not_read_makes_nobody_wait_and_loses_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path, seed=1) as chaos:
        town = chaos.town
        deaf = Deaf(town.port)
        await deaf.says("Я не читаю")
        thread = await town.accepts("Я не читаю")
        for number in range(150):  # more than the pipe holds
            await thread.answers(f"{number} {LONG}")
        assert await others_are_served(chaos) < SOON
        otklik: Any = town.otklik
        sessions = otklik._channels["shop"].sessions
        town.clock.passes(25)  # so long nothing was taken: the connection is given up
        await town.until(lambda: len(sessions) == 1, lambda: f"{len(sessions)} tabs")
        deaf.close()
        url = f"ws://127.0.0.1:{town.port}/site/shop/socket"
        tab = SiteClient(town.http, url, origin="https://shop.example.ru", secret=deaf.secret)
        await tab.connect()
        while len(tab.texts) < 100:  # as many as a page that was loaded anew is given
            await tab.next()
        assert [text.split()[0] for text in tab.texts] == [str(number) for number in range(50, 150)]
        await tab.close()
        chaos.watch.look("slow")
        assert not chaos.watch.faults


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "site"])
async def test_a_call_that_is_not_answered_holds_up_that_customer_alone(tmp_path: Path, kind: str) -> None:
    async with opened(tmp_path, seed=1, customers=2) as chaos:
        ends: Any = chaos.town.ends
        slow, _ = [talk for talk in chaos.talks if talk.kind == kind]
        person: Any = slow.someone
        match kind:
            case "telegram":
                gate = chaos.town.telegram.hold_next("sendMessage", chat=person.human)
            case "viber":
                gate = ends[kind].viber.faults.hold_next("send_message", receiver=person.person.id)
            case "facebook":
                gate = ends[kind].facebook.faults.hold("messages", person=person.person)
            case _:
                gate = ends[kind].vk.faults.hold("messages.send", peer=person.person.id)
        await slow.answers()
        await slow.answers()
        await gate.reached()
        assert await others_are_served(chaos, slow) < SOON
        assert slow.got == []
        gate.release()
        await chaos.town.until(lambda: slow.got == slow.answered, slow.amiss)
