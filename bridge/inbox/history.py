"""What a customer may see again: the conversation so far, and what changed since a cursor."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.model import Customer, Delivery, Message
from storage.store import Transaction


def changed_since(tx: Transaction, customer: Customer, seq: int, limit: int) -> Sequence[Message]:
    """Messages that the customer may see and that changed after cursor `seq`, in order of `seq`."""
    return tx.messages_after(customer.id, seq, limit)


def latest(tx: Transaction, customer: Customer, limit: int) -> Sequence[Message]:
    """The newest messages that the customer may see, oldest first."""
    return tx.last_messages(customer.id, limit)


def acknowledged(tx: Transaction, customer: Customer, seq: int, *, seen: bool) -> int:
    """The customer's device has everything up to `seq` (or showed it); how many messages changed state."""
    return tx.advance_delivery(customer.id, seq, Delivery.SEEN if seen else Delivery.DELIVERED)
