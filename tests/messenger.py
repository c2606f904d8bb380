"""A stand-in for a messenger's channel in the whole program: its platform is the test.

office = await messenger_office(open_office, monkeypatch);  await office.vk.writes("anna", "Здравствуйте")
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from aiohttp import web

from bridge.contracts import Abilities, ChannelHealth, Health, Shows
from bridge.inbox.staff import take_staff_reply
from bridge.messenger import Services
from bridge.model import (
    Attachment,
    ChannelName,
    Content,
    ExternalId,
    Incoming,
    Kind,
    Message,
    Outcome,
    Outgoing,
    Profile,
    Sent,
    StaffReply,
    Text,
)
from tests.conftest import OpenOffice
from tests.office import Office

VK = ChannelName("vk")
CONFIG = """
[[channel]]
kind = "vk"
name = "vk"
title = "ВК"
group = "sales"
community_id = 1
token = "vk1.a.TEST"
api_url = "{api_url}"
"""


class StandIn:
    """A `Channel`: what it was told to send is in `sent`; its methods are what happens at the platform."""

    def __init__(self, services: Services) -> None:
        self.name = VK
        self.services = services
        self.health = ChannelHealth(Health.UP)
        self.abilities = Abilities(
            text_limit=1000,
            caption_limit=1000,
            kinds=frozenset({Kind.PHOTO, Kind.DOCUMENT}),
            shows=frozenset({Shows.QUOTES}),
        )
        self.script: list[Outcome] = []
        self.sent: list[Outgoing] = []
        self._ids = itertools.count(1)

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        return ()

    async def run(self) -> None:
        await self.services.clock.sleep(timedelta(days=1000).total_seconds())

    async def send(self, outgoing: Outgoing) -> Outcome:
        self.sent.append(outgoing)
        return self.script.pop(0) if self.script else Sent((ExternalId(f"out{len(self.sent)}"),))

    async def edit(self, outgoing: Outgoing, external_ids: Sequence[ExternalId]) -> Outcome:
        return Sent(tuple(external_ids))

    async def unsend(self, customer: ExternalId, external_ids: Sequence[ExternalId]) -> Outcome:
        return Sent(tuple(external_ids))

    def link_for(self, token: str) -> str | None:
        return None

    @property
    def said(self) -> list[str]:
        """The words that were sent."""
        return [each.content.text.plain for each in self.sent]

    async def writes(
        self, who: str, text: str = "", *attachments: Attachment, name: str = "", link: str = "", **fields: Any
    ) -> Message:
        """A customer writes."""
        incoming = Incoming(
            channel=VK,
            customer=ExternalId(who),
            external_id=ExternalId(f"in{next(self._ids)}"),
            written_at=self.services.clock.now(),
            content=Content(text=Text(text), attachments=attachments),
            profile=Profile(name=name or who.title(), link=link),
        )
        return (await self.services.inbox.receive(replace(incoming, **fields))).message

    async def staff_writes(self, who: str, text: str) -> ExternalId:
        """Somebody of the company answers on the platform's own page."""
        external_id = ExternalId(f"staff{next(self._ids)}")
        said = StaffReply(
            channel=VK,
            customer=ExternalId(who),
            external_id=external_id,
            written_at=self.services.clock.now(),
            content=Content(text=Text(text)),
            author_name="ВКонтакте",
        )
        await self.services.inbox.write(partial(take_staff_reply, reply=said))
        return external_id


class MessengerOffice:
    """An office that has the stand-in among its channels."""

    def __init__(self, office: Office, made: list[StandIn]) -> None:
        self.office = office
        self._made = made

    @property
    def vk(self) -> StandIn:
        """The channel of the program that runs now."""
        return self._made[-1]


async def messenger_office(
    open_office: OpenOffice,
    monkeypatch: pytest.MonkeyPatch,
    *,
    api_url: str = "http://127.0.0.1:9",
    more: str = "",
    **how: Any,
) -> MessengerOffice:
    """`more`: further lines of the channel's table."""
    made: list[StandIn] = []

    def make(settings: object, services: Services) -> StandIn:
        made.append(StandIn(services))
        return made[-1]

    monkeypatch.setattr("bridge.building.channels.VkChannel", make)
    how.setdefault("posts_per_minute", 600)
    office = await open_office(more=CONFIG.format(api_url=api_url) + more, **how)
    return MessengerOffice(office, made)
