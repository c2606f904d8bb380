"""Who is connected: visitors, each with a session for every open tab, and the check on them once a second."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Coroutine, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, assert_never

from bridge.channels.site.connection import Trouble
from bridge.channels.site.protocol import Close, Code
from bridge.channels.site.socket import CLOSE_TIMEOUT
from bridge.model import Customer, CustomerId, ExternalId, News, Profile

if TYPE_CHECKING:
    from bridge.channels.site.session import Session


NOBODY: Final = Profile()
PROFILE_FIELDS: Final = tuple(field.name for field in fields(Profile))


def merged(known: Profile, learned: Profile) -> Profile:
    """What is known, with what was learned now in its place."""
    if learned == NOBODY:
        return known
    return replace(known, **{name: value for name in PROFILE_FIELDS if (value := getattr(learned, name))})


class Visitor:
    """Someone with at least one tab open. `customer` is None until their first message was taken in."""

    __slots__ = ("consented_at", "customer", "id", "met", "profile", "sessions")

    def __init__(self, id: ExternalId) -> None:
        self.id = id
        self.customer: Customer | None = None
        self.sessions: set[Session] = set()
        self.profile = NOBODY  # what was learned of them since they connected
        self.consented_at: datetime | None = None
        self.met = False  # has filled in the form

    @property
    def known(self) -> Profile:
        """What is known of them, also from before."""
        return self.profile if self.customer is None else merged(self.customer.profile, self.profile)

    def profile_in(self, language: str) -> Profile:
        """What was learned of them, with the language of the page that they write on."""
        return replace(self.profile, language=language)

    @property
    def consented(self) -> bool:
        """Whether they have agreed to the use of their personal data."""
        return self.consented_at is not None or (
            self.customer is not None and self.customer.consented_at is not None
        )

    def wake(self, news: News | None = None) -> None:
        """There may be something new for every tab; `news` is what, where it is known."""
        for session in self.sessions:
            session.wake(news)


class Sessions:
    """All that are connected to one channel."""

    def __init__(self) -> None:
        self._visitors: dict[ExternalId, Visitor] = {}
        self._by_customer: dict[CustomerId, Visitor] = {}
        self._open: set[Session] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._open)

    def present(self, visitor: ExternalId) -> int:
        """How many tabs a visitor has open."""
        found = self._visitors.get(visitor)
        return len(found.sessions) if found else 0

    def tabs(self, visitor: ExternalId) -> Iterable[Session]:
        """A visitor's open tabs."""
        found = self._visitors.get(visitor)
        return tuple(found.sessions) if found else ()

    def add(self, session: Session) -> None:
        """A connection was opened; whose it is will be known later."""
        self._open.add(session)

    def join(self, session: Session, id: ExternalId) -> Visitor:
        """The session belongs to this visitor."""
        visitor = self._visitors.setdefault(id, Visitor(id))
        visitor.sessions.add(session)
        return visitor

    def is_customer(self, visitor: Visitor, customer: Customer) -> None:
        """A visitor turned out to be (or became) this customer."""
        visitor.customer = customer
        if visitor.sessions:
            self._by_customer[customer.id] = visitor

    def forget(self, visitor: ExternalId) -> Iterable[Session]:
        """Nobody is known under this id any more; the tabs that had it, which get nothing from now on."""
        found = self._visitors.pop(visitor, None)
        if found is None:
            return ()
        if found.customer is not None and self._by_customer.get(found.customer.id) is found:
            del self._by_customer[found.customer.id]
        found.customer = None
        return tuple(found.sessions)

    def remove(self, session: Session) -> None:
        """A connection is over."""
        self._open.discard(session)
        visitor = session.visitor
        if visitor is None:
            return
        visitor.sessions.discard(session)
        if not visitor.sessions and self._visitors.get(visitor.id) is visitor:
            del self._visitors[visitor.id]
            if visitor.customer is not None and self._by_customer.get(visitor.customer.id) is visitor:
                del self._by_customer[visitor.customer.id]

    @property
    def customers(self) -> Container[CustomerId]:
        """Those who are connected, at any time."""
        return self._by_customer

    def changed(self, customers: Iterable[CustomerId], news: Mapping[CustomerId, News]) -> None:
        """Something that these customers can see has changed."""
        for customer in customers:
            visitor = self._by_customer.get(customer)
            if visitor is not None:
                visitor.wake(news.get(customer))

    def sweep(self, now: float) -> None:
        """Drop who does not read, end who is silent or never said hello, ping who is quiet."""
        troubled = [(session, trouble) for session in self._open if (trouble := session.connection.trouble(now))]
        for session, trouble in troubled:
            match trouble:
                case Trouble.DEAD:
                    session.connection.drop()
                case Trouble.LATE:
                    self.spawn(session.end(Code.LATE, Close.SILENT))
                case Trouble.SILENT:
                    self.spawn(session.connection.close(Close.SILENT, "silent"))
                case Trouble.QUIET:
                    self.spawn(session.connection.ask())
                case _:
                    assert_never(trouble)

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        """Run something beside, kept alive until it is done."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close_all(self) -> None:
        """Send everyone away; they come back to whoever serves next."""
        for session in self:
            self.spawn(session.connection.close(Close.GOING_AWAY, "restart"))
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=CLOSE_TIMEOUT + 1)
        for session in self:
            session.connection.drop()  # did not even read the goodbye
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def __iter__(self) -> Iterator[Session]:
        return iter(tuple(self._open))
