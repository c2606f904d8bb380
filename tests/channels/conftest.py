"""What tests of a single channel stand on."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.channels.vk_house import House, OpenHouse
from tests.emulators.vk import VkEmulator
from tests.office import FastClock


@pytest.fixture
def vk_clock() -> FastClock:
    return FastClock()


@pytest.fixture
async def vk(vk_clock: FastClock) -> AsyncIterator[VkEmulator]:
    """VKontakte, in which a pause before a retry is short."""
    async with VkEmulator(clock=vk_clock, scale=0.01) as emulator:
        emulator.rules.rate_limit = None  # the clock runs faster than calls do
        yield emulator


@pytest.fixture
async def open_house(tmp_path: Path, vk: VkEmulator, vk_clock: FastClock) -> AsyncIterator[OpenHouse]:
    """Opens houses as the test wants them (`House`'s arguments); closes them after it."""
    opened: list[House] = []

    async def opens(*communities: Any, **settings: Any) -> House:
        house = House(tmp_path, vk_clock, vk, *communities, **settings)
        opened.append(house)
        await house.open()
        return await house.ready()

    yield opens
    for house in opened:
        await house.close()
