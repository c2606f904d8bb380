"""From the items of a webhook call to the database: each in its own try, in order, in one commit if possible."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, assert_never

from bridge.aside import field_names, name_of, payload
from bridge.channels.facebook.events import (
    Arrived,
    Echo,
    Edited,
    Event,
    Handed,
    OptedIn,
    Policy,
    Reacted,
    Referral,
    Referred,
    Removed,
    Said,
    Unknown,
)
from bridge.channels.facebook.marks import Marks
from bridge.channels.facebook.read import Reader, stamp
from bridge.channels.facebook.settings import FacebookSettings
from bridge.inbox.contact import learn
from bridge.inbox.events import tell, tell_customer_of
from bridge.inbox.join import is_token, join
from bridge.inbox.reactions import take_reaction
from bridge.inbox.receipts import take_receipt
from bridge.inbox.receive import greet, meet, take_edit, take_in
from bridge.inbox.staff import take_staff_reply
from bridge.messenger import Services
from bridge.model import ChannelName, Content, Customer, ExternalId, IncomingEdit, Profile, Receipt, Text
from bridge.web.hooks import of_the_store
from storage.store import Transaction

log = logging.getLogger(__name__)

YES: Final = ExternalId("1")
NOTHING: Final = ExternalId("")


@dataclass(frozen=True, slots=True)
class After:
    """What is to happen when the commit is safe on disk."""

    met: ExternalId | None = None  # whose profile is wanted
    wrote: bool = False  # they have said something that an operator may see
    policy: Policy | None = None


class Intake:
    """Takes in what happens on one page. `met`, `wrote` and `policy` are called after the commit."""

    def __init__(
        self,
        settings: FacebookSettings,
        services: Services,
        reader: Reader,
        marks: Marks,
        *,
        met: Callable[[ExternalId], None],
        wrote: Callable[[ExternalId], None],
        policy: Callable[[Policy], None],
    ) -> None:
        self._name = ChannelName(settings.name)
        self._title = settings.title or settings.name
        self._app = settings.app_id
        self._say = services.catalogue
        self._greeting = self._say("messenger-greeting") if settings.greeting is None else settings.greeting
        self._inbox = services.inbox
        self._clock = services.clock
        self._reader = reader
        self._marks = marks
        self._met = met
        self._wrote = wrote
        self._policy = policy

    async def take(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Commit what the items do; returns when all of it is safe on disk. Raises what the store raises.

        What is wrong with one item is no reason for it to come again: it is set aside.
        """
        waiting = [(item, self._inbox.submit(partial(self._once, item=item))) for item in items]
        failed: Exception | None = None
        for item, future in waiting:
            try:
                self._then(await future)
            except Exception as error:
                if of_the_store(error):
                    failed = error
                else:
                    await self._set_aside(item, error)
        if failed is not None:
            raise failed

    def _once(self, tx: Transaction, item: Mapping[str, Any]) -> After:
        return self._do(tx, self._reader.read(item, tx.now))

    def _then(self, after: After) -> None:
        if after.met:
            self._met(after.met)
            if after.wrote:
                self._wrote(after.met)
        if after.policy:
            self._policy(after.policy)

    async def _set_aside(self, item: Mapping[str, Any], error: Exception) -> None:
        """Keep what cannot be handled; the log gets the names of its fields, not what they hold."""
        reason = type(error).__name__
        log.error("%s: an event was set aside (%s): %s", self._name, field_names(item), reason)
        kept = payload(item)
        try:
            await self._inbox.write(lambda tx: tx.set_aside(f"facebook:{self._name}", reason, kept))
        except Exception as second:
            if of_the_store(second):
                raise
            log.error("%s: an event is lost: %s", self._name, type(second).__name__)

    def _do(self, tx: Transaction, event: Event) -> After:
        match event:
            case Said():
                return self._said(tx, event)
            case Echo():
                return self._echo(tx, event)
            case Edited():
                self._edited(tx, event)
            case Removed():
                self._removed(tx, event)
            case Arrived():
                self._arrived(tx, event.receipt)
            case Reacted():
                self._reacted(tx, event)
            case Referred():
                return self._referred(tx, event)
            case OptedIn():
                return self._opted_in(tx, event)
            case Handed():
                self._handed(tx, event)
            case Policy():
                return After(policy=event)
            case Unknown():
                names = "; ".join(name_of(name, limit=200) for name in event.names)
                log.info("%s: an event that is not known: %s", self._name, names[:1000] or "empty")
            case _:
                assert_never(event)
        return After()

    # -- what customers say

    def _said(self, tx: Transaction, event: Said) -> After:
        """1. who  2. a token joins them with who they were elsewhere  3. greet, or take the message in."""
        incoming = event.incoming
        if tx.by_external(self._name, incoming.external_id):
            return After()
        if event.starts and not self._first(tx, f"start:{incoming.external_id}"):
            return After()
        customer = meet(tx, self._name, incoming.customer, Profile())
        tx.heard(customer.id, incoming.written_at)
        joins = event.referral is not None and is_token(event.referral.ref)
        if joins and event.referral is not None:
            self._join(tx, event.referral.ref, customer, alone=event.starts)
        came = event.referral if not joins else None
        if event.starts:
            if came:
                self._keep_referral(tx, customer, came)
            if not joins and self._greeting:
                greet(tx, customer, self._greeting)
            return After(met=incoming.customer)
        text = self._edited_before(tx, incoming.external_id)
        if text is not None:
            incoming = replace(incoming, content=replace(incoming.content, text=Text(text)))
        take_in(tx, incoming, self._inbox.group_of(self._name))
        self._show_referral(tx, customer, came)
        return After(met=incoming.customer, wrote=True)

    def _join(self, tx: Transaction, token: str, customer: Customer, *, alone: bool) -> None:
        """`alone`: nothing is said along with it, so that an answer is due even where the token is too old."""
        joined = join(tx, token, customer)
        if joined:
            greet(tx, customer, self._say("join-welcome"))
            greet(tx, joined.before, self._say("join-moved", channel=self._title))
        elif alone:
            greet(tx, customer, self._say("join-too-old"))

    def _keep_referral(self, tx: Transaction, customer: Customer, referral: Referral) -> None:
        """On the card: now, or when a conversation begins."""
        if not self._on_card(tx, customer, referral.text):
            tx.keep_echo(self._name, f"ref:{customer.external_id}", ExternalId(referral.text))

    def _show_referral(self, tx: Transaction, customer: Customer, referral: Referral | None) -> None:
        key = f"ref:{customer.external_id}"
        before = tx.echo(self._name, key)
        text = referral.text if referral else before
        if text:
            self._on_card(tx, customer, text)
        if before:
            tx.keep_echo(self._name, key, NOTHING)

    def _on_card(self, tx: Transaction, customer: Customer, text: str) -> bool:
        conversation = tx.open_conversation(customer.id)
        if conversation is None:
            return False
        details = {**conversation.details, self._say("detail-referral"): text}
        learn(tx, self._name, customer.external_id, Profile(), details=details)
        return True

    def _edited(self, tx: Transaction, event: Edited) -> None:
        """The last change counts, in whatever order they come; it may even come before the message."""
        key = f"edit:{event.mid}"
        before = tx.echo(self._name, key)
        if before and int(before.partition("\n")[0]) >= event.number > 0:
            return
        tx.keep_echo(self._name, key, ExternalId(f"{event.number}\n{event.text}"))
        known = tx.by_external(self._name, event.mid)
        if known is None:
            return
        had = tx.message(known[0]).content.attachments  # which cannot be changed
        content = Content(text=Text(event.text), attachments=had)
        take_edit(
            tx,
            IncomingEdit(
                channel=self._name,
                customer=event.customer,
                external_id=event.mid,
                content=content,
                edited_at=event.at,
                whole=True,
            ),
        )

    def _edited_before(self, tx: Transaction, mid: ExternalId) -> str | None:
        known = tx.echo(self._name, f"edit:{mid}")
        return known.partition("\n")[2] if known else None

    def _removed(self, tx: Transaction, event: Removed) -> None:
        known = tx.by_external(self._name, event.mid)
        customer = tx.find_customer(self._name, event.customer)
        conversation = tx.open_conversation(customer.id) if customer else None
        if known and conversation and self._first(tx, f"removed:{event.mid}"):
            tell(tx, conversation, self._say("facebook-removed"), about=known[0])

    # -- what is said in the page's name

    def _echo(self, tx: Transaction, event: Echo) -> After:
        """Ours is noted, so that a call whose answer was lost is not made again; others' is shown."""
        reply = event.reply
        if self._marks.ours(event.metadata):
            tx.keep_echo(self._name, event.metadata, reply.external_id)
            flying = ExternalId(f"{stamp(reply.written_at)} {reply.external_id}")
            tx.keep_echo(self._name, f"flying:{reply.customer}", flying)
            return After()
        if (self._app and event.app == self._app) or not take_staff_reply(tx, reply):
            return After()
        return After(met=reply.customer)

    def _arrived(self, tx: Transaction, receipt: Receipt) -> None:
        """«All until then» is meant also of a message whose answer to our call we have not heard yet."""
        flying = tx.echo(self._name, f"flying:{receipt.customer}") or ""
        sent_at, _, mid = flying.partition(" ")
        meant = bool(mid) and receipt.until is not None and int(sent_at) <= stamp(receipt.until)
        if meant and tx.by_external(self._name, ExternalId(mid)) is None:
            receipt = replace(receipt, external_ids=(*receipt.external_ids, ExternalId(mid)))
        take_receipt(tx, receipt)

    # -- what else happens

    def _reacted(self, tx: Transaction, event: Reacted) -> None:
        reaction = event.reaction
        key = f"reacted:{reaction.target}:{stamp(event.at)}:{reaction.emoji}"
        if not self._first(tx, key):
            return
        self._heard(tx, reaction.customer, event)
        said = self._say("event-reaction", emoji=reaction.emoji) if reaction.emoji else None
        take_reaction(tx, reaction, said or self._say("event-reaction-removed"))

    def _referred(self, tx: Transaction, event: Referred) -> After:
        if not self._first(tx, f"referral:{event.customer}:{stamp(event.at)}"):
            return After()
        customer = meet(tx, self._name, event.customer, Profile())
        tx.heard(customer.id, event.at)
        if is_token(event.referral.ref):
            self._join(tx, event.referral.ref, customer, alone=True)
        elif self._on_card(tx, customer, event.referral.text):
            text = self._say("facebook-referral", ref=event.referral.text)
            tell_customer_of(tx, self._name, event.customer, text)
        else:
            self._keep_referral(tx, customer, event.referral)
        return After(met=event.customer)

    def _opted_in(self, tx: Transaction, event: OptedIn) -> After:
        if not self._first(tx, f"optin:{event.customer}:{stamp(event.at)}"):
            return After()
        if is_token(event.ref):
            customer = meet(tx, self._name, event.customer, Profile())
            tx.heard(customer.id, event.at)
            self._join(tx, event.ref, customer, alone=True)
            return After(met=event.customer)
        self._heard(tx, event.customer, event)
        tell_customer_of(tx, self._name, event.customer, self._say("facebook-optin", ref=event.ref or "none"))
        return After()

    def _handed(self, tx: Transaction, event: Handed) -> None:
        if not self._first(tx, f"{event.what}:{event.customer}:{stamp(event.at)}"):
            return
        # The one who gets a thread is told by «pass», the one who loses it by «take».
        ours = event.app == self._app if self._app else event.what == "pass"
        what = "request" if event.what == "request" else "ours" if ours else "taken"
        text = self._say("facebook-thread", what=what, app=self._reader.app_name(event.app))
        tell_customer_of(tx, self._name, event.customer, text)

    def _heard(self, tx: Transaction, external_id: ExternalId, event: Reacted | OptedIn) -> None:
        customer = tx.find_customer(self._name, external_id)
        if customer is not None:
            tx.heard(customer.id, event.at)

    def _first(self, tx: Transaction, key: str) -> bool:
        """Whether an event that leaves no message has not been here before."""
        if tx.echo(self._name, key):
            return False
        tx.keep_echo(self._name, key, YES)
        return True
