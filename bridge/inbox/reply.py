"""Operators answer, change an answer, and try a failed one again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from bridge.inbox.accept import NotDone, Operator, step
from bridge.inbox.receive import claim_uploads
from bridge.lifecycle import Event, Hint
from bridge.model import (
    Content,
    Conversation,
    ConversationId,
    Delivery,
    Direction,
    Message,
    MessageId,
    Todo,
)
from storage.store import Transaction

ALBUM_SETTLES = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What an operator says to a conversation's customer. `shown`: the desk it was written on shows it already."""

    conversation: ConversationId
    operator: Operator
    content: Content
    reply_to: MessageId | None = None
    quote: str = ""
    album: str = ""
    shown: bool = True
    client_id: str = ""  # the id that the operator's program gave it: said twice, it is sent once


def reply(tx: Transaction, said: Reply) -> Message | NotDone:
    """Queue an answer for the customer, unless the conversation is not in work."""
    conversation = tx.conversation(said.conversation)
    if conversation is None:
        return NotDone(Hint.NOT_FOUND)
    if said.client_id and (known := tx.by_client_id(conversation.id, said.client_id, said.operator.id)):
        return tx.message(known)
    after = step(conversation, Event.REPLY)
    if isinstance(after, Hint):
        return NotDone(after, conversation)
    tx.clear_hint(said.operator.id)
    grown = _grow_album(tx, conversation, said)
    if grown:
        return grown
    message = tx.add_message(
        customer=conversation.customer,
        conversation=conversation.id,
        direction=Direction.OUT,
        content=said.content,
        written_at=tx.now,
        author=said.operator.id,
        author_name=said.operator.name,
        reply_to=said.reply_to,
        quote=said.quote,
        album=said.album,
        settles_at=tx.now + ALBUM_SETTLES if said.album else None,
        client_id=said.client_id,
        queued=True,
        shown=said.shown,
    )
    claim_uploads(tx, message)
    tx.save_conversation(replace(conversation, unanswered_since=None, unanswered_count=0))
    return message


def _grow_album(tx: Transaction, conversation: Conversation, said: Reply) -> Message | None:
    """A further part of an album that has not gone out yet becomes part of the same message."""
    album = tx.growing_album(conversation.customer, Direction.OUT, said.album) if said.album else None
    if album is None or not album[1] or album[0].author != said.operator.id:
        return None
    message = album[0]
    return tx.set_content(
        message.id,
        replace(message.content, attachments=message.content.attachments + said.content.attachments),
        settles_at=tx.now + ALBUM_SETTLES,
        shown=said.shown,
    )


def edit_reply(
    tx: Transaction,
    message: MessageId,
    content: Content,
    *,
    item: int,
    channel_edits: bool,
    shown: bool = True,
) -> Message | NotDone | None:
    """Change an answer: in the queue, or at the customer's if the channel can; None when nothing changed.

    `shown`: where it was changed, the group shows it already.
    """
    current = tx.message(message)
    if len(current.content.attachments) > 1 and content.attachments and item < len(current.content.attachments):
        attachments = list(current.content.attachments)
        attachments[item] = content.attachments[0]
        content = replace(current.content, attachments=tuple(attachments))
    if content == current.content or current.deleted_at is not None:
        return None
    waiting = tx.todo(message) is Todo.SEND or current.delivery is Delivery.FAILED
    if tx.partly_sent(message) or not (waiting or channel_edits):
        conversation = tx.conversation(current.conversation) if current.conversation else None
        return NotDone(Hint.CANNOT_EDIT, conversation)
    changed = tx.set_content(message, content, edited_at=tx.now, shown=shown)
    if not waiting:
        tx.queue(message, Todo.EDIT)
    return changed


def retry(tx: Transaction, message: MessageId) -> bool:
    """Try a failed one again; False if it has not failed (any more)."""
    current = tx.message(message)
    if current.delivery is not Delivery.FAILED:
        return False
    reached = current.failure is not None and bool(tx.external_ids(message)) and not tx.partly_sent(message)
    tx.queue(message, Todo.EDIT if reached else Todo.SEND)
    return True
