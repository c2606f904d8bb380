"""One operators' group: what it is in Telegram now, its scheduler and its board, working together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from aiogram.methods import DeleteMessage, EditMessageText, GetChat, GetChatMember, SetMessageReaction
from aiogram.types import ChatFullInfo, ChatMemberAdministrator, ReactionTypeEmoji

from bridge.budget import Budget
from bridge.clock import Clock
from bridge.contracts import ChannelHealth, FileOpener
from bridge.desks.telegram import render
from bridge.desks.telegram.board import Board
from bridge.desks.telegram.calls import Calls
from bridge.desks.telegram.failing import Pace, Paused
from bridge.desks.telegram.foreign import ForeignFiles
from bridge.desks.telegram.outages import Outages
from bridge.desks.telegram.perform import Performer
from bridge.desks.telegram.scheduler import Scheduler
from bridge.desks.telegram.speak import Speaker
from bridge.desks.telegram.view import Group, Layout, View
from bridge.media.links import MediaLinks
from bridge.model import ChannelName, Delivery, Mark, Post, Signals
from bridge.telegram.client import TelegramClient
from bridge.telegram.errors import Failure, Migrated, PostGone, RetryAfter, TopicGone, Transient
from storage.store import Store

log = logging.getLogger(__name__)


class GroupDesk:
    """Shows one group what is true, at the pace that Telegram allows."""

    def __init__(
        self,
        store: Store,
        client: TelegramClient,
        clock: Clock,
        group: Group,
        *,
        forced_layout: Layout | None,
        posts_per_minute: int,
        openers: Mapping[str, FileOpener],
        links: MediaLinks | None = None,
        channel_health: Callable[[], Mapping[ChannelName, ChannelHealth]] = dict,
    ) -> None:
        """`links`: addresses of files that the group cannot show; `channel_health`: of all channels."""
        self.group = group
        self._configured_id = group.chat_id
        self._forced = forced_layout
        self._feed_topic = group.feed_thread  # in the configuration
        self._asking = False
        self.is_forum = False
        self._store = store
        self._client = client
        self._clock = clock
        self.pace = Pace()
        self.known = asyncio.Event()  # Telegram has told what the group is
        budget = Budget(posts_per_minute)
        self._files = ForeignFiles(openers, clock, lambda conversation: self.scheduler.look_at(conversation))
        calls = Calls(
            store,
            client,
            self.pace,
            lambda units: budget.spend(clock.monotonic(), units),
            self._mend,
        )
        performer = Performer(calls, self._files, links)
        self.scheduler = Scheduler(store, clock, budget, lambda: self.group, performer.perform, self._signal)
        self.board = Board(store, client, clock, lambda: self.group, self.scheduler, self.pace, self._mend)
        self.outages = Outages(
            client, clock, lambda: self.group, channel_health, self.scheduler.add, self.pace.failed
        )
        self.speaker = Speaker(client, lambda: self.group, self.scheduler.add, clock.monotonic, self.pace.failed)

    async def run(self) -> None:
        """Find out what the group is, then keep it showing what is true, until cancelled."""
        configured, name = self._configured_id, self.group.name
        known = await self._store.read(lambda tx: tx.group_chat(name, configured))
        self.group = replace(self.group, chat_id=known)
        while (paused := await self._ask()) is not None:
            await self._clock.sleep(paused.seconds)
        self.known.set()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.scheduler.run())
                tasks.create_task(self.board.run())
                tasks.create_task(self.outages.run())
        finally:
            self._files.close()

    def listen(self, signals: Signals) -> None:
        """A commit changed these conversations."""
        ours = [c for c, group in signals.conversations.items() if group == self.group.name]
        if ours:
            self.scheduler.look_at(*ours)
            self.board.changed()

    async def moved(self, chat_id: int) -> None:
        """The group became a supergroup: what was posted is left behind, and shown there anew."""
        name, configured = self.group.name, self._configured_id
        log.warning("group %s has moved to %s: put that id into chat_id", name, chat_id)
        await self._store.write(lambda tx: tx.move_group(name, configured, chat_id))
        self.follow(chat_id)
        await self._ask()

    def follow(self, chat_id: int) -> None:
        """From now on the group is there (the store knows already)."""
        self.group = replace(self.group, chat_id=chat_id)
        self.board.changed()

    async def look_again(self) -> None:
        """Something about the chat itself has changed."""
        if self._asking or not self.known.is_set():
            return
        self._asking, before = True, self.group.layout
        try:
            await self._ask()
        finally:
            self._asking = False
        if self.group.layout is not before:
            name = self.group.name
            self.scheduler.look_at(*await self._store.read(lambda tx: tx.desk_work(name)))

    async def _mend(self, failure: Failure) -> None:
        """A call failed because the chat is not what it was."""
        match failure:
            case Migrated(chat_id=chat_id):
                await self.moved(chat_id)
            case TopicGone() if self.group.feed_thread is not None:
                log.error("group %s: the feed's topic is gone: posting in General", self.group.name)
                self._feed_topic = None
                self.group = replace(self.group, feed_thread=None)
            case _:
                await self.look_again()

    async def _ask(self) -> Paused | None:
        """What the chat is: a forum or not, public or not."""
        chat = await self._client.call(GetChat(chat_id=self.group.chat_id))
        if isinstance(chat, Migrated):
            name, configured, chat_id = self.group.name, self._configured_id, chat.chat_id
            await self._store.write(lambda tx: tx.move_group(name, configured, chat_id))
            self.follow(chat_id)
            return Paused(0)
        if isinstance(chat, Failure):
            return self.pace.failed(chat) or Paused(30)
        self.pace.works()
        self.is_forum = bool(chat.is_forum)
        layout = await self._layout(chat)
        before = self.group.layout
        self.group = replace(
            self.group,
            layout=layout,
            public=bool(chat.username),
            feed_thread=self._feed_topic if self.is_forum else None,
        )
        if before is not layout:
            log.info("group %s: layout %s", self.group.name, layout.value)
        return None

    async def _layout(self, chat: ChatFullInfo) -> Layout:
        layout = self._forced or (Layout.TOPICS if chat.is_forum else Layout.REPLIES)
        if layout is Layout.REPLIES:
            return layout
        if not chat.is_forum:
            log.error("group %s has no topics: working with replies until they are on", self.group.name)
            return Layout.REPLIES
        me = await self._client.call(GetChatMember(chat_id=chat.id, user_id=self._client.bot_id))
        if isinstance(me, ChatMemberAdministrator) and not me.can_manage_topics:
            log.error("group %s: the bot may not manage topics: working with replies until it may", self.group.name)
            return Layout.REPLIES
        return layout

    async def _signal(self, view: View, mark: Mark) -> Paused | None:
        """Bring an operator's message to say what became of it; take back a notice that is out of date."""
        notice = view.notices.get(mark.message)
        if notice and mark.delivery is not Delivery.FAILED:
            if paused := await self._take_back(notice):
                return paused
            await self._store.write(lambda tx: tx.remove_post(notice.chat_id, notice.message_id))
        emoji = render.reaction(mark.delivery, deleted=mark.deleted)
        before = render.reaction(mark.shown, deleted=mark.deleted) if mark.shown else None
        if not mark.repeated and before != emoji:
            done = await self._client.call(
                SetMessageReaction(
                    chat_id=mark.chat_id, message_id=mark.post_id, reaction=[ReactionTypeEmoji(emoji=emoji)]
                )
            )
            if isinstance(done, RetryAfter | Transient):
                return self.pace.failed(done)
            if isinstance(done, Failure):  # not allowed in this group, or the message is gone
                log.info("no reaction on %s: %s", mark.post_id, done)
        await self._store.write(
            lambda tx: tx.mark_delivery_shown(mark.message, mark.delivery, deleted=mark.deleted)
        )
        return None

    async def _take_back(self, notice: Post) -> Paused | None:
        """Delete a notice that is no longer true; one older than two days can only be changed.

        https://core.telegram.org/bots/api#deletemessage
        """
        gone: Any = await self._client.call(DeleteMessage(chat_id=notice.chat_id, message_id=notice.message_id))
        if isinstance(gone, Failure) and not isinstance(gone, RetryAfter | Transient | PostGone):
            self.scheduler.spend()
            said = self.group.words("sent-again")
            gone = await self._client.call(
                EditMessageText(chat_id=notice.chat_id, message_id=notice.message_id, text=said)
            )
        return self.pace.failed(gone) if isinstance(gone, RetryAfter | Transient) else None
