"""Does the process grow with the messages that go through it?

Telegram customers' messages go through the pipe of `pipe`, a thousand at a time; after each thousand the memory of
the process is looked at. SQLite fills its caches first, so what counts is the slope of the second half.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from tests.bench.machine import run_fast, stamp
from tests.bench.pipe import OTKLIK, pipes

MEGABYTE = 1024 * 1024
AT_ONCE = 1_000
CUSTOMERS = 500
GOAL = 0.05  # of its memory: what the second half may add


@dataclass(frozen=True)
class Figures:
    """Bytes."""

    messages: int
    before: int  # with all customers known
    after: int
    slope: float  # of each message of the second half
    growth: float  # that the second half added, as a part
    lost: int
    inverted: int

    @property
    def flat(self) -> bool:
        return self.growth <= GOAL


async def measure(folder: Path, messages: int) -> tuple[Figures, list[int]]:
    """The figures, and the memory after each thousand."""
    async with pipes(folder, min(CUSTOMERS, messages), alone=True) as found:
        pipe = found["telegram"][OTKLIK]
        await pipe.greet(accepted=True)
        sizes, lost, inverted = [pipe.process.memory_info().rss], 0, 0
        left = messages
        while left > 0:
            trip = await pipe.all_at_once(min(AT_ONCE, left))
            left -= trip.size
            lost, inverted = lost + trip.lost, inverted + trip.inverted
            sizes.append(pipe.process.memory_info().rss)
    per_message, growth = slope(sizes[len(sizes) // 2 :], AT_ONCE)
    return Figures(messages, sizes[0], sizes[-1], per_message, growth, lost, inverted), sizes


def slope(sizes: Sequence[int], step: int) -> tuple[float, float]:
    """How much one message adds, and all of them as a part of what there is: by least squares."""
    if len(sizes) < 2:
        return 0.0, 0.0
    line = statistics.linear_regression(range(len(sizes)), sizes)
    return round(line.slope / step, 2), round(line.slope * (len(sizes) - 1) / statistics.mean(sizes), 4)


def show(found: Figures) -> None:
    """The table."""
    click.echo(f"\n{found.messages:,} messages through the process")
    click.echo(f"memory before: {found.before / MEGABYTE:.1f} MiB, after: {found.after / MEGABYTE:.1f} MiB")
    click.echo(f"second half: {found.slope:+.1f} bytes for each message, {found.growth:+.1%} in all")
    click.echo(f"lost: {found.lost}, shown in a wrong order: {found.inverted}")
    click.echo(f"the second half adds at most {GOAL:.0%}: {'met' if found.flat else 'missed'}")


def run(messages: int) -> tuple[Figures, list[int]]:
    with tempfile.TemporaryDirectory(prefix="otklik-bench-", ignore_cleanup_errors=True) as folder:
        return run_fast(measure(Path(folder), messages))


def result(found: Figures, sizes: Sequence[int]) -> dict[str, object]:
    """The same for a file."""
    return {**stamp(), **asdict(found), "sizes": list(sizes)}


@click.command()
@click.option("--messages", default=100_000, show_default=True, help="How many go through.")
@click.option("--quick", is_flag=True, help="Only see that it works: 300 messages.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Write the figures to this file.")
def memory(messages: int, quick: bool, path: Path | None) -> None:
    """Memory of the process while messages go through it."""
    found, sizes = run(300 if quick else messages)
    show(found)
    if path:
        path.write_text(json.dumps(result(found, sizes), indent=1) + "\n")
