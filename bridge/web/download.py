"""Files from addresses that strangers wrote or a platform passed on, without a way into our own network."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from email.message import Message
from typing import Final
from urllib.parse import unquote

import aiohttp
from aiohttp_socks import ProxyConnector
from yarl import URL

from bridge.catalogue import Catalogue
from bridge.contracts import FileGone
from bridge.media import names
from bridge.web.addresses import is_local_name, is_public, literal

MEGABYTE: Final = 1024 * 1024
TOTAL: Final = 300.0  # seconds for a whole download, redirects included
STALL: Final = 30.0  # seconds without a byte
CONNECT: Final = 10.0  # seconds until there is a connection
REDIRECTS: Final = 5
CONNECTIONS: Final = 16  # at once
CHUNK: Final = 64 * 1024
_LATER: Final = frozenset({408, 425, 429})  # of the 4xx, what may work another time; and every 5xx
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_AS_IT_IS: Final = re.compile(r"[!-~]+")  # an address without anything that would have to be quoted
_ENDING: Final = re.compile(r".\.[A-Za-z0-9]{1,10}\Z")
_HTML: Final = frozenset({"text/html", "application/xhtml+xml"})

Endpoint = tuple[str, int]  # a host in lower case and a port


def endpoint(url: str) -> Endpoint:
    """Host and port of an address, as `Downloader` wants them in `trusted`. Raises ValueError where it has none."""
    parts = URL(url)
    if not parts.raw_host or parts.port is None:
        raise ValueError("not an address of a server")
    return parts.raw_host.lower(), parts.port


class _Refused(OSError):
    """An address that is nobody's business."""

    def __init__(self) -> None:
        super().__init__("refused address")  # the same words for each, so that several are still this one


class Download:
    """An open download: what the server told of the file, and its bytes to iterate over, once.

    Iterating raises FileGone when there come more than were allowed, OSError when it may work another time.
    """

    def __init__(self, response: aiohttp.ClientResponse, most: int, deadline: float, fetcher: Downloader) -> None:
        self.mime = response.content_type if "Content-Type" in response.headers else ""  # in lower case, or ''
        self.name = _name(response)  # fit to be shown and saved; '' where the server told none
        self.size = None if "Content-Encoding" in response.headers else response.content_length  # bytes, if told
        self._response = response
        self._left = most
        self._most = most
        self._deadline = deadline
        self._fetcher = fetcher

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        host = self._response.url.raw_host or ""
        with _as_ours(host):
            async with asyncio.timeout_at(self._fetcher.soon(self._deadline)):
                chunk = await self._response.content.read(CHUNK)
        if not chunk:
            raise StopAsyncIteration
        self._left -= len(chunk)
        if self._left < 0:
            raise self._fetcher.too_big(self._most)
        return chunk


class Downloader:
    """Fetches files by http(s), as nobody: no cookies, no credentials, no more than `most` bytes.

    Every address is checked in the moment of connecting to it, so neither a name that resolves to something else
    the second time nor a redirect leads into a private network. The exception is `trusted`, the host and port of a
    channel's own server, when it is asked for directly or redirected to by itself.

    With a `proxy` (http://…, socks5://…) names are resolved there. What can be checked then is what is written:
    numeric addresses, and names without a dot or with an ending for private networks, are refused before the proxy
    is asked. Whether a public name leads into the network of the proxy is for the proxy to refuse.

    `total` and `stall` are seconds: for all of a download, and without a byte.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        trusted: Iterable[Endpoint] = (),
        proxy: str = "",
        total: float = TOTAL,
        stall: float = STALL,
    ) -> None:
        self._catalogue = catalogue
        self._trusted = frozenset((host.lower(), port) for host, port in trusted)
        self._proxy = proxy
        self._total = total
        self._stall = stall
        self._sessions: dict[bool, aiohttp.ClientSession] = {}  # by whether the server is trusted
        self._closed = False

    @contextlib.asynccontextmanager
    async def open(self, url: str, *, most: int, html: bool = False) -> AsyncIterator[Download]:
        """A download of at most `most` bytes; leaving the block ends it, whether or not it was read.

        Raises FileGone for what will not get better: refused, not there, too big (`limit` says so), a page of HTML
        in place of a file (unless `html`). Raises OSError for what may. Both name the host and nothing else.
        """
        deadline = asyncio.get_running_loop().time() + self._total
        response = await self._ask(url, deadline)
        try:
            host = response.url.raw_host or ""
            if response.status >= 500 or response.status in _LATER:
                raise OSError(f"{host}: {response.status}")
            if not 200 <= response.status < 300:
                raise FileGone(f"{host}: {response.status}")
            if not html and response.content_type in _HTML:
                raise FileGone(f"{host}: a page, not a file")
            if (response.content_length or 0) > most:
                raise self.too_big(most)
            yield Download(response, most, deadline, self)
        finally:
            response.close()

    async def stream(self, url: str, *, most: int, html: bool = False) -> AsyncGenerator[bytes, None]:
        """The bytes of a file, as `open` finds them. Who stops early closes the generator (contextlib.aclosing)."""
        async with self.open(url, most=most, html=html) as download:
            async for chunk in download:
                yield chunk

    async def fetch(self, url: str, *, most: int, html: bool = False) -> bytes:
        """All of a file. Raises as `open`."""
        data = bytearray()
        async with self.open(url, most=most, html=html) as download:
            async for chunk in download:
                data += chunk
        return bytes(data)

    async def close(self) -> None:
        """Let go of the connections; who asks later gets OSError."""
        self._closed = True
        sessions = list(self._sessions.values())
        self._sessions.clear()
        for session in sessions:
            await session.close()

    def soon(self, deadline: float) -> float:
        """Until when the next bytes must come, on the loop's clock."""
        return min(deadline, asyncio.get_running_loop().time() + self._stall)

    def too_big(self, most: int) -> FileGone:
        """The error for more than `most` bytes."""
        return FileGone("too big", limit=self._catalogue("megabytes", count=max(1, most // MEGABYTE)))

    async def _ask(self, url: str, deadline: float) -> aiohttp.ClientResponse:
        """The first answer that is no redirect."""
        place = _parse(url)
        trusted = True
        for _ in range(REDIRECTS + 1):
            trusted = trusted and (str(place.raw_host).lower(), place.port) in self._trusted
            response = await self._get(place, trusted, deadline)
            to = response.headers.get("Location") if response.status in _REDIRECTS else None
            if to is None:
                return response
            response.close()
            place = _parse(to, place)
        raise FileGone(f"{place.raw_host}: too many redirects")

    async def _get(self, place: URL, trusted: bool, deadline: float) -> aiohttp.ClientResponse:
        host = place.raw_host or ""
        if not trusted:
            self._look_at(host)
        with _as_ours(host):
            async with asyncio.timeout_at(self.soon(deadline)):
                return await self._session(trusted).get(place, allow_redirects=False)

    def _look_at(self, host: str) -> None:
        """Refuse what can be seen in the address already; with a proxy nothing else will be."""
        number = literal(host)
        if not is_public(number) if number is not None else self._proxy and is_local_name(host):
            raise FileGone(f"{host}: refused address")

    def _session(self, trusted: bool) -> aiohttp.ClientSession:
        if self._closed:
            raise OSError("closed")
        if trusted not in self._sessions:
            connector: aiohttp.TCPConnector
            if self._proxy:
                connector = ProxyConnector.from_url(self._proxy, rdns=True, limit=CONNECTIONS)
            elif trusted:
                connector = aiohttp.TCPConnector(limit=CONNECTIONS)
            else:
                connector = aiohttp.TCPConnector(limit=CONNECTIONS, socket_factory=_socket)
            self._sessions[trusted] = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Accept-Encoding": "identity", "User-Agent": "Otklik"},
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT),
                trust_env=False,
            )
        return self._sessions[trusted]


def _socket(address: tuple[int, int, int, str, tuple[object, ...]]) -> socket.socket:
    """A socket for one resolved address, just before it connects. Raises _Refused."""
    family, kind, protocol, _, where = address
    if not is_public(str(where[0])):
        raise _Refused
    return socket.socket(family, kind, protocol)


def _parse(url: str, base: URL | None = None) -> URL:
    """The address to ask, without credentials. Raises FileGone for what is none, or not http(s)."""
    try:
        place = URL(url, encoded=bool(_AS_IT_IS.fullmatch(url)))  # quoting anew would break a signed address
        if base is not None:
            place = base.join(place)
        place = place.with_user(None).with_fragment(None) if place.host else place
        usable = place.scheme in ("http", "https") and bool(place.raw_host) and place.port is not None
    except (ValueError, TypeError):
        usable = False
    if not usable:
        raise FileGone("not an address of a file" if base is None else f"{base.raw_host}: redirected to no address")
    return place


@contextlib.contextmanager
def _as_ours(host: str) -> Iterator[None]:
    """Turn what the network did into our two kinds of errors; their texts have the host and nothing else."""
    try:
        yield
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, _Refused):
            raise FileGone(f"{host}: refused address") from None
        raise OSError(f"{host}: {type(error).__name__}") from None
    except aiohttp.InvalidURL:
        raise FileGone(f"{host}: refused address") from None
    except Exception as error:  # also a proxy's own kind of exception
        raise OSError(f"{host}: {type(error).__name__}") from None


def _name(response: aiohttp.ClientResponse) -> str:
    """What the server calls the file; else the last part of its address, if that has an ending."""
    told = response.headers.get("Content-Disposition", "")
    name = names.fit(_disposition_name(told)) if told else ""
    if name:
        return name
    last = names.fit(unquote(response.url.raw_path.rpartition("/")[2]))
    return last if _ENDING.search(last) else ""


def _disposition_name(header: str) -> str:
    """The file name in a Content-Disposition; `filename*` counts more (RFC 6266). '' where there is none."""
    message = Message()
    try:
        message["Content-Disposition"] = header.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        found = [
            value for key, value in message.get_params([], "Content-Disposition")[1:] if key.lower() == "filename"
        ]
        for value in found:
            if isinstance(value, tuple):  # charset, language, bytes in the guise of Latin-1
                charset, _, text = value
                return str(text).encode("latin-1").decode(charset or "utf-8", "replace")
        return str(found[0]) if found else ""
    except (ValueError, LookupError, TypeError):
        return ""
