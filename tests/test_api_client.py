"""Calls to platforms: every failure is a value, and no secret is told."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from bridge.clock import Clock
from bridge.web.api import Answer, ApiClient, Lost, pause

TOKEN = "vk1.a.very-secret"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
NOON = datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)


class Noon(Clock):
    def now(self) -> datetime:
        return NOON


@contextlib.asynccontextmanager
async def calling(handler: Handler, **how: Any) -> AsyncIterator[tuple[ApiClient, TestServer]]:
    app = web.Application(client_max_size=100 * 1024 * 1024)
    app.router.add_route("*", "/{tail:.*}", handler)
    async with TestServer(app, host="127.0.0.1") as server:
        client = ApiClient(str(server.make_url("/api")), clock=Noon(), **how)
        try:
            yield client, server
        finally:
            await client.close()


def answering(**how: Any) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(**how)

    return handler


async def echo(request: web.Request) -> web.Response:
    return web.json_response(
        {
            "method": request.method,
            "path": request.raw_path,
            "type": request.content_type,
            "body": await request.text(),
            "headers": dict(request.headers),
        }
    )


async def test_who_calls_after_it_was_closed_gets_no_answer_until_it_is_opened():
    async with calling(echo) as (client, _):
        assert isinstance(await client.get("me"), Answer)
        await client.close()
        lost = await client.get("me")
        assert isinstance(lost, Lost) and not lost.sent and "closed" in lost.detail
        client.open()
        assert isinstance(await client.get("me"), Answer)


async def test_json_goes_out_and_comes_back():
    async with calling(echo, headers={"X-Auth": TOKEN}) as (client, _):
        answer = await client.post("/send", json={"text": "чай"}, headers={"X-More": "1"})
    assert isinstance(answer, Answer)
    assert answer.status == 200
    said = answer.data
    assert (said["method"], said["path"], said["type"]) == ("POST", "/api/send", "application/json")
    assert said["body"] == '{"text": "чай"}'
    assert (said["headers"]["X-Auth"], said["headers"]["X-More"]) == (TOKEN, "1")
    assert answer.headers["content-type"].startswith("application/json")


async def test_forms_and_queries():
    async with calling(echo) as (client, _):
        posted = await client.post("method", form={"message": "a&b чай", "peer_id": 7}, params={"v": "5.199"})
        got = await client.get("me", params={"fields": "id,name", "n": 1})
        gone = await client.delete("me", params={"n": 1})
    assert isinstance(posted, Answer)
    assert isinstance(got, Answer)
    assert isinstance(gone, Answer)
    assert posted.data["path"] == "/api/method?v=5.199"
    assert posted.data["type"] == "application/x-www-form-urlencoded"
    assert posted.data["body"] == "message=a%26b+%D1%87%D0%B0%D0%B9&peer_id=7"
    assert got.data["path"] == "/api/me?fields=id,name&n=1"
    assert gone.data["method"] == "DELETE"


async def test_credentials_go_to_the_apis_own_host_only():
    async with calling(echo, headers={"X-Auth": TOKEN}) as (client, _), calling(echo) as (_, other):
        answer = await client.get(f"http://127.0.0.1:{other.port}/whp/1?key=a%2Fb%3D", params={"ts": 3})
    assert isinstance(answer, Answer)
    assert answer.data["path"] == "/whp/1?key=a%2Fb%3D&ts=3"
    assert TOKEN not in answer.text


@pytest.mark.parametrize(
    ("body", "kind", "data"),
    [
        (b'{"ok": 1}', "text/html", {"ok": 1}),
        (b"<html>502</html>", "application/json", None),
        (b"", "application/json", None),
        (b"\xff\xfe\x00garbage\xff", "application/json", None),
        (b"[" * 100_000, "application/json", None),
        (b"1" * 10_000, "application/json", None),
        (b"2", "text/plain", 2),
    ],
)
async def test_a_body_is_read_for_what_it_is(body: bytes, kind: str, data: object):
    async with calling(answering(body=body, content_type=kind, status=502)) as (client, _):
        answer = await client.get("x")
    assert isinstance(answer, Answer)
    assert (answer.status, answer.data) == (502, data)


async def test_an_answer_is_not_read_beyond_its_limit():
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(OSError):
            while True:
                await response.write(b"[" * 10_000)
                await asyncio.sleep(0)
        return response

    async with calling(handler, body_limit=50_000) as (client, _):
        answer = await client.get("x")
    assert isinstance(answer, Answer)
    assert answer.data is None
    assert len(answer.text) == 50_000


async def test_a_redirect_is_an_answer():
    async with calling(answering(status=302, headers={"Location": "http://127.0.0.1:1/"})) as (client, _):
        answer = await client.post("x", json={})
    assert isinstance(answer, Answer)
    assert answer.status == 302


async def test_what_did_not_reach_the_server_was_not_sent():
    client = ApiClient(f"http://127.0.0.1:{unused_port()}")
    try:
        assert await client.post("x", json={}) == Lost(detail="127.0.0.1: ClientConnectorError", sent=False)
        nowhere = await client.post("http://no-such-host.invalid/", json={})
        assert nowhere == Lost(detail="no-such-host.invalid: ClientConnectorDNSError", sent=False)
        bad = await client.get("http://[broken/")
        assert isinstance(bad, Lost)
        assert not bad.sent
        strange = await client.get("x", headers={"X": "a\nb"})
        assert isinstance(strange, Lost)
        assert not strange.sent
    finally:
        await client.close()


async def test_a_proxy_that_is_away_means_that_nothing_was_sent():
    client = ApiClient("http://api.example.org", proxy=f"socks5://user:word@127.0.0.1:{unused_port()}")
    try:
        assert await client.post("x", json={}) == Lost(detail="api.example.org: ProxyConnectionError", sent=False)
    finally:
        await client.close()


async def test_an_answer_that_does_not_come_may_have_been_sent():
    async def handler(request: web.Request) -> web.Response:
        await request.read()
        await asyncio.Event().wait()
        return web.Response()

    async with calling(handler) as (client, _):
        assert await client.post("x", json={}, timeout=0.05) == Lost(detail="127.0.0.1: TimeoutError", sent=True)


async def test_a_call_that_waited_in_vain_for_a_connection_was_not_sent():
    async def handler(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    async with calling(handler, connections=1) as (client, _):
        first = asyncio.create_task(client.post("x", json={}, timeout=0.3))
        await asyncio.sleep(0.05)
        second = await client.post("x", json={}, timeout=0.05)
        assert isinstance(second, Lost)
        assert not second.sent
        lost = await first
        assert isinstance(lost, Lost)
        assert lost.sent


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", b"\x00\x01garbage\r\n\r\n"]
)
async def test_an_answer_that_breaks_off_may_have_been_sent(said: bytes):
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    client = ApiClient(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    try:
        lost = await client.post("x", json={})
        assert isinstance(lost, Lost)
        assert lost.sent
    finally:
        await client.close()
        server.close()


async def test_a_file_is_streamed_with_its_name_and_type(tmp_path: Path):
    path = tmp_path / "stored"
    path.write_bytes(bytes(range(256)) * 40_000)
    seen: dict[str, Any] = {}

    async def handler(request: web.Request) -> web.Response:
        seen["length"] = request.content_length
        form = await request.post()
        part = form["file0"]
        assert isinstance(part, web.FileField)
        seen.update(name=part.filename, mime=part.content_type, data=part.file.read(), message=form["message"])
        part.file.close()
        return web.Response(text='{"file": "1|2"}', content_type="text/html")

    async with calling(handler) as (client, server):
        answer = await client.upload(
            str(server.make_url("/up?h=a%2Fb")),
            path,
            field="file0",
            name='чай "1"\r\n.pdf',
            mime="application/pdf",
            fields={"message": "{}"},
        )
    assert isinstance(answer, Answer)
    assert answer.data == {"file": "1|2"}
    assert seen["data"] == path.read_bytes()
    assert (seen["name"], seen["mime"], seen["message"]) == ('чай "1"__.pdf', "application/pdf", "{}")
    assert seen["length"] > path.stat().st_size


async def test_a_file_that_is_not_there_is_the_callers_matter(tmp_path: Path):
    async with calling(echo) as (client, _):
        with pytest.raises(FileNotFoundError):
            await client.upload("x", tmp_path / "none", field="f", name="n", mime="text/plain")


@pytest.mark.parametrize(
    ("told", "wait"),
    [
        ("7", timedelta(seconds=7)),
        ("1.5", timedelta(seconds=1.5)),
        (" 0 ", timedelta()),
        ("-3", timedelta()),
        ("Wed, 01 Jul 2026 12:00:30 GMT", timedelta(seconds=30)),
        ("Wed, 01 Jul 2026 11:00:00 GMT", timedelta()),
        ("99999999999999999999", None),
        ("1e400", None),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("999999", timedelta(days=1)),
    ],
)
def test_how_long_the_server_asks_to_wait(told: str, wait: timedelta | None):
    assert pause({"Retry-After": told}, NOON) == wait


async def test_the_wait_is_in_the_answer():
    async with calling(answering(status=429, headers={"Retry-After": "7"})) as (client, _):
        answer = await client.get("x")
    assert isinstance(answer, Answer)
    assert answer.retry_after == timedelta(seconds=7)


async def test_no_secret_is_told(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    how = {"headers": {"X-Auth": TOKEN}}
    async with calling(echo, **how) as (client, server):
        for call in (
            client.get("x", params={"access_token": TOKEN}),
            client.post("x", form={"access_token": TOKEN}),
            client.post(f"{server.make_url('/bot')}{TOKEN}", json={"token": TOKEN}),
        ):
            said.append(repr(await call))
        said.append(repr(client))
        port = server.port
    client = ApiClient(f"http://127.0.0.1:{port}/bot{TOKEN}", proxy=f"http://u:{TOKEN}@127.0.0.1:{port}", **how)
    said.append(repr(client))
    said.append(repr(await client.post("x", form={"access_token": TOKEN}, params={"access_token": TOKEN})))
    await client.close()
    logged = [record.getMessage() for record in caplog.records if record.name != "aiohttp.access"]  # the server's
    assert TOKEN not in "".join(said + logged)
    assert "Lost(" in said[-1]
