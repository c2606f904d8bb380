"""An operator takes an answer back."""

from __future__ import annotations

from bridge.inbox.accept import NotDone
from bridge.lifecycle import Hint
from bridge.model import Delivery, Direction, Message, MessageId, Todo
from storage.store import Transaction


def unsend(tx: Transaction, message: MessageId, *, channel_unsends: bool) -> Message | NotDone:
    """Take it out of the queue, or away from the customer where the channel can do that.

    The content stays in the store, for the operators; the customer sees that there was a message.
    """
    current = tx.message(message)
    conversation = tx.conversation(current.conversation) if current.conversation else None
    if current.direction is not Direction.OUT:
        return NotDone(Hint.NOT_AN_ANSWER, conversation)
    if current.deleted_at is not None:
        return current
    waits = tx.todo(message) is Todo.SEND
    here = not tx.tried(message) if waits else not tx.external_ids(message) and current.delivery is Delivery.FAILED
    if not here and not channel_unsends:
        return NotDone(Hint.CANNOT_UNSEND, conversation)
    deleted = tx.delete_message(message)
    if here:
        tx.drop_work(message)
    elif not waits:  # one that is on its way is taken back by the lane, when it knows what became of it
        tx.queue(message, Todo.EDIT)
    return deleted
