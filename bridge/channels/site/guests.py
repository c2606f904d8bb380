"""Whose conversation it is: a visitor as a customer, and a guest who turns out to be a person."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from bridge.channels.site.identity import Person
from bridge.channels.site.protocol import Close
from bridge.channels.site.services import Services
from bridge.channels.site.sessions import Visitor, merged
from bridge.inbox.contact import learn
from bridge.inbox.identify import identify
from bridge.model import ChannelName, Customer, ExternalId
from storage.store import Transaction


def visitor_id(secret: str) -> ExternalId:
    """Under which name the store knows the visitor who has this secret; the secret itself is never stored."""
    return ExternalId(hashlib.sha256(secret.encode("ascii")).hexdigest())


@dataclass(frozen=True, slots=True)
class _Known:
    """What the store has of a guest and of the person that they are."""

    guest: Customer | None
    person: Customer | None
    joined: bool  # nothing of the guest is left to be taken along


async def recognise(services: Services, visitor: Visitor, guest: ExternalId, person: Person | None) -> bool:
    """Find the visitor's customer; True when the history is another one than the guest had in this browser."""
    if person is None:
        if visitor.customer is None:
            _is(services, visitor, await services.inbox.find(services.channel, visitor.id))
        return False
    visitor.profile = person.profile
    channel = services.channel
    known = await services.inbox.read(lambda tx: _look(tx, channel, guest, person.id))
    if known.guest is not None and not known.joined:
        found = await services.inbox.write(lambda tx: identify(tx, channel, guest, person.id, person.profile))
        for tab in services.sessions.forget(guest):  # they come back, and see what is still theirs
            services.sessions.spawn(tab.connection.close(Close.GOING_AWAY, "identified"))
        _is(services, visitor, found)
        return known.person is not None
    if known.person is not None and merged(known.person.profile, person.profile) != known.person.profile:
        await services.inbox.write(lambda tx: learn(tx, channel, person.id, person.profile))
    _is(services, visitor, known.person)
    return False


def _look(tx: Transaction, channel: ChannelName, guest: ExternalId, person: ExternalId) -> _Known:
    stranger, known = tx.find_customer(channel, guest), tx.find_customer(channel, person)
    same = (
        stranger is not None and known is not None and known.person is not None and stranger.person == known.person
    )
    joined = same and stranger is not None and tx.open_conversation(stranger.id) is None
    return _Known(stranger, known, joined)


def _is(services: Services, visitor: Visitor, customer: Customer | None) -> None:
    if customer is not None:
        services.sessions.is_customer(visitor, customer)
