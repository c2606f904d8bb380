"""What happens beside messages, told to the operators in the conversation: a line that no customer sees."""

from __future__ import annotations

from bridge.model import ChannelName, Content, Conversation, Direction, ExternalId, Message, MessageId, Text
from storage.store import Transaction


def tell(tx: Transaction, conversation: Conversation, text: str, *, about: MessageId | None = None) -> Message:
    """A line for the operators; `about`: the message that it is about."""
    return tx.add_message(
        customer=conversation.customer,
        conversation=conversation.id,
        direction=Direction.NOTE,
        content=Content(text=Text(text)),
        written_at=tx.now,
        reply_to=about,
    )


def tell_customer_of(tx: Transaction, channel: ChannelName, customer: ExternalId, text: str) -> Message | None:
    """The same for the open conversation of a customer; None when they have none."""
    known = tx.find_customer(channel, customer)
    conversation = tx.open_conversation(known.id) if known else None
    return tell(tx, conversation, text) if conversation else None
