"""Does the store stay as fast as it was, with a million conversations behind it?"""

import json
import random
import statistics
import tempfile
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from bridge.clock import Clock
from storage.sqlite import SqliteTransaction, connect
from tests.bench.operations import OPERATIONS, Values
from tests.bench.seed import Seeded, seed

GOAL = 1.5
SIZE = click.IntRange(min=1_000)
WARM_UP = 5  # rounds that fill the caches and are not counted
AT_ONCE = 20  # of one operation, before it is the other database's turn


@dataclass(frozen=True)
class Line:
    """The medians of one operation, in microseconds."""

    operation: str
    small: float
    large: float

    @property
    def ratio(self) -> float:
        return self.large / self.small


class Bench:
    """One database under measurement."""

    def __init__(self, path: Path, size: Seeded) -> None:
        self.database = connect(path, writes=True)
        self.database.execute(
            "pragma synchronous = off"
        )  # commits are not measured: they need not wait for the disk
        self.tx = SqliteTransaction(self.database, Clock())
        self.values = Values(size)

    def run(self, name: str) -> list[float]:
        """Seconds that each of a batch took, done as the store's threads do it, each in its own transaction."""
        connection, operation = self.database.conn, OPERATIONS[name]
        took = []
        for _ in range(AT_ONCE):
            connection.execute("begin immediate")
            act = operation.prepare(self.tx, self.values)
            began = time.perf_counter()
            if operation.writes:
                connection.execute("savepoint job")
            act()
            if operation.writes:
                connection.execute("release job")
            took.append(time.perf_counter() - began)
            connection.execute("commit")
        self.tx.take_signals()
        return took


def measure(small: Bench, large: Bench, rounds: int) -> list[Line]:
    """Both databases in turn, operation by operation, in another order each round."""
    took: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in OPERATIONS}
    chance = random.Random(1)
    for round_ in range(WARM_UP + rounds):
        for name in chance.sample(sorted(OPERATIONS), len(OPERATIONS)):
            for bench, seconds in zip((small, large), took[name], strict=True):
                batch = bench.run(name)
                if round_ >= WARM_UP:
                    seconds += batch
    return [
        Line(name, *(round(statistics.median(seconds) * 1e6, 2) for seconds in both)) for name, both in took.items()
    ]


def show(lines: list[Line], small: int, large: int) -> None:
    """The table."""
    width = max(len(line.operation) for line in lines)
    click.echo(f"{'operation':{width}} {small:>10,} {large:>10,}   ratio   (microseconds, median)")
    for line in sorted(lines, key=lambda line: -line.ratio):
        mark = f"  over {GOAL}" if line.ratio >= GOAL else ""
        click.echo(f"{line.operation:{width}} {line.small:10.1f} {line.large:10.1f} {line.ratio:7.2f}{mark}")
    worst = max(line.ratio for line in lines)
    click.echo(f"\nworst ratio {worst:.2f}, goal under {GOAL}: {'met' if worst < GOAL else 'missed'}")


def seeded(folder: Path, conversations: int) -> Bench:
    """A database of so many conversations, ready to be measured."""
    path = folder / f"{conversations}.db"
    began = time.perf_counter()
    size = seed(path, conversations)
    megabytes = path.stat().st_size / 1e6
    took = time.perf_counter() - began
    click.echo(f"{conversations:,} conversations, {size.messages:,} messages: {megabytes:,.0f} MB in {took:.1f} s")
    return Bench(path, size)


@click.command()
@click.option("--small", default=1_000, type=SIZE, show_default=True, help="Conversations in the small database.")
@click.option("--large", default=1_000_000, type=SIZE, show_default=True, help="Conversations in the large one.")
@click.option("--rounds", default=15, show_default=True, help=f"Batches of {AT_ONCE} of each operation.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Write the figures to this file.")
def store(small: int, large: int, rounds: int, path: Path | None) -> None:
    """Time of each operation of the store at two sizes."""
    with tempfile.TemporaryDirectory(prefix="otklik-bench-", ignore_cleanup_errors=True) as folder:
        one, other = (seeded(Path(folder), size) for size in (small, large))
        with closing(one.database.conn), closing(other.database.conn):
            lines = measure(one, other, rounds)
    show(lines, small, large)
    if path:
        figures = [asdict(line) | {"ratio": round(line.ratio, 3)} for line in lines]
        path.write_text(json.dumps({"small": small, "large": large, "operations": figures}, indent=1) + "\n")
