"""Customers who write to a Viber bot, and the answers to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from aiohttp import web

from bridge.channels.viber.abilities import ABILITIES
from bridge.channels.viber.api import ViberApi
from bridge.channels.viber.condition import Condition
from bridge.channels.viber.events import Events
from bridge.channels.viber.hook import ViberHook, hook_path
from bridge.channels.viber.senders import Senders
from bridge.channels.viber.sending import Sending
from bridge.channels.viber.settings import ViberSettings
from bridge.channels.viber.setup import Setup
from bridge.contracts import Abilities, ChannelHealth
from bridge.messenger import Services
from bridge.model import ChannelName, ExternalId, Outcome, Outgoing, Refused, Why


class ViberChannel:
    """A `contracts.Channel`. Events come by webhook only; files go out as addresses of our own."""

    def __init__(self, settings: ViberSettings, services: Services) -> None:
        self.name = ChannelName(settings.name)
        self.abilities: Abilities = ABILITIES
        say = services.catalogue
        greeting = settings.greeting if settings.greeting is not None else say("messenger-greeting")
        group = services.inbox.group_of(self.name)
        self._condition = Condition()
        self._api = ViberApi(settings, services.clock)
        self._senders = Senders(settings, services)
        url = f"{services.public_url or ''}{hook_path(settings.name)}"
        self._setup = Setup(self._api, url, self._senders, self._condition, services.clock, say)
        self._sending = Sending(self._api, services, self._senders, self._condition, self._setup)
        events = Events(self.name, group, settings.title or settings.name, greeting, say)
        self._hook = ViberHook(settings, services, events, self._senders, self._sending)

    @property
    def health(self) -> ChannelHealth:
        """Whether the webhook is set and answers go out."""
        return self._condition.health

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """The webhook, and the pictures of those who answer."""
        return [*self._hook.routes(), *self._senders.routes()]

    async def run(self) -> None:
        """Keep the webhook set until cancelled."""
        self._api.open()  # it fell over, and is started again
        try:
            await self._setup.run()
        finally:
            await self._sending.finish()
            await self._api.close()

    async def send(self, outgoing: Outgoing) -> Outcome:
        """Send one piece."""
        return await self._sending.send(outgoing)

    async def edit(self, outgoing: Outgoing, external_ids: Sequence[ExternalId]) -> Outcome:
        """Viber changes nothing that was sent."""
        return Refused(Why.CANNOT_EDIT)

    async def unsend(self, customer: ExternalId, external_ids: Sequence[ExternalId]) -> Outcome:
        """Viber takes nothing back."""
        return Refused(Why.CANNOT_UNSEND)

    def link_for(self, token: str) -> str | None:
        """An address that opens the chat with the bot and hands it the token, once the bot's name is known.

        https://developers.viber.com/docs/tools/deep-links/
        """
        return link(self._setup.uri, token) if self._setup.uri else None


def link(uri: str, context: str = "") -> str:
    """An address that opens the chat with a bot; `context` comes to us with it."""
    more = f"&context={quote(context, safe='')}" if context else ""
    return f"viber://pa?chatURI={quote(uri, safe='')}{more}"
