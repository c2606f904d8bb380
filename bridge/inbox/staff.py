"""What the company's people write in a platform's own interface: the desk shows it, and nobody sends it again."""

from __future__ import annotations

from dataclasses import replace

from bridge.inbox.receive import clean_content, learn_profile, meet, target, to_copy
from bridge.model import Delivery, Direction, Message, StaffReply, Stage
from bridge.text import clean_name
from storage.store import Transaction


def take_staff_reply(tx: Transaction, reply: StaffReply) -> Message | None:
    """Keep it as an answer that was sent elsewhere; None when we know it already."""
    if tx.by_external(reply.channel, reply.external_id):
        return None
    customer = tx.find_customer(reply.channel, reply.customer)
    if customer is None:
        customer = meet(tx, reply.channel, reply.customer, reply.profile)
    else:
        customer = learn_profile(tx, customer, reply.profile)
    conversation = tx.open_conversation(customer.id)
    message = tx.add_message(
        customer=customer.id,
        conversation=conversation.id if conversation else None,
        direction=Direction.OUT,
        content=clean_content(reply.content),
        written_at=reply.written_at,
        author_name=clean_name(reply.author_name),
        reply_to=target(tx, reply.channel, reply.reply_to),
    )
    tx.link(reply.channel, [reply.external_id], message.id)
    tx.finish(message.id, Delivery.SENT)
    to_copy(tx, message)
    if conversation and conversation.stage is Stage.ACCEPTED and conversation.unanswered_since:
        tx.save_conversation(replace(conversation, unanswered_since=None, unanswered_count=0))
    return tx.message(message.id)
