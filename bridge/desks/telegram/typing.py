"""«… печатает» in a customer's topic while the customer is writing."""

from __future__ import annotations

import logging
from collections.abc import Callable

from aiogram.methods import SendChatAction

from bridge.clock import Clock
from bridge.desks.telegram.view import Group, Layout
from bridge.model import ChannelName, CustomerId, ExternalId, GroupName, Stage
from bridge.telegram.client import TelegramClient
from bridge.telegram.errors import Failure, RetryAfter
from storage.store import Store, Transaction

log = logging.getLogger(__name__)

LASTS = 5.0  # seconds; https://core.telegram.org/bots/api#sendchataction
REMEMBERED = 1_000


class Typing:
    """Shows it, at most once in five seconds for each customer: Telegram counts these calls by themselves."""

    def __init__(
        self, store: Store, client: TelegramClient, clock: Clock, groups: Callable[[], list[Group]]
    ) -> None:
        self._store = store
        self._client = client
        self._clock = clock
        self._groups = groups
        self._shown: dict[tuple[ChannelName, ExternalId], float] = {}
        self._quiet_until = 0.0

    def due(self, channel: ChannelName, customer: ExternalId) -> bool:
        """Whether it is worth showing now; remembers that it is shown."""
        now = self._clock.monotonic()
        key = channel, customer
        if now < self._quiet_until or now - self._shown.get(key, -LASTS) < LASTS:
            return False
        if len(self._shown) >= REMEMBERED:
            self._shown = {who: at for who, at in self._shown.items() if now - at < LASTS}
        self._shown[key] = now
        return True

    async def show(self, channel: ChannelName, customer: ExternalId) -> None:
        """Show it in the customer's topic, if an operator has the conversation there."""
        groups = {group.name: group for group in self._groups() if group.layout is Layout.TOPICS}

        def place(tx: Transaction) -> tuple[int, int] | None:
            known = tx.find_customer(channel, customer)
            return _topic(tx, known.id, groups) if known else None

        found = await self._store.read(place)
        if found is None:
            return
        chat_id, thread_id = found
        done = await self._client.call(
            SendChatAction(chat_id=chat_id, message_thread_id=thread_id, action="typing")
        )
        if isinstance(done, RetryAfter):
            self._quiet_until = self._clock.monotonic() + done.seconds
        elif isinstance(done, Failure):
            log.debug("no typing shown: %s", done)


def _topic(tx: Transaction, customer: CustomerId, groups: dict[GroupName, Group]) -> tuple[int, int] | None:
    conversation = tx.open_conversation(customer)
    if conversation is None or conversation.stage is not Stage.ACCEPTED or conversation.group not in groups:
        return None
    thread = tx.place(conversation.id)
    return (groups[conversation.group].chat_id, thread) if thread is not None else None
