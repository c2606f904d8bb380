"""What a tab is brought: everything that has changed since its cursor, as fast as the visitor reads."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from bridge.catalogue import Catalogue
from bridge.channels.site.connection import Connection
from bridge.channels.site.protocol import Got
from bridge.channels.site.services import Services
from bridge.channels.site.sessions import Visitor
from bridge.model import Customer, Delivery, Message, News

log = logging.getLogger(__name__)

PAGE = 50  # changes that are read from the store at once


class Mailbox:
    """The outgoing side of one welcomed tab."""

    __slots__ = (
        "_again",
        "_awaited",
        "_catalogue",
        "_connection",
        "_cursor",
        "_pump",
        "_services",
        "_stopped",
        "_told",
        "_visitor",
    )

    def __init__(
        self, services: Services, connection: Connection, visitor: Visitor, catalogue: Catalogue, cursor: int
    ) -> None:
        self._services = services
        self._connection = connection
        self._visitor = visitor
        self._catalogue = catalogue
        self._cursor = cursor  # all changes up to it have been given to the connection
        # By "seen": the last change that has yet to be received (seen), and up to where it is known to be.
        self._awaited = [0, 0]
        self._told = [0, 0]
        self._again = False
        self._stopped = False
        self._pump: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether it is bringing something now."""
        return self._pump is not None

    def wake(self, news: News | None = None) -> None:
        """There may be something new. `news` need not be read again, where it follows on what was brought."""
        if self._pump is not None:
            self._again = True  # it may be waiting for a slow reader: what it missed stays in the store
        elif not self._stopped and not self._connection.closed:
            fits = news is not None and news.after <= self._cursor
            self._again = not fits
            self._pump = asyncio.create_task(self._bring(news.messages if news and fits else ()))

    async def got(self, got: Got) -> None:
        """Only what was brought can have been received, and only what is news is written down."""
        upto, told = min(got.cursor, self._cursor), self._told[got.seen]
        if self._visitor.customer is None or upto <= told or told >= self._awaited[got.seen]:
            return
        self._told[got.seen] = upto
        await self._services.inbox.acknowledged(self._visitor.customer, upto, seen=got.seen)

    async def stop(self) -> None:
        """The connection is over."""
        self._stopped = True
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)

    async def _bring(self, news: Sequence[Message]) -> None:
        try:
            await self._bring_messages([message for message in news if message.seq > self._cursor])
            while self._again:
                self._again = False
                customer = self._visitor.customer
                while customer is not None and await self._bring_page(customer):
                    pass
        except ConnectionError:
            pass  # the visitor will be back, with the cursor
        except Exception:
            channel = self._services.channel
            log.exception("channel %s: changes could not be brought; the visitor has to resume", channel)
            self._connection.drop()
        finally:
            self._pump = None

    async def _bring_page(self, customer: Customer) -> bool:
        """Bring one page of changes; False when there are no more."""
        messages = await self._services.inbox.changed_since(customer, self._cursor, PAGE)
        await self._bring_messages(messages)
        return len(messages) == PAGE

    async def _bring_messages(self, messages: Sequence[Message]) -> None:
        for message in messages:
            if message.delivery is Delivery.SENT:
                self._awaited[False] = message.seq
            if message.delivery in (Delivery.SENT, Delivery.DELIVERED):
                self._awaited[True] = message.seq
        for cursor, frame in self._services.views.frames(messages, self._catalogue):
            await self._connection.send(frame)
            self._cursor = cursor
