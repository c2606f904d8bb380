"""The Telegram desk: takes in what happens in the operators' groups, and runs each group's view."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from aiogram.methods import DeleteMessage
from aiogram.types import CallbackQuery, ChatMemberUpdated, Message, Update

from bridge.catalogue import Catalogue
from bridge.clock import Clock
from bridge.contracts import ChannelHealth
from bridge.desks.telegram import commands, reads
from bridge.desks.telegram.aim import Author, author_of, operator_of, thread_of
from bridge.desks.telegram.commands import Command, Status
from bridge.desks.telegram.entrance import DESK, Entrance, LinkMaker
from bridge.desks.telegram.group import GroupDesk
from bridge.desks.telegram.helpers import Helper
from bridge.desks.telegram.hints import Told, hint_text, told_text
from bridge.desks.telegram.members import Members, inside
from bridge.desks.telegram.presses import TO_COLLEAGUE, Toast, old, press_of, pressed
from bridge.desks.telegram.render import Rendered
from bridge.desks.telegram.speak import Place, toast
from bridge.desks.telegram.typing import Typing
from bridge.lifecycle import Hint
from bridge.model import ChannelName, ExternalId, Signals, Text
from bridge.telegram.client import TelegramClient
from bridge.telegram.content import is_service
from bridge.telegram.errors import Failure
from bridge.telegram.updates import After, Work
from storage.store import Store, Transaction

log = logging.getLogger(__name__)

Health = Callable[[], Mapping[ChannelName, ChannelHealth]]
REGISTER_AGAIN = 60.0  # seconds until the commands are registered again after a failure


class TelegramDesk:
    """An `UpdateTaker` for the operators' groups; `run` keeps the groups showing what is true."""

    allowed_updates = frozenset({"message", "edited_message", "callback_query", "my_chat_member", "chat_member"})

    def __init__(
        self,
        store: Store,
        client: TelegramClient,
        members: Members,
        groups: Sequence[GroupDesk],
        clock: Clock,
        *,
        language: str,
        channel_edits: Callable[[ChannelName], bool],
        channel_unsends: Callable[[ChannelName], bool],
        channel_health: Health,
        helpers: Sequence[Helper] = (),
        desk_link: LinkMaker | None = None,
        mini_app: str = "",
    ) -> None:
        """`desk_link` makes an address that lets one operator into the web desk once; None: there is none.

        `mini_app`: where the web desk is as a Mini App, if that is an https address.
        """
        for helper in helpers:
            helper.desk = self
        self._store = store
        self._client = client
        self._members = members
        self._groups = tuple(groups)
        self._clock = clock
        self._language = language
        self._words = Catalogue(language)
        self._channel_edits = channel_edits
        self._channel_unsends = channel_unsends
        self._channel_health = channel_health
        self._tasks: set[asyncio.Task[None]] = set()
        self._typing = Typing(store, client, clock, lambda: [group.group for group in self._groups])
        self._username = ""
        self._entrance = Entrance(
            client, members, lambda: [group.group for group in self._groups], desk_link, mini_app
        )
        self._commands = (*commands.COMMANDS, DESK) if desk_link else commands.COMMANDS
        store.subscribe(self._listen)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for group in self._groups:
                    tasks.create_task(group.run(), name=f"desk-{group.group.name}")
                tasks.create_task(self._introduce())
        finally:
            for task in self._tasks:
                task.cancel()

    def typing(self, channel: ChannelName, customer: ExternalId) -> None:
        """A customer is writing just now."""
        if self._typing.due(channel, customer):
            self._soon(self._typing.show(channel, customer))

    def _listen(self, signals: Signals) -> None:
        for group in self._groups:
            group.listen(signals)

    async def _introduce(self) -> None:
        """Register the commands; it is no matter when."""
        while failure := await commands.register(self._client, self._language, self._commands):
            log.warning("the commands could not be registered: %s", failure)
            await self._clock.sleep(REGISTER_AGAIN)

    def _soon(self, doing: Coroutine[Any, Any, None]) -> None:
        """Do it beside everything else: answers to presses, hints."""
        task = asyncio.create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _group_of(self, chat_id: int) -> GroupDesk | None:
        return next((group for group in self._groups if group.group.chat_id == chat_id), None)

    # taking in

    async def take(self, update: Update) -> Work | None:
        """What an update of a group does; None if it is about no group of ours."""
        if update.callback_query is not None:
            return await self.press(update.callback_query, self._client)
        if update.chat_member is not None:
            return self._member(update.chat_member)
        if update.my_chat_member is not None:
            return self.rights_changed(update.my_chat_member, self._client.bot_id)
        if update.message is not None and update.message.chat.type == "private":
            return await self._private(update.message)
        message = update.message or update.edited_message
        desk = self._group_of(message.chat.id) if message else None
        if message is None or desk is None:
            return None
        if message.chat.type == "supergroup" and bool(message.chat.is_forum) is not desk.is_forum:
            self._soon(desk.look_again())  # topics were switched on or off
        if update.edited_message is not None:
            return await self._edited(desk, message)
        if message.migrate_to_chat_id:
            return self._moved(desk, message.migrate_to_chat_id)
        if is_service(message):
            return self._service(desk, message)
        command = commands.command_of(message, await self._name())
        if command is not None:
            return await self._command(desk, message, command)
        return await self._said(desk, message)

    async def _private(self, message: Message) -> Work | None:
        if not (message.text or "").startswith("/"):
            return None
        return await self._entrance.take(message, self._soon, await self._name())

    async def _name(self) -> str:
        if not self._username:
            me = await self._client.me()
            self._username = "" if isinstance(me, Failure) else (me.username or "")
        return self._username

    def _member(self, update: ChatMemberUpdated) -> Work | None:
        if self._group_of(update.chat.id) is None:
            return None
        self._members.changed(update)
        if not inside(update.new_chat_member):
            self._soon(self._entrance.left(update.new_chat_member.user))
        return _nothing

    def rights_changed(self, update: ChatMemberUpdated, bot_id: int) -> Work | None:
        """What a bot of ours may do in a group has changed."""
        desk = self._group_of(update.chat.id)
        seat = desk.seats.of(bot_id) if desk else None
        if desk is None or seat is None:
            return None
        if seat.helper:
            return lambda tx: seat.doubt.set
        return lambda tx: lambda: self._soon(desk.look_again())

    def _moved(self, desk: GroupDesk, chat_id: int) -> Work:
        """Told by Telegram in the old chat; a call into it would tell the same."""

        def work(tx: Transaction) -> After:
            return lambda: self._soon(desk.moved(chat_id))

        return work

    def _service(self, desk: GroupDesk, message: Message) -> Work:
        """Service messages are inert; only the one that our own pin makes is taken away again."""
        chat_id, message_id = message.chat.id, message.message_id
        ours = message.from_user is not None and desk.group.ours(message.from_user.id)
        thread = thread_of(message)

        def work(tx: Transaction) -> After | None:
            if message.pinned_message is not None and ours:
                return lambda: self._soon(self._delete(chat_id, message_id))
            if (message.forum_topic_closed or message.forum_topic_reopened) and thread and not ours:
                reads.topic_state(tx, chat_id, thread, is_open=message.forum_topic_reopened is not None)
            return None

        return work

    async def _delete(self, chat_id: int, message_id: int) -> None:
        await self._client.call(DeleteMessage(chat_id=chat_id, message_id=message_id))

    async def _may(self, desk: GroupDesk, user_id: int) -> Hint | None:
        """Whether the user is a member; in a closed group those who can write are."""
        inside = await self._members.is_member(desk.group.chat_id, user_id)
        if inside is None:
            return Hint.NOT_CHECKED if desk.group.public else None
        return None if inside else Hint.NOT_A_MEMBER

    async def _said(self, desk: GroupDesk, message: Message) -> Work:
        author = author_of(message)
        if author is Author.MACHINE or message.from_user is None:
            return _nothing
        refusal = await self._may(desk, message.from_user.id) if author is Author.PERSON else None
        return self._telling(
            desk, message, lambda tx: reads.said(tx, desk.group, message, self._client.origin, author, refusal)
        )

    async def _edited(self, desk: GroupDesk, message: Message) -> Work:
        if author_of(message) is not Author.PERSON or message.from_user is None:
            return _nothing
        if await self._may(desk, message.from_user.id):
            return _nothing
        return self._telling(
            desk,
            message,
            lambda tx: reads.edited(tx, desk.group, message, self._client.origin, self._channel_edits),
        )

    def _telling(self, desk: GroupDesk, message: Message, act: Callable[[Transaction], Told | None]) -> Work:
        """Do it, and tell the operator after the commit if it was refused (but not twice in a row)."""

        def work(tx: Transaction) -> After | None:
            told = act(tx)
            if told is None or told.again:
                return None
            said = Rendered(Text(told_text(desk.group.words, told)))
            return lambda: self._soon(desk.speaker.hint(_place(message), said))

        return work

    # presses

    async def press(self, query: CallbackQuery, client: TelegramClient) -> Work:
        """Every press is answered, whatever it is about, by the bot whose button it was."""
        desk = self._group_of(query.message.chat.id) if query.message else None
        if desk is None:
            return lambda tx: lambda: self._soon(toast(client, query.id, self._words("button-old"), alert=True))
        press = press_of(query.data)
        refusal = await self._may(desk, query.from_user.id)
        gone = press is not None and press.act == TO_COLLEAGUE and await self._left(desk, int(press.to))
        group = desk.group

        def work(tx: Transaction) -> After:
            if gone and not refusal:
                said = Toast(group.words("transfer-colleague-gone"), alert=True)
            elif refusal:
                said = Toast(hint_text(group.words, refusal), alert=True)
            elif press is None:
                said = old(group)
            else:
                said = pressed(tx, group, press, operator_of(query.from_user))
            return lambda: self._answered(desk, query, client, said)

        return work

    def _answered(self, desk: GroupDesk, query: CallbackQuery, client: TelegramClient, said: Toast) -> None:
        self._soon(toast(client, query.id, said.text, alert=said.alert))
        if said.asked and isinstance(query.message, Message):
            place = Place(
                query.message.chat.id, thread_of(query.message), query.message.message_id, query.from_user.id
            )
            self._soon(desk.speaker.tell(place, said.asked))

    async def _left(self, desk: GroupDesk, user_id: int) -> bool:
        """Whether somebody is known to be no member of a group."""
        return await self._members.is_member(desk.group.chat_id, user_id) is False

    # commands

    async def _command(self, desk: GroupDesk, message: Message, command: Command) -> Work:
        """Commands never reach a customer, known or not."""
        author = author_of(message)
        if not command.ours or author is Author.MACHINE or message.from_user is None:
            return _nothing
        if command.name not in self._commands:
            return self._telling(desk, message, lambda tx: reads.not_a_command(tx, desk.group, message))
        refusal = reads.UNKNOWN_AUTHORS.get(author) or await self._may(desk, message.from_user.id)
        place = _place(message)

        def work(tx: Transaction) -> After:
            if refusal:
                said = Rendered(Text(hint_text(desk.group.words, refusal)))
            else:
                said = self._answer(tx, desk, message, command.name)
            return lambda: self._soon(desk.speaker.tell(place, said))

        return work

    def _answer(self, tx: Transaction, desk: GroupDesk, message: Message, name: str) -> Rendered:
        if name == "status":
            return commands.status_text(desk.group, self._status(tx, desk))
        if name == DESK:
            return self._entrance.to_private(desk.group.words, self._username)
        if name == "help":
            return commands.help_text(desk.group, self._commands)
        return commands.answer(tx, desk.group, message, name, self._channel_unsends)

    def _status(self, tx: Transaction, desk: GroupDesk) -> Status:
        return Status(
            channels=self._channel_health(),
            queues=tx.queue_lengths(),
            desk=desk.pace.health,
            helpers=[each.state() for each in desk.attendances],
            posts_waiting=desk.scheduler.waiting,
            delay=desk.scheduler.delay(),
        )


def _nothing(tx: Transaction) -> None:
    """It is ours, and it does nothing."""


def _place(message: Message) -> Place:
    """Where to answer a message, and whom alone if that can be."""
    person = message.from_user.id if message.from_user and author_of(message) is Author.PERSON else None
    return Place(message.chat.id, thread_of(message), message.message_id, person)
