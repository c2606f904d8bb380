"""Customers who write to a page in Messenger, and the answers to them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from aiohttp import web

from bridge.channels.facebook.abilities import abilities
from bridge.channels.facebook.api import GraphApi
from bridge.channels.facebook.condition import Condition
from bridge.channels.facebook.events import Policy
from bridge.channels.facebook.hook import FacebookHook
from bridge.channels.facebook.intake import Intake
from bridge.channels.facebook.lookup import LookUp
from bridge.channels.facebook.marks import Marks
from bridge.channels.facebook.pages import Pages, Served
from bridge.channels.facebook.presence import Presence
from bridge.channels.facebook.read import Reader
from bridge.channels.facebook.send import Sender
from bridge.channels.facebook.settings import FacebookSettings
from bridge.channels.facebook.setup import SetUp, webhook_url
from bridge.channels.facebook.usage import Pace
from bridge.contracts import Abilities, ChannelHealth
from bridge.messenger import Services
from bridge.model import ChannelName, ExternalId, Outcome, Outgoing, Refused, Sent, Why
from bridge.profiles import Profiles


class FacebookChannel:
    """A `contracts.Channel` and `contracts.Presence` whose other end is the inbox of a Facebook page."""

    def __init__(self, settings: FacebookSettings, services: Services, pages: Pages | None = None) -> None:
        """`pages`: shared by all channels of this kind, so that those of one app know each other."""
        self.name = ChannelName(settings.name)
        self.abilities: Abilities = abilities(human_agent=settings.human_agent)
        self._page = settings.page_id
        self._say = services.catalogue
        self._condition = Condition()
        pace = Pace(services.clock)
        self._api = GraphApi(settings, services.clock, pace)
        pages = Pages() if pages is None else pages
        marks = Marks(services, self.name)
        self._presence = Presence(self._api, services.clock)
        self._sender = Sender(settings, services, self._api, pace, self._condition, marks)
        self._profiles = Profiles(self.name, services.inbox, services.clock, LookUp(self.name, self._api))
        self._hook = FacebookHook(settings, pages, services.refused)
        self._setup = SetUp(settings, services, self._api, pages, self._condition, alive=self._sender.alive)
        intake = Intake(
            settings,
            services,
            Reader(channel=self.name, page=settings.page_id, say=services.catalogue),
            marks,
            met=self._profiles.want,
            wrote=self._presence.wrote,
            policy=self._restricted,
        )
        pages.add(
            Served(
                page=settings.page_id,
                secret=settings.app_secret.get_secret_value(),
                url=webhook_url(services.public_url, settings.name),
                registers=settings.app_id is not None,
                take=intake.take,
            )
        )

    @property
    def health(self) -> ChannelHealth:
        """Whether the page's token works and messages go out; and what else is not as it should be."""
        wrong = self._hook.badly_signed and not self._hook.well_signed  # later ones are strangers'
        self._condition.trouble("signature", self._say("facebook-trouble-signature") if wrong else "")
        return self._condition.health

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """The webhook."""
        return self._hook.routes()

    async def run(self) -> None:
        """Keep the webhook set and look profiles up, until cancelled. What happens comes by the webhook."""
        self._api.open()  # it fell over, and is started again
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._setup.run())
                tasks.create_task(self._profiles.run())
        finally:
            await self._api.close()

    async def send(self, outgoing: Outgoing) -> Outcome:
        """Send one piece."""
        outcome = await self._sender.send(outgoing)
        if isinstance(outcome, Sent):
            self._presence.spoke(outgoing.customer)
        return outcome

    async def edit(self, outgoing: Outgoing, external_ids: Sequence[ExternalId]) -> Outcome:
        """Messenger has no way to do that."""
        return Refused(Why.CANNOT_EDIT)

    async def unsend(self, customer: ExternalId, external_ids: Sequence[ExternalId]) -> Outcome:
        """Messenger has no way to do that."""
        return Refused(Why.CANNOT_UNSEND)

    async def typing(self, customer: ExternalId) -> None:
        """An operator is writing."""
        if not self._sender.quiet:
            await self._presence.typing(customer)

    async def seen(self, customer: ExternalId) -> None:
        """An operator has read what the customer wrote."""
        if not self._sender.quiet:
            await self._presence.seen(customer)

    def link_for(self, token: str) -> str | None:
        """https://developers.facebook.com/docs/messenger-platform/discovery/m-me-links"""
        return f"https://m.me/{self._page}?ref={token}"

    def _restricted(self, policy: Policy) -> None:
        """The platform says what it has done to the page."""
        if policy.action == "unblock":
            self._condition.up("policy")
            self._condition.trouble("policy", "")
        elif policy.action == "block":
            self._condition.down("policy", self._say("facebook-down-restricted"))
        else:
            self._condition.trouble("policy", self._say("facebook-trouble-policy"))
