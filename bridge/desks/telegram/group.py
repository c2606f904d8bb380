"""One operators' group: what it is in Telegram now, its scheduler and its board, working together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from aiogram.methods import DeleteMessage, EditMessageText, GetChat, GetChatMember, SetMessageReaction
from aiogram.types import ChatFullInfo, ChatMemberAdministrator, ReactionTypeEmoji

from bridge.clock import Clock
from bridge.contracts import ChannelHealth, FileOpener
from bridge.desks.telegram import render
from bridge.desks.telegram.board import Board
from bridge.desks.telegram.calls import Calls
from bridge.desks.telegram.failing import Parked, Paused
from bridge.desks.telegram.foreign import ForeignFiles
from bridge.desks.telegram.helpers import Attendance, Helper
from bridge.desks.telegram.outages import Outages
from bridge.desks.telegram.perform import Performer
from bridge.desks.telegram.scheduler import Scheduler
from bridge.desks.telegram.seats import GONE, Away, Seat, Seats
from bridge.desks.telegram.speak import Speaker
from bridge.desks.telegram.steps import Call
from bridge.desks.telegram.view import Group, Layout, View, still_here
from bridge.media.links import MediaLinks
from bridge.model import ChannelName, Delivery, Mark, Post, Signals
from bridge.telegram.client import TelegramClient
from bridge.telegram.errors import Failure, Migrated, PostGone, RetryAfter, TopicGone, Transient
from storage.store import Store, Transaction

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
        helpers: Sequence[Helper] = (),
    ) -> None:
        """`links`: addresses of files that the group cannot show; `channel_health`: of all channels.

        `helpers`: further bots that may be in the group.
        """
        self.group = replace(group, helpers=frozenset(helper.client.bot_id for helper in helpers))
        self._configured_id = group.chat_id
        self._forced = forced_layout
        self._feed_topic = group.feed_thread  # in the configuration
        self._asking = False
        self.is_forum = False
        self._basic = False  # a group in which each bot counts messages in its own way
        self._store = store
        self._client = client
        self._clock = clock
        self.known = asyncio.Event()  # Telegram has told what the group is
        main = Seat(client, clock, posts_per_minute)
        self.pace = main.pace
        self.seats = Seats(main, [Seat(h.client, clock, posts_per_minute, helper=True) for h in helpers])
        self.attendances = [
            Attendance(helper, seat, clock, lambda: self.group, lambda: self._basic, self._seat_changed)
            for helper, seat in zip(helpers, self.seats.helpers, strict=True)
        ]
        self._files = ForeignFiles(openers, clock, lambda conversation: self.scheduler.look_at(conversation))
        self._performers = {
            seat.bot_id: Performer(Calls(store, seat, self._mend), self._files, links) for seat in self.seats
        }
        self.scheduler = Scheduler(store, clock, self.seats, lambda: self.group, self._perform, self._signal)
        self.board = Board(store, client, clock, lambda: self.group, self.scheduler, self.pace, self._mend)
        self.outages = Outages(
            client,
            clock,
            lambda: self.group,
            channel_health,
            self.scheduler.add,
            self.pace.failed,
            lambda: store.trouble,
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
        await self._touch_dead_cards()
        try:
            async with asyncio.TaskGroup() as tasks:
                for attendance in self.attendances:
                    tasks.create_task(attendance.run())
                tasks.create_task(self.scheduler.run())
                tasks.create_task(self.board.run())
                tasks.create_task(self.outages.run())
        finally:
            self._files.close()

    def listen(self, signals: Signals) -> None:
        """A commit changed these conversations."""
        changed = (*signals.conversations.items(), *signals.left.items())
        ours = [c for c, group in changed if group == self.group.name]
        if ours:
            self.scheduler.look_at(*ours)
            self.board.changed()

    async def _perform(self, seat: Seat, view: View, step: Call) -> Paused | Parked | None:
        return await self._performers[seat.bot_id].perform(view, step)

    async def _seat_changed(self, seat: Seat, before: Away | None) -> None:
        """A helper came, or went: others take over, and cards that it can no longer change are posted anew."""
        if seat.away in GONE and before not in GONE:
            await self._touch_dead_cards()
        self.scheduler.look_again()

    async def _touch_dead_cards(self) -> None:
        gone = {seat.bot_id for seat in self.seats if seat.away in GONE}
        alive = {seat.bot_id for seat in self.seats} - gone
        group = self.group
        await self._store.write(lambda tx: tx.touch_dead_cards(group.name, group.chat_id, alive))

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
        self._ask_helpers()
        self.board.changed()

    def _ask_helpers(self) -> None:
        """What they may do has to be asked anew: it is another chat, or it has topics now."""
        for seat in self.seats.helpers:
            seat.doubt.set()

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
            self._ask_helpers()
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
        self._basic = chat.type == "group"
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
            seat = self.seats.of(notice.bot_id)
            if seat is not None and (paused := await self._take_back(notice, seat)):
                return paused
            await self._store.write(lambda tx: tx.remove_post(notice.chat_id, notice.message_id))
        emoji = render.reaction(mark.delivery, deleted=mark.deleted)
        before = render.reaction(mark.shown, deleted=mark.deleted) if mark.shown else None
        seat = self.seats.of(mark.bot_id) if mark.repeated else self.seats.main
        if mark.alone and seat is not None and before != emoji:
            done = await seat.client.call(
                SetMessageReaction(
                    chat_id=mark.chat_id, message_id=mark.post_id, reaction=[ReactionTypeEmoji(emoji=emoji)]
                )
            )
            if isinstance(done, RetryAfter | Transient):
                return seat.failed(done)
            if isinstance(done, Failure):  # not allowed in this group, or the message is gone
                log.info("no reaction on %s: %s", mark.post_id, done)
        await self._store.write(lambda tx: _marked(tx, view, mark))
        return None

    async def _take_back(self, notice: Post, seat: Seat) -> Paused | None:
        """Delete a notice that is no longer true; one older than two days can only be changed.

        Only the bot that posted it can; while that one is away the notice stays as it is.

        https://core.telegram.org/bots/api#deletemessage
        """
        gone: Any = await seat.client.call(DeleteMessage(chat_id=notice.chat_id, message_id=notice.message_id))
        if isinstance(gone, Failure) and not isinstance(gone, RetryAfter | Transient | PostGone):
            seat.spend()
            said = self.group.words("sent-again")
            gone = await seat.client.call(
                EditMessageText(chat_id=notice.chat_id, message_id=notice.message_id, text=said)
            )
        return seat.failed(gone) if isinstance(gone, RetryAfter | Transient) else None


def _marked(tx: Transaction, view: View, mark: Mark) -> None:
    if still_here(tx, view):
        tx.mark_delivery_shown(mark.message, mark.delivery, deleted=mark.deleted)
