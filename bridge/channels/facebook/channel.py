"""Under construction."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from aiohttp import web

from bridge.channels.facebook.settings import FacebookSettings
from bridge.contracts import Abilities, ChannelHealth, Health
from bridge.messenger import Services
from bridge.model import ChannelName, ExternalId, Outcome, Outgoing, Refused, Why


class FacebookChannel:
    """A `contracts.Channel`."""

    def __init__(self, settings: FacebookSettings, services: Services) -> None:
        self.name = ChannelName(settings.name)
        self.abilities = Abilities(text_limit=1000)
        self.health = ChannelHealth(Health.UP)

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """None yet."""
        return ()

    async def run(self) -> None:
        """Nothing yet."""
        await asyncio.Event().wait()

    async def send(self, outgoing: Outgoing) -> Outcome:
        """Nothing yet."""
        return Refused(Why.UNSUPPORTED)

    async def edit(self, outgoing: Outgoing, external_ids: Sequence[ExternalId]) -> Outcome:
        """Nothing yet."""
        return Refused(Why.CANNOT_EDIT)

    async def unsend(self, customer: ExternalId, external_ids: Sequence[ExternalId]) -> Outcome:
        """Nothing yet."""
        return Refused(Why.CANNOT_UNSEND)

    def link_for(self, token: str) -> str | None:
        """Nothing yet."""
        return None
