"""Calls to a platform's HTTP API whose failures are values; what an answer means is for the channel to say."""

from __future__ import annotations

import asyncio
import json as jsons
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import aiohttp
from aiohttp_socks import ProxyConnector
from multidict import CIMultiDict
from yarl import URL

from bridge.clock import Clock

TIMEOUT: Final = 30.0  # seconds for a whole call
UPLOAD_TIMEOUT: Final = 300.0  # seconds; 200 MB take their time
CONNECT: Final = 10.0  # seconds until there is a connection
CONNECTIONS: Final = 20  # at once
KEEP_ALIVE: Final = 10.0  # seconds; one that is idle for longer may be closed by them while we write into it
BODY_LIMIT: Final = 4 * 1024 * 1024  # bytes of an answer; what is longer is no JSON that we asked for
LONGEST_PAUSE: Final = timedelta(days=1)  # no Retry-After means more than this
_AS_IT_IS: Final = re.compile(r"[!-~]+")  # an address without anything that would have to be quoted
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]")

Values = Mapping[str, str | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server said, with whatever status. Its repr has nothing that could be secret."""

    status: int
    data: Any = field(
        default=None, repr=False
    )  # the body as JSON, whatever type it claims to be; None if it is none
    text: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=CIMultiDict, repr=False)  # in any case of letters
    retry_after: timedelta | None = None  # how long it asks us to wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """No answer. `sent`: the server may have done what was asked; if not, it surely has not even heard of it."""

    detail: str  # host and kind of failure, for the log
    sent: bool


class ApiClient:
    """Connections to one API at `base_url`, through `proxy` (http://…, socks5://…) if given.

    Calls name a path under `base_url`, or a whole address that the platform told (uploads, long polls). `headers`
    (credentials) go to the host of `base_url` only. Nothing is raised for what network or server do; redirects are
    answers like any other. No cookies are kept.
    """

    def __init__(
        self,
        base_url: str,
        *,
        proxy: str = "",
        headers: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT,
        connections: int = CONNECTIONS,
        body_limit: int = BODY_LIMIT,
        clock: Clock | None = None,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._home = URL(self._base).origin()
        self._proxy = proxy
        self._headers = dict(headers or {})
        self._timeout = timeout
        self._connections = connections
        self._body_limit = body_limit
        self._clock = clock or Clock()
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    def __repr__(self) -> str:
        return f"ApiClient({self._home.host})"

    async def get(
        self,
        path: str,
        *,
        params: Values | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Answer | Lost:
        """GET with `params` in the query."""
        return await self._call("GET", path, None, params, headers, timeout)

    async def post(
        self,
        path: str,
        *,
        json: object = None,
        form: Values | None = None,
        params: Values | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Answer | Lost:
        """POST of `json`, or of `form` (urlencoded)."""
        body: object = None
        if json is not None:
            body = aiohttp.BytesPayload(_written(json), content_type="application/json")
        elif form is not None:
            body = {name: str(value) for name, value in form.items()}
        return await self._call("POST", path, body, params, headers, timeout)

    async def delete(
        self,
        path: str,
        *,
        params: Values | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Answer | Lost:
        """DELETE with `params` in the query."""
        return await self._call("DELETE", path, None, params, headers, timeout)

    async def upload(
        self,
        path: str,
        file: Path,
        *,
        field: str,
        name: str,
        mime: str,
        fields: Values | None = None,
        params: Values | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = UPLOAD_TIMEOUT,
    ) -> Answer | Lost:
        """POST of the file as multipart/form-data, read from the disk while it is sent; `fields` go before it.

        Raises OSError if the file cannot be opened.
        """
        form = aiohttp.FormData(quote_fields=False)  # names as browsers write them: plain UTF-8
        for key, value in (fields or {}).items():
            form.add_field(key, str(value))
        opened = await asyncio.to_thread(file.open, "rb")
        try:
            form.add_field(field, opened, filename=_CONTROLS.sub("_", name), content_type=mime)
            return await self._call("POST", path, form, params, headers, timeout)
        finally:
            opened.close()

    def open(self) -> None:
        """Calls may be made again after `close`."""
        self._closed = False

    async def close(self) -> None:
        """Let go of the connections; who calls later gets no answer."""
        self._closed = True
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _call(
        self,
        method: str,
        path: str,
        body: object,
        params: Values | None,
        headers: Mapping[str, str] | None,
        timeout: float | None,
    ) -> Answer | Lost:
        got = SimpleNamespace(connection=False)  # what is lost before there is one was never sent
        host = self._home.host
        if self._closed:
            return Lost(detail=f"{host}: closed", sent=False)
        try:
            url = self._url(path)
            host = url.host
            own = self._headers if url.origin() == self._home else {}
            async with self._opened().request(
                method,
                url,
                params={name: str(value) for name, value in params.items()} if params else None,
                data=body,
                headers={**own, **(headers or {})},
                timeout=aiohttp.ClientTimeout(
                    total=self._timeout if timeout is None else timeout, sock_connect=CONNECT
                ),
                allow_redirects=False,
                trace_request_ctx=got,
            ) as response:
                return await self._answer(response)
        except Exception as error:  # a proxy's own kind of exception, an address that is none
            return Lost(detail=f"{host}: {type(error).__name__}", sent=got.connection)

    async def _answer(self, response: aiohttp.ClientResponse) -> Answer:
        body = bytearray()
        while len(body) <= self._body_limit and (chunk := await response.content.readany()):
            body += chunk
        whole = len(body) <= self._body_limit
        if not whole:
            response.close()
        return Answer(
            status=response.status,
            data=parsed(bytes(body)) if whole else None,
            text=body[: self._body_limit].decode("utf-8", "replace"),
            headers=response.headers,
            retry_after=pause(response.headers, self._clock.now()),
        )

    def _url(self, path: str) -> URL:
        if path.startswith(("http://", "https://")):
            return URL(path, encoded=bool(_AS_IT_IS.fullmatch(path)))  # as the platform signed it
        return URL(f"{self._base}/{path.lstrip('/')}")

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            trace = aiohttp.TraceConfig()
            trace.on_connection_create_end.append(_connected)
            trace.on_connection_reuseconn.append(_connected)
            how: dict[str, Any] = {"limit": self._connections, "keepalive_timeout": KEEP_ALIVE}
            self._session = aiohttp.ClientSession(
                connector=(
                    ProxyConnector.from_url(self._proxy, rdns=True, **how)
                    if self._proxy
                    else aiohttp.TCPConnector(**how)
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "Otklik", "Accept": "application/json, */*;q=0.5"},
                trace_configs=[trace],
                trust_env=False,
            )
        return self._session


async def _connected(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
    context.trace_request_ctx.connection = True


def _written(json: object) -> bytes:
    """As UTF-8, which is half of what escapes are: platforms limit the bytes of a body."""
    return jsons.dumps(json, ensure_ascii=False).encode("utf-8", "backslashreplace")  # lone surrogates stay escapes


def parsed(body: bytes | str) -> Any:
    """The body as JSON; None where it is none, or nested too deep to be read."""
    try:
        return jsons.loads(body)
    except (ValueError, RecursionError):
        return None


def pause(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """What a Retry-After asks for, in seconds or until a date; None without one that can be understood."""
    told = headers.get("Retry-After", "").strip()
    try:
        found = timedelta(seconds=float(told))
    except (ValueError, OverflowError):
        try:
            until = parsedate_to_datetime(told)
            found = (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
        except (ValueError, TypeError, OverflowError):
            return None
    return min(max(found, timedelta()), LONGEST_PAUSE)
