"""What people say in an operators' group, and what becomes of it: an answer, a note, an edit, a refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from aiogram.types import Message

from bridge.desks.telegram.aim import Aim, Author, aim, operator_of, thread_of
from bridge.desks.telegram.hints import Told, told
from bridge.desks.telegram.view import Group
from bridge.inbox.accept import NotDone, Operator
from bridge.inbox.notes import edit_note, note
from bridge.inbox.reply import Reply, edit_reply, reply
from bridge.lifecycle import Hint
from bridge.model import (
    ChannelName,
    Content,
    Conversation,
    ConversationId,
    Direction,
    MessageId,
    Post,
    Role,
    Text,
)
from bridge.telegram.content import read_content
from bridge.text import units
from storage.store import Transaction

NOTE = "//"
UNKNOWN_AUTHORS = {Author.ANONYMOUS: Hint.ANONYMOUS, Author.CHANNEL: Hint.AS_CHANNEL}


def not_a_command(tx: Transaction, group: Group, message: Message) -> Told | None:
    """Somebody began with a slash what may have been meant for a customer."""
    meant = aim(tx, group, message)
    if meant is None or message.from_user is None:
        return None
    return told(tx, group, operator_of(message.from_user), Hint.UNKNOWN_COMMAND, meant.conversation)


def said(
    tx: Transaction, group: Group, message: Message, origin: str, author: Author, refusal: Hint | None
) -> Told | None:
    """An operator said something in the group: queue it for the customer, keep it as a note, or say why not.

    `refusal`: why this person may not answer anybody.
    """
    if tx.post(group.chat_id, message.message_id):
        return None  # it came again
    user = message.from_user
    assert user is not None
    operator = operator_of(user)
    if author is Author.PERSON and refusal is None:
        tx.operator_seen(group.name, operator.id, operator.name)
    meant = aim(tx, group, message)
    if meant is None:
        return None
    content = read_content(message, origin)
    if is_note(content):
        if refusal is None and meant.hint is not Hint.IN_ANOTHER_GROUP:
            _keep_note(tx, group, message, meant.conversation, operator, _unmarked(content))
        return None
    refusal = refusal or meant.hint or UNKNOWN_AUTHORS.get(author)
    if refusal:
        return told(tx, group, operator, refusal, meant.conversation)
    quoted = _quoted(tx, meant, message)
    done = reply(
        tx,
        Reply(
            conversation=meant.conversation.id,
            operator=operator,
            content=content,
            reply_to=quoted,
            quote=_quote(tx, quoted, message),
            album=f"{group.chat_id}:{message.media_group_id}" if message.media_group_id else "",
        ),
    )
    if isinstance(done, NotDone):
        return told(tx, group, operator, done.hint, done.conversation)
    _remember(tx, group, message, meant.conversation.id, done.id)
    return None


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


def _unmarked(content: Content) -> Content:
    """A note without the sign that says so: that is for this group, where answers and notes stand side by side."""
    if content.text:
        return replace(content, text=_without_sign(content.text))
    attachments = list(content.attachments)
    for at, attachment in enumerate(attachments):
        if attachment.caption:
            attachments[at] = replace(attachment, caption=_without_sign(attachment.caption))
            break
    return replace(content, attachments=tuple(attachments))


def _without_sign(text: Text) -> Text:
    left = text.plain.lstrip().removeprefix(NOTE).lstrip()
    if not left or not text.plain.lstrip().startswith(NOTE):
        return text
    cut = units(text.plain) - units(left)
    ends = (
        (span, min(span.offset + span.length, cut + units(left)) - max(span.offset, cut)) for span in text.spans
    )
    spans = (
        replace(span, offset=max(span.offset, cut) - cut, length=length) for span, length in ends if length > 0
    )
    return Text(left, tuple(spans))


def _keep_note(
    tx: Transaction,
    group: Group,
    message: Message,
    conversation: Conversation,
    operator: Operator,
    content: Content,
) -> None:
    kept = note(tx, conversation.id, operator, content, shown=True)
    if not isinstance(kept, NotDone):
        _remember(tx, group, message, conversation.id, kept.id)


def _quoted(tx: Transaction, meant: Aim, message: Message) -> MessageId | None:
    """Which message the answer quotes. Where replying is only how one answers, the newest is not quoted."""
    target = meant.target
    if target is None or target.role not in (Role.MIRROR, Role.OPERATOR):
        return None
    if len(target.messages) != 1:
        return None
    found = tx.message(target.messages[0])
    if found.direction is Direction.NOTE or found.customer != meant.conversation.customer:
        return None
    if meant.in_topic or message.quote is not None:
        return found.id
    if found.direction is not Direction.IN:
        return None
    newest = tx.last_in_conversation(meant.conversation.id, Direction.IN)
    return None if newest is not None and newest.id == found.id else found.id


def _quote(tx: Transaction, quoted: MessageId | None, message: Message) -> str:
    """The part that is quoted, if it is the customer's (or the operator's) and not of the frame around it."""
    if quoted is None or message.quote is None or not message.quote.is_manual:
        return ""
    content = tx.message(quoted).content
    words = (content.text, *(attachment.caption for attachment in content.attachments))
    return message.quote.text if any(message.quote.text in text.plain for text in words) else ""


def edited(
    tx: Transaction,
    group: Group,
    message: Message,
    origin: str,
    channel_edits: Callable[[ChannelName], bool],
) -> Told | None:
    """An operator changed a message that went to a customer. Where a post of ours repeats it, that is to follow."""
    post = tx.post(group.chat_id, message.message_id)
    if post is None or post.role is not Role.OPERATOR or not post.messages or message.from_user is None:
        return None
    before = tx.message(post.messages[0])
    content = read_content(message, origin)
    shown = not tx.posts_of(before.id, Role.MIRROR)
    if before.direction is Direction.NOTE:
        edit_note(tx, before.id, _unmarked(content), shown=shown)
        return None
    items = [each.message_id for each in tx.posts_of(before.id, Role.OPERATOR)]
    item = items.index(post.message_id) if post.message_id in items else 0
    channel = tx.customer(before.customer).channel
    done = edit_reply(tx, before.id, content, item=item, channel_edits=channel_edits(channel), shown=shown)
    if isinstance(done, NotDone):
        return told(tx, group, operator_of(message.from_user), done.hint, done.conversation)
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
