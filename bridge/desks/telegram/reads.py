"""What people do in an operators' group: words, edits, presses, commands, and everything that must stay inert.

A reply goes to the customer it was meant for or to nobody: this is where that is decided.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from aiogram.types import CallbackQuery, InaccessibleMessage, Message, User

from bridge.desks.telegram.view import Group, Layout
from bridge.inbox.accept import NotDone, Operator
from bridge.inbox.reply import Reply, edit_reply, reply
from bridge.lifecycle import Hint
from bridge.model import (
    ChannelName,
    Content,
    Conversation,
    ConversationId,
    Direction,
    MessageId,
    OperatorId,
    Post,
    Role,
    Stage,
    Text,
)
from bridge.telegram.content import read_content
from bridge.text import clean_name
from storage.store import Transaction

NOTE = "//"


class Author(StrEnum):
    """Who wrote a message in the group."""

    PERSON = "person"
    ANONYMOUS = "anonymous"  # an admin who stays anonymous: we cannot know who it is
    CHANNEL = "channel"  # somebody who speaks as a channel
    MACHINE = "machine"  # a bot, or the linked channel's automatic posts: never meant for a customer


def author_of(message: Message) -> Author:
    """Who wrote it; anonymous admins and channels come as bots with a `sender_chat`."""
    if message.is_automatic_forward:
        return Author.MACHINE
    if message.sender_chat is not None:
        return Author.ANONYMOUS if message.sender_chat.id == message.chat.id else Author.CHANNEL
    if message.from_user is None or message.from_user.is_bot:
        return Author.MACHINE
    return Author.PERSON


def operator_of(user: User) -> Operator:
    """The person as Otklik knows operators."""
    return Operator(OperatorId(user.id), clean_name(user.full_name) or str(user.id))


def thread_of(message: Message | InaccessibleMessage) -> int | None:
    """The forum topic a message stands in. Elsewhere message_thread_id is the root of a reply chain."""
    if isinstance(message, InaccessibleMessage):
        return None
    return message.message_thread_id if message.is_topic_message else None


def replied(message: Message) -> int | None:
    """The message it answers; a topic's own first message, which Telegram puts there by itself, is none."""
    target = message.reply_to_message
    if target is None or target.message_id == thread_of(message):
        return None
    return target.message_id


@dataclass(frozen=True, slots=True)
class Aim:
    """For which conversation a message in the group is meant, and which message it answers."""

    conversation: Conversation
    target: Post | None = None


def aim(tx: Transaction, group: Group, message: Message, *, anywhere: bool = False) -> Aim | Hint | None:
    """Whom it is meant for; a hint when it must be said elsewhere; None for plain talk between operators.

    `anywhere`: also where an answer would have to be written in the customer's topic.
    """
    thread = thread_of(message)
    answered = replied(message)
    target = tx.post(group.chat_id, answered) if answered is not None else None
    if group.layout is Layout.TOPICS:
        customer = tx.topic_customer(group.chat_id, thread) if thread is not None else None
        if customer is not None:
            conversation = tx.last_conversation(customer)
            return Aim(conversation, target) if conversation else None
    if target is None or target.conversation is None or target.role is Role.BOARD:
        return None
    conversation = tx.conversation(target.conversation)
    if conversation is None:
        return None
    if conversation.stage is Stage.CLOSED:  # the customer may have written anew since
        conversation = tx.last_conversation(conversation.customer) or conversation
    if group.layout is Layout.TOPICS and conversation.stage is Stage.ACCEPTED and not anywhere:
        return Hint.IN_THE_TOPIC
    return Aim(conversation, target)


@dataclass(frozen=True, slots=True)
class Told:
    """A hint for one operator, at a message."""

    hint: Hint
    conversation: Conversation | None
    again: bool = False  # the same one as last time: not to be repeated


def said(
    tx: Transaction, group: Group, message: Message, origin: str, author: Author, refusal: Hint | None
) -> Told | None:
    """An operator said something in the group: queue it for the customer, keep it as a note, or say why not.

    `refusal`: why this person may not answer anybody.
    """
    if tx.post(group.chat_id, message.message_id):
        return None  # it came again
    meant = aim(tx, group, message)
    if meant is None:
        return None
    user = message.from_user
    assert user is not None
    operator = operator_of(user)
    meant = refusal or meant
    if isinstance(meant, Hint):
        return _told(tx, group, operator, meant, None)
    content = read_content(message, origin)
    if is_note(content):
        _keep_note(tx, group, message, meant.conversation, operator, content)
        return None
    if author is not Author.PERSON:
        hint = Hint.ANONYMOUS if author is Author.ANONYMOUS else Hint.AS_CHANNEL
        return _told(tx, group, operator, hint, meant.conversation)
    done = reply(
        tx,
        Reply(
            conversation=meant.conversation.id,
            operator=operator,
            content=content,
            reply_to=_quoted(tx, group, meant, message),
            quote=message.quote.text if message.quote and message.quote.is_manual else "",
            album=f"{group.chat_id}:{message.media_group_id}" if message.media_group_id else "",
        ),
    )
    if isinstance(done, NotDone):
        return _told(tx, group, operator, done.hint, done.conversation)
    _remember(tx, group, message, meant.conversation.id, done.id)
    return None


def _told(tx: Transaction, group: Group, operator: Operator, hint: Hint, conversation: Conversation | None) -> Told:
    key = f"{hint.value}:{conversation.id if conversation else ''}"
    return Told(hint, conversation, again=tx.same_hint_again(operator.id, group.chat_id, key))


def _remember(
    tx: Transaction, group: Group, message: Message, conversation: ConversationId, said: MessageId
) -> None:
    tx.add_post(
        Post(
            chat_id=group.chat_id,
            message_id=message.message_id,
            bot_id=group.bot_id,
            role=Role.OPERATOR,
            conversation=conversation,
            thread_id=thread_of(message),
            messages=(said,),
        )
    )


def is_note(content: Content) -> bool:
    """`//` at the beginning: for colleagues only."""
    first = content.text or next((a.caption for a in content.attachments if a.caption), Text())
    return first.plain.lstrip().startswith(NOTE)


def _keep_note(
    tx: Transaction,
    group: Group,
    message: Message,
    conversation: Conversation,
    operator: Operator,
    content: Content,
) -> None:
    note = tx.add_message(
        customer=conversation.customer,
        conversation=conversation.id,
        direction=Direction.NOTE,
        content=content,
        written_at=tx.now,
        author=operator.id,
        author_name=operator.name,
        shown=True,
    )
    _remember(tx, group, message, conversation.id, note.id)


def _quoted(tx: Transaction, group: Group, meant: Aim, message: Message) -> MessageId | None:
    """Which message the answer quotes. Where replying is only how one answers, the newest is not quoted."""
    target = meant.target
    if target is None or target.role not in (Role.MIRROR, Role.OPERATOR):
        return None
    if len(target.messages) != 1:
        return None
    found = tx.message(target.messages[0])
    if found.direction is Direction.NOTE or found.customer != meant.conversation.customer:
        return None
    if group.layout is Layout.TOPICS or message.quote is not None:
        return found.id
    if found.direction is not Direction.IN:
        return None
    newest = tx.last_in_conversation(meant.conversation.id, Direction.IN)
    return None if newest is not None and newest.id == found.id else found.id


def edited(
    tx: Transaction,
    group: Group,
    message: Message,
    origin: str,
    channel_edits: Callable[[ChannelName], bool],
) -> Told | None:
    """An operator changed a message that went to a customer."""
    post = tx.post(group.chat_id, message.message_id)
    if post is None or post.role is not Role.OPERATOR or not post.messages or message.from_user is None:
        return None
    before = tx.message(post.messages[0])
    content = read_content(message, origin)
    if before.direction is Direction.NOTE:
        if content != before.content:
            tx.set_content(before.id, content, edited_at=tx.now, shown=True)
        return None
    items = [each.message_id for each in tx.posts_of(before.id, Role.OPERATOR)]
    item = items.index(post.message_id) if post.message_id in items else 0
    channel = tx.customer(before.customer).channel
    done = edit_reply(tx, before.id, content, item=item, channel_edits=channel_edits(channel))
    if isinstance(done, NotDone):
        return _told(tx, group, operator_of(message.from_user), done.hint, done.conversation)
    return None


def topic_state(tx: Transaction, chat_id: int, thread_id: int, *, is_open: bool) -> None:
    """Somebody closed or opened a customer's topic by hand."""
    customer = tx.topic_customer(chat_id, thread_id)
    topic = tx.topic(customer, chat_id) if customer is not None else None
    if topic is not None and topic.open != is_open:
        tx.save_topic(replace(topic, open=is_open))
        conversation = tx.last_conversation(topic.customer)
        if conversation:
            tx.touch(conversation.id)


@dataclass(frozen=True, slots=True)
class Press:
    """A button that somebody pressed: what for, and which conversation or message."""

    act: str
    number: int


def press_of(query: CallbackQuery) -> Press | None:
    """What the button says; None for one that is not (or no longer) ours."""
    act, _, number = (query.data or "").partition(":")
    if act not in ("a", "c", "n", "o", "r") or not number.isdecimal() or len(number) > 18:
        return None
    return Press(act, int(number))
