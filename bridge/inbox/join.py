"""A customer goes on in another channel: a one-time token carries the conversation over and joins both."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from bridge.inbox.receive import carry, touch_customer
from bridge.model import ChannelName, Conversation, Customer, CustomerId, Profile
from storage.store import Transaction

GOOD_FOR = timedelta(minutes=15)
PREFIX = "j-"  # tells our tokens from other start parameters; Telegram allows A-Z a-z 0-9 _ - and 64 characters


@dataclass(frozen=True, slots=True)
class Joined:
    """Who they were before, and the conversation that came along (None: there was none to carry)."""

    before: Customer
    conversation: Conversation | None


def offer_join(tx: Transaction, customer: CustomerId, to: ChannelName) -> str:
    """A token for a customer who has agreed to be joined with whoever brings it to channel `to`.

    Only its hash is kept.
    """
    token = PREFIX + secrets.token_urlsafe(24)
    tx.offer_join(_hash(token), customer, to, tx.now + GOOD_FOR)
    return token


def is_token(written: str) -> bool:
    """Whether a start parameter is (or was) one of these tokens."""
    return written.startswith(PREFIX)


def join(tx: Transaction, token: str, customer: Customer) -> Joined | None:
    """Who brought the token is the person who asked for it; None when it is used, too old or none.

    Their open conversation follows them here, unless one is open here already. A guest gets the name known here.
    """
    found = tx.take_join(_hash(token), customer.channel)
    if found is None or found == customer.id:
        return None
    before = tx.customer(found)
    tx.join_customers(found, customer.id)
    carried = None if tx.open_conversation(customer.id) else carry(tx, before, customer)
    if customer.profile.name and not before.profile.name:
        tx.update_profile(before.id, Profile(name=customer.profile.name))
    for each in (before, customer):
        touch_customer(tx, each)
    return Joined(before, carried)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
