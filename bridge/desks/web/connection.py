"""The way to one page: what is sent waits in an outbox of its own, so that a slow reader holds up nobody."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import Final

from aiohttp import web

from bridge.clock import Clock
from bridge.desks.web.protocol import FRAME_LIMIT, Close

READ_LIMIT: Final = 4 * FRAME_LIMIT  # what is too big by less than this gets a clear error, not just an end
SEND_BUFFER: Final = 256 * 1024  # bytes on their way; a send beyond that waits until the page reads
OUTBOX_LIMIT: Final = 8 * 1024 * 1024  # characters that wait for a page; one that is further behind begins anew
CLOSE_TIMEOUT: Final = 2.0  # seconds for the other side to say goodbye

HELLO_WITHIN: Final = 10.0  # seconds
SILENT_AFTER: Final = 60.0  # seconds without a word; pages ping every 20
STUCK_AFTER: Final = 20.0  # seconds in which a page took nothing of what we send


def make_socket() -> web.WebSocketResponse:
    """A WebSocket as we want it: bounded both ways."""
    return web.WebSocketResponse(
        timeout=CLOSE_TIMEOUT, max_msg_size=READ_LIMIT, writer_limit=SEND_BUFFER, compress=False
    )


class Connection:
    """An open WebSocket. `send` never waits; `deliver` runs beside and gives out what was sent."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request, clock: Clock) -> None:
        self._socket = socket
        self._request = request
        self._clock = clock
        self._opened_at = self.heard_at = clock.monotonic()
        self._sending_since: float | None = None
        self._waiting: deque[str] = deque()
        self._size = 0
        self._more = asyncio.Event()
        self._end: tuple[Close, str] | None = None
        self.greeted = False
        self.over = False  # nothing more is sent

    def send(self, frame: str) -> None:
        """Give out a frame after those before it; who is too far behind is dropped."""
        if self.over:
            return
        self._waiting.append(frame)
        self._size += len(frame)
        if self._size > OUTBOX_LIMIT:
            self.drop()
        self._more.set()

    def close(self, code: Close, reason: str) -> None:
        """Say goodbye after what waits to be sent."""
        if not self.over:
            self.over = True
            self._end = code, reason
            self._more.set()

    def drop(self) -> None:
        """End it at once, with whatever still waits to be sent."""
        self.over = True
        self._waiting.clear()
        self._more.set()
        transport = self._request.transport
        if transport is not None:
            transport.abort()

    async def deliver(self) -> None:
        """Give out what is sent, until the end."""
        try:
            while True:
                await self._more.wait()
                self._more.clear()
                while self._waiting:
                    frame = self._waiting.popleft()
                    self._size -= len(frame)
                    self._sending_since = self._clock.monotonic()
                    await self._socket.send_str(frame)
                    self._sending_since = None
                if self._end is not None:
                    await self._socket.close(code=self._end[0], message=self._end[1].encode()[:120])
                if self.over:
                    return
        except (ConnectionError, RuntimeError):  # RuntimeError: aiohttp's word for a socket that was closed before
            self.over = True

    def late(self, now: float) -> bool:
        """Whether the hello has not come in time."""
        return not self.greeted and now - self._opened_at >= HELLO_WITHIN

    def silent(self, now: float) -> bool:
        """Whether nothing was heard for so long that nobody can be there."""
        return now - self.heard_at >= SILENT_AFTER

    def stuck(self, now: float) -> bool:
        """Whether the page does not read what we send."""
        return self._sending_since is not None and now - self._sending_since >= STUCK_AFTER

    async def ended(self, delivering: asyncio.Task[None]) -> None:
        """The page is gone: nothing more is given out (but a goodbye that has begun)."""
        self.over = True
        self._more.set()
        if self._end is not None:
            await asyncio.wait([delivering], timeout=CLOSE_TIMEOUT)
        if not delivering.done():
            self.drop()
            delivering.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await delivering
