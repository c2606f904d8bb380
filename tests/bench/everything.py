"""All benchmarks one after the other, one table of what they say, and all their figures in one file."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from tests.bench import burst, desks, memory, pipe, site, store, widget
from tests.bench.machine import stamp

Found = dict[str, Any]
FILE = Path("bench.json")


@dataclass(frozen=True)
class Line:
    """Of the table. `met`: None where there is no goal."""

    what: str
    figure: str
    goal: str = ""
    met: bool | None = None


def pipe_lines(found: Found) -> Iterator[Line]:
    for kind in ("telegram", "site"):
        ratio, ours, bare = found[kind]["ratio"], found[kind]["otklik"], found[kind]["bare"]
        yield Line(
            f"{kind} messages a second, by the bare loop's",
            f"{ratio['backlog']:.2f} ({ours['backlog']:,.0f} by {bare['backlog']:,.0f})",
            f"≥ {pipe.THROUGHPUT_GOAL:.1f}",
            ratio["backlog"] >= pipe.THROUGHPUT_GOAL,
        )
        yield Line(
            f"{kind} p99 at {pipe.RATE:.0f} a second, by the bare loop's",
            f"{ratio['p99']:.2f} ({ours['p99']:,.1f} ms by {bare['p99']:,.1f})",
            f"≤ {pipe.LATENCY_GOAL:.1f}",
            ratio["p99"] <= pipe.LATENCY_GOAL,
        )
        yield Line(f"{kind} CPU of a message, by the bare loop's", f"{ratio['cpu']:.2f} ({ours['cpu']:.2f} ms)")
        wrong = ours["lost"] + ours["inverted"]
        yield Line(f"{kind} messages lost or turned round", f"{wrong} (bare: {bare['inverted']})", "0", not wrong)


def burst_lines(found: Found) -> Iterator[Line]:
    for one in found["runs"]:
        goal = burst.GOALS.get(one["helpers"])
        bots = f"{1 + one['helpers']} bot{'s' if one['helpers'] else ''}"
        yield Line(
            f"burst, {bots}: seconds until all are visible",
            f"{one['seconds']:.0f} (no less than {one['least']:.0f}; {one['posts']} posts)",
            f"≤ {goal:.0f}" if goal else "",
            one["seconds"] <= goal if goal else None,
        )
        wrong = one["refused"] + one["lost"] + one["inverted"]
        yield Line(f"burst, {bots}: refused, lost or turned round", str(wrong), "0", not wrong)


def memory_lines(found: Found) -> Iterator[Line]:
    yield Line(
        f"memory that the second half of {found['messages']:,} messages adds",
        f"{found['growth']:+.1%} ({found['slope']:+.0f} bytes each)",
        f"≤ {memory.GOAL:.0%}",
        found["growth"] <= memory.GOAL,
    )


def store_lines(found: Found) -> Iterator[Line]:
    worst = max(found["operations"], key=lambda one: float(one["ratio"]))
    yield Line(
        f"slowest of {len(found['operations'])} operations, {found['large']:,} conversations by {found['small']:,}",
        f"{worst['ratio']:.2f} ({worst['operation']})",
        f"< {store.GOAL}",
        worst["ratio"] < store.GOAL,
    )


def site_lines(found: Found) -> Iterator[Line]:
    ratio = found["ratio"]
    yield Line(
        "memory of an idle visitor, by a bare server's",
        f"{ratio['memory']:.2f} ({found['otklik']['memory'] / 1024:.0f} KiB)",
        f"≤ {site.MEMORY_GOAL:.0f}",
        ratio["memory"] <= site.MEMORY_GOAL,
    )
    yield Line(
        "reply to its visitor, by a bare server's",
        f"{ratio['reply_median']:.2f} ({found['otklik']['reply_median']:.1f} ms)",
        f"≤ {site.REPLY_GOAL:.0f}",
        ratio["reply_median"] <= site.REPLY_GOAL,
    )
    yield Line(
        f"the same while {site.RATE:.0f} messages a second come in",
        f"{ratio['busy_median']:.2f} ({found['otklik']['busy_median']:.1f} ms)",
        "",
        None,
    )


def desks_lines(found: Found) -> Iterator[Line]:
    ratio, ours = found["ratio"], found["otklik"]
    yield Line(
        f"{found['desks']} web desks, {found['rate']:.0f} messages a second: p99 until all lists show one",
        f"{ratio['list_p99']:.2f} of a bare server's ({ours['list_p99']:.0f} ms)",
        f"≤ {desks.GOAL:.0f} ms",
        ours["list_p99"] <= desks.GOAL,
    )
    yield Line(
        "the same where the conversation stands open",
        f"{ratio['open_p99']:.2f} ({ours['open_p99']:.0f} ms)",
    )
    yield Line("CPU meanwhile, by the bare server's", f"{ratio['cpu']:.2f} ({ours['cpu']:.0%} of one)")
    yield Line("messages that some web desk never showed", str(ours["never"]), "0", not ours["never"])


def widget_lines(found: Found) -> Iterator[Line]:
    ours = found["widgets"][widget.OTKLIK]
    yield Line(
        "widget, before a click: requests",
        f"{ours['requests']} ({ours['bytes']:,} bytes)",
        "1",
        ours["requests"] == 1,
    )
    yield Line(
        "widget, before a click: ms of the main thread",
        f"{ours['cpu']:.1f}",
        f"< {widget.TIME_GOAL:.0f}",
        ours["cpu"] < widget.TIME_GOAL,
    )


@dataclass(frozen=True)
class Part:
    """One benchmark: its command, what makes it quick, what it says in the table."""

    command: click.Command
    quick: Sequence[str]
    lines: Callable[[Found], Iterator[Line]]


PARTS = {
    "pipe": Part(pipe.pipe, ["--quick"], pipe_lines),
    "burst": Part(burst.burst, ["--quick"], burst_lines),
    "memory": Part(memory.memory, ["--quick"], memory_lines),
    "store": Part(store.store, ["--small", "1000", "--large", "2000", "--rounds", "1"], store_lines),
    "site": Part(site.site, ["--quick"], site_lines),
    "desks": Part(desks.desks, ["--quick"], desks_lines),
    "widget": Part(widget.widget, ["--quick"], widget_lines),
}


def show(lines: Sequence[Line]) -> None:
    """The table."""
    width, wide = max(len(line.what) for line in lines), max(len(line.figure) for line in lines)
    click.echo("")
    for line in lines:
        mark = "" if line.met is None else "met" if line.met else "missed"
        click.echo(f"{line.what:{width}}   {line.figure:{wide}}   {line.goal:7} {mark}".rstrip())


@click.command("all")
@click.option("--only", multiple=True, type=click.Choice(list(PARTS)), help="Not all, but this one; repeatable.")
@click.option("--quick", is_flag=True, help="Only see that they work.")
@click.option(
    "--json", "path", default=FILE, show_default=True, type=click.Path(path_type=Path), help="Where to write."
)
def everything(only: tuple[str, ...], quick: bool, path: Path) -> None:
    """Run them all; print one table, and write all figures."""
    lines: list[Line] = []
    figures: Found = {**stamp(), "quick": quick}
    for name in only or PARTS:
        part = PARTS[name]
        click.echo(f"\n== {name}")
        with tempfile.TemporaryDirectory(prefix="otklik-bench-") as folder:
            written = Path(folder) / "figures.json"
            args = ["--json", str(written), *(part.quick if quick else ())]
            try:
                part.command.main(args, standalone_mode=False)
            except click.ClickException as error:
                click.echo(f"{name} is left out: {error.format_message()}")
                lines.append(Line(name, "left out"))
                continue
            figures[name] = json.loads(written.read_text(encoding="utf-8"))
        lines += part.lines(figures[name])
    show(lines)
    machine = ", ".join(f"{name}: {value}" for name, value in figures["machine"].items())
    click.echo(f"\n{figures['date']}, {machine}{', quick: the figures say nothing' if quick else ''}")
    path.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
