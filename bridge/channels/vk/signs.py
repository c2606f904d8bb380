"""What a community is told of beside messages: marks, refusals, presses. Each of them once."""

from __future__ import annotations

from typing import Any, Final

from bridge.channels.vk import reactions, read
from bridge.channels.vk.attachments import number
from bridge.channels.vk.works import After, Effects, Work
from bridge.inbox.events import tell_customer_of
from bridge.inbox.reactions import take_reaction
from bridge.inbox.receipts import take_receipt
from bridge.inbox.receive import set_blocked, take_in
from bridge.messenger import Services
from bridge.model import (
    ChannelName,
    Content,
    Customer,
    Delivery,
    ExternalId,
    Incoming,
    Reaction,
    Receipt,
)
from storage.store import Transaction

ANSWERS: Final = 50  # of the newest messages to a customer, that are looked through


class Signs:
    """Translates those events of one community; each handler takes the event's object and its id."""

    def __init__(self, name: ChannelName, services: Services, reader: read.Reader, effects: Effects) -> None:
        self._name = name
        self._clock = services.clock
        self._inbox = services.inbox
        self._say = services.catalogue
        self._reader = reader
        self._effects = effects

    async def message_allow(self, body: Any, event_id: str) -> Work | None:
        return self._once(event_id, self._blocked(number(body["user_id"]), False, "event-unblocked"))

    async def message_deny(self, body: Any, event_id: str) -> Work | None:
        return self._once(event_id, self._blocked(number(body["user_id"]), True, "event-blocked"))

    async def user_block(self, body: Any, event_id: str) -> Work | None:
        return self._once(event_id, self._blocked(number(body["user_id"]), True, "vk-event-banned"))

    async def user_unblock(self, body: Any, event_id: str) -> Work | None:
        return self._once(event_id, self._blocked(number(body["user_id"]), False, "vk-event-unbanned"))

    def _blocked(self, peer: int | None, blocked: bool, said: str) -> Work:
        external_id = read.customer_id(peer or 0)

        def work(tx: Transaction) -> After | None:
            customer = tx.find_customer(self._name, external_id)
            if customer is not None and customer.blocked != blocked:
                set_blocked(tx, customer, blocked)
                tell_customer_of(tx, self._name, external_id, self._say(said))
            return None

        return work

    async def typing(self, body: Any, _: str) -> Work | None:
        peer = number(body.get("from_id"))
        if read.served(peer):
            self._inbox.typing(self._name, read.customer_id(peer or 0))
        return None

    async def message_read(self, body: Any, _: str) -> Work | None:
        """All up to a message was seen; if we do not know that one, what came before it was seen all the same."""
        peer, cmid = number(body.get("peer_id")), number(body.get("conversation_message_id"))
        if peer is None or not read.served(peer) or not cmid or number(body.get("from_id")) != peer:
            return None
        up_to, customer_id = read.message_id(peer, cmid), read.customer_id(peer)

        def work(tx: Transaction) -> After | None:
            customer = tx.find_customer(self._name, customer_id)
            if customer is None:
                return None
            seen = {up_to}
            if tx.by_external(self._name, up_to) is None:
                seen |= self._last_before(tx, customer, peer, cmid)
            for each in seen:
                take_receipt(
                    tx, Receipt(channel=self._name, customer=customer_id, delivery=Delivery.SEEN, up_to=each)
                )
            return None

        return work

    def _last_before(self, tx: Transaction, customer: Customer, peer: int, cmid: int) -> set[ExternalId]:
        """The newest answer that stands before a number of the dialog."""
        ids = [each for message in tx.recent_answers(customer.id, ANSWERS) for each in tx.external_ids(message)]
        before = [found for each in ids if (found := read.cmid_in(peer, each) or cmid) < cmid]
        return {read.message_id(peer, max(before))} if before else set()

    async def pressed(self, body: Any, event_id: str) -> Work | None:
        """A button of somebody else's keyboard, or of a former one: operators see it, and it stops spinning."""
        peer, press = number(body.get("peer_id")), str(body.get("event_id") or event_id)
        if peer is None or not read.served(peer):
            return None
        cmid = number(body.get("conversation_message_id"))
        incoming = Incoming(
            channel=self._name,
            customer=read.customer_id(peer),
            external_id=ExternalId(f"{peer}:press:{press}"),
            written_at=self._clock.now(),
            content=Content(text=self._reader.pressed(body)),
            profile=read.profile(peer, {}),
            reply_to=read.message_id(peer, cmid) if cmid else None,
        )

        def work(tx: Transaction) -> After | None:
            take_in(tx, incoming, self._inbox.group_of(self._name))

            def after() -> None:
                self._effects.wrote(incoming.customer)
                self._effects.pressed(press, peer)

            return after

        return work

    async def reaction(self, body: Any, event_id: str) -> Work | None:
        """Of the customer only: what the community's people put on a message, they know."""
        peer, cmid = number(body.get("peer_id")), number(body.get("cmid"))
        if peer is None or not read.served(peer) or not cmid or number(body.get("reacted_id")) != peer:
            return None
        which = number(body.get("reaction_id"))
        emoji = reactions.shown(which, self._say) if which else ""
        said = self._say("event-reaction", emoji=emoji) if emoji else self._say("event-reaction-removed")
        reaction = Reaction(
            channel=self._name,
            customer=read.customer_id(peer),
            target=read.message_id(peer, cmid),
            emoji=emoji,
        )

        def work(tx: Transaction) -> After | None:
            take_reaction(tx, reaction, said)
            return None

        return self._once(event_id, work)

    def _once(self, event_id: str, work: Work) -> Work:
        """An event that no message stands for is known by its id, however often and by which way it comes."""

        def once(tx: Transaction) -> After | None:
            key = f"event:{event_id}"
            if event_id and tx.echo(self._name, key):
                return None
            if event_id:
                tx.keep_echo(self._name, key, ExternalId(event_id))
            return work(tx)

        return once
