"""Garbage into every way in: webhooks, the widget's protocol, uploads, the handlers of updates.

python -m tests.fire garbage --cases 100000 --seed 1
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import click

from tests.alike.ends import Someone
from tests.alike.town import Thread
from tests.fire.shots import Target, closed, targets
from tests.fire.watch import CONTAINER_LIMIT, Watch, dead_parts, largest, tasks
from tests.fire.yard import DESK_SECRET, OWN_SECRET, OWN_TOKEN, PRIVATE, Yard, everything

BYTES_LIMIT = 700  # of log for a case, on the average
TASKS_LIMIT = 400


class Range:
    """A yard, what was recorded in it, and the watch over it."""

    def __init__(self, yard: Yard, watch: Watch, shapes: dict[str, list[Any]], random: Random) -> None:
        self.yard = yard
        self.watch = watch
        self.targets = {target.name: target for target in targets(yard, random, shapes)}
        self.random = random
        self.shot: Counter[str] = Counter()
        self.faults: list[str] = []
        self.people: list[tuple[Someone, Thread]] = []

    async def shoot(self, name: str = "", body: Any = None) -> None:
        """One case."""
        target: Target = self.targets[name or self.random.choice(list(self.targets))]
        self.shot[target.name] += 1
        about = f"{target.name} {self.shot[target.name]}"
        try:
            found = await target.shoot(body)
        except TimeoutError:
            found = "no answer"
        if found:
            self.faults.append(f"{about}: {found}")
        self.watch.look(about)

    async def is_well(self, about: str) -> None:
        """Every part runs, and good messages go both ways on every channel. Raises AssertionError."""
        self.watch.look(about)
        assert self.yard.otklik is not None
        assert not (self.faults + self.watch.faults), "\n".join((self.faults + self.watch.faults)[:20])
        assert not dead_parts(self.yard.otklik)
        cases = self.shot.total()
        assert self.watch.bytes < 40_000 + BYTES_LIMIT * cases, f"{self.watch.bytes} bytes\n{self.watch.tail}"
        for someone, _ in self.people:
            await someone.writes(f"живой {about}")
        for _, thread in self.people:
            await thread.shows(f"живой {about}")
            await thread.answers(f"и мы {about}")
        for someone, _ in self.people:
            await self.yard.until(lambda s=someone: f"и мы {about}" in s.texts, lambda s=someone: f"{s}: {s.texts}")  # type: ignore[misc]
        assert tasks() < TASKS_LIMIT, f"{tasks()} tasks"
        fullest = largest(self.yard.otklik)
        assert fullest[0][0] < CONTAINER_LIMIT, fullest


@contextlib.asynccontextmanager
async def opened(folder: Path, seed: int) -> AsyncIterator[Range]:
    """A range that is ready: all has been recorded, and on every channel somebody good is being served."""
    yard = Yard(folder)
    fb_tokens = ("9001:TEST", OWN_TOKEN, DESK_SECRET, OWN_SECRET)
    try:
        await yard.open()
        ends: Any = yard.ends
        viber, fb = ends["viber"].viber, ends["facebook"].facebook
        more = (viber.token, fb.page_token, fb.app.secret, ends["vk-callback"].vk.token)
        with Watch(secrets=[*fb_tokens, *more], private=[PRIVATE]) as watch:
            place = Range(yard, watch, await everything(yard), Random(seed))
            for kind, end in yard.ends.items():
                someone = await end.person("Лада")
                await someone.writes(f"начало {kind}")
                place.people.append((someone, await yard.accepts(f"начало {kind}")))
            try:
                yield place
            finally:
                await closed(list(place.targets.values()))
    finally:
        await yard.close()


@click.command()
@click.option("--cases", default=100_000, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--only", default="", help="One of: vk, viber, fb, tg, desk, socket, fallback, upload, wire.")
def garbage(cases: int, seed: int, only: str) -> None:
    """Garbage into every way in."""
    asyncio.run(_long(cases, seed, only))


async def _long(cases: int, seed: int, only: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with opened(Path(folder), seed) as place:
            began = time.monotonic()
            for number in range(1, cases + 1):
                await place.shoot(only)
                if number % 2000 == 0 or number == cases:
                    await place.is_well(f"{number}")
                    assert place.yard.otklik is not None
                    fullest = largest(place.yard.otklik, 2)
                    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
                    click.echo(
                        f"{number:>7} cases, {time.monotonic() - began:6.0f} s, {rss} MB with the emulators, "
                        f"log {place.watch.bytes // number} bytes a case, {tasks()} tasks, fullest {fullest}"
                    )
            place.yard.may_miss.add("aside")  # what could not be read is kept for people to look at
            unaccounted = await asyncio.to_thread(place.yard.audited)
            assert not unaccounted, unaccounted
            click.echo(f"no fault found, nothing unaccounted for: {dict(place.shot)}")
