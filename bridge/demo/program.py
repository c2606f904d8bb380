"""What the demo adds to the program."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path

from aiohttp import web

from bridge.building.core import Core, Described
from bridge.catalogue import Catalogue
from bridge.channels.site.channel import SiteChannel
from bridge.channels.site.pages import try_page_routes
from bridge.config import Config
from bridge.contracts import Channel
from bridge.demo.connect import Connect
from bridge.demo.pages import page_routes
from bridge.demo.rehearsal import Rehearsal, forget
from bridge.demo.settings import SITE
from bridge.model import ChannelName


class Demo:
    """A `bridge.building.core.Addition`."""

    def __init__(self, config: Config, *, writes: Path, rehearse: bool) -> None:
        """`writes`: where the page «connect» puts a real configuration."""
        self._config = config
        self._say = Catalogue(config.language)
        self._connect = Connect(writes, config.language, config.server.port)
        self._rehearsal = Rehearsal(config.language) if rehearse else None

    @property
    def described(self) -> Mapping[ChannelName, Described]:
        """The channels of a rehearsal."""
        return self._rehearsal.described if self._rehearsal else {}

    async def join(self, core: Core) -> Iterable[Channel]:
        """Make them; what a killed rehearsal has left behind goes first."""
        await forget(core)
        return self._rehearsal.join(core) if self._rehearsal else ()

    def routes(self, core: Core) -> Iterable[web.AbstractRouteDef]:
        """`/`, `/site`, `/connect`."""
        site = core.channels[ChannelName(SITE)]
        assert isinstance(site, SiteChannel)
        return [
            *page_routes(core.config.language),
            *try_page_routes(site, "/site", framed=True),
            *self._connect.routes(),
            web.get("/demo/state", self._state),
        ]

    async def run(self) -> None:
        """The rehearsal; without one there is nothing to do."""
        if self._rehearsal:
            await self._rehearsal.run()
        await asyncio.Event().wait()

    async def _state(self, _: web.Request) -> web.Response:
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return web.json_response({"rehearsing": self._rehearsal is not None}, headers=headers)

    def welcome(self, folder: Path) -> str:
        """What is said at the terminal when everything is on its way."""
        say, url = self._say, self._config.public_url
        addresses = [("both", "/"), ("site", "/site"), ("desk", "/desk"), ("connect", "/connect")]
        labels = {name: say(f"demo-address-{name}") for name, _ in addresses}
        width = max(map(len, labels.values()))
        lines = [say("demo-started"), ""]
        lines += [f"  {labels[name]:<{width}}  {url}{path}" for name, path in addresses]
        lines += ["", say("demo-kept", folder=str(folder))]
        if self._rehearsal:
            lines.append(say("demo-rehearsal-on"))
        return "\n".join([*lines, say("demo-how-to-end")])
