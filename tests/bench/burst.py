"""Three hundred messages of sixty customers in ten seconds, and Telegram's limits: when does the group have all?

The emulator is the strict one, with the limits on. A clock that runs fast is given to it and to Otklik alike, so
that minutes take seconds; what Otklik computes weighs `speed` times as much then. `--speed 1` is real time.
"""

from __future__ import annotations

import json
import math
import random
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from tests.bench.machine import run_fast, stamp
from tests.emulators.telegram import Limits
from tests.office import Office

POSTS, WINDOW = 20, 60.0  # what one bot may post into one group
PATIENCE = 1_200.0  # seconds on the fast clock, after which what is missing is lost
GOALS = {0: 180.0, 3: 60.0}  # seconds until all is visible, by helpers
_MARK = re.compile(r"c(\d+)n(\d+)x")


@dataclass(frozen=True)
class Load:
    """What is written."""

    customers: int = 60
    messages: int = 300
    seconds: float = 10.0
    speed: float = 10.0


QUICK = Load(customers=8, messages=24, seconds=4.0, speed=40.0)


@dataclass(frozen=True)
class Figures:
    """What came of it."""

    helpers: int
    seconds: float  # from the first message until all were visible
    least: float  # no sooner do the limits allow it
    posts: int  # units spent in the group
    refused: int  # calls answered with 429
    lost: int
    inverted: int
    wrote: float  # seconds that writing took: on a busy machine more than it should


def least(load: Load, bots: int) -> float:
    """Each conversation needs a call, a bot has 20 of them in any minute, and the last message must be there."""
    windows = math.ceil(load.customers / (POSTS * bots))
    return max(load.seconds, WINDOW * (windows - 1))


class Watch:
    """Reads in the emulator's journal when each message first stood in the group."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._read = 0
        self.shown: dict[tuple[int, int], float] = {}
        self._last: dict[int, int] = {}
        self.inverted = 0

    def look(self) -> int:
        """How many are there."""
        calls = self._office.telegram.calls
        while self._read < len(calls) and calls[self._read].code:  # 0: it runs
            call = calls[self._read]
            self._read += 1
            if not call.ok or call.chat != self._office.group.id:
                continue
            for customer, number in _MARK.findall(str(call.params.get("text", ""))):
                mark = int(customer), int(number)
                if mark not in self.shown:
                    self.shown[mark] = call.at
                    self.inverted += self._last.get(mark[0], -1) > mark[1]
                    self._last[mark[0]] = max(self._last.get(mark[0], -1), mark[1])
        return len(self.shown)


def script(load: Load) -> Sequence[tuple[int, int]]:
    """Who writes in which order: everybody as often, mixed, the same each time."""
    turns = [number % load.customers for number in range(load.messages)]
    random.Random(1).shuffle(turns)
    written = [0] * load.customers
    found = []
    for customer in turns:
        found.append((customer, written[customer]))
        written[customer] += 1
    return found


async def measure(folder: Path, load: Load, helpers: int) -> Figures:
    """One office, one burst."""
    office = Office(folder, helpers=helpers)
    await office.open()
    try:
        office.clock.speed = load.speed
        office.telegram.limits = Limits.real()
        people = [office.customer(f"Customer {number}") for number in range(load.customers)]
        watch, began = Watch(office), office.clock.monotonic()
        for place, (customer, number) in enumerate(script(load)):
            due = began + load.seconds * place / load.messages
            if (wait := due - office.clock.monotonic()) > 0:
                await office.clock.sleep(wait)
            await people[customer].writes(f"c{customer}n{number}x: is it there in red?")
        wrote = office.clock.monotonic() - began
        while watch.look() < load.messages and office.clock.monotonic() - began < PATIENCE:
            await office.clock.sleep(0.1)
        calls = office.telegram.calls
        return Figures(
            helpers=helpers,
            seconds=round(max(watch.shown.values(), default=began) - began, 1),
            least=least(load, 1 + helpers),
            posts=sum(call.units for call in calls if call.ok and call.chat == office.group.id),
            refused=sum(call.code == 429 for call in calls),
            lost=load.messages - len(watch.shown),
            inverted=watch.inverted,
            wrote=round(wrote, 1),
        )
    finally:
        await office.close()


def show(found: Sequence[Figures], load: Load) -> None:
    """The table."""
    click.echo(
        f"\n{load.messages} messages of {load.customers} customers within {load.seconds:.0f} s;"
        f" the clock runs {load.speed:.0f} times as fast as outside"
    )
    click.echo(f"{'':36}" + "".join(f" {1 + each.helpers:>6} bot{'s' if each.helpers else ' '}" for each in found))
    lines: Mapping[str, str] = {
        "seconds until all are visible": "seconds",
        "no less is possible": "least",
        "posts": "posts",
        "refused (429)": "refused",
        "lost": "lost",
        "shown in a wrong order": "inverted",
    }
    for words, name in lines.items():
        click.echo(f"{words:36}" + "".join(f" {getattr(each, name):11,}" for each in found))
    for each in found:
        goal = GOALS.get(each.helpers)
        if goal:
            good = each.seconds <= goal and not (each.refused or each.lost or each.inverted)
            click.echo(
                f"{1 + each.helpers} bots: within {goal:.0f} s, nothing refused, lost or turned round:"
                f" {'met' if good else 'missed'}"
            )
        if each.wrote > 1.2 * load.seconds:
            click.echo(f"(the machine was busy: writing took {each.wrote:.0f} s instead of {load.seconds:.0f})")


def run(load: Load, helpers: Sequence[int]) -> list[Figures]:
    found = []
    for number in helpers:
        with tempfile.TemporaryDirectory(prefix="otklik-bench-", ignore_cleanup_errors=True) as folder:
            found.append(run_fast(measure(Path(folder), load, number)))
    return found


def result(found: Sequence[Figures], load: Load) -> dict[str, object]:
    """The same for a file."""
    return {**stamp(), "load": asdict(load), "runs": [asdict(each) for each in found]}


@click.command()
@click.option("--speed", default=Load.speed, show_default=True, help="How fast the clock runs; 1: real time.")
@click.option(
    "--helpers", multiple=True, type=int, default=(0, 3), show_default=True, help="Further bots; repeatable."
)
@click.option("--quick", is_flag=True, help="Only see that it works: 24 messages of eight customers.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Write the figures to this file.")
def burst(speed: float, helpers: tuple[int, ...], quick: bool, path: Path | None) -> None:
    """Many messages at once, within Telegram's limits."""
    load = QUICK if quick else Load(speed=speed)
    found = run(load, helpers)
    show(found, load)
    if path:
        path.write_text(json.dumps(result(found, load), indent=1) + "\n")
