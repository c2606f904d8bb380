"""`kill -9` of the whole program: in mid-talk, and with a backlog waiting. Nothing lost, order kept, few repeats.

python -m tests.fire kills            (20 kills during 2,000 messages)
python -m tests.fire backlog          (2,000 updates wait, each call takes 50 ms, a kill at every 15 %)
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import click

from bridge.audit import audit, books_of
from bridge.config import load
from tests.emulators.telegram import Seen
from tests.office import TelegramCustomer
from tests.ports import free_port
from tests.program import ProgramOffice

PATIENCE = 300.0  # seconds until what is missing counts as lost
LATELY = 0.05  # seconds between an answer and its commit, on a busy machine


@dataclass
class Toll:
    """What the kills cost."""

    messages: int
    kills: int = 0
    in_flight: int = (
        0  # calls at the kills that were under way, or answered so lately that nobody had written it down
    )
    lost: int = 0
    repeated: int = 0
    out_of_order: int = 0
    seconds: float = 0.0
    unaccounted: str = ""  # what the ledger says

    @property
    def fair(self) -> bool:
        """What was promised: at most the calls in flight may repeat."""
        whole = not self.lost and not self.out_of_order and not self.unaccounted
        return whole and self.repeated <= self.in_flight


class Talks:
    """Customers of one group, each with an accepted conversation; both sides number what they say."""

    def __init__(self, office: ProgramOffice, customers: int) -> None:
        self.office = office
        self.customers = [office.customer(f"Клиент{number:03}") for number in range(customers)]
        self.cards: list[Seen] = []
        self.asked = [0] * customers
        self.answered = [0] * customers

    async def begin(self) -> None:
        """Everybody writes, and is accepted."""
        for customer in self.customers:
            await customer.writes(f"{customer.human.name} здесь")
            card = await self.office.card(f"{customer.human.name} здесь")
            await self.office.olga.presses(card, "Принять")
            self.cards.append(card)
        await self.office.until(lambda: all("В работе" in card.now().text for card in self.cards))

    async def asks(self, index: int) -> None:
        """A customer's next question."""
        await self.customers[index].writes(f"вопрос {self.asked[index]}.")
        self.asked[index] += 1

    async def answers(self, index: int) -> None:
        """Olga's next answer."""
        text = f"ответ {self.answered[index]}."
        await self.office.olga.says(self.office.group, text, reply_to=self.cards[index])
        self.answered[index] += 1

    def received(self, customer: TelegramCustomer) -> list[str]:
        return [text for text in customer.sees if text.startswith("ответ")]

    def shown(self) -> list[list[str]]:
        """The questions of each customer in the order in which the group shows them.

        A post that stands there twice repeats one call, however many questions it holds: its repeat counts once.
        """
        found: dict[int, list[str]] = {card.id: [] for card in self.cards}
        for message in self.office.group.messages(by=self.office.bot):
            under = (message.get("reply_to_message") or {}).get("message_id", message.id)
            if under in found:
                lines = (message.text or "").split("\n")
                words = [line[line.index("вопрос") :] for line in lines if "вопрос" in line]
                known = set(found[under])
                found[under] += [each for each in words if each in known][:1] + [w for w in words if w not in known]
        return [found[card.id] for card in self.cards]

    def done(self) -> int:
        """How many of all questions and answers are where they belong."""
        shown = sum(len(set(words)) for words in self.shown())
        return shown + sum(len(set(self.received(customer))) for customer in self.customers)

    async def reaches(self, count: int) -> None:
        """Wait until so much is done, or nobody can hope for it any more."""
        until = time.monotonic() + PATIENCE
        while self.done() < count and time.monotonic() < until:  # noqa: ASYNC110 -- looking is dear
            await asyncio.sleep(0.02)

    async def settles(self, toll: Toll) -> None:
        """Wait until all has arrived, then count."""
        await self.reaches(sum(self.asked) + sum(self.answered))
        for index, (customer, questions) in enumerate(zip(self.customers, self.shown(), strict=True)):
            self._count(toll, [f"ответ {n}." for n in range(self.answered[index])], self.received(customer))
            self._count(toll, [f"вопрос {n}." for n in range(self.asked[index])], questions)
        books = books_of(load(self.office.folder / "config.toml", {"DESK_TOKEN": "9001:TEST"}))
        report = await asyncio.to_thread(audit, books, datetime.now(UTC))
        toll.unaccounted = "" if report.good else report.in_brief()

    def _count(self, toll: Toll, wanted: list[str], found: list[str]) -> None:
        counts = Counter(found)
        toll.lost += sum(1 for words in wanted if not counts[words])
        toll.repeated += sum(count - 1 for count in counts.values())
        once = [words for words in dict.fromkeys(found) if words in set(wanted)]
        toll.out_of_order += once != [words for words in wanted if counts[words]]


@asynccontextmanager
async def running(folder: Path, customers: int) -> AsyncIterator[Talks]:
    """The program as a process, and customers whose conversations are accepted."""
    office = ProgramOffice(folder, forum=False, port=free_port())
    office.patience = PATIENCE
    await office.open()
    try:
        talks = Talks(office, customers)
        await talks.begin()
        yield talks
    finally:
        await office.close()


async def kill(talks: Talks, toll: Toll, call: float = 0.0) -> None:
    """kill -9, counting what was under way; start again. `call`: seconds that a call takes."""
    program = talks.office.program
    assert program
    calls = talks.office.telegram.calls
    before = talks.office.clock.monotonic() - LATELY - call
    await program.kill()
    toll.in_flight += sum(1 for made in calls if made.at >= before)
    toll.kills += 1
    await program.start()


async def in_talk(folder: Path, *, messages: int, kills: int, customers: int, seed: int) -> Toll:
    """Kills at random instants while both sides talk."""
    random, toll = Random(seed), Toll(messages)
    began = time.monotonic()
    async with running(folder, customers) as talks:

        async def talk() -> None:
            for number in range(messages // 2):
                await talks.asks(number % customers)
                await talks.answers(number % customers)
                await asyncio.sleep(0.0 if number % 10 else 0.05)

        talking = asyncio.create_task(talk())
        for _ in range(kills):
            await asyncio.sleep(0.1 + random.random() * 0.6)
            await kill(talks, toll)
        await talking
        await talks.settles(toll)
    toll.seconds = round(time.monotonic() - began, 1)
    return toll


async def with_backlog(
    folder: Path, *, messages: int, customers: int, call: float = 0.05, every: float = 0.15
) -> Toll:
    """So many updates wait at the start, each call takes `call` seconds; a kill each time `every` of it is done."""
    toll = Toll(messages)
    began = time.monotonic()
    async with running(folder, customers) as talks:
        program = talks.office.program
        assert program
        await program.kill()
        for number in range(messages // 2):
            await talks.asks(number % customers)
            await talks.answers(number % customers)
        talks.office.telegram.fail_next("*", slow=call, times=10**9)
        await program.start()
        share = every
        while share < 1.0:
            await talks.reaches(int(share * messages))
            await kill(talks, toll, call)
            share += every
        await talks.settles(toll)
    toll.seconds = round(time.monotonic() - began, 1)
    return toll


def _told(toll: Toll) -> None:
    click.echo(json.dumps(asdict(toll)))
    if not toll.fair:
        raise click.ClickException("that is not what was promised")


@click.command()
@click.option("--messages", default=2000)
@click.option("--kills", default=20)
@click.option("--customers", default=20)
@click.option("--seed", default=7)
def kills(messages: int, kills: int, customers: int, seed: int) -> None:
    """Kills at random instants during messages in both directions."""
    with tempfile.TemporaryDirectory() as folder:
        _told(asyncio.run(in_talk(Path(folder), messages=messages, kills=kills, customers=customers, seed=seed)))


@click.command()
@click.option("--messages", default=2000)
@click.option("--customers", default=50)
def backlog(messages: int, customers: int) -> None:
    """A backlog of updates, slow calls, a kill at every 15 %."""
    with tempfile.TemporaryDirectory() as folder:
        _told(asyncio.run(with_backlog(Path(folder), messages=messages, customers=customers)))
