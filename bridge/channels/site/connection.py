"""One WebSocket: sends one frame at a time, knows how long that has been stuck, and when it last heard anything."""

from __future__ import annotations

import asyncio
import contextlib

from aiohttp import web

from bridge.channels.site.protocol import FRAME_LIMIT, PING, Close
from bridge.clock import Clock

READ_LIMIT = 4 * FRAME_LIMIT  # what is too big by less than this gets a clear error, not just an end
SEND_BUFFER = 64 * 1024  # bytes on their way to a visitor; a send beyond that waits until the visitor reads
CLOSE_TIMEOUT = 2.0  # seconds for the other side to say goodbye

HELLO_WITHIN = 10.0  # seconds
PING_AFTER = 30.0  # seconds without a word
SILENT_AFTER = 60.0
STUCK_AFTER = 20.0  # seconds in which a reader took nothing of what we send


class Connection:
    """What the rest of the site channel knows of a WebSocket."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request, clock: Clock) -> None:
        self._socket = socket
        self._request = request
        self._clock = clock
        self._turn = asyncio.Lock()
        self._sending_since: float | None = None
        self._opened_at = self._heard_at = clock.monotonic()
        self._pinged = False
        self._ending = False
        self.greeted = False  # a hello has been taken

    @property
    def closed(self) -> bool:
        """Whether it is over."""
        return self._socket.closed

    def heard(self) -> None:
        """A frame came in."""
        self._heard_at = self._clock.monotonic()
        self._pinged = False

    async def send(self, frame: str) -> None:
        """Send; waits while the visitor does not read. Raises ConnectionError when the connection is over."""
        async with self._turn:
            self._sending_since = self._clock.monotonic()
            try:
                await self._socket.send_str(frame)
            except RuntimeError as error:  # aiohttp's word for a socket that was closed before
                raise ConnectionResetError(str(error)) from error
            finally:
                self._sending_since = None

    async def close(self, code: Close, reason: str = "") -> None:
        """Say goodbye and end it."""
        self._ending = True
        async with self._turn:
            self._sending_since = self._clock.monotonic()
            try:
                with contextlib.suppress(ConnectionError, RuntimeError):
                    await self._socket.close(code=code, message=reason.encode())
            finally:
                self._sending_since = None

    def drop(self) -> None:
        """End it at once, with whatever still waits to be sent."""
        if self._request.transport is not None:
            self._request.transport.abort()

    @property
    def stuck(self) -> bool:
        """The visitor does not read what we send."""
        since = self._sending_since
        return since is not None and self._clock.monotonic() - since >= STUCK_AFTER

    @property
    def late(self) -> bool:
        """The hello has not come in time."""
        return not (self.greeted or self._ending) and self._clock.monotonic() - self._opened_at >= HELLO_WITHIN

    @property
    def silent(self) -> bool:
        """Nothing was heard for so long that nobody can be there."""
        return not self._ending and self._clock.monotonic() - self._heard_at >= SILENT_AFTER

    @property
    def quiet(self) -> bool:
        """Nothing was heard for a while, and nobody has asked yet."""
        return not (self._pinged or self._ending) and self._clock.monotonic() - self._heard_at >= PING_AFTER

    async def ask(self) -> None:
        """Ping, once for each silence."""
        self._pinged = True
        with contextlib.suppress(ConnectionError):
            await self.send(PING)
