"""One browser for all tests of the widget, a context for each, and a shop whose pages carry it."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, async_playwright, expect

from bridge.clock import Clock
from tests.site_office import SiteOffice
from tests.widget_browser.visitor import CHROMIUM, DESKTOP, GREETING, PATIENCE

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
]

OpenShop = Callable[..., Awaitable[SiteOffice]]
NewContext = Callable[..., Awaitable[BrowserContext]]

expect.set_options(timeout=PATIENCE * 1000)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def new_context(browser: Browser) -> AsyncIterator[NewContext]:
    """Makes browsers' profiles: of a desktop where nothing else is said. No script may fail in any of them."""
    opened: list[BrowserContext] = []
    errors: list[str] = []

    async def opens(**how: Any) -> BrowserContext:
        context = await browser.new_context(**{**DESKTOP, **how})
        context.set_default_timeout(PATIENCE * 1000)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        opened.append(context)
        return context

    yield opens
    for context in opened:
        await context.close()
    assert errors == []


@pytest_asyncio.fixture(loop_scope="session")
async def context(new_context: NewContext) -> BrowserContext:
    return await new_context()


@pytest_asyncio.fixture(loop_scope="session")
async def open_shop(tmp_path: Path) -> AsyncIterator[OpenShop]:
    """Opens a shop whose pages are of another origin than the chat: localhost carries a script of 127.0.0.1."""
    async with AsyncExitStack() as stack:

        async def opens(clock: Clock | None = None, **settings: Any) -> SiteOffice:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            settings = {"origins": [f"http://localhost:{port}"], "greeting": GREETING, **settings}
            office = SiteOffice(tmp_path, clock or Clock(), **settings)
            office.port = port
            office.public_url = office.url
            await stack.enter_async_context(office)
            return office

        yield opens


@pytest_asyncio.fixture(loop_scope="session")
async def shop(open_shop: OpenShop) -> SiteOffice:
    return await open_shop()
