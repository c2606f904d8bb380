"""What we learn of a customer beside their messages: a form filled in, what the page knows of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bridge.inbox.receive import clean_details, learn_profile
from bridge.model import ChannelName, ExternalId, Profile
from storage.store import Transaction


def learn(
    tx: Transaction,
    channel: ChannelName,
    external_id: ExternalId,
    profile: Profile,
    consented_at: datetime | None = None,
    details: Mapping[str, str] | None = None,
) -> None:
    """Keep it, and show it on the card; nothing happens for somebody who has never written.

    `details`: the whole set, in place of the one before; None leaves it as it is.
    """
    customer = tx.find_customer(channel, external_id)
    if customer is None:
        return
    if consented_at:
        tx.consent(customer.id, consented_at)
    learn_profile(tx, customer, profile)
    conversation = tx.open_conversation(customer.id)
    if conversation is None or details is None:
        return
    cleaned = clean_details(details)
    if cleaned != conversation.details:
        tx.save_conversation(replace(conversation, details=cleaned))
