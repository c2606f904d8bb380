"""Messages on their way through a pipe: which were written and when, which the group has been shown and when."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qs

import click
import psutil

from tests.bench.fast import GROUP, Bot
from tests.bench.visitors import Visitor

SHOWS = ("sendmessage", "editmessagetext")
QUIET = 20.0  # seconds without any news after which what is missing is lost
OLGA = {"id": 501, "is_bot": False, "first_name": "Olga"}
_MARK = re.compile(rb"c(\d+)n(\d+)x")

Mark = tuple[int, int]  # a customer, and which of their messages


@dataclass(slots=True)
class Trip:
    """Some messages that were sent together, and what became of them."""

    size: int
    written: dict[Mark, float] = field(default_factory=dict)
    shown: dict[Mark, float] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)  # of each customer, the latest that was shown
    inverted: int = 0
    calls: int = 0  # that showed something new
    whole: asyncio.Event = field(default_factory=asyncio.Event)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def show(self, body: bytes, now: float) -> None:
        """A call brings this into the group."""
        useful = False
        for customer, number in _MARK.findall(body):
            mark = int(customer), int(number)
            if mark not in self.written or mark in self.shown:
                continue
            self.shown[mark], useful = now, True
            if self.last.get(mark[0], -1) > mark[1]:
                self.inverted += 1
            self.last[mark[0]] = max(self.last.get(mark[0], -1), mark[1])
        if useful:
            self.calls += 1
            self.news.set()
            if len(self.shown) == self.size:
                self.whole.set()

    async def end(self) -> None:
        """All are shown, or nothing has come for long."""
        while not self.whole.is_set():
            before = len(self.shown)
            try:
                await asyncio.wait_for(self.whole.wait(), QUIET)
            except TimeoutError:
                if len(self.shown) == before:
                    return

    @property
    def lost(self) -> int:
        return self.size - len(self.shown)

    @property
    def delays(self) -> list[float]:
        """Milliseconds from each message to its call, sorted."""
        return sorted((at - self.written[mark]) * 1000 for mark, at in self.shown.items())


class Source(Protocol):
    """Where customers write."""

    def write(self, customer: int, text: str) -> None: ...


class Chats:
    """Private chats with a bot."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._ids = itertools.count(1)

    def write(self, customer: int, text: str) -> None:
        person = {
            "id": 10_000 + customer,
            "is_bot": False,
            "first_name": f"Customer {customer}",
            "language_code": "ru",
        }
        chat = {"id": person["id"], "type": "private", "first_name": person["first_name"]}
        message = {
            "message_id": next(self._ids),
            "date": int(time.time()),
            "chat": chat,
            "from": person,
            "text": text,
        }
        self._bot.push({"message": message})


class Tabs:
    """Visitors with an open chat on a site."""

    def __init__(self, url: str, customers: int) -> None:
        secrets = (hashlib.sha256(f"{url} {number}".encode()).hexdigest()[:43] for number in range(customers))
        self._tabs = [Visitor(url, secret) for secret in secrets]

    async def open(self) -> None:
        for tab in self._tabs:
            await tab.connect()

    def close(self) -> None:
        for tab in self._tabs:
            tab.close()

    def write(self, customer: int, text: str) -> None:
        self._tabs[customer].say(text)


class Operator:
    """Accepts every conversation whose card comes."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._presses = itertools.count(1)

    def sees(self, body: bytes, message_id: int) -> None:
        markup = parse_qs(body.decode()).get("reply_markup")
        if not markup:
            return
        button: dict[str, Any] = json.loads(markup[0])["inline_keyboard"][0][0]
        post = {
            "message_id": message_id,
            "date": int(time.time()),
            "chat": {"id": GROUP, "type": "supergroup", "title": "Sales"},
            "from": self._bot.user,
            "text": "A card",
        }
        press = {
            "id": str(next(self._presses)),
            "from": OLGA,
            "chat_instance": "1",
            "message": post,
            "data": button["callback_data"],
        }
        self._bot.push({"callback_query": press})


class Pipe:
    """One program under measurement: its process, its customers, its bot."""

    def __init__(self, name: str, process: psutil.Process, bot: Bot, source: Source, customers: int) -> None:
        self.name = name
        self.process = process
        self._bot = bot
        self._source = source
        self._customers = customers
        self._numbers = itertools.count()
        self._trip = Trip(0)

    async def greet(self, *, accepted: bool) -> None:
        """Everybody writes once; with `accepted` an operator presses the button of every card."""
        operator, answered, waits = Operator(self._bot), 0, asyncio.Event()
        trip = self._trip = Trip(self._customers)

        def called(method: str, body: bytes, message_id: int) -> None:
            nonlocal answered
            if method in SHOWS:
                trip.show(body, time.perf_counter())
            if accepted and method == "sendmessage":
                operator.sees(body, message_id)
            answered += method == "answercallbackquery"
            if answered >= self._customers:
                waits.set()

        self._bot.called = called
        for _ in range(self._customers):
            self._write(time.perf_counter())
        await trip.end()
        if trip.lost:
            raise click.ClickException(f"{self.name}: {trip.lost} of {trip.size} first messages never came")
        if accepted:
            await asyncio.wait_for(waits.wait(), QUIET)

    def _start(self, size: int) -> Trip:
        self._trip = Trip(size)
        self._bot.called = self._called  # the desk's bot serves two pipes, in turn
        return self._trip

    def _called(self, method: str, body: bytes, message_id: int) -> None:
        if method in SHOWS:
            self._trip.show(body, time.perf_counter())

    def _write(self, began: float) -> None:
        number, customer = divmod(next(self._numbers), self._customers)
        self._trip.written[customer, number] = began
        self._source.write(customer, f"c{customer}n{number}x: is it there in red, and how much is it?")

    async def all_at_once(self, size: int) -> Trip:
        """So many messages wait already."""
        trip = self._start(size)
        now = time.perf_counter()
        for _ in range(size):
            self._write(now)
        await trip.end()
        return trip

    async def under_way(self, size: int, most: int) -> Trip:
        """A message is written when one has been shown: so many are under way at any time."""
        trip = self._start(size)
        while len(trip.written) < size and (trip.news.is_set() or not trip.written):
            trip.news.clear()
            room = min(size - len(trip.written), most - len(trip.written) + len(trip.shown))
            for _ in range(room):
                self._write(time.perf_counter())
            if len(trip.written) < size:
                try:
                    await asyncio.wait_for(trip.news.wait(), QUIET)
                except TimeoutError:
                    break
        trip.size = len(trip.written)
        if len(trip.shown) == trip.size:
            trip.whole.set()
        await trip.end()
        return trip

    async def paced(self, size: int, rate: float) -> Trip:
        """So many a second, whatever becomes of them; a message counts from when it was due."""
        trip = self._start(size)
        began = time.perf_counter() + 0.05
        for number in range(size):
            due = began + number / rate
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            self._write(due)
        await trip.end()
        return trip


@dataclass(frozen=True)
class Speed:
    """Of one trip."""

    per_second: float
    cpu: float  # milliseconds of a message
    calls: float  # for each message
    own: float  # the part of a CPU that measuring took


async def timed(pipe: Pipe, trip: Any) -> tuple[Trip, Speed]:
    """A trip, and how quick it was."""
    own = psutil.Process()
    before, ours, began = _cpu(pipe.process), _cpu(own), time.perf_counter()
    done: Trip = await trip
    ended = max(done.shown.values(), default=time.perf_counter())
    took, used = ended - began, _cpu(pipe.process) - before
    size = max(1, len(done.shown))
    return done, Speed(size / took, used / size * 1000, done.calls / size, (_cpu(own) - ours) / took)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def percentile(sorted_values: Sequence[float], part: float) -> float:
    """The value below which this part of them lies; 0 for none."""
    return sorted_values[min(int(len(sorted_values) * part), len(sorted_values) - 1)] if sorted_values else 0.0
