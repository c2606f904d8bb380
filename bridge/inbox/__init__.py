"""The inbox: what can happen, as functions on a transaction, and the door through which channels and desks ask."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Mapping, Sequence
from typing import TypeVar

from bridge.inbox.history import acknowledged, changed_since, latest
from bridge.inbox.receive import Received, meet, take_in
from bridge.model import (
    ChannelName,
    Customer,
    CustomerId,
    ExternalId,
    GroupName,
    Incoming,
    Message,
    Profile,
    Signals,
)
from storage.store import Store, Transaction

Result = TypeVar("Result")


class Inbox:
    """The store with the configuration's channels: what channels and desks are given."""

    def __init__(self, store: Store, groups: Mapping[ChannelName, GroupName]) -> None:
        self._store = store
        self._groups = groups
        self._typing_listeners: list[Callable[[ChannelName, ExternalId], None]] = []

    def group_of(self, channel: ChannelName) -> GroupName:
        """The group that handles a channel."""
        return self._groups[channel]

    async def receive(self, incoming: Incoming) -> Received:
        """Take in a message; returns when it is safe on disk: acknowledge to the platform after that."""
        return await self._store.write(lambda tx: take_in(tx, incoming, self.group_of(incoming.channel)))

    async def meet(self, channel: ChannelName, external_id: ExternalId, profile: Profile) -> Customer:
        """The customer, made if new."""
        return await self._store.write(lambda tx: meet(tx, channel, external_id, profile))

    async def find(self, channel: ChannelName, external_id: ExternalId) -> Customer | None:
        """The customer whom a channel knows under this id."""
        return await self._store.read(lambda tx: tx.find_customer(channel, external_id))

    async def changed_since(self, customer: Customer, seq: int, limit: int) -> Sequence[Message]:
        """Messages that the customer may see and that changed after cursor `seq`, in order of `seq`."""
        return await self._store.read(lambda tx: changed_since(tx, customer, seq, limit))

    async def latest(self, customer: Customer, limit: int) -> Sequence[Message]:
        """The newest messages that the customer may see, oldest first."""
        return await self._store.read(lambda tx: latest(tx, customer, limit))

    async def acknowledged(self, customer: Customer, seq: int, *, seen: bool) -> int:
        """The customer's device has (or showed) everything up to `seq`."""
        return await self._store.write(lambda tx: acknowledged(tx, customer, seq, seen=seen))

    def typing(self, channel: ChannelName, customer: ExternalId) -> None:
        """The customer is writing just now: told to whoever shows it, and not kept."""
        for listener in self._typing_listeners:
            listener(channel, customer)

    def on_typing(self, listener: Callable[[ChannelName, ExternalId], None]) -> None:
        """Call `listener` when a customer is writing."""
        self._typing_listeners.append(listener)

    def subscribe(self, listener: Callable[[Signals], None]) -> None:
        """Call `listener` on the event loop after each commit that changed something."""
        self._store.subscribe(listener)

    def follow(self, customers: Container[CustomerId]) -> None:
        """For these customers signals bring along what has changed. Asked on the store's thread."""
        self._store.follow(customers)

    async def write(self, work: Callable[[Transaction], Result]) -> Result:
        """Run use cases in one transaction; returns when it is safe on disk."""
        return await self._store.write(work)

    def submit(self, work: Callable[[Transaction], Result]) -> asyncio.Future[Result]:
        """`write` for a caller that has several to give, in order, before it waits."""
        return self._store.submit(work)

    async def read(self, work: Callable[[Transaction], Result]) -> Result:
        """Look, without changing anything."""
        return await self._store.read(work)
