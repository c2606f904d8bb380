"""What a platform tells of messages that were sent: delivered, seen, or not delivered after all."""

from __future__ import annotations

from bridge.model import ChannelName, Delivery, ExternalId, Receipt, Todo, Why
from storage.store import Transaction


def take_receipt(tx: Transaction, receipt: Receipt) -> None:
    """Note it; one that comes before the answer to our call is kept until the message's id is known."""
    customer = tx.find_customer(receipt.channel, receipt.customer)
    if customer is None:
        return
    for external_id in receipt.external_ids:
        if not _arrived(tx, receipt.channel, external_id, receipt.delivery, up_to=False):
            tx.keep_receipt(receipt.channel, external_id, receipt.delivery, up_to=False)
    if receipt.up_to and not _arrived(tx, receipt.channel, receipt.up_to, receipt.delivery, up_to=True):
        tx.keep_receipt(receipt.channel, receipt.up_to, receipt.delivery, up_to=True)
    if receipt.until:
        tx.advance_until(customer.id, receipt.until, receipt.delivery)


def take_failure(tx: Transaction, channel: ChannelName, external_id: ExternalId, why: Why) -> bool:
    """What the platform had taken did not reach the customer: the operator is told, and can send it again.

    False when the message is not known (yet).
    """
    found = tx.by_external(channel, external_id)
    if found is None:
        tx.keep_receipt(channel, external_id, Delivery.FAILED, up_to=False)
        return False
    message, _ = found
    tx.lose_piece(channel, external_id)
    if tx.todo(message) is Todo.SEND:
        return True  # the rest of it is on its way: the lane tells when it is done
    if tx.message(message).delivery is not Delivery.FAILED:
        tx.finish(message, Delivery.FAILED, failure=why)
    return True


def take_early(tx: Transaction, channel: ChannelName, external_ids: tuple[ExternalId, ...]) -> None:
    """The ids of a message have become known: what had been told of them before is noted now."""
    for external_id, delivery, up_to in tx.take_receipts(channel, external_ids):
        if delivery is Delivery.FAILED:
            take_failure(tx, channel, external_id, Why.UNDELIVERED)
        else:
            _arrived(tx, channel, external_id, delivery, up_to=up_to)


def _arrived(
    tx: Transaction, channel: ChannelName, external_id: ExternalId, delivery: Delivery, *, up_to: bool
) -> bool:
    """False when nobody knows the id. Of a message in several pieces the last one counts."""
    found = tx.by_external(channel, external_id)
    if found is None:
        return False
    message, _ = found
    if external_id == tx.external_ids(message)[-1]:
        tx.advance_message(message, delivery)
    if up_to:
        before = tx.message(message)
        tx.advance_up_to(before.customer, message, delivery)
    return True
