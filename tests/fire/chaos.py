"""Everybody talks while everything breaks, on every platform at once.

python -m tests.fire chaos --minutes 5 --seed 7
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import click

from bridge.audit import audit, books_of
from bridge.config import load
from tests.alike.ends import CannotDo, Someone
from tests.alike.town import Thread, Town
from tests.fire.storm import Storm
from tests.fire.watch import CONTAINER_LIMIT, Watch, dead_parts, largest, tasks
from tests.fire.yard import OpenSiteEnd

KINDS = ("site", "telegram", "vk-callback", "viber", "facebook")
TASKS_LIMIT = 600
KNOWS_REPEATS = ("site", "vk", "vk-callback")  # what is sent again is recognised there
SOON = 8.0  # seconds of real time within which a lane that can move has moved
BEHIND = 50  # answers that wait for a customer before the operator gives them time; Viber takes a hundred an hour
HOUR = 12  # steps of five minutes
SWAPS = 0.04  # of what is written is told in the wrong order


@dataclass
class Talk:
    """A customer and their topic; `said` and `answered` in the order in which it was written."""

    kind: str
    key: str
    someone: Someone
    thread: Thread
    said: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)

    async def says(self) -> None:
        text = f"{self.key}в{len(self.said):04}."
        self.said.append(text)
        await self.someone.writes(text)

    async def says_swapped(self) -> bool:
        """Two messages, of which the platform tells in the wrong order; False where it cannot."""
        texts = [f"{self.key}в{len(self.said) + more:04}." for more in range(2)]
        try:
            await self.someone.writes_swapped(*texts)
        except CannotDo:
            return False
        self.said += texts
        return True

    async def answers(self) -> None:
        text = f"{self.key}о{len(self.answered):04}."
        self.answered.append(text)
        await self.thread.answers(text)

    @property
    def got(self) -> list[str]:
        """The answers that the customer has, repeats included."""
        return re.findall(rf"{self.key}о\d+\.", "\n".join(self.someone.texts))

    @property
    def shown(self) -> list[str]:
        """What the topic shows of the customer's words, repeats included."""
        return re.findall(rf"{self.key}в\d+\.", "\n".join(post.text for post in self.thread.posts))

    def amiss(self) -> str:
        """What is missing or out of order, if anything."""
        for what, have, wanted in (("answers", self.got, self.answered), ("messages", self.shown, self.said)):
            if list(dict.fromkeys(have)) != wanted:
                missing = [text for text in wanted if text not in have]
                return f"{self.key}: {what}: missing {missing}; have {have[-12:]}, wanted {wanted[-12:]}"
        return ""

    @property
    def repeats(self) -> int:
        """How many answers the customer has more than once."""
        return sum(count - 1 for count in Counter(self.got).values())

    @property
    def posts_again(self) -> int:
        """How many posts say what was said before. One post may have many messages."""
        seen: set[str] = set()
        again = 0
        for post in self.thread.posts:
            found = set(re.findall(rf"{self.key}в\d+\.", post.text))
            again += bool(found & seen)
            seen |= found
        return again


class Chaos:
    """The town, its talks, and the most that was seen of what must be bounded."""

    def __init__(self, town: Town, watch: Watch, seed: int, *, hangs: bool = False) -> None:
        self.town = town
        self.watch = watch
        self.random = Random(seed)
        self.storm = Storm(town, self.random, hangs=hangs)
        self.talks: list[Talk] = []
        self.swapped = 0
        self._swapping = asyncio.Lock()
        self.most_tasks = 0
        self.fullest: tuple[int, str] = (0, "")

    async def begin(self, customers: int) -> None:
        """So many customers of each kind, each accepted."""
        for kind, end in self.town.ends.items():
            for number in range(customers):
                key = f"{kind.partition('-')[0]}{number}"
                someone = await end.person(f"Лада{number}")
                await someone.writes(f"{key} здесь!")
                self.talks.append(Talk(kind, key, someone, await self.town.accepts(f"{key} здесь!")))

    async def rages(self, seconds: float) -> None:
        """Everybody talks in the storm for so many seconds of real time."""
        until = time.monotonic() + seconds
        storm = [asyncio.create_task(work) for work in (self.storm.rage(), self.storm.outages(), self._looks())]
        try:
            await asyncio.gather(*(self._talks(talk, until) for talk in self.talks))
        finally:
            for task in storm:
                task.cancel()
            ended = await asyncio.gather(*storm, return_exceptions=True)
            self.storm.ends()
        assert all(isinstance(how, asyncio.CancelledError) for how in ended), ended

    async def hour_without_telegram(self) -> None:
        """Telegram is not to be reached; what customers of other channels write is stored at once."""
        self.town.telegram.down = True
        others = [talk for talk in self.talks if talk.kind != "telegram"]
        for step in range(HOUR):
            for talk in others if step % 4 == 0 else others[:: len(others) // 3]:
                await self._ready(talk)
                await talk.says()
            self.town.clock.passes(300)
            await asyncio.sleep(0.1)
            self.look()
        for talk in others:
            await self._ready(talk)
        self.town.telegram.down = False

    async def one_down(self, kind: str) -> None:
        """A platform is down: customers of all others get their answers meanwhile. Raises AssertionError."""
        self.storm.down(kind, True)
        for talk in self.talks:
            await talk.answers()
        for talk in self.talks:
            if talk.kind != kind:
                await self.soon(talk)
        self.storm.down(kind, False)

    async def settled(self, patience: float = 90.0) -> None:
        """Until nothing is amiss. Raises AssertionError."""
        until = time.monotonic() + patience
        while amiss := [found for talk in self.talks if (found := talk.amiss())]:
            assert time.monotonic() < until, "\n".join(amiss) + "\n" + self.watch.tail
            self.town.clock.passes(10)
            await asyncio.sleep(0.2)
            self.look()

    async def judge(self) -> dict[str, Any]:
        """What came of it. Raises AssertionError for what must not be."""
        otklik = self.town.otklik
        assert otklik is not None
        self.watch.look("chaos")
        assert not self.watch.faults, "\n".join(self.watch.faults[:10])
        assert not dead_parts(otklik)
        lost = self.storm.lost
        repeats: Counter[str] = Counter()
        for talk in self.talks:
            repeats[talk.kind] += talk.repeats
            repeats["posts"] += talk.posts_again
        for kind in self.town.ends:
            allowed = 0 if kind in KNOWS_REPEATS else lost[kind]
            assert repeats[kind] <= allowed, f"{kind}: {repeats[kind]} repeats, {allowed} answers lost"
        assert repeats["posts"] <= lost["telegram"], (
            f"{repeats['posts']} posts again, {lost['telegram']} answers lost"
        )
        assert self.most_tasks < TASKS_LIMIT, f"{self.most_tasks} tasks"
        assert self.fullest[0] < CONTAINER_LIMIT, self.fullest
        books = books_of(load(self.town.folder / "config.toml", {}))
        report = await asyncio.to_thread(audit, books, self.town.clock.now())
        assert report.good, report.in_brief()
        return {
            "customers": len(self.talks),
            "messages": sum(len(talk.said) for talk in self.talks),
            "answers": sum(len(talk.answered) for talk in self.talks),
            "troubles": self.storm.made,
            "swapped": self.swapped,
            "answers lost by platforms": lost,
            "repeats": dict(repeats),
            "most tasks": self.most_tasks,
            "fullest": self.fullest,
            "log bytes": self.watch.bytes,
        }

    async def _talks(self, talk: Talk, until: float) -> None:
        random = self.random
        while time.monotonic() < until:
            await self._ready(talk)
            if random.random() < 0.1 and talk.kind == "site":
                visitor: Any = talk.someone
                await visitor.tab.close()  # the network is gone for a moment
            elif random.random() < SWAPS and talk.kind in ("vk-callback", "viber", "facebook"):
                await self._swaps(talk)
            elif random.random() < 0.5 or len(talk.answered) - len(talk.got) > BEHIND:
                await talk.says()
            else:
                await talk.answers()
            await asyncio.sleep(random.uniform(0.05, 0.4))

    async def _swaps(self, talk: Talk) -> None:
        """What comes out of order is waited for by the clock; a fast one would be over before the network is."""
        async with self._swapping:
            speed, self.town.clock.speed = self.town.clock.speed, 1.0
            try:
                self.swapped += await talk.says_swapped()
                await asyncio.sleep(0.5)
            finally:
                self.town.clock.speed = speed

    async def _ready(self, talk: Talk) -> None:
        """A visitor's client sends a message after the one before it was stored."""
        if talk.kind == "site":
            tab: Any = talk.someone
            await self.town.until(lambda: not tab.tab.outbox, lambda: f"not stored: {tab.tab.outbox}")

    async def soon(self, talk: Talk) -> None:
        """Wait until a customer has all answers. Raises AssertionError when it takes too long."""
        until = time.monotonic() + SOON
        while talk.got[-1:] != talk.answered[-1:]:
            assert time.monotonic() < until, f"{talk.key} waits for others: {talk.amiss()}"
            await asyncio.sleep(0.02)

    async def _looks(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(1)

    def look(self) -> None:
        """Keep the most that there was."""
        self.most_tasks = max(self.most_tasks, tasks())
        assert self.town.otklik is not None
        self.fullest = max(self.fullest, largest(self.town.otklik, 1)[0])


@contextlib.asynccontextmanager
async def opened(
    folder: Path, seed: int, *, customers: int = 1, hangs: bool = False, kinds: Sequence[str] = KINDS
) -> AsyncIterator[Chaos]:
    """A town with all kinds of channels, where everybody is being served."""
    town = Town(folder, *kinds)
    town.ends["site"] = OpenSiteEnd(town)
    town.patience = 60
    try:
        await town.open()
        with Watch(secrets=["9001:TEST"], private=["site0в", "vk0о"]) as watch:
            chaos = Chaos(town, watch, seed, hangs=hangs)
            await chaos.begin(customers)
            yield chaos
    finally:
        town.telegram.down = False
        await town.close()


@click.command()
@click.option("--minutes", default=5.0, show_default=True)
@click.option("--seed", default=7, show_default=True)
@click.option("--customers", default=4, show_default=True, help="Of each channel.")
@click.option("--longpoll", is_flag=True, help="VKontakte's events by long poll; without it by callback.")
def chaos(minutes: float, seed: int, customers: int, longpoll: bool) -> None:
    """Errors, resets, lost answers, limits, repeats, outages: on every platform at once."""
    kinds = ["vk" if longpoll and kind == "vk-callback" else kind for kind in KINDS]
    asyncio.run(_long(minutes, seed, customers, kinds))


async def _long(minutes: float, seed: int, customers: int, kinds: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with opened(Path(folder), seed, customers=customers, hangs=True, kinds=kinds) as place:
            await place.rages(minutes * 60)
            await place.settled(300)
            click.echo("after the storm nothing is missing")
            for kind in kinds:
                if kind not in ("site", "telegram"):
                    await place.one_down(kind)
                    await place.settled()
            click.echo("while one platform is down, the others are served")
            await place.hour_without_telegram()
            await place.settled(300)
            click.echo("after an hour without Telegram nothing is missing")
            for name, value in (await place.judge()).items():
                click.echo(f"{name}: {value}")
