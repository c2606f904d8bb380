"""A guest turns out to be a person whom the company knows."""

from __future__ import annotations

from bridge.inbox.receive import carry, learn_profile
from bridge.model import ChannelName, Customer, ExternalId, Profile
from storage.store import Transaction


def identify(
    tx: Transaction, channel: ChannelName, guest: ExternalId, person: ExternalId, profile: Profile
) -> Customer | None:
    """The person as a customer; None when neither has written yet.

    1. nobody knows the person yet: the guest becomes the person, with all that was said;
    2. both are known: they are joined, and the guest's open conversation (with what was said in it) goes with the
       person, unless the person has an open one.
    """
    known = tx.find_customer(channel, person)
    stranger = tx.find_customer(channel, guest)
    if known is None and stranger is None:
        return None
    if known is None:
        assert stranger is not None
        return learn_profile(tx, tx.rename_customer(stranger.id, person), profile)
    if stranger is not None and stranger.person in (None, known.person):  # else it was somebody else's browser
        tx.join_customers(known.id, stranger.id)
        if tx.open_conversation(known.id) is None:
            carry(tx, stranger, known)
    return learn_profile(tx, known, profile)
