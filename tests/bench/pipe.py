"""From a customer's message to the bot's call: Otklik beside a bare loop, without limits.

All programs are processes of their own and wait while another is measured; their turns alternate. The stand-in for
the Bot API (`fast`) and the customers are in this process: its part of a CPU is shown, since near 1 it would be
what is measured.
"""

from __future__ import annotations

import contextlib
import json
import statistics
import tempfile
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from tests.bench.fast import FastApi
from tests.bench.flow import Chats, Pipe, Speed, Tabs, Trip, percentile, timed
from tests.bench.machine import run_fast, stamp
from tests.bench.site import child

THROUGHPUT_GOAL, LATENCY_GOAL = 1.0, 1.5
RATE = 100.0  # messages a second
OTKLIK, BARE = "otklik", "bare"


@dataclass(frozen=True)
class Plan:
    """How much is done."""

    customers: int = 100
    messages: int = 2_000  # of one trip
    under_way: int = 100
    seconds: float = 10.0  # at RATE
    rounds: int = 5


QUICK = Plan(customers=10, messages=60, under_way=10, seconds=0.6, rounds=1)


@dataclass(frozen=True)
class Figures:
    """Of one program and one kind of customer: medians of the rounds, and sums."""

    backlog: float  # messages a second when all wait already
    backlog_calls: float  # calls for each of them
    steady: float  # messages a second when `under_way` are under way
    steady_calls: float
    cpu: float  # milliseconds for each of those
    p50: float  # milliseconds at RATE
    p95: float
    p99: float
    paced_cpu: float
    lost: int
    inverted: int
    own: float  # the most that measuring took of a CPU


class Measured:
    """What the rounds have told of one program."""

    def __init__(self, pipe: Pipe) -> None:
        self.pipe = pipe
        self._trips: list[Trip] = []
        self._backlog: list[Speed] = []
        self._steady: list[Speed] = []
        self._paced: list[tuple[Trip, Speed]] = []

    async def warm_up(self, plan: Plan) -> None:
        self._trips.append(await self.pipe.under_way(plan.messages // 4, plan.under_way))

    async def flood(self, plan: Plan) -> None:
        self._backlog.append(await self._timed(self.pipe.all_at_once(plan.messages)))
        self._steady.append(await self._timed(self.pipe.under_way(plan.messages, plan.under_way)))

    async def pace(self, plan: Plan) -> None:
        trip, speed = await timed(self.pipe, self.pipe.paced(max(1, int(plan.seconds * RATE)), RATE))
        self._trips.append(trip)
        self._paced.append((trip, speed))

    async def _timed(self, trip: object) -> Speed:
        done, speed = await timed(self.pipe, trip)
        self._trips.append(done)
        return speed

    @property
    def figures(self) -> Figures:
        def median(speeds: list[Speed], name: str, digits: int) -> float:
            return round(statistics.median(getattr(speed, name) for speed in speeds), digits)

        def delay(part: float) -> float:
            return round(statistics.median(percentile(trip.delays, part) for trip, _ in self._paced), 2)

        return Figures(
            backlog=median(self._backlog, "per_second", 1),
            backlog_calls=median(self._backlog, "calls", 3),
            steady=median(self._steady, "per_second", 1),
            steady_calls=median(self._steady, "calls", 3),
            cpu=median(self._steady, "cpu", 3),
            p50=delay(0.5),
            p95=delay(0.95),
            p99=delay(0.99),
            paced_cpu=median([speed for _, speed in self._paced], "cpu", 3),
            lost=sum(trip.lost for trip in self._trips),
            inverted=sum(trip.inverted for trip in self._trips),
            own=round(max(speed.own for speed in [*self._backlog, *self._steady]), 2),
        )


@contextlib.asynccontextmanager
async def pipes(folder: Path, customers: int, *, alone: bool = False) -> AsyncIterator[dict[str, dict[str, Pipe]]]:
    """The programs, running: by kind of customer, Otklik and the bare loop. `alone`: Otklik, for Telegram."""
    api, tabs = FastApi(), list[Tabs]()
    await api.start()
    async with contextlib.AsyncExitStack() as stack:

        async def site(url: str) -> Tabs:
            tabs.append(Tabs(url, customers))
            await tabs[-1].open()
            return tabs[-1]

        desk = api.bot(9001)
        where, process = await stack.enter_async_context(child("pipe", folder, desk.token, api.url))
        found = {"telegram": {OTKLIK: Pipe(OTKLIK, process, desk, Chats(desk), customers)}}
        if not alone:
            polls, posts = api.bot(9002), api.bot(9003)
            found["site"] = {
                OTKLIK: Pipe(OTKLIK, process, desk, await site(where["socket"]), customers),
            }
            _, loop = await stack.enter_async_context(child("bare-telegram", folder, polls.token, api.url))
            found["telegram"][BARE] = Pipe(BARE, loop, polls, Chats(polls), customers)
            there, server = await stack.enter_async_context(child("bare-site", folder, posts.token, api.url))
            found["site"][BARE] = Pipe(BARE, server, posts, await site(there["socket"]), customers)
        try:
            yield found
        finally:
            for each in tabs:
                each.close()
    await api.stop()


async def measure(folder: Path, plan: Plan) -> dict[str, dict[str, Figures]]:
    """All of them in turn."""
    async with pipes(folder, plan.customers) as found:
        measured = {kind: {name: Measured(pipe) for name, pipe in some.items()} for kind, some in found.items()}
        everybody = [each for some in measured.values() for each in some.values()]
        for each in everybody:
            await each.pipe.greet(accepted=each.pipe.name == OTKLIK)
            await each.warm_up(plan)
        for number in range(plan.rounds):
            turn = everybody if number % 2 else everybody[::-1]
            for each in turn:
                await each.flood(plan)
            for each in turn:
                await each.pace(plan)
        return {kind: {name: each.figures for name, each in some.items()} for kind, some in measured.items()}


def ratios(some: dict[str, Figures]) -> dict[str, float]:
    """Otklik's by the bare loop's."""
    ours, bare = asdict(some[OTKLIK]), asdict(some[BARE])
    names = ("backlog", "steady", "cpu", "p50", "p95", "p99", "paced_cpu")
    return {name: round(ours[name] / max(bare[name], 1e-9), 2) for name in names}


LINES = (
    (
        "messages a second, all waiting",
        "backlog",
        f"at least {THROUGHPUT_GOAL:.1f}",
        lambda x: x >= THROUGHPUT_GOAL,
    ),
    ("  calls for each message", "backlog_calls", "", None),
    ("messages a second, {under_way} under way", "steady", "", None),
    ("  calls for each message", "steady_calls", "", None),
    ("  CPU for each message, ms", "cpu", "", None),
    ("at {rate:.0f} a second: p50, ms", "p50", "", None),
    ("  p95, ms", "p95", "", None),
    ("  p99, ms", "p99", f"at most {LATENCY_GOAL:.1f}", lambda x: x <= LATENCY_GOAL),
    ("  CPU for each message, ms", "paced_cpu", "", None),
    ("lost", "lost", "none", None),
    ("shown in a wrong order", "inverted", "none", None),
    ("part of a CPU that measuring took", "own", "", None),
)


def show(found: dict[str, dict[str, Figures]], plan: Plan) -> None:
    """The table."""
    for kind, some in found.items():
        by = ratios(some)
        click.echo(f"\n{kind + ' customers':44} {BARE:>10} {OTKLIK:>10}   ratio   goal")
        for words, name, goal, met in LINES:
            bare, ours = getattr(some[BARE], name), getattr(some[OTKLIK], name)
            mark = goal and f"{goal}: {'met' if (met(by[name]) if met else not ours) else 'missed'}"
            words = words.format(under_way=plan.under_way, rate=RATE)
            ratio = f"{by[name]:7.2f}" if name in by else " " * 7
            click.echo(f"{words:44} {bare:10,.2f} {ours:10,.2f} {ratio}   {mark}".rstrip())


def result(found: dict[str, dict[str, Figures]], plan: Plan) -> dict[str, object]:
    """The same for a file."""
    return {
        **stamp(),
        "plan": asdict(plan),
        **{
            kind: {**{name: asdict(of) for name, of in some.items()}, "ratio": ratios(some)}
            for kind, some in found.items()
        },
    }


def run(plan: Plan) -> dict[str, dict[str, Figures]]:
    with tempfile.TemporaryDirectory(prefix="otklik-bench-", ignore_cleanup_errors=True) as folder:
        return run_fast(measure(Path(folder), plan))


@click.command()
@click.option("--customers", default=Plan.customers, show_default=True, help="Whose conversations are in work.")
@click.option("--messages", default=Plan.messages, show_default=True, help="Of one trip.")
@click.option(
    "--under-way", default=Plan.under_way, show_default=True, help="At any time, where not all wait already."
)
@click.option("--seconds", default=Plan.seconds, show_default=True, help=f"At {RATE:.0f} messages a second.")
@click.option("--rounds", default=Plan.rounds, show_default=True, help="Of all of that.")
@click.option("--quick", is_flag=True, help="Only see that it works: ten customers, 60 messages.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Write the figures to this file.")
def pipe(
    customers: int, messages: int, under_way: int, seconds: float, rounds: int, quick: bool, path: Path | None
) -> None:
    """Customers' messages into the group, without limits: speed, delay, CPU, order."""
    plan = QUICK if quick else Plan(customers, messages, under_way, seconds, rounds)
    found = run(plan)
    show(found, plan)
    if path:
        path.write_text(json.dumps(result(found, plan), indent=1) + "\n")
