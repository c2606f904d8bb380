"""Customers who write to a community of VKontakte, and the answers to them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

from aiohttp import web

from bridge.channels.vk import read
from bridge.channels.vk.abilities import ABILITIES
from bridge.channels.vk.api import Failed, VkApi
from bridge.channels.vk.condition import Condition, Part
from bridge.channels.vk.errors import down
from bridge.channels.vk.events import Translator
from bridge.channels.vk.gaps import Gaps
from bridge.channels.vk.hook import CallbackHook, path
from bridge.channels.vk.intake import Intake
from bridge.channels.vk.longpoll import LongPoll
from bridge.channels.vk.people import People
from bridge.channels.vk.send import Sender
from bridge.channels.vk.settings import VkSettings
from bridge.channels.vk.setup import Setup
from bridge.channels.vk.works import Effects
from bridge.contracts import Abilities, ChannelHealth
from bridge.messenger import SETTLES, Services
from bridge.model import ChannelDown, ChannelName, ExternalId, Outcome, Outgoing, Sent
from bridge.profiles import Profiles

log = logging.getLogger(__name__)

READ_MOST: Final = 5_000  # customers whose words are marked as read
LAST_CALLS: Final = 3.0  # seconds that calls under way have when the program stops


class VkChannel:
    """A `contracts.Channel` (and `Presence`) whose other end is a community's dialogs."""

    def __init__(self, settings: VkSettings, services: Services) -> None:
        self.name = ChannelName(settings.name)
        self.abilities: Abilities = ABILITIES
        say, clock = services.catalogue, services.clock
        self._say = say
        self._api = VkApi(settings.api_url, settings.token, clock, proxy=settings.proxy, language=say.language)
        self._condition = Condition(self.name)
        people = People(self._api, self.name, clock)
        self._profiles = Profiles(self.name, services.inbox, clock, people.profile)
        translator = Translator(
            self.name,
            settings.title or settings.name,
            settings.greeting if settings.greeting is not None else say("messenger-greeting"),
            services,
            self._api,
            people,
            Effects(wrote=self._wrote, pressed=self._pressed),
            settles=timedelta() if settings.updates == "longpoll" else SETTLES,
        )
        intake = Intake(self.name, services.inbox, clock, translator)
        gaps = Gaps(self.name, self._api, services.inbox, intake)
        links = services.links if settings.files_by_link and services.public_url else None
        self._sender = Sender(self.name, services, self._api, links)
        self._hook = CallbackHook(settings, services, self._api, intake) if settings.updates != "longpoll" else None
        url = f"{services.public_url}{path(self.name)}" if self._hook and services.public_url else None
        self._setup = Setup(settings, url, self._api, gaps, self._condition, clock, say)
        self._poll = (
            LongPoll(
                self.name,
                settings.community_id,
                self._api,
                services.inbox,
                intake,
                gaps,
                self._condition,
                clock,
                say,
                self._setup.want,
            )
            if settings.updates != "callback"
            else None
        )
        self._read: set[ExternalId] = set()  # whose last words are marked as read
        self._tasks: set[asyncio.Task[Any]] = set()
        self._sending = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def health(self) -> ChannelHealth:
        """Whether events come in and answers go out."""
        return self._condition.health

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """The callback's address, if there is one."""
        return self._hook.routes() if self._hook else ()

    async def run(self) -> None:
        """Take in events until cancelled; then let the calls under way end."""
        self._api.open()  # it fell over, and is started again
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._setup.run())
                group.create_task(self._profiles.run())
                if self._poll:
                    await self._setup.looked.wait()
                    group.create_task(self._poll.run())
        finally:
            await self._farewell()

    async def _farewell(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_CALLS):
                await self._idle.wait()
        await self._api.close()

    async def send(self, outgoing: Outgoing) -> Outcome:
        """Send one piece. What was sent by an earlier try is not sent again."""
        async with self._calling():
            return self._judged(*await self._sender.send(outgoing))

    async def edit(self, outgoing: Outgoing, external_ids: Sequence[ExternalId]) -> Outcome:
        """Change what was sent; VKontakte allows it for a day."""
        async with self._calling():
            return self._judged(*await self._sender.edit(outgoing, external_ids))

    async def unsend(self, customer: ExternalId, external_ids: Sequence[ExternalId]) -> Outcome:
        """Take back what was sent, for both sides."""
        async with self._calling():
            return self._judged(*await self._sender.unsend(customer, external_ids))

    async def typing(self, customer: ExternalId) -> None:
        """Shown for some seconds."""
        if self._api.busy:
            return
        await self._api.call("messages.setActivity", peer_id=read.peer_of(customer), type="typing")

    async def seen(self, customer: ExternalId) -> None:
        """What the customer wrote is marked as read: once, until they write again."""
        if customer in self._read or self._api.busy:
            return
        if len(self._read) >= READ_MOST:
            self._read.clear()
        self._read.add(customer)
        await self._api.call("messages.markAsRead", peer_id=read.peer_of(customer), mark_conversation_as_read=1)

    def link_for(self, token: str) -> str | None:
        """The community's dialog, which brings the token along (https://dev.vk.com/ru/api/bots/development/messages)."""
        return f"https://vk.me/{self._setup.screen_name}?ref={token}" if self._setup.screen_name else None

    @contextlib.asynccontextmanager
    async def _calling(self) -> AsyncIterator[None]:
        self._sending += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._sending -= 1
            if not self._sending:
                self._idle.set()

    def _judged(self, outcome: Outcome, failed: Failed | None) -> Outcome:
        """What a call says about the channel as a whole."""
        reason = down(failed, self._say) if failed is not None else None
        if reason is not None:
            part = Part.SENDING if isinstance(outcome, ChannelDown) else Part.NOTICE
            self._condition.bad(part, reason, str(failed))
        elif isinstance(outcome, Sent):
            self._condition.good(Part.SENDING)
            self._condition.good(Part.NOTICE)
        return outcome

    def _wrote(self, customer: ExternalId) -> None:
        self._read.discard(customer)
        self._profiles.want(customer)

    def _pressed(self, press: str, peer: int) -> None:
        """The button stops spinning."""
        self._spawn(self._api.call("messages.sendMessageEventAnswer", event_id=press, user_id=peer, peer_id=peer))

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
