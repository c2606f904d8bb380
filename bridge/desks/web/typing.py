"""Who is writing: operators, shown to their colleagues and to the customer; customers, shown to operators."""

from __future__ import annotations

from typing import Final

from bridge.contracts import Named, Presence
from bridge.desks.web.protocol import encode
from bridge.desks.web.screen import Screen, Talk
from bridge.desks.web.services import Services
from bridge.model import ChannelName, ConversationId, ExternalId, Stage

AGAIN: Final = 4.0  # seconds after which a customer is told once more


class Typing:
    """Passes it on; nothing of it is kept."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def operator(self, screen: Screen, conversation: ConversationId) -> None:
        """An operator is writing in the conversation that stands open on their page."""
        talk = screen.talk
        if talk is None or not talk.ready or talk.conversation != conversation:
            return
        now = self._services.clock.monotonic()
        self._services.lookers.types(screen, conversation, now)
        if talk.stage is Stage.ACCEPTED and now - talk.typed_at >= AGAIN:
            talk.typed_at = now
            self._tell_customer(screen, talk)

    def _tell_customer(self, screen: Screen, talk: Talk) -> None:
        if talk.who is None:
            return
        channel = self._services.channels.get(talk.who.channel)
        if isinstance(channel, Presence):
            self._services.spawn(channel.typing(talk.who.external_id))
        elif isinstance(channel, Named):
            channel.typing(talk.who.external_id, screen.operator_name, screen.operator_id)

    def customer(self, channel: ChannelName, customer: ExternalId) -> None:
        """A customer is writing: shown wherever their conversation stands open."""
        for screen in self._services.lookers.all_pages():
            talk = screen.talk
            if talk is None or talk.who is None or talk.stage is Stage.CLOSED:
                continue
            if (talk.who.channel, talk.who.external_id) == (channel, customer):
                screen.send(encode("customer_typing", id=talk.conversation))
