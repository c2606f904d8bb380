"""A visitor's tab behind a WebSocket."""

from __future__ import annotations

import contextlib

from aiohttp import web

from bridge.channels.site.connection import READ_LIMIT, SEND_BUFFER, Connection
from bridge.channels.site.protocol import PING, Close
from bridge.clock import Clock

CLOSE_TIMEOUT = 2.0  # seconds for the other side to say goodbye


def make_socket() -> web.WebSocketResponse:
    """A WebSocket as we want it: bounded both ways, nothing kept for compression."""
    return web.WebSocketResponse(
        timeout=CLOSE_TIMEOUT, max_msg_size=READ_LIMIT, writer_limit=SEND_BUFFER, compress=False
    )


class SocketConnection(Connection):
    """Goes on for as long as the WebSocket is open; both sides may ask whether the other is there."""

    __slots__ = ("_request", "_socket")

    def __init__(self, socket: web.WebSocketResponse, request: web.Request, clock: Clock) -> None:
        super().__init__(clock)
        self._socket = socket
        self._request = request

    @property
    def closed(self) -> bool:
        """Whether it is over."""
        return self._socket.closed

    async def _write(self, frame: str) -> None:
        try:
            await self._socket.send_str(frame)
        except RuntimeError as error:  # aiohttp's word for a socket that was closed before
            raise ConnectionResetError(str(error)) from error

    async def close(self, code: Close, reason: str = "") -> None:
        """Say goodbye and end it, after what is being sent."""
        self._ending = True
        async with self._in_turn():
            with contextlib.suppress(ConnectionError, RuntimeError):
                await self._socket.close(code=code, message=reason.encode())

    def drop(self) -> None:
        """End it at once, with whatever still waits to be sent."""
        if self._request.transport is not None:
            self._request.transport.abort()

    async def ask(self) -> None:
        """Ping, once for each silence."""
        self._pinged = True
        with contextlib.suppress(ConnectionError):
            await self.send(PING)
