"""The Telegram desk: its bot, its helpers, a view of each group."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

from bridge.building.core import Connections, Core
from bridge.catalogue import Catalogue
from bridge.channels.telegram.channel import TelegramChannel
from bridge.config import DeskSettings, GroupSettings
from bridge.desks.telegram.desk import TelegramDesk
from bridge.desks.telegram.group import GroupDesk
from bridge.desks.telegram.helpers import Helper
from bridge.desks.telegram.members import Members
from bridge.desks.telegram.view import Group, Layout, Source
from bridge.inbox.accept import Operator
from bridge.model import GroupName
from bridge.telegram.client import TelegramClient
from bridge.telegram.errors import Failure
from bridge.telegram.updates import UpdateLoop
from storage.store import Transaction

ASK_AGAIN = 30.0  # seconds
DESK = "desk"  # the desk's name among the webhooks


class TelegramSide:
    """Everything of the operators' groups. Make it before the channels, then `build`, then run its loops."""

    def __init__(self, core: Core, connections: Connections, settings: DeskSettings) -> None:
        self._core = core
        self._connections = connections
        self._settings = settings
        self.client = connections.desk_bot(settings, settings.token)
        self.members = Members(self.client, core.clock)
        self.helpers = [
            Helper(connections.desk_bot(settings, token), number)
            for number, token in enumerate(settings.helpers, 1)
        ]
        self.groups: Sequence[GroupDesk] = ()
        self._name = ""
        core.openers[self.client.origin] = self.client

    @property
    def bot_name(self) -> str:
        """The user name of the desk's bot; "" while it is not known."""
        return self._name

    async def introduce(self) -> None:
        """Ask Telegram for the bot's name, until it is told; then there is nothing to do any more."""
        while not self._name:
            me = await self.client.me()
            if not isinstance(me, Failure):
                self._name = me.username or ""
                break
            await self._core.clock.sleep(ASK_AGAIN)
        await asyncio.Event().wait()

    def build(
        self, desk_link: Callable[[Transaction, Operator], str] | None = None, mini_app: str = ""
    ) -> TelegramDesk:
        """The desk, once the channels are there; see there for the way into the web desk."""
        core = self._core
        self.groups = [self._group_desk(group) for group in core.config.groups]
        return TelegramDesk(
            core.store,
            self.client,
            self.members,
            self.groups,
            core.clock,
            language=core.config.language,
            channel_edits=lambda name: name in core.channels and core.channels[name].abilities.edits,
            channel_unsends=lambda name: name in core.channels and core.channels[name].abilities.unsends,
            channel_health=core.health,
            helpers=self.helpers,
            desk_link=desk_link,
            mini_app=mini_app,
        )

    def update_loop(self, desk: TelegramDesk, shared: Iterable[TelegramChannel]) -> UpdateLoop:
        """The desk's bot serves the groups, and the private chats of `shared`, which have no bot of their own."""
        core, channels = self._core, list(shared)
        webhook = self._connections.webhook(self._settings, DESK)
        loop = UpdateLoop(self.client, core.inbox, [desk, *channels], core.clock, core.words, webhook=webhook)
        for channel in channels:
            channel.follow(loop)
        return loop

    def helper_loop(self, helper: Helper) -> UpdateLoop:
        """What a helper reads: presses and its own rights."""
        loop = UpdateLoop(helper.client, self._core.inbox, [helper], self._core.clock, self._core.words)
        helper.follow(loop)
        return loop

    def _group_desk(self, settings: GroupSettings) -> GroupDesk:
        core = self._core
        return GroupDesk(
            core.store,
            self.client,
            core.clock,
            self._group(settings, self.client),
            forced_layout=None if settings.layout == "auto" else Layout(settings.layout),
            posts_per_minute=self._settings.posts_per_minute,
            openers=core.openers,
            links=core.links if core.config.public_url else None,
            channel_health=core.health,
            helpers=self.helpers,
        )

    def _group(self, settings: GroupSettings, client: TelegramClient) -> Group:
        words = Catalogue(self._core.config.language_of(settings))
        assert settings.chat_id is not None  # where there is a bot of the desk
        return Group(
            name=GroupName(settings.name),
            title=settings.title,
            chat_id=settings.chat_id,
            layout=Layout.TOPICS if settings.layout == "topics" else Layout.REPLIES,
            feed_thread=settings.feed_topic,
            bot_id=client.bot_id,
            words=words,
            sources={
                name: Source(mark=words(f"channel-mark-{described.kind}"), title=described.title)
                for name, described in self._core.described.items()
                if described.group == settings.name
            },
            elsewhere={
                name: Source(mark=words(f"channel-mark-{described.kind}"), title=described.title)
                for name, described in self._core.described.items()
                if described.group != settings.name
            },
            groups={GroupName(each.name): each.title for each in self._core.config.groups},
        )
