import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import brotli
import pytest
from aiogram.client.session import aiohttp as aiogram_session
from hypothesis import settings

from tests.office import Office

settings.register_profile("otklik", deadline=None)  # a busy machine fails no test
settings.load_profile("otklik")

OpenOffice = Callable[..., Awaitable[Office]]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """`-n auto`: more workers than CPUs, since most tests wait for something most of the time."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    return (os.cpu_count() or 1) + 2


@pytest.fixture(scope="session", autouse=True)
def made_once() -> Iterator[None]:
    """What each program makes at its start, the same in a thousand tests, is made once: it is most of a start.

    Each bot reads all the authorities that there are, and the widget is pressed for every site.
    """
    with pytest.MonkeyPatch.context() as patch:
        context = cache(ssl.create_default_context)
        patch.setattr(aiogram_session, "ssl", SimpleNamespace(create_default_context=context))
        patch.setattr(brotli, "compress", lru_cache(maxsize=100)(brotli.compress))
        yield


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
