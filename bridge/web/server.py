"""The one HTTP server: webhooks, the widget, health."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bridge.contracts import Channel
from bridge.model import ChannelName

log = logging.getLogger(__name__)

BODY_LIMIT = 1024 * 1024  # bytes; webhooks and frames are far smaller, uploads have routes of their own
SAY_AGAIN: Final = 60.0  # seconds after which the log says once more that something is no HTTP


class NoTraceOfStrangers(logging.Filter):
    """What is no HTTP is refused by aiohttp with a traceback in the log; anybody could fill the disk with them."""

    def __init__(self) -> None:
        super().__init__()
        self._said_at = float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        """Such a record becomes a line, one a minute; all else stays as it is."""
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if not isinstance(error, HttpProcessingError | web.RequestPayloadError):
            return True
        record.levelno, record.levelname = logging.INFO, "INFO"
        record.msg, record.args = f"a request that is no HTTP was refused: {type(error).__name__}", ()
        record.exc_info = record.exc_text = None
        now = time.monotonic()
        again = now - self._said_at >= SAY_AGAIN
        if again:
            self._said_at = now
        return again


requests = logging.getLogger(f"{__name__}.requests")
requests.addFilter(NoTraceOfStrangers())


def make_app(
    channels: Mapping[ChannelName, Channel],
    ready: Callable[[], bool],
    routes: Iterable[web.AbstractRouteDef] = (),
    trouble: Callable[[], str] = lambda: "",
) -> web.Application:
    """The application with what every channel serves. `/healthz` answers 200 once `ready()`, 503 in `trouble()`.

    A channel that is down is no reason for 503: the others work, and a restart would mend nothing.
    """

    async def healthz(_: web.Request) -> web.Response:
        states = {name: channel.health.health.value for name, channel in channels.items()}
        storage = trouble()
        ok = ready() and not storage
        told = {"ok": ok, "storage": storage or "up", "channels": states}
        return web.json_response(told, status=200 if ok else 503)

    app = web.Application(client_max_size=BODY_LIMIT)
    app.router.add_get("/healthz", healthz)
    app.router.add_routes(list(routes))
    for channel in channels.values():
        app.router.add_routes(list(channel.routes()))
    return app


class WebServer:
    """The application, listening."""

    def __init__(self, app: web.Application, host: str, port: int) -> None:
        self._runner = web.AppRunner(app, access_log=None, logger=requests, shutdown_timeout=0.5)
        self._host = host
        self._port = port
        self.port = port

    async def start(self) -> None:
        """Listen. Raises OSError when the address cannot be had. Port 0 takes a free one: see `port`."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        try:
            await site.start()
        except OSError:
            await self._runner.cleanup()
            raise
        addresses = self._runner.addresses
        self.port = addresses[0][1] if addresses else self._port
        log.info("listening on http://%s:%s", self._host, self.port)

    async def refuse(self) -> None:
        """Take no new connections; those that are open go on."""
        for site in tuple(self._runner.sites):
            await site.stop()

    async def stop(self) -> None:
        """Close all connections."""
        await self._runner.cleanup()
