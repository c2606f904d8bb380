"""The network under a page: it can be cut, and mended."""

from __future__ import annotations

from playwright.async_api import BrowserContext, WebSocketRoute


class Wire:
    """Between a browser's pages and the web desk's socket; what goes over it is counted."""

    def __init__(self) -> None:
        self._open: list[WebSocketRoute] = []
        self._cut = False
        self.connections = 0

    @classmethod
    async def under(cls, context: BrowserContext) -> Wire:
        """From now on all sockets of this browser go over it."""
        wire = cls()
        await context.route_web_socket("**/desk/ws", wire._take)
        return wire

    async def _take(self, socket: WebSocketRoute) -> None:
        if self._cut:
            await socket.close()
            return
        self.connections += 1
        socket.connect_to_server()
        self._open.append(socket)

    async def cut(self) -> None:
        """Nothing goes through any more."""
        self._cut = True
        for socket in self._open:
            await socket.close()
        self._open.clear()

    def mend(self) -> None:
        self._cut = False
