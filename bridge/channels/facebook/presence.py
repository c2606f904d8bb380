"""What the customer sees of an operator at work: «seen», and that somebody is typing. Best effort."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from bridge.channels.facebook.api import GraphApi
from bridge.clock import Clock
from bridge.model import ExternalId

AGAIN: Final = 15.0  # seconds; Messenger shows typing for twenty
REMEMBERED: Final = 2_000  # customers


class Presence:
    """Shows each thing no more often than it makes a difference."""

    def __init__(self, api: GraphApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._unseen: OrderedDict[ExternalId, None] = OrderedDict()
        self._typing: OrderedDict[ExternalId, float] = OrderedDict()

    def wrote(self, customer: ExternalId) -> None:
        """The customer has written: there is something to see."""
        self._unseen[customer] = None
        self._unseen.move_to_end(customer)
        if len(self._unseen) > REMEMBERED:
            self._unseen.popitem(last=False)

    async def seen(self, customer: ExternalId) -> None:
        """An operator has read it."""
        if customer in self._unseen:
            del self._unseen[customer]
            await self._api.act(customer, "mark_seen")

    async def typing(self, customer: ExternalId) -> None:
        """An operator is writing."""
        now = self._clock.monotonic()
        if now - self._typing.get(customer, float("-inf")) < AGAIN:
            return
        self._typing[customer] = now
        self._typing.move_to_end(customer)
        if len(self._typing) > REMEMBERED:
            self._typing.popitem(last=False)
        await self._api.act(customer, "typing_on")

    def spoke(self, customer: ExternalId) -> None:
        """A message has gone out, which ends the typing that is shown."""
        self._typing.pop(customer, None)
