"""The way without a WebSocket: open, poll, send and close as posts of JSON."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import secrets
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bridge.catalogue import Catalogue
from bridge.channels.site.connection import READ_LIMIT, Connection
from bridge.channels.site.cors import preflight, shared
from bridge.channels.site.limits import Limits
from bridge.channels.site.poll import Answer, BadNumber, PollConnection
from bridge.channels.site.protocol import Close, Code
from bridge.channels.site.session import FRAMES, Session
from bridge.channels.site.sessions import Sessions
from bridge.clock import Clock
from bridge.web.pace import Pace

SEND_MOST = 20  # frames in one post
SENDS_WAITING = 4  # posts of one connection at once; a client that keeps the order has one
BODY_WITHIN = 30.0  # seconds for a body to arrive
CODES = {400: "bad-request", 404: "gone", 408: "late", 413: "too-big", 429: "flood"}  # as they are counted

Handler = Callable[[web.Request, dict[str, Any]], Awaitable[web.Response]]


@dataclass(slots=True)
class Line:
    """One connection, and what belongs to it."""

    connection: PollConnection
    session: Session
    address: str
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # of posts with frames
    sends: int = 0
    polls: Pace = field(default_factory=lambda: Pace(FRAMES))
    over: bool = False


class Fallback:
    """All connections of one channel that go over HTTP, by the ids that only their visitors know."""

    def __init__(
        self,
        admit: Callable[[web.Request], str],
        make: Callable[[Connection, str], Session],
        sessions: Sessions,
        limits: Limits,
        clock: Clock,
        words: Callable[[object], Catalogue],
        refused: Callable[[str], None],
    ) -> None:
        """`admit` returns the visitor's address or raises an HTTP error; `make` makes a session at that address.

        `refused` counts requests that are not taken.
        """
        self._admit = admit
        self._make = make
        self._sessions = sessions
        self._limits = limits
        self._clock = clock
        self._words = words
        self._refused = refused
        self._lines: dict[str, Line] = {}

    def routes(self, path: str) -> Iterable[web.AbstractRouteDef]:
        """The four requests below `path`, and their preflights."""
        requests: dict[str, Handler] = {
            "open": self._open,
            "poll": self._poll,
            "send": self._send,
            "close": self._close,
        }
        for name, handler in requests.items():
            yield web.post(f"{path}/{name}", self._answering(handler))
            yield web.options(f"{path}/{name}", self._preflight)

    def sweep(self, now: float) -> None:
        """Let polls go that have waited long enough; forget who is gone."""
        for id, line in tuple(self._lines.items()):
            connection = line.connection
            connection.tick(now)
            if connection.closed and not line.over:
                self._sessions.spawn(self._end(line))
            if connection.dropped or connection.silent(now):
                del self._lines[id]

    async def stop(self) -> None:
        """Forget everyone."""
        lines, self._lines = self._lines, {}
        for line in lines.values():
            await self._end(line)

    def _answering(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                self._admit(request)
                response = await handler(request, await _body(request))
            except web.HTTPForbidden:
                raise  # not a page that may read it
            except web.HTTPException as error:
                self._refused(CODES.get(error.status, str(error.status)))
                error.headers.update(shared(request))
                raise
            response.headers.update(shared(request))
            return response

        return answer

    async def _preflight(self, request: web.Request) -> web.Response:
        self._admit(request)
        return preflight(request)

    async def _open(self, request: web.Request, hello: dict[str, Any]) -> web.Response:
        """A connection, if there may be one more, and what its hello is answered."""
        address = self._admit(request)
        wait = self._limits.connect(address)
        if wait:
            raise self._flood(Code.TOO_MANY_CONNECTIONS, wait, hello.get("language"))
        connection = PollConnection(self._clock)
        line = Line(connection, self._make(connection, address), address)
        self._sessions.add(line.session)
        try:
            with contextlib.suppress(ConnectionError):  # ended while the hello was looked at: the answer says how
                await line.session.take(_raw(hello))
            if not connection.greeted:
                await connection.close(Close.BAD_HELLO)
            answer = await connection.poll(0)
        except BaseException:
            await self._end(line)
            raise
        if connection.closed:
            await self._end(line)
            if answer.closed is None:  # without a goodbye
                raise web.HTTPServiceUnavailable(headers={"Retry-After": "1"})
            return _json(answer)
        id = secrets.token_urlsafe(24)
        self._lines[id] = line
        return _json(answer, connection=id)

    async def _poll(self, _: web.Request, body: dict[str, Any]) -> web.Response:
        line = self._line(body)
        n = body.get("n")
        if not isinstance(n, int) or isinstance(n, bool):
            raise _bad()
        now = self._clock.monotonic()
        wait = line.polls.wait(now)
        if wait:
            raise self._flood(Code.FLOOD, wait)
        line.polls.take(now)
        try:
            answer = await line.connection.poll(n)
        except BadNumber:
            raise _bad() from None
        if line.connection.dropped and answer.closed is None:
            raise _gone()
        return _json(answer)

    async def _send(self, _: web.Request, body: dict[str, Any]) -> web.Response:
        line = self._line(body)
        frames = body.get("frames")
        if not isinstance(frames, list) or not 1 <= len(frames) <= SEND_MOST:
            raise _bad()
        if line.connection.closed:
            raise _gone()
        if line.sends >= SENDS_WAITING:
            raise self._flood(Code.FLOOD, 1)
        line.sends += 1
        try:
            async with line.turn:
                for frame in frames:
                    if line.connection.closed:
                        break
                    await line.session.take(_raw(frame))
        except ConnectionError:
            raise _gone() from None
        finally:
            line.sends -= 1
        if line.connection.closed:
            await self._end(line)
        return web.json_response({})

    async def _close(self, _: web.Request, body: dict[str, Any]) -> web.Response:
        line = self._line(body)
        del self._lines[body["connection"]]
        line.connection.drop()
        await self._end(line)
        return web.json_response({})

    def _line(self, body: dict[str, Any]) -> Line:
        id = body.get("connection")
        if not isinstance(id, str):
            raise _bad()
        line = self._lines.get(id)
        if line is None:
            raise _gone()
        return line

    async def _end(self, line: Line) -> None:
        """The connection counts no more; what was said last may still be asked for."""
        if not line.over:
            line.over = True
            self._limits.disconnect(line.address)
            await line.session.stop()

    def _flood(self, code: Code, wait: float, language: object = None) -> web.HTTPException:
        seconds = math.ceil(wait)
        sentence = self._words(language)(f"widget-error-{code}", seconds=seconds)
        text = json.dumps({"error": code, "message": sentence, "retry_after": seconds}, ensure_ascii=False)
        headers = {"Retry-After": str(seconds)}
        return web.HTTPTooManyRequests(text=text, content_type="application/json", headers=headers)


async def _body(request: web.Request) -> dict[str, Any]:
    """The JSON object that was posted, whatever the request calls it."""
    raw = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN):
            async for chunk in request.content.iter_any():
                raw += chunk
                if len(raw) > READ_LIMIT:
                    raise web.HTTPRequestEntityTooLarge(
                        READ_LIMIT, len(raw), text=_error("too-big"), content_type="application/json"
                    )
    except TimeoutError:
        raise web.HTTPRequestTimeout(text=_error("late"), content_type="application/json") from None
    except (web.RequestPayloadError, ConnectionError):  # not packed as it says, or cut off
        raise _bad() from None
    try:
        body = json.loads(raw.decode())
    except (ValueError, RecursionError):
        raise _bad() from None
    if not isinstance(body, dict):
        raise _bad()
    return body


def _raw(frame: object) -> str | None:
    """A frame as a session takes it: as it would have come over a WebSocket."""
    try:
        return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return None


def _json(answer: Answer, **more: object) -> web.Response:
    """The frames are JSON already."""
    fields: dict[str, object] = {**more, "n": answer.n}
    if answer.closed is not None:
        fields["closed"] = int(answer.closed)
    head = json.dumps(fields, separators=(",", ":"))[:-1]
    return web.Response(
        text=f'{head},"frames":[{",".join(answer.frames)}]}}', content_type="application/json", charset="utf-8"
    )


def _error(code: str) -> str:
    return json.dumps({"error": code})


def _bad() -> web.HTTPException:
    return web.HTTPBadRequest(text=_error("bad-request"), content_type="application/json")


def _gone() -> web.HTTPException:
    return web.HTTPNotFound(text=_error("gone"), content_type="application/json")
