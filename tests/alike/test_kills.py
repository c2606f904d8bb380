"""The whole program as a process with every kind of channel, killed in mid-stream: nothing lost, order kept."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from bridge.clock import Clock
from tests.alike.ends import Someone
from tests.alike.town import Thread, Town
from tests.emulators.telegram import TelegramEmulator
from tests.program import Program

pytestmark = pytest.mark.process

KINDS = ("vk", "vk-callback", "viber", "facebook")  # Telegram and the site: tests/test_process.py
KILLS = 2
TURNS = 12
WANTED = [f"ответ {turn}." for turn in range(TURNS)]


class ProcessTown(Town):
    """A town whose program is a process, in real time."""

    scale = 0.02

    def __init__(self, folder: Path, kind: str) -> None:
        super().__init__(folder, kind, posts_per_minute=6000)
        self.clock = Clock()  # type: ignore[assignment]  -- the process has the real time, and so have the platforms
        self.telegram = TelegramEmulator(clock=self.clock)
        self.patience = 40.0
        self.program: Program | None = None

    async def start(self) -> None:
        self.program = Program(self.folder, self.write_config("${DESK_TOKEN}").read_text(), self.port)
        await self.program.start()

    async def stop(self) -> None:
        if self.program:
            await self.program.close()


@pytest.fixture(params=KINDS)
async def town(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[ProcessTown]:
    town = ProcessTown(tmp_path, request.param)
    await town.open()
    yield town
    await town.close()


def shown(thread: Thread) -> list[int]:
    """The numbers of the questions, as the topic shows them."""
    words = "\n".join(post.text for post in thread.posts)
    return [turn for turn in range(TURNS) if f"вопрос {turn}." in words]


async def test_killed_at_random_instants_nothing_is_lost_in_either_direction(town: ProcessTown) -> None:
    assert town.program
    (end,) = town.ends.values()
    random = Random(7)
    people: list[tuple[Someone, Thread]] = []
    for name in ("Анна", "Борис"):
        someone = await end.person(name)
        await someone.writes(f"{name} здесь")
        people.append((someone, await town.accepts(f"{name} здесь")))

    async def talk() -> None:
        for turn in range(TURNS):
            for someone, thread in people:
                await someone.writes(f"вопрос {turn}.")
                await thread.answers(f"ответ {turn}.")
            await asyncio.sleep(0.1)

    talking = asyncio.create_task(talk())
    for _ in range(KILLS):
        await asyncio.sleep(0.2 + random.random() * 0.4)
        await town.program.kill()
        await town.program.start()
    await talking
    for someone, thread in people:
        await town.until(lambda s=someone: set(WANTED) <= set(s.texts), lambda s=someone: str(s.texts))  # type: ignore[misc]
        assert list(dict.fromkeys(someone.texts)) == WANTED, "order"
        repeated = sum(count - 1 for count in Counter(someone.texts).values())
        assert repeated <= (0 if end.kind == "vk" else KILLS), "at most what was in flight; VKontakte knows repeats"
        await town.until(lambda t=thread: shown(t) == list(range(TURNS)), lambda t=thread: str(shown(t)))  # type: ignore[misc]
    log = town.program.log.read_text()
    assert "Traceback" not in log and "TEST" not in log
