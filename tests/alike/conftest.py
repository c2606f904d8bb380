from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.alike.ends import End
from tests.alike.town import ENDS, Town

OpenTown = Callable[..., Awaitable[Town]]


@pytest.fixture
async def open_town(tmp_path: Path) -> AsyncIterator[OpenTown]:
    """Opens a town with these kinds of channels; closes it after the test."""
    opened: list[Town] = []

    async def opens(*kinds: str, **how: Any) -> Town:
        town = Town(tmp_path, *kinds, **how)
        opened.append(town)
        await town.open()
        return town

    yield opens
    for town in opened:
        await town.close()
    for town in opened:
        assert town.audited() == {}


@pytest.fixture(params=list(ENDS))
async def end(open_town: OpenTown, request: pytest.FixtureRequest) -> End:
    """Each kind of channel by itself."""
    town = await open_town(request.param)
    return town.ends[request.param]
