"""What there is: one bot, its webhook, the people, and the rules that hang on time."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..common.changes import Changes
from ..common.clock import Clock, RealClock
from ..common.failures import Failures
from .errors import FREE_EXCEEDED, NO_BALANCE, NOT_SUBSCRIBED, TOO_MANY, Refusal

if TYPE_CHECKING:
    from .humans import Person
    from .journal import Call

TOKEN = "4453b6ac12345678-e02c5f12174805f9-daf9cbb5448c51f5"
FIRST_TOKEN = 5_102_334_455_667_788_001
MANDATORY = ("subscribed", "unsubscribed", "message")
OPTIONAL = ("delivered", "seen", "failed", "conversation_started", "client_status")
PLACEHOLDER = "Subscriber"
SESSION = 24 * 3600.0
UNANSWERED, UNANSWERED_WINDOW = 100, 3600.0
DETAILS, DETAILS_WINDOW = 2, 12 * 3600.0
BROADCASTS, BROADCAST_WINDOW = 500, 10.0


@dataclass
class Account:
    """The bot as `get_account_info` shows it, and what it pays."""

    token: str = TOKEN
    name: str = "Shop support"
    uri: str = "shopsupport"
    id: str = "pa:75346594275468546724"
    country: str = "UA"
    billable: bool = True
    free_messages: int = 1000  # outside sessions, until the month's end
    pays: bool = True  # for messages above the quota
    balance: int = 1000  # how many more it can pay


@dataclass
class Hook:
    """What `set_webhook` has stored."""

    url: str = ""
    events: tuple[str, ...] = ()
    send_name: bool = False
    send_photo: bool = False


@dataclass
class World:
    clock: Clock = field(default_factory=RealClock)
    scale: float = 1.0
    account: Account = field(default_factory=Account)
    hook: Hook = field(default_factory=Hook)
    people: dict[str, Person] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    routes: dict[str, str] = field(default_factory=dict)  # public address -> where it is in this test
    broken: Failures = field(default_factory=Failures)  # errors of the emulator itself
    local: bool = True  # http to this machine passes for a public address
    strict_fields: bool = True
    token_strings: bool | str = False  # message_token as a string: never, always, or "sometimes"
    url: str = ""

    def __post_init__(self) -> None:
        if self.clock is None:
            self.clock = RealClock()
        self._tokens = itertools.count(FIRST_TOKEN, 7)
        self._shown = itertools.count()
        self.broadcasts: deque[float] = deque()
        self._changes = Changes(pause=0.002)  # nothing tells of them
        self.up = asyncio.Event()
        self.up.set()

    # -- small things

    def new_token(self) -> int:
        return next(self._tokens)

    def shown(self, token: int) -> int | str:
        """A token as it goes over the wire."""
        if self.token_strings == "sometimes":
            return str(token) if next(self._shown) % 2 else token
        return str(token) if self.token_strings else token

    def timestamp(self) -> int:
        return int(self.clock.now().timestamp() * 1000)

    def routed(self, url: str) -> str:
        for public, inside in self.routes.items():
            if url.startswith(public):
                return inside + url[len(public) :]
        return url

    def wants(self, event: str) -> bool:
        return event in self.hook.events

    async def wait_until(self, condition: Callable[[], Any], timeout: float, what: Callable[[], str]) -> Any:
        return await self._changes.until(condition, timeout, what)

    # -- rules of sending

    def receiver(self, id: str) -> Person:
        """Who may be written to now."""
        person = self.people.get(id)
        if person is None or not person.subscribed:
            raise Refusal(NOT_SUBSCRIBED)
        return person

    def charge(self, person: Person) -> int:
        """Count one more message to this person; its billing_status."""
        now = self.clock.monotonic()
        while person.unanswered and person.unanswered[0] <= now - UNANSWERED_WINDOW:
            person.unanswered.popleft()
        if len(person.unanswered) >= UNANSWERED:
            raise Refusal(TOO_MANY)
        billing = self._bill(person, now)
        person.unanswered.append(now)
        return billing

    def _bill(self, person: Person, now: float) -> int:
        if person.wrote_at is not None and now - person.wrote_at < SESSION:
            return 2 if self.account.billable else 1
        if not self.account.billable:
            return 0
        if self.account.free_messages > 0:
            self.account.free_messages -= 1
            return 3
        if not self.account.pays:
            raise Refusal(FREE_EXCEEDED)
        if self.account.balance <= 0:
            raise Refusal(NO_BALANCE)
        self.account.balance -= 1
        return 5

    def count_details(self, person: Person) -> None:
        now = self.clock.monotonic()
        while person.looked_up and person.looked_up[0] <= now - DETAILS_WINDOW:
            person.looked_up.popleft()
        if len(person.looked_up) >= DETAILS:
            raise Refusal(TOO_MANY)
        person.looked_up.append(now)

    def count_broadcast(self) -> None:
        now = self.clock.monotonic()
        while self.broadcasts and self.broadcasts[0] <= now - BROADCAST_WINDOW:
            self.broadcasts.popleft()
        if len(self.broadcasts) >= BROADCASTS:
            raise Refusal(TOO_MANY)
        self.broadcasts.append(now)
