"""What operators write for each other in a conversation: the customer never sees it."""

from __future__ import annotations

from bridge.inbox.accept import NotDone, Operator
from bridge.inbox.receive import claim_uploads
from bridge.lifecycle import Hint
from bridge.model import Content, ConversationId, Direction, Message, MessageId
from storage.store import Transaction


def note(
    tx: Transaction,
    conversation: ConversationId,
    operator: Operator,
    content: Content,
    client_id: str = "",
    shown: bool = False,
) -> Message | NotDone:
    """Keep it, at any stage. `shown`: it stands in the group; with a `client_id`: said twice, kept once."""
    found = tx.conversation(conversation)
    if found is None:
        return NotDone(Hint.NOT_FOUND)
    if client_id and (known := tx.by_client_id(conversation, client_id, operator.id)):
        return tx.message(known)
    message = tx.add_message(
        customer=found.customer,
        conversation=found.id,
        direction=Direction.NOTE,
        content=content,
        written_at=tx.now,
        author=operator.id,
        author_name=operator.name,
        client_id=client_id,
        shown=shown,
    )
    claim_uploads(tx, message)
    return message


def edit_note(
    tx: Transaction, message: MessageId, content: Content, *, shown: bool = False
) -> Message | NotDone | None:
    """Change a note; None when nothing changed, or it was taken away. Events have no author, and stay."""
    current = tx.message(message)
    if current.direction is not Direction.NOTE or current.author is None:
        conversation = tx.conversation(current.conversation) if current.conversation else None
        return NotDone(Hint.NOT_FOUND, conversation)
    if content == current.content or current.deleted_at is not None:
        return None
    changed = tx.set_content(message, content, edited_at=tx.now, shown=shown)
    claim_uploads(tx, changed)
    return changed
