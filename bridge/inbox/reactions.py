"""A customer puts an emoji on a message: a line for the operators that changes with it."""

from __future__ import annotations

from bridge.inbox.events import tell
from bridge.model import Content, ExternalId, Message, Reaction, Text
from storage.store import Transaction


def take_reaction(tx: Transaction, reaction: Reaction, said: str) -> Message | None:
    """Show it; `said` is the line in words («Реакция клиента: 👍», or that it was taken away).

    One line for each message that was reacted to, which changes with it. None when there is nothing to show.
    """
    key = ExternalId(f"reaction:{reaction.target}")
    known = tx.by_external(reaction.channel, key)
    if known:
        content = Content(text=Text(said))
        return None if tx.message(known[0]).content == content else tx.set_content(known[0], content)
    target = tx.by_external(reaction.channel, reaction.target)
    customer = tx.find_customer(reaction.channel, reaction.customer)
    conversation = tx.open_conversation(customer.id) if customer else None
    if not reaction.emoji or conversation is None:
        return None
    line = tell(tx, conversation, said, about=target[0] if target else None)
    tx.link(reaction.channel, [key], line.id)
    return line
