"""A rehearsal: invented customers of all kinds of channels come, write, and answer when they are answered.

Their channels are real to the program: the same inbox, lanes and limits; only the platform behind them is a play.
All of it is forgotten when the rehearsal ends; what a kill has left behind goes at the next start.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Final

from aiohttp import web

from bridge.building.core import Core, Described
from bridge.catalogue import Catalogue
from bridge.channels.facebook.abilities import abilities as of_facebook
from bridge.channels.site.abilities import ABILITIES as OF_SITE
from bridge.channels.telegram.abilities import abilities as of_telegram
from bridge.channels.viber.abilities import ABILITIES as OF_VIBER
from bridge.channels.vk.abilities import ABILITIES as OF_VK
from bridge.contracts import Abilities, Channel, ChannelHealth, Health, Tells
from bridge.demo.drawing import picture
from bridge.demo.plays import Actor, Line, cast
from bridge.demo.settings import GROUPS
from bridge.inbox.receipts import take_receipt
from bridge.media.store import attachment
from bridge.model import (
    Attachment,
    ChannelName,
    Content,
    Delivery,
    ExternalId,
    GroupName,
    Incoming,
    Outcome,
    Outgoing,
    Page,
    Profile,
    Receipt,
    Refused,
    Sent,
    Text,
    Why,
)
from storage.store import Transaction

ABILITIES: Final[Mapping[str, Abilities]] = {
    "site": OF_SITE,
    "telegram": of_telegram(""),
    "vk": OF_VK,
    "viber": OF_VIBER,
    "facebook": of_facebook(human_agent=False),
}
HANDLED_BY: Final[Mapping[str, str]] = {"viber": GROUPS[1], "facebook": GROUPS[1]}  # the others: the first group
ARRIVES, READS, THINKS = 1.0, 1.5, 2.0  # seconds
LETTERS: Final = 14.0  # that somebody types in a second
TYPES_LEAST, TYPES_MOST = 1.5, 6.0  # seconds
STILL_TYPING: Final = 4.0  # seconds between two signs of it
PICTURE_LIMIT: Final = 1024 * 1024


def _name(kind: str) -> ChannelName:
    return ChannelName(f"rehearsal-{kind}")


class PlayedChannel:
    """A `bridge.contracts.Channel` whose customers are played."""

    def __init__(self, kind: str, core: Core, run: str) -> None:
        self._kind = kind
        self._core = core
        self._ids = itertools.count(1)
        self._run = run  # so that the ids of another rehearsal are others
        self.customers: dict[ExternalId, PlayedCustomer] = {}

    @property
    def name(self) -> ChannelName:
        """Its name, which no configuration has."""
        return _name(self._kind)

    @property
    def abilities(self) -> Abilities:
        """Those of the real one."""
        return ABILITIES[self._kind]

    @property
    def health(self) -> ChannelHealth:
        """It always works."""
        return ChannelHealth(Health.UP)

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """Nobody calls it."""
        return ()

    async def run(self) -> None:
        """What happens here is what the customers do."""
        await asyncio.Event().wait()

    def next_id(self) -> ExternalId:
        """What a platform would give a message."""
        return ExternalId(f"{self._run}-{next(self._ids)}")

    async def send(self, outgoing: Outgoing) -> Outcome:
        """The customer has it, unless they want nothing from us."""
        customer = self.customers.get(outgoing.customer)
        if customer is None or customer.actor.blocks:
            return Refused(Why.BLOCKED)
        sent = self.next_id()
        customer.hear(sent)
        return Sent((sent,))

    async def edit(self, outgoing: Outgoing, external_ids: Sequence[ExternalId]) -> Outcome:
        """Where the real one can."""
        return Sent(tuple(external_ids)) if self.abilities.edits else Refused(Why.CANNOT_EDIT)

    async def unsend(self, customer: ExternalId, external_ids: Sequence[ExternalId]) -> Outcome:
        """Where the real one can."""
        return Sent() if self.abilities.unsends else Refused(Why.CANNOT_UNSEND)

    def link_for(self, token: str) -> str | None:
        """Nobody is led here."""
        return None


class PlayedCustomer:
    """One actor on the stage."""

    def __init__(self, actor: Actor, channel: PlayedChannel, core: Core, number: int, run: str) -> None:
        self.actor = actor
        self._channel = channel
        self._core = core
        self._id = ExternalId(f"{run}-actor-{number}")
        self._heard: asyncio.Queue[ExternalId] = asyncio.Queue()
        channel.customers[self._id] = self

    def hear(self, message: ExternalId) -> None:
        """Something was sent to them."""
        self._heard.put_nowait(message)

    async def play(self) -> None:
        """Come, say what there is to say, then an answer to each answer; and read all that comes."""
        await self._core.clock.sleep(self.actor.arrives)
        for line in self.actor.says:
            await self._say(line)
        answers = iter(self.actor.answers)
        while True:
            await self._read()
            if answer := next(answers, None):
                await self._say(answer)

    async def _read(self) -> None:
        """Wait for something, and read it with what comes right after it."""
        sleep = self._core.clock.sleep
        messages = [await self._heard.get()]
        await sleep(ARRIVES)
        await self._tell(Tells.DELIVERED, Delivery.DELIVERED, messages)
        await sleep(READS)
        messages += self._waiting()
        await self._tell(Tells.SEEN, Delivery.SEEN, messages)
        await sleep(THINKS)
        await self._tell(Tells.SEEN, Delivery.SEEN, self._waiting())

    def _waiting(self) -> list[ExternalId]:
        found = []
        while not self._heard.empty():
            found.append(self._heard.get_nowait())
        return found

    async def _tell(self, needs: Tells, delivery: Delivery, messages: Sequence[ExternalId]) -> None:
        if messages and needs in self._channel.abilities.tells:
            receipt = Receipt(
                channel=self._channel.name,
                customer=self._id,
                delivery=delivery,
                external_ids=tuple(messages),
            )
            await self._core.inbox.write(lambda tx: take_receipt(tx, receipt))

    async def _say(self, line: Line) -> None:
        await self._type(min(TYPES_MOST, max(TYPES_LEAST, len(line.text) / LETTERS)))
        actor = self.actor
        files = (await self._picture(),) if line.picture else ()
        incoming = Incoming(
            channel=self._channel.name,
            customer=self._id,
            external_id=self._channel.next_id(),
            written_at=self._core.clock.now(),
            content=Content(text=Text(line.text), attachments=files),
            profile=Profile(
                name=actor.name, username=actor.username, link=actor.link, language=self._core.config.language
            ),
            page=Page(title=actor.page, url=f"{self._core.config.public_url}/site") if actor.page else Page(),
            opens_window=self._channel.abilities.window is not None,
        )
        await self._core.inbox.receive(incoming)

    async def _type(self, seconds: float) -> None:
        """Where the platform tells of it, operators see that somebody is writing."""
        while seconds > 0:
            if Tells.TYPING in self._channel.abilities.tells:
                self._core.inbox.typing(self._channel.name, self._id)
            await self._core.clock.sleep(min(seconds, STILL_TYPING))
            seconds -= STILL_TYPING

    async def _picture(self) -> Attachment:
        id = self._channel.next_id()
        body = await asyncio.to_thread(picture, id)
        made = await self._core.media.receive(
            _once(body), channel=self._channel.name, owner=self._id, name="photo.png", limit=PICTURE_LIMIT
        )
        return attachment(made)


class Rehearsal:
    """All of it. `join` before the program runs, then `run`; when that is cancelled everything is forgotten."""

    def __init__(self, language: str) -> None:
        say = Catalogue(language)
        self._actors = cast(language)
        self._core: Core | None = None
        self._customers: list[PlayedCustomer] = []
        self.described: Mapping[ChannelName, Described] = {
            _name(kind): Described(
                kind,
                say("demo-rehearsal-title", title=say(f"demo-kind-{kind}")),
                GroupName(HANDLED_BY.get(kind, GROUPS[0])),
            )
            for kind in ABILITIES
        }

    def join(self, core: Core) -> Iterable[Channel]:
        """The channels, with everybody who is going to come."""
        self._core = core
        run = secrets.token_hex(4)
        channels = {kind: PlayedChannel(kind, core, run) for kind in ABILITIES}
        self._customers = [
            PlayedCustomer(actor, channels[actor.kind], core, number, run)
            for number, actor in enumerate(self._actors, 1)
        ]
        return channels.values()

    async def run(self) -> None:
        """Play until cancelled, then clean up."""
        assert self._core is not None
        try:
            async with asyncio.TaskGroup() as stage:
                for customer in self._customers:
                    stage.create_task(customer.play())
        finally:
            await forget(self._core)
            await self._core.media.sweep()


async def forget(core: Core) -> None:
    """Nothing of any rehearsal stays."""

    def work(tx: Transaction) -> None:
        for kind in ABILITIES:
            tx.forget_channel(_name(kind))

    await core.store.write(work)


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body
