"""SIGTERM: nothing new comes in, what is under way is finished or parked, and ten seconds later it is over."""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.alike.ends import Someone
from tests.alike.facebook import FacebookEnd
from tests.alike.telegram import TelegramPerson
from tests.alike.town import Town, free_port
from tests.alike.viber import ViberEnd
from tests.alike.vk import VkEnd
from tests.emulators.common.gates import Gate
from tests.program import ProgramOffice

WITHIN = 10.0  # seconds
HANGS = 40.0  # seconds that a platform takes to answer


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[ProgramOffice]:
    office = ProgramOffice(tmp_path, forum=False, port=free_port())
    await office.open()
    yield office
    await office.close()
    assert office.audited() == {}


async def stops(office: ProgramOffice) -> float:
    """SIGTERM; how long it took."""
    assert office.program is not None
    began = time.monotonic()
    assert await office.program.stop() == 0
    return time.monotonic() - began


@pytest.mark.process
async def test_hanging_calls_hold_up_no_end_and_go_on_at_the_next_start(program: ProgramOffice) -> None:
    anna, boris = program.customer("Анна"), program.customer("Борис")
    cards = []
    for one in (anna, boris):
        await one.writes(f"Здесь {one.human.name}")
        cards.append(await program.card(f"Здесь {one.human.name}"))
        await program.olga.presses(cards[-1], "Принять")
    gates = [
        program.telegram.hold_next("sendMessage", chat=chat)
        for chat in (anna.human.id, boris.human.id, program.group.id)
    ]
    for number in range(3):
        for card in cards:
            await program.olga.says(program.group, f"Ответ {number}", reply_to=card)
    await anna.writes("Вы тут?")
    for gate in gates:
        await gate.reached(20)  # both lanes have called out, and the desk
    gates.append(program.telegram.hold_next("getUpdates"))
    took = await stops(program)
    assert took < WITHIN, took
    with pytest.raises(aiohttp.ClientConnectionError):
        await program.visitor()
    for gate in gates:
        gate.release()
    assert program.program is not None
    await program.program.start()
    wanted = [f"Ответ {number}" for number in range(3)]
    for one in (anna, boris):
        await program.until(lambda one=one: list(dict.fromkeys(one.sees)) == wanted)  # type: ignore[misc]
        assert len(one.sees) <= 4, "at most the call under way is made again"
    await program.finds("Вы тут?")
    assert "Traceback" not in program.program.log.read_text()


@pytest.mark.process
async def test_a_database_that_somebody_holds_holds_up_no_end(program: ProgramOffice) -> None:
    anna = program.customer("Анна")
    with contextlib.closing(sqlite3.connect(program.folder / "otklik.db", isolation_level=None)) as other:
        other.execute("begin immediate")
        await anna.writes("Здравствуйте")
        await asyncio.sleep(0.5)
        took = await stops(program)
        assert took < WITHIN, took
    assert program.program is not None
    await program.program.start()
    await program.card("Здравствуйте")
    assert "is held by another process" in program.program.log.read_text()


async def test_the_end_beside_every_platform_that_hangs(tmp_path: Path) -> None:
    """All five at once, each with an answer on its way."""
    town = Town(tmp_path, "site", "telegram", "vk", "viber", "facebook")
    town.clock.speed = 1.0
    await town.open()
    gates: list[Gate] = []
    try:
        threads, people = [], dict[str, Someone]()
        for kind, end in town.ends.items():
            people[kind] = await end.person("Анна")
            await people[kind].writes(f"Привет {kind}")
            threads.append(await town.accepts(f"Привет {kind}"))
        gates = [town.telegram.hold_next("sendMessage", chat=_id(people["telegram"])), *others(town)]
        for thread in threads:
            await thread.answers("Добрый день")
        for gate in gates:
            await gate.reached(20)
        began = time.monotonic()
        await town.stop()
        assert time.monotonic() - began < WITHIN
    finally:
        for gate in gates:
            gate.release()
        await town.close()
    assert town.audited() == {}


def others(town: Town) -> list[Gate]:
    """The next message through each of the other messengers is never answered."""
    vk, viber, facebook = town.ends["vk"], town.ends["viber"], town.ends["facebook"]
    assert isinstance(vk, VkEnd) and isinstance(viber, ViberEnd) and isinstance(facebook, FacebookEnd)
    return [
        vk.vk.faults.hold("messages.send"),
        viber.viber.faults.hold_next("send_message"),
        facebook.facebook.faults.hold("messages"),
    ]


def _id(one: Someone) -> int:
    assert isinstance(one, TelegramPerson)
    return one.human.id
