"""What Viber's events do to the store: each in one transaction, and twice the same as once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from bridge.aside import kind_of
from bridge.catalogue import Catalogue
from bridge.channels.viber import read
from bridge.channels.viber.read import Event
from bridge.inbox.contact import learn
from bridge.inbox.events import tell_customer_of
from bridge.inbox.join import is_token, join
from bridge.inbox.receipts import take_failure, take_receipt
from bridge.inbox.receive import greet, learn_profile, meet, set_blocked, take_in
from bridge.model import (
    ChannelName,
    Content,
    Customer,
    Delivery,
    Direction,
    ExternalId,
    GroupName,
    Receipt,
    Text,
    Why,
)
from storage.store import Transaction

log = logging.getLogger(__name__)

DELIVERIES: Final = {"delivered": Delivery.DELIVERED, "seen": Delivery.SEEN}
INERT: Final = frozenset({"webhook", "client_status", "action"})  # nothing in them is for us
ON, OFF = "1", "0"  # whether a customer is subscribed


class Unreadable(Exception):
    """An event without what makes it one; it is set aside."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What is left to be done after the commit."""

    welcome: str = ""  # the answer to conversation_started, in words
    stray: ExternalId | None = None  # a message of ours reached somebody, but we do not know its token (yet)


NOTHING: Final = Taken()


class Events:
    """Of one channel. `title` is what customers who go on here are told it is called."""

    def __init__(self, channel: ChannelName, group: GroupName, title: str, greeting: str, say: Catalogue) -> None:
        self._channel = channel
        self._group = group
        self._title = title
        self._greeting = greeting
        self._say = say
        self._works: dict[str, Callable[[Transaction, Event, ExternalId], Taken]] = {
            "message": self._message,
            "conversation_started": self._opened,
            "subscribed": self._subscribed,
            "unsubscribed": self._unsubscribed,
            "delivered": self._receipt,
            "seen": self._receipt,
            "failed": self._failed,
        }

    def take(self, tx: Transaction, event: Event) -> Taken:
        """Write down what happened. Raises Unreadable."""
        work = self._works.get(event.name)
        if work is None:
            if event.name not in INERT and not event.name.startswith("pa_"):
                log.info("%s: an event that we do not know: %s", self._channel, kind_of(event.name))
            return NOTHING
        if event.customer is None:
            raise Unreadable(f"{event.name} of nobody")
        return work(tx, event, event.customer)

    def _message(self, tx: Transaction, event: Event, customer: ExternalId) -> Taken:
        incoming = read.incoming(event, customer, self._channel, self._say)
        details = self._details(tx, event, customer)
        received = take_in(tx, replace(incoming, details=details), self._group)
        if received.new and self._state_after(tx, event, customer) == OFF:
            set_blocked(tx, tx.customer(received.message.customer), True)  # they left after they had written it
        return NOTHING

    def _details(self, tx: Transaction, event: Event, customer: ExternalId) -> dict[str, str]:
        """What the card says beside the name, with what it says already."""
        known = tx.find_customer(self._channel, customer)
        conversation = tx.open_conversation(known.id) if known else None
        found = dict(conversation.details) if conversation else {}
        if country := read.country(event):
            found[self._say("viber-country")] = country
        if context := tx.echo(self._channel, f"context:{customer}"):
            tx.keep_echo(self._channel, f"context:{customer}", ExternalId(""))
            found[self._say("detail-referral")] = context
        return found

    def _opened(self, tx: Transaction, event: Event, customer: ExternalId) -> Taken:
        """Somebody opened the chat; a welcome may be the answer. Whoever asks again gets the same one."""
        key = f"conversation_started:{event.token}"
        said = tx.echo(self._channel, key)
        if said is not None:
            return Taken(welcome=said)
        context = read.context(event)
        subscribed = event.fields.get("subscribed") is True
        if is_token(context):
            welcome = self._joined(tx, event, customer, context)
        else:
            welcome = "" if subscribed else self._greeting
            self._came_by(tx, event, customer, context)
        if welcome and subscribed:  # then it can be sent like everything else
            greet(tx, self._person(tx, event, customer), welcome)
            welcome = ""
        elif welcome:
            self._note(tx, self._person(tx, event, customer), welcome)
        tx.keep_echo(self._channel, key, ExternalId(welcome))
        return Taken(welcome=welcome)

    def _person(self, tx: Transaction, event: Event, customer: ExternalId) -> Customer:
        """The customer, made if new. To have opened the chat is not yet to be subscribed again."""
        known = tx.find_customer(self._channel, customer)
        learned = read.profile(event, self._channel)
        return learn_profile(tx, known, learned) if known else meet(tx, self._channel, customer, learned)

    def _joined(self, tx: Transaction, event: Event, customer: ExternalId, token: str) -> str:
        """Who brings a token from another channel is the person who got it there."""
        joined = join(tx, token, self._person(tx, event, customer))
        if joined is None:
            return self._say("join-too-old")
        greet(tx, joined.before, self._say("join-moved", channel=self._title))
        return self._say("join-welcome")

    def _came_by(self, tx: Transaction, event: Event, customer: ExternalId, context: str) -> None:
        """The link's parameter goes on the card: at once where there is one, else with the first message."""
        if not context:
            return
        known = tx.find_customer(self._channel, customer)
        conversation = tx.open_conversation(known.id) if known else None
        if conversation is None:
            tx.keep_echo(self._channel, f"context:{customer}", ExternalId(context[:500]))
            return
        details = {**conversation.details, self._say("detail-referral"): context}
        learn(tx, self._channel, customer, read.profile(event, self._channel), details=details)

    def _note(self, tx: Transaction, customer: Customer, welcome: str) -> None:
        """The answer to conversation_started is not confirmed by anything: it counts as sent."""
        conversation = tx.open_conversation(customer.id)
        message = tx.add_message(
            customer=customer.id,
            conversation=conversation.id if conversation else None,
            direction=Direction.SYSTEM,
            content=Content(text=Text(welcome)),
            written_at=tx.now,
        )
        tx.finish(message.id, Delivery.SENT)

    def _subscribed(self, tx: Transaction, event: Event, customer: ExternalId) -> Taken:
        known = tx.find_customer(self._channel, customer)
        newer = self._state_after(tx, event, customer) is None
        if known is not None:
            known = learn_profile(tx, known, read.profile(event, self._channel))
            if newer and known.blocked:
                set_blocked(tx, known, False)
                tell_customer_of(tx, self._channel, customer, self._say("event-unblocked"))
        if newer:
            self._keep_state(tx, event, customer, ON)
        return NOTHING

    def _unsubscribed(self, tx: Transaction, event: Event, customer: ExternalId) -> Taken:
        known = tx.find_customer(self._channel, customer)
        if self._state_after(tx, event, customer) is not None or (known and _wrote_after(tx, known, event)):
            return NOTHING
        if known is not None and not known.blocked:
            set_blocked(tx, known, True)
            tell_customer_of(tx, self._channel, customer, self._say("event-blocked"))
        self._keep_state(tx, event, customer, OFF)
        return NOTHING

    def _receipt(self, tx: Transaction, event: Event, customer: ExternalId) -> Taken:
        delivery, token = DELIVERIES[event.name], ExternalId(event.token)
        if delivery is Delivery.SEEN:  # of all that was unread, Viber tells the last one only
            receipt = Receipt(channel=self._channel, customer=customer, delivery=delivery, up_to=token)
        else:
            receipt = Receipt(channel=self._channel, customer=customer, delivery=delivery, external_ids=(token,))
        take_receipt(tx, receipt)
        return NOTHING if tx.by_external(self._channel, token) else Taken(stray=token)

    def _failed(self, tx: Transaction, event: Event, customer: ExternalId) -> Taken:
        known = take_failure(tx, self._channel, ExternalId(event.token), Why.UNDELIVERED)
        return NOTHING if known else Taken(stray=ExternalId(event.token))

    def _state_after(self, tx: Transaction, event: Event, customer: ExternalId) -> str | None:
        """Whether the customer was subscribed at the end, if something was told that happened after this event.

        The order in which events come is not promised, and each may come again.
        """
        at, _, state = (tx.echo(self._channel, f"subscribed:{customer}") or "").partition(":")
        return state if at and float(at) >= event.at.timestamp() else None

    def _keep_state(self, tx: Transaction, event: Event, customer: ExternalId, state: str) -> None:
        tx.keep_echo(self._channel, f"subscribed:{customer}", ExternalId(f"{event.at.timestamp()}:{state}"))


def _wrote_after(tx: Transaction, customer: Customer, event: Event) -> bool:
    """Whether the customer has written since: that subscribes them."""
    conversation = tx.last_conversation(customer.id)
    last = tx.last_in_conversation(conversation.id, Direction.IN) if conversation else None
    return last is not None and last.written_at > event.at
