"""The one HTTP server: webhooks, the widget, health."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping

from aiohttp import web

from bridge.contracts import Channel
from bridge.model import ChannelName

log = logging.getLogger(__name__)

BODY_LIMIT = 1024 * 1024  # bytes; webhooks and frames are far smaller, uploads have routes of their own


def make_app(
    channels: Mapping[ChannelName, Channel], ready: Callable[[], bool], routes: Iterable[web.AbstractRouteDef] = ()
) -> web.Application:
    """The application with what every channel serves. `/healthz` answers 200 once `ready()`."""

    async def healthz(_: web.Request) -> web.Response:
        states = {name: channel.health.health.value for name, channel in channels.items()}
        ok = ready()
        return web.json_response({"ok": ok, "channels": states}, status=200 if ok else 503)

    app = web.Application(client_max_size=BODY_LIMIT)
    app.router.add_get("/healthz", healthz)
    app.router.add_routes(list(routes))
    for channel in channels.values():
        app.router.add_routes(list(channel.routes()))
    return app


class WebServer:
    """The application, listening."""

    def __init__(self, app: web.Application, host: str, port: int) -> None:
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=5)
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

    async def stop(self) -> None:
        """Close all connections."""
        await self._runner.cleanup()
