"""The network under a page: it can be cut, go dead, and be mended."""

from __future__ import annotations

from playwright.async_api import BrowserContext, WebSocketRoute


class Wire:
    """Between a browser's pages and the web desk's socket."""

    def __init__(self) -> None:
        self._open: list[WebSocketRoute] = []
        self._cut = False
        self._deaf: set[WebSocketRoute] = set()

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
        server = socket.connect_to_server()
        socket.on_message(lambda message: None if socket in self._deaf else server.send(message))
        server.on_message(lambda message: None if socket in self._deaf else socket.send(message))
        self._open.append(socket)

    async def cut(self) -> None:
        """Nothing goes through any more."""
        self._cut = True
        for socket in self._open:
            await socket.close()
        self._open.clear()

    def goes_dead(self) -> None:
        """Nothing comes through any more, and nobody is told: as after a computer has slept."""
        self._cut = True
        self._deaf.update(self._open)

    def mend(self) -> None:
        self._cut = False
