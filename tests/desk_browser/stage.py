"""Channels of every kind, with customers who say what a test wants: `DeskOffice(…, addition=Stage())`."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime
from typing import Final

from aiohttp import web

from bridge.building.core import Core, Described
from bridge.channels.site.channel import SiteChannel
from bridge.channels.site.pages import try_page_routes
from bridge.contracts import Channel
from bridge.demo.rehearsal import ABILITIES, PlayedChannel
from bridge.media.store import attachment
from bridge.model import (
    Attachment,
    ChannelName,
    Content,
    ExternalId,
    GroupName,
    Incoming,
    Outcome,
    Outgoing,
    Page,
    Profile,
    Sent,
    Text,
)

TITLES: Final[Mapping[str, str]] = {"vk": "ВКонтакте", "viber": "Viber", "facebook": "Facebook"}


class StagedChannel(PlayedChannel):
    """Takes whatever is sent."""

    @property
    def name(self) -> ChannelName:
        return ChannelName(self._kind)

    async def send(self, outgoing: Outgoing) -> Outcome:
        return Sent((self.next_id(),))


class Stage:
    """A `bridge.building.core.Addition`: VKontakte, Viber and Facebook beside the configured channels."""

    def __init__(self) -> None:
        self.described = {
            ChannelName(kind): Described(kind, title, GroupName("sales")) for kind, title in TITLES.items()
        }
        self._numbers = itertools.count(1)
        self._core: Core | None = None

    async def join(self, core: Core) -> Iterable[Channel]:
        self._core = core
        return [StagedChannel(kind, core, "staged") for kind in TITLES]

    def routes(self, core: Core) -> Iterable[web.AbstractRouteDef]:
        site = core.channels[ChannelName("shop")]
        assert isinstance(site, SiteChannel)
        return try_page_routes(site)

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def photo(self, channel: str, who: str, body: bytes, name: str = "photo.jpg") -> Attachment:
        """A picture as a customer sends it."""
        assert self._core is not None

        async def bytes_of() -> AsyncIterator[bytes]:
            yield body

        made = await self._core.media.receive(
            bytes_of(), channel=ChannelName(channel), owner=ExternalId(who), name=name, limit=10_000_000
        )
        return attachment(made)

    async def says(
        self,
        channel: str,
        who: str,
        text: str,
        *files: Attachment,
        name: str | None = None,
        at: datetime | None = None,
        page: Page | None = None,
        **profile: str,
    ) -> None:
        """A customer writes. `who` tells them from others; `name`: what they are called, where it is not that."""
        assert self._core is not None
        kind = "site" if channel == "shop" else "telegram" if channel == "tg" else channel
        await self._core.inbox.receive(
            Incoming(
                channel=ChannelName(channel),
                customer=ExternalId(who),
                external_id=ExternalId(f"staged-{next(self._numbers)}"),
                written_at=at or self._core.clock.now(),
                content=Content(text=Text(text), attachments=files),
                profile=Profile(name=who if name is None else name, **profile),
                page=page or Page(),
                opens_window=ABILITIES[kind].window is not None,
            )
        )
