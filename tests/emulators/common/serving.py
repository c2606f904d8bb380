"""HTTP on a loopback port, and the ways in which it breaks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from aiohttp import web

ERROR_PAGE = (
    "<html>\r\n<head><title>{code} {reason}</title></head>\r\n<body>\r\n"
    "<center><h1>{code} {reason}</h1></center>\r\n<hr><center>{server}</center>\r\n</body>\r\n</html>\r\n"
)


class Listener:
    """Serves an application. patience: seconds that `stop` waits for what is still being answered."""

    def __init__(self, app: web.Application, patience: float = 0.5) -> None:
        self._app = app
        self._patience = patience
        self._runner: web.AppRunner | None = None
        self._open: dict[int, web.Request] = {}
        self.port = 0

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """port 0: any that is free. The address."""
        self._runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=self._patience)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.port = int(self._runner.addresses[0][1])
        return self.url

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextlib.contextmanager
    def answering(self, request: web.Request) -> Iterator[None]:
        """Meanwhile `cut_all` breaks this request."""
        self._open[id(request)] = request
        try:
            yield
        finally:
            del self._open[id(request)]

    def cut_all(self) -> None:
        """All connections break, those that wait for an answer too."""
        for request in list(self._open.values()):
            cut(request)


def cut(request: web.Request, answer: web.StreamResponse | None = None) -> web.StreamResponse:
    """The connection breaks without an answer, or in the middle of this one."""
    if request.transport is not None:
        request.transport.abort()
    return answer or web.Response(status=500)


async def hang(request: web.Request) -> web.StreamResponse:
    """Say nothing until the other side goes away, or is cut off."""
    while request.transport is not None and not request.transport.is_closing():  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    return cut(request)


def error_page(code: int, server: str, headers: dict[str, str] | None = None) -> web.Response:
    """What a web server says when what stands behind it does not answer."""
    text = ERROR_PAGE.format(code=code, reason=web.Response(status=code).reason, server=server)
    return web.Response(status=code, text=text, content_type="text/html", headers=headers)
