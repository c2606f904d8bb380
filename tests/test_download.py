"""Downloads: no way into private networks, nothing told of us, limits that hold."""

import asyncio
import contextlib
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridge.catalogue import Catalogue
from bridge.contracts import FileGone
from bridge.web.addresses import is_local_name, is_public, literal
from bridge.web.download import Downloader, endpoint

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
MOST = 1_000_000


@contextlib.asynccontextmanager
async def serving(handler: Handler, host: str = "127.0.0.1") -> AsyncIterator[TestServer]:
    app = web.Application()
    app.router.add_get("/{tail:.*}", handler)
    async with TestServer(app, host=host) as server:
        yield server


@contextlib.asynccontextmanager
async def trusting(*servers: TestServer, **how: Any) -> AsyncIterator[Downloader]:
    downloader = Downloader(Catalogue("en"), trusted={endpoint(str(s.make_url("/"))) for s in servers}, **how)
    try:
        yield downloader
    finally:
        await downloader.close()


def words(text: str) -> list[str]:
    return text.split()


def answering(**how: Any) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(**how)

    return handler


PRIVATE = words("""
0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.9.9
192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1 240.0.0.1
255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.1.1.1 64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::1
100::1 fc00::1 fd12::1 fe80::1 fe80::1%eth0 fec0::1 ff02::1 2001::1 2001:db8::1 2002:7f00:1:: 2002:808:808:: 3fff::1
4000::1 nothing
""")
PUBLIC = words("""
1.1.1.1 8.8.8.8 87.240.132.72 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.167.255.255 198.20.0.1
223.255.255.254 ::ffff:8.8.8.8 64:ff9b::808:808 2606:4700:4700::1111 2a00:1450:4001:81b::200e 2001:4860:4860::8888
""")


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_public(address: str):
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_that_are(address: str):
    assert is_public(address)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("0", "0.0.0.0"),
        ("[::1]", "::1"),
        ("::ffff:10.0.0.1", "::ffff:a00:1"),
        ("fe80::1%25eth0", "fe80::1"),
        ("example.org", None),
        ("1.2.3.4.example.org", None),
    ],
)
def test_a_host_that_is_an_address_in_any_form(host: str, address: str | None):
    assert literal(host) == address


def test_names_of_private_networks():
    local = ("localhost", "LOCALHOST.", "redis", "a.localhost", "db.internal", "nas.local", "x.home.arpa")
    assert all(is_local_name(name) for name in local)
    assert not is_local_name("example.org")


HOSTS = words("""
127.0.0.1 127.0.0.1. localhost localhost. 2130706433 0x7f000001 0177.0.0.1 127.1 0.0.0.0 0 [::1] [::ffff:127.0.0.1]
[::] 10.255.255.1 169.254.169.254 [64:ff9b::7f00:1] [fe80::1%25lo] 127。0。0。1 ①②⑦.⓪.⓪.①
""")


@pytest.mark.parametrize("host", HOSTS)
async def test_no_way_to_ourselves_or_to_our_network(host: str):
    asked: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(body=b"secret")

    async with serving(handler) as server, trusting() as downloader:
        with pytest.raises((FileGone, OSError)) as raised:
            await downloader.fetch(f"http://{host}:{server.port}/x?token=hidden", most=MOST)
    assert asked == []
    assert "hidden" not in str(raised.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::1]"])
async def test_a_refused_address_will_never_do(host: str):
    async with trusting() as downloader:
        with pytest.raises(FileGone, match="refused"):
            await downloader.fetch(f"http://{host}:1/", most=MOST)


async def test_a_name_that_resolves_to_a_private_address_is_refused_when_connecting(
    monkeypatch: pytest.MonkeyPatch,
):
    loop = asyncio.get_running_loop()
    found = loop.getaddrinfo

    async def rebound(host: Any, port: Any, **how: Any) -> Any:
        assert host == "files.example.org"
        return [*await found("::1", port, **how), *await found("127.0.0.1", port, **how)]

    async with serving(answering(body=b"secret")) as server, trusting() as downloader:
        monkeypatch.setattr(loop, "getaddrinfo", rebound)
        with pytest.raises(FileGone, match=r"files\.example\.org: refused"):
            await downloader.fetch(f"http://files.example.org:{server.port}/x", most=MOST)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "ftp://example.org/x",
        "file:///etc/passwd",
        "data:,x",
        "http://",
        "//x",
        "http://x:99999/",
        "http://[::",
    ],
)
async def test_what_is_no_address_of_a_file(url: str):
    async with trusting() as downloader:
        with pytest.raises(FileGone):
            await downloader.fetch(url, most=MOST)


async def test_who_asks_after_it_was_closed_may_ask_a_later_one():
    async with serving(answering(body=b"1")) as server, trusting(server) as downloader:
        await downloader.close()
        with pytest.raises(OSError):
            await downloader.fetch(str(server.make_url("/a")), most=10)
        assert not downloader._sessions, "nobody would close it"


async def test_the_trusted_server_is_asked_and_is_told_nothing_of_us():
    seen: list[web.Request] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request)
        response = web.Response(body=b"bytes", content_type="image/png")
        response.set_cookie("a", "b")
        return response

    async with serving(handler) as server, trusting(server) as downloader:
        url = f"http://user:word@127.0.0.1:{server.port}/a%2Fb/x.png?sig=a%2Bb+c#there"
        for _ in range(2):
            assert await downloader.fetch(url, most=MOST) == b"bytes"
    for request in seen:
        assert request.raw_path == "/a%2Fb/x.png?sig=a%2Bb+c"
        assert not {"Authorization", "Cookie", "Referer"} & set(request.headers)


async def test_redirects_are_followed_and_each_is_looked_at():
    async def stranger(_: web.Request) -> web.Response:
        return web.Response(body=b"secret")

    async def handler(request: web.Request) -> web.Response:
        match request.path:
            case "/good":
                raise web.HTTPFound("/rather/here?a=%2B")
            case "/out":
                raise web.HTTPTemporaryRedirect(str(away.make_url("/")))
            case "/round":
                raise web.HTTPMovedPermanently("/round")
            case "/file":
                raise web.HTTPSeeOther("file:///etc/passwd")
        return web.Response(text=request.raw_path)

    async with (
        serving(stranger) as away,
        serving(handler) as server,
        trusting(server) as downloader,
    ):
        assert await downloader.fetch(str(server.make_url("/good")), most=MOST) == b"/rather/here?a=%2B"
        with pytest.raises(FileGone, match="refused"):
            await downloader.fetch(str(server.make_url("/out")), most=MOST)
        with pytest.raises(FileGone, match="redirects"):
            await downloader.fetch(str(server.make_url("/round")), most=MOST)
        with pytest.raises(FileGone, match="redirected"):
            await downloader.fetch(str(server.make_url("/file")), most=MOST)


async def test_a_strangers_redirect_leads_into_no_network_of_ours(monkeypatch: pytest.MonkeyPatch):
    async def handler(_: web.Request) -> web.Response:
        raise web.HTTPFound(str(ours.make_url("/")))

    async with serving(answering(body=b"secret")) as ours, trusting(ours) as downloader:
        public = {"127.0.0.2"}
        monkeypatch.setattr("bridge.web.download.is_public", lambda address: address in public)
        with pytest.raises(
            FileGone, match="refused"
        ):  # the trust is for what the platform says, not for a stranger
            async with serving(handler, "127.0.0.2") as stranger:
                await downloader.fetch(str(stranger.make_url("/")), most=MOST)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 300, 304])
async def test_what_is_not_there_is_gone(status: int):
    async with serving(answering(status=status)) as server, trusting(server) as downloader:
        with pytest.raises(FileGone, match=f"127.0.0.1: {status}$"):
            await downloader.fetch(str(server.make_url("/x?sig=1")), most=MOST)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
async def test_a_server_in_trouble_is_asked_later(status: int):
    async with serving(answering(status=status)) as server, trusting(server) as downloader:
        with pytest.raises(OSError, match=f"^127.0.0.1: {status}$"):
            await downloader.fetch(str(server.make_url("/x?sig=1")), most=MOST)


async def test_a_page_in_place_of_a_file_is_no_file():
    page = answering(text="<h1>Log in</h1>", content_type="text/html")
    async with serving(page) as server, trusting(server) as downloader:
        url = str(server.make_url("/x"))
        with pytest.raises(FileGone, match="page"):
            await downloader.fetch(url, most=MOST)
        assert await downloader.fetch(url, most=MOST, html=True) == b"<h1>Log in</h1>"


async def test_too_big_by_what_the_server_says_is_not_begun():
    async with serving(answering(body=bytes(3_000_001))) as server, trusting(server) as downloader:
        with pytest.raises(FileGone) as raised:
            await downloader.fetch(str(server.make_url("/x")), most=3_000_000)
    assert raised.value.limit == "2 MB"


@pytest.mark.parametrize("packed", [False, True])
async def test_too_big_without_a_word_is_stopped_on_the_way(packed: bool):
    sent = 0

    async def handler(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(headers={"Content-Encoding": "gzip"} if packed else {})
        await response.prepare(request)
        with contextlib.suppress(OSError):
            for _ in range(1000):
                await response.write(gzip.compress(bytes(1_000_000)) if packed else bytes(1_000_000))
                sent += 1
                await asyncio.sleep(0)
        return response

    async with serving(handler) as server, trusting(server) as downloader:
        with pytest.raises(FileGone) as raised:
            await downloader.fetch(str(server.make_url("/x")), most=2_000_000)
        assert raised.value.limit
    assert sent < 1000


async def test_exactly_the_limit_is_not_too_big():
    async with serving(answering(body=b"12345")) as server, trusting(server) as downloader:
        assert await downloader.fetch(str(server.make_url("/x")), most=5) == b"12345"


async def test_a_server_that_stops_sending_is_left():
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"a")
        await asyncio.Event().wait()
        return response

    async with serving(handler) as server, trusting(server, stall=0.05) as downloader:
        with pytest.raises(OSError, match=r"^127\.0\.0\.1: TimeoutError$"):
            await downloader.fetch(str(server.make_url("/x?sig=1")), most=MOST)


async def test_a_server_that_drips_has_its_time():
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(OSError):
            while True:
                await response.write(b"a")
                await asyncio.sleep(0.01)
        return response

    async with serving(handler) as server, trusting(server, total=0.2, stall=5) as downloader:
        with pytest.raises(OSError, match="TimeoutError"):
            await downloader.fetch(str(server.make_url("/x")), most=MOST)


async def test_a_server_that_never_answers_has_its_time():
    async def handler(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    async with serving(handler) as server, trusting(server, stall=0.05) as downloader:
        with pytest.raises(OSError, match="TimeoutError"):
            await downloader.fetch(str(server.make_url("/x")), most=MOST)


async def test_a_connection_that_breaks_is_for_later():
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"a")
        assert request.transport is not None
        request.transport.abort()
        return response

    async with serving(handler) as server, trusting(server) as downloader:
        with pytest.raises(OSError, match=r"^127\.0\.0\.1: Client"):
            await downloader.fetch(str(server.make_url("/x?sig=1")), most=MOST)
        url = str(server.make_url("/x?sig=1"))
        await server.close()
        with pytest.raises(OSError, match=r"^127\.0\.0\.1: Client"):
            await downloader.fetch(url, most=MOST)


async def test_a_stream_that_is_left_early_lets_the_server_go():
    left = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(bytes(10_000))
                await asyncio.sleep(0)
        finally:
            left.set()

    async with serving(handler) as server, trusting(server) as downloader:
        async with contextlib.aclosing(downloader.stream(str(server.make_url("/x")), most=10**9)) as stream:
            async for chunk in stream:
                assert chunk
                break
        await asyncio.wait_for(left.wait(), 5)


@pytest.mark.parametrize(
    ("path", "disposition", "name"),
    [
        ("/a/photo.jpg", None, "photo.jpg"),
        ("/a/%D1%87%D0%B0%D0%B9.pdf", None, "чай.pdf"),
        ("/get", None, ""),
        ("/..%2F..%2Fetc%2Fpasswd.txt", None, "passwd.txt"),
        ("/x.bin", 'attachment; filename="report 1.pdf"', "report 1.pdf"),
        ("/x.bin", "attachment; filename=plain.txt", "plain.txt"),
        ("/x.bin", "attachment; filename=\"tea.txt\"; filename*=UTF-8''%D1%87%D0%B0%D0%B9.txt", "чай.txt"),
        ("/x.bin", "attachment; filename*=UTF-8''%D1%87.txt; filename=\"tea.txt\"", "ч.txt"),
        ("/x.bin", 'attachment; filename="чай.txt"', "чай.txt"),
        ("/x.bin", 'attachment; filename="../../etc/passwd"', "passwd"),
        ("/x.bin", "attachment; filename*=nonsense''%FF.txt", "x.bin"),
        ("/x.bin", "attachment", "x.bin"),
        ("/x.bin", 'inline; filename=""', "x.bin"),
        ("/x.bin", ";;;=;filename", "x.bin"),
    ],
)
async def test_what_the_server_tells_of_a_file(path: str, disposition: str | None, name: str):
    headers = {"Content-Type": "Image/JPEG; charset=x"} | (
        {"Content-Disposition": disposition} if disposition else {}
    )
    async with (
        serving(answering(body=b"123", headers=headers)) as server,
        trusting(server) as downloader,
        downloader.open(f"http://127.0.0.1:{server.port}{path}", most=MOST) as download,
    ):
        assert (download.name, download.mime, download.size) == (name, "image/jpeg", 3)
        assert b"".join([chunk async for chunk in download]) == b"123"


@contextlib.asynccontextmanager
async def socks5() -> AsyncIterator[tuple[str, list[tuple[str, int]]]]:
    """A SOCKS5 server that connects everybody to what they name by its port on loopback; who asked for what."""
    asked: list[tuple[str, int]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            _, methods = await reader.readexactly(2)
            await reader.readexactly(methods)
            writer.write(b"\x05\x00")
            _, _, _, kind = await reader.readexactly(4)
            length = {1: 4, 4: 16}.get(kind) or (await reader.readexactly(1))[0]
            host = await reader.readexactly(length)
            port = int.from_bytes(await reader.readexactly(2))
            asked.append((host.decode() if kind == 3 else host.hex(), port))
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"\x05\x00\x00\x01" + bytes(6))
            await asyncio.gather(pump(reader, up_writer), pump(up_reader, writer))
        writer.close()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"socks5://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
    finally:
        server.close()


async def test_a_proxy_resolves_names_and_is_not_asked_for_private_addresses():
    async with (
        serving(answering(body=b"bytes")) as server,
        socks5() as (proxy, asked),
        trusting(proxy=proxy) as downloader,
    ):
        assert await downloader.fetch(f"http://files.example.org:{server.port}/x", most=MOST) == b"bytes"
        for host in ("127.0.0.1", "2130706433", "127.1", "[::1]", "localhost", "redis", "db.internal", "10.0.0.1"):
            with pytest.raises(FileGone, match="refused"):
                await downloader.fetch(f"http://{host}:{server.port}/x", most=MOST)
        assert asked == [("files.example.org", server.port)]


async def test_a_proxy_that_is_away_is_for_later():
    async with socks5() as (proxy, _):
        pass
    async with trusting(proxy=proxy.replace("//", "//user:word@")) as downloader:
        with pytest.raises(OSError, match=r"^files\.example\.org: Proxy") as raised:
            await downloader.fetch("http://files.example.org/x?sig=1", most=MOST)
    assert "word" not in str(raised.value)
