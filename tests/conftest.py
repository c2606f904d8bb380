from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.office import Office

settings.register_profile("otklik", deadline=None)  # a busy machine fails no test
settings.load_profile("otklik")

OpenOffice = Callable[..., Awaitable[Office]]


@pytest.fixture
async def open_office(tmp_path: Path) -> AsyncIterator[OpenOffice]:
    """Opens offices as the test wants them; closes them after it."""
    opened: list[Office] = []

    async def opens(**how: Any) -> Office:
        folder = tmp_path / str(len(opened))
        folder.mkdir()
        office = Office(folder, **how)
        opened.append(office)
        await office.open()
        return office

    yield opens
    for office in opened:
        await office.close()
    for office in opened:
        assert office.audited() == {}, "whatever has happened, nothing is unaccounted for"


@pytest.fixture
async def office(open_office: OpenOffice) -> Office:
    """A plain group: layout replies."""
    return await open_office()


@pytest.fixture
async def forum(open_office: OpenOffice) -> Office:
    """A forum group: layout topics."""
    return await open_office(forum=True)
