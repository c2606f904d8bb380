"""Webhooks: only whole, signed, readable calls get through, and only what is on disk is acknowledged."""

import asyncio
import json
import logging
import sqlite3
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridge.model import ChannelName
from bridge.web import hooks
from bridge.web.hooks import Hook, hmac_sha256_hex, same
from bridge.web.server import WebServer, make_app
from storage.store import StoreError

SECRET = "app-secret"


class Side:
    """A channel's handler, its server, and what it counted."""

    def __init__(self) -> None:
        self.refused: list[tuple[str, str]] = []
        self.taken: list[object] = []
        self.fails: Exception | None = None
        self.url = ""
        self.hook = Hook(
            ChannelName("fb"), lambda channel, reason: self.refused.append((channel, reason)), limit=1000
        )

    async def handle(self, request: web.Request) -> web.Response:
        body = await self.hook.body(request)
        self.hook.admit(same(request.headers.get("X-Sign", ""), hmac_sha256_hex(SECRET, body)))
        event = self.hook.parse(body)
        with self.hook.storing():
            if self.fails:
                raise self.fails
            self.taken.append(event)
        return web.Response()

    async def post(self, body: bytes, sign: str | None = None) -> int:
        headers = {"X-Sign": hmac_sha256_hex(SECRET, body) if sign is None else sign}
        async with aiohttp.ClientSession() as session, session.post(self.url, data=body, headers=headers) as answer:
            return answer.status


@pytest.fixture
async def side() -> AsyncIterator[Side]:
    made = Side()
    app = web.Application()
    app.router.add_post("/hooks/fb", made.handle)
    async with TestServer(app, host="127.0.0.1") as server:
        made.url = str(server.make_url("/hooks/fb"))
        yield made


async def test_a_signed_event_gets_through(side: Side):
    assert await side.post(b'{"text":"\\u0447\\/"}') == 200
    assert side.taken == [{"text": "ч/"}]
    assert side.refused == []


@pytest.mark.parametrize("sign", ["", "0" * 64, "чай", hmac_sha256_hex("another", b"{}")])
async def test_another_signature_is_refused_and_counted(side: Side, sign: str):
    if not sign.isascii():
        sign = sign.encode().decode("latin-1")
    assert await side.post(b"{}", sign) == 403
    assert side.refused == [("fb", "signature")]
    assert side.taken == []


async def test_a_signature_is_looked_at_before_the_body(side: Side):
    assert await side.post(b"[" * 900, "0" * 64) == 403


async def test_however_many_are_refused_the_log_has_a_line_a_minute(
    side: Side, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    now = 1000.0
    monkeypatch.setattr(hooks, "monotonic", lambda: now)
    for _ in range(5):
        assert await side.post(b"{}", "0") == 403
    assert [record.getMessage() for record in caplog.records] == ["fb: a webhook call was refused: signature"]
    now += 61
    await side.post(b"{}", "0")
    assert caplog.records[-1].getMessage() == "fb: a webhook call was refused: signature (4 more before it)"
    assert len(side.refused) == 6


async def test_a_body_that_is_not_packed_as_it_says_is_refused(side: Side):
    headers = {"Content-Encoding": "gzip", "X-Sign": ""}
    async with aiohttp.ClientSession() as session, session.post(side.url, data=b"{}", headers=headers) as answer:
        assert answer.status == 400
    assert side.refused == [("fb", "body")]


async def test_what_is_no_http_leaves_a_line_and_no_traceback(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    server = WebServer(make_app({}, lambda: True), "127.0.0.1", 0)
    await server.start()
    for _ in range(3):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"\x16\x03\x01 hello\r\n\r\n")
        assert b" 400 " in await reader.readline()
        writer.close()
        await writer.wait_closed()
    await server.stop()
    told = [record for record in caplog.records if "no HTTP" in record.getMessage()]
    assert len(told) <= 1 and "Traceback" not in caplog.text


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"[" * 1000, b'{"a":' * 199, b"\xff\xfe", b'"{}"'])
async def test_what_is_no_event_is_refused(side: Side, body: bytes):
    assert await side.post(body) == 400
    assert side.refused == [("fb", "body")]


async def test_deep_nesting_is_no_crash():
    refused: list[str] = []
    hook = Hook(ChannelName("fb"), lambda _, reason: refused.append(reason))
    with pytest.raises(web.HTTPBadRequest):
        hook.parse(b'{"a":' * 150_000)
    assert refused == ["body"]


async def test_too_big_is_refused_whether_or_not_it_is_told(side: Side):
    body = json.dumps({"a": "b" * 1000}).encode()
    assert await side.post(body) == 413

    async def dripping() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield bytes(100)

    async with aiohttp.ClientSession() as session, session.post(side.url, data=dripping()) as answer:
        assert answer.status == 413
    assert side.refused == [("fb", "size")] * 2


async def test_a_body_that_does_not_come_is_given_up(side: Side, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hooks, "BODY_SECONDS", 0.05)
    port = int(side.url.split(":")[2].split("/")[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /hooks/fb HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    assert b" 408 " in await reader.readline()
    writer.close()
    assert side.refused == [("fb", "slow")]


@pytest.mark.parametrize(
    "error", [sqlite3.OperationalError("database or disk is full"), StoreError("closed"), OSError(28, "No space")]
)
async def test_what_cannot_be_stored_comes_again(side: Side, error: Exception):
    side.fails = error
    assert await side.post(b"{}") == 503
    side.fails = None
    assert await side.post(b"{}") == 200


@pytest.mark.parametrize("error", [sqlite3.IntegrityError("NOT NULL"), KeyError("text")])
def test_what_is_wrong_with_one_event_is_the_channels_matter(error: Exception):
    with pytest.raises(type(error)), Hook(ChannelName("fb"), lambda *_: None).storing():
        raise error


def test_the_signature_is_the_platforms():
    # RFC 4231, test case 2
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert hmac_sha256_hex("Jefe", b"what do ya want for nothing?") == expected


def test_secrets_that_are_the_same():
    assert same("чай", "чай")
    assert not same("чай", "чаи")
    assert not same("", "")
    assert not same("\udcff", "x")
