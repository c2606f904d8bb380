"""One browser for all tests of the web desk, a context for each person, and the program with all around it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, async_playwright, expect

from bridge.desks.web import connection
from tests.desk_browser.desk_office import DeskOffice
from tests.desk_browser.operator import PATIENCE, Seat
from tests.emulators.telegram import Human
from tests.widget_browser.conftest import ARGS
from tests.widget_browser.visitor import CHROMIUM, DESKTOP, Visitor

NewContext = Callable[..., Awaitable[BrowserContext]]
OpenDesk = Callable[..., Awaitable[DeskOffice]]
Sits = Callable[..., Awaitable[Seat]]
Comes = Callable[..., Awaitable[Visitor]]

expect.set_options(timeout=PATIENCE * 1000)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def new_context(browser: Browser) -> AsyncIterator[NewContext]:
    """Makes browsers' profiles. No script may fail in any of them, and nothing may be asked of strangers."""
    opened: list[BrowserContext] = []
    errors: list[str] = []

    async def opens(**how: Any) -> BrowserContext:
        context = await browser.new_context(**{**DESKTOP, **how})
        context.set_default_timeout(PATIENCE * 1000)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        context.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
        opened.append(context)
        return context

    yield opens
    for context in opened:
        await context.close()
    assert errors == []


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages say by outside time that they are there: a clock that is turned makes none of them silent."""
    monkeypatch.setattr(connection, "SILENT_AFTER", 3_600.0)


@pytest_asyncio.fixture(loop_scope="session")
async def open_desk(tmp_path: Path) -> AsyncIterator[OpenDesk]:
    """Opens offices as the test wants them; closes them after it."""
    opened: list[DeskOffice] = []

    async def opens(**how: Any) -> DeskOffice:
        folder = tmp_path / str(len(opened))
        folder.mkdir()
        office = DeskOffice(folder, **how)
        opened.append(office)
        await office.open()
        return office

    yield opens
    for office in opened:
        await office.close()
    for office in opened:
        assert office.audited() == {}, "whatever has happened, nothing is unaccounted for"


@pytest_asyncio.fixture(loop_scope="session", params=["topics"])
async def office(request: Any, open_desk: OpenDesk) -> DeskOffice:
    """An office whose groups are forums, or, for tests that ask for both, plain groups too."""
    return await open_desk(forum=request.param == "topics")


@pytest_asyncio.fixture(loop_scope="session")
async def sits(office: DeskOffice, new_context: NewContext) -> Sits:
    """Somebody sits down at the web desk: asks the bot for a link, and comes in by it."""

    async def sits(person: Human, **how: Any) -> Seat:
        return await Seat.takes(await new_context(**how), office, person)

    return sits


@pytest_asyncio.fixture(loop_scope="session")
async def comes(office: DeskOffice, new_context: NewContext) -> Comes:
    """A visitor of the shop opens the chat."""

    async def comes(**how: Any) -> Visitor:
        return await office.comes(await new_context(**how))

    return comes
