"""The Telegram desk: takes in what happens in the operators' groups, and runs each group's view."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from aiogram.methods import DeleteMessage
from aiogram.types import CallbackQuery, ChatMemberUpdated, Message, Update

from bridge.contracts import ChannelHealth
from bridge.desks.telegram import commands, reads
from bridge.desks.telegram.commands import Command, Status
from bridge.desks.telegram.group import GroupDesk
from bridge.desks.telegram.members import Members
from bridge.desks.telegram.reads import Author, Press, Told
from bridge.desks.telegram.render import Rendered
from bridge.desks.telegram.view import Group
from bridge.inbox.accept import NotDone, Operator, accept, close, no_reply_needed, reopen
from bridge.inbox.reply import retry
from bridge.lifecycle import Hint
from bridge.model import ChannelName, Conversation, ConversationId, MessageId, Signals, Text
from bridge.telegram.client import TelegramClient
from bridge.telegram.content import is_service
from bridge.telegram.errors import Failure
from bridge.telegram.updates import After, Work
from storage.store import Store, Transaction

log = logging.getLogger(__name__)

Health = Callable[[], Mapping[ChannelName, ChannelHealth]]
ACTS = {"a": "accept", "c": "close", "n": "no-reply", "o": "reopen"}


class TelegramDesk:
    """An `UpdateTaker` for the operators' groups; `run` keeps the groups showing what is true."""

    allowed_updates = frozenset({"message", "edited_message", "callback_query", "my_chat_member", "chat_member"})

    def __init__(
        self,
        store: Store,
        client: TelegramClient,
        members: Members,
        groups: Sequence[GroupDesk],
        *,
        language: str,
        channel_edits: Callable[[ChannelName], bool],
        channel_health: Health,
    ) -> None:
        self._store = store
        self._client = client
        self._members = members
        self._groups = tuple(groups)
        self._language = language
        self._channel_edits = channel_edits
        self._channel_health = channel_health
        self._tasks: set[asyncio.Task[None]] = set()
        self._username = ""
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

    def _listen(self, signals: Signals) -> None:
        for group in self._groups:
            group.listen(signals)

    async def _introduce(self) -> None:
        """Register the commands; it is no matter when."""
        for group in self._groups:
            await group.known.wait()
        failure = await commands.register(self._client, self._language)
        if failure:
            log.warning("the commands could not be registered: %s", failure)

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
            return await self._press(update.callback_query)
        if update.chat_member is not None:
            return self._member(update.chat_member)
        if update.my_chat_member is not None:
            return self._member(update.my_chat_member)
        message = update.message or update.edited_message
        desk = self._group_of(message.chat.id) if message else None
        if message is None or desk is None:
            return None
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

    async def _name(self) -> str:
        if not self._username:
            me = await self._client.me()
            self._username = "" if isinstance(me, Failure) else (me.username or "")
        return self._username

    def _member(self, update: ChatMemberUpdated) -> Work | None:
        if self._group_of(update.chat.id) is None:
            return None
        self._members.changed(update)
        return _nothing

    def _moved(self, desk: GroupDesk, chat_id: int) -> Work:
        """Told by Telegram in the old chat; a call into it would tell the same."""

        def work(tx: Transaction) -> After:
            return lambda: self._soon(desk.moved(chat_id))

        return work

    def _service(self, desk: GroupDesk, message: Message) -> Work:
        """Service messages are inert; only the one that our own pin makes is taken away again."""
        chat_id, message_id = message.chat.id, message.message_id
        ours = message.from_user is not None and message.from_user.id == self._client.bot_id
        thread = message.message_thread_id

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
        author = reads.author_of(message)
        if author is Author.MACHINE or message.from_user is None:
            return _nothing
        refusal = await self._may(desk, message.from_user.id) if author is Author.PERSON else None
        return self._telling(
            desk, message, lambda tx: reads.said(tx, desk.group, message, self._client.origin, author, refusal)
        )

    async def _edited(self, desk: GroupDesk, message: Message) -> Work:
        if reads.author_of(message) is not Author.PERSON:
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
            if told is None or told.again or message.from_user is None:
                return None
            said, user = self._hint(desk.group, told.hint, told.conversation), message.from_user.id
            thread = reads.thread_of(message)
            return lambda: self._soon(desk.speaker.hint(message.chat.id, thread, message.message_id, user, said))

        return work

    def _hint(self, group: Group, hint: Hint, conversation: Conversation | None) -> Rendered:
        name = conversation.operator_name if conversation else ""
        return Rendered(Text(group.words(f"hint-{hint.value}", name=name)))

    # presses

    async def _press(self, query: CallbackQuery) -> Work | None:
        desk = self._group_of(query.message.chat.id) if query.message else None
        if desk is None:
            return None
        press = reads.press_of(query)
        refusal = await self._may(desk, query.from_user.id)
        words = desk.group.words

        def work(tx: Transaction) -> After:
            if refusal or press is None:
                hint = words(f"hint-{refusal.value}", name="") if refusal else words("button-old")
                return lambda: self._soon(desk.speaker.toast(query.id, hint, alert=True))
            text, alert = self._pressed(tx, desk.group, press, reads.operator_of(query.from_user))
            return lambda: self._soon(desk.speaker.toast(query.id, text, alert=alert))

        return work

    def _pressed(self, tx: Transaction, group: Group, press: Press, operator: Operator) -> tuple[str, bool]:
        """Do what the button says; the toast, and whether it must be confirmed."""
        if press.act == "r":
            return self._retry(tx, group, MessageId(press.number))
        conversation = ConversationId(press.number)
        found = tx.conversation(conversation)
        if found is None or found.group != group.name:  # forged, or of another installation
            return group.words("button-old"), True
        done: Conversation | NotDone
        match press.act:
            case "a":
                done = accept(tx, conversation, operator)
            case "c":
                done = close(tx, conversation)
            case "n":
                done = no_reply_needed(tx, conversation)
            case _:
                done = reopen(tx, conversation, operator)
        if isinstance(done, NotDone):
            return self._hint(group, done.hint, done.conversation).text.plain, True
        return group.words(f"done-{ACTS[press.act]}"), False

    def _retry(self, tx: Transaction, group: Group, message: MessageId) -> tuple[str, bool]:
        try:
            conversation = tx.message(message).conversation
        except KeyError:
            conversation = None
        found = tx.conversation(conversation) if conversation is not None else None
        if found is None or found.group != group.name:
            return group.words("button-old"), True
        return group.words("done-retry" if retry(tx, message) else "retry-not-failed"), False

    # commands

    async def _command(self, desk: GroupDesk, message: Message, command: Command) -> Work:
        """Commands never reach a customer, known or not."""
        if not command.ours or command.name not in commands.COMMANDS or message.from_user is None:
            return _nothing
        if reads.author_of(message) is not Author.PERSON:
            return _nothing
        refusal = await self._may(desk, message.from_user.id)
        group, user = desk.group, message.from_user
        thread = reads.thread_of(message)

        def work(tx: Transaction) -> After:
            hint = self._hint(group, refusal, None) if refusal else None
            said = hint or self._answer(tx, desk, message, command.name)
            return lambda: self._soon(desk.speaker.tell(message.chat.id, thread, message.message_id, user.id, said))

        return work

    def _answer(self, tx: Transaction, desk: GroupDesk, message: Message, name: str) -> Rendered:
        group, user = desk.group, message.from_user
        assert user is not None
        match name:
            case "open":
                return commands.feed_list(tx, group)
            case "mine":
                return commands.mine_list(tx, group, reads.operator_of(user).id)
            case "status":
                return self._status(tx, desk)
            case "close":
                return self._close(tx, group, message)
            case _:
                return commands.help_text(group)

    def _close(self, tx: Transaction, group: Group, message: Message) -> Rendered:
        """/close in a customer's topic, or as a reply to a post of the conversation."""
        meant = reads.aim(tx, group, message, anywhere=True)
        if not isinstance(meant, reads.Aim):
            return Rendered(Text(group.words("close-which")))
        done = close(tx, meant.conversation.id)
        if isinstance(done, NotDone):
            return self._hint(group, done.hint, done.conversation)
        return Rendered(Text(group.words("done-close")))

    def _status(self, tx: Transaction, desk: GroupDesk) -> Rendered:
        group = desk.group
        status = Status(
            channels=self._channel_health(),
            queues=tx.queue_lengths(),
            figures=tx.figures(group.name),
            posts_waiting=desk.scheduler.waiting,
            delay=desk.scheduler.delay(),
        )
        return commands.status_text(group, status, lambda channel: channel in group.sources)


def _nothing(tx: Transaction) -> None:
    """It is ours, and it does nothing."""
