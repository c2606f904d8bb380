"""A visitor before a page of the shop: what they see of the widget, and what they do with it."""

import asyncio
import re
import shutil
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, expect

from bridge.model import OperatorId
from tests.site_office import SHOP, SiteOffice

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
BROWSER_TESTS = [  # every module's pytestmark: one browser, and so one event loop, for all of them
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)"),
]

PATIENCE = 40  # seconds; a busy machine fails no test
GREETING = "Здравствуйте! Чем помочь?"
PAGE = "<!doctype html><html lang=ru><title>Чайники</title><h1>Чайники</h1>{script}"

DESKTOP: Mapping[str, Any] = {
    "viewport": {"width": 1280, "height": 800},
    "locale": "ru-RU",
    "timezone_id": "Europe/Moscow",
}
PHONE: Mapping[str, Any] = {
    **DESKTOP,
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
}

# Otklik's events, as a page gets them.
LISTENING = """<script>
window.heard = [];
(window.Otklik ||= []).push((otklik) => {
  for (const name of ['opened', 'closed', 'message', 'unread', 'ready', 'identity']) {
    otklik.on(name, (detail) => heard.push([name, detail]));
  }
});
</script>"""


def script(office: SiteOffice, more: str = "async") -> str:
    """The widget's tag; `more`: further attributes."""
    return f'<script src="{office.url}/widget.js" data-channel="{SHOP}" {more}></script>'


class Visitor:
    """A page with the widget, and a person before it."""

    def __init__(self, page: Page, office: SiteOffice) -> None:
        self.page = page
        self.office = office
        self.launch = page.locator(".launch")
        self.panel = page.locator(".panel")
        self.area = page.locator("textarea")
        self.badge = page.locator(".badge")
        self.note = page.locator(".note")
        self.send = page.locator(".send")
        self.rows = page.locator(".row:not(:has-text('Чем помочь'))")
        self.texts = self.rows.locator(".text")

    @classmethod
    async def comes(
        cls, context: BrowserContext, office: SiteOffice, html: str = PAGE, *, tag: str = "async", **headers: str
    ) -> "Visitor":
        """Open a page of the shop; `{script}` in the HTML is where the widget's tag stands; `tag`: attributes."""
        name = f"page-{len(office.pages)}"
        office.pages[name] = html.replace("{script}", script(office, tag)), headers
        visitor = cls(await context.new_page(), office)
        await visitor.page.goto(f"http://localhost:{office.port}/page/{name}")
        return visitor

    async def opens(self) -> None:
        """Press the launcher."""
        await self.launch.click()
        await expect(self.panel).to_be_visible()
        await self.still()

    async def still(self) -> None:
        """Wait until whatever moves in has done so."""
        await self.panel.evaluate(
            """(panel) => Promise.all(panel.getRootNode().getAnimations()
              .filter((one) => one.effect.getTiming().iterations < 9).map((one) => one.finished))"""
        )

    async def writes(self, *texts: str) -> None:
        """Send messages from the keyboard."""
        for text in texts:
            await self.area.fill(text)
            await self.area.press("Enter")

    async def sees(self, *texts: str) -> None:
        """These messages are in the log, in this order, and no others."""
        await expect(self.texts).to_have_text(list(texts))

    async def all_stored(self, count: int) -> None:
        """So many of their messages have a tick."""
        await expect(self.page.locator(".me [aria-label='Доставлено']")).to_have_count(count)

    async def says(self, text: str) -> None:
        """Open the chat, send a first message, and wait for its tick."""
        await self.opens()
        await self.writes(text)
        await self.all_stored(1)

    async def heard(self, name: str) -> list[Any]:
        """The events of that name so far, on a page with LISTENING."""
        return await self.page.evaluate("name => heard.filter((one) => one[0] === name).map((one) => one[1])", name)

    async def calls(self, code: str) -> None:
        """Have the page's script call the API: `open()`."""
        await self.page.evaluate(f"void Otklik.{code}")

    async def kept(self) -> dict[str, str]:
        """What the widget keeps in this browser, by name."""
        return await self.page.evaluate(
            "() => Object.fromEntries(Object.entries(localStorage)"
            ".filter(([key]) => key.startsWith('otklik:shop:')).map(([key, value]) => [key.slice(12), value]))"
        )


async def stored_texts(office: SiteOffice) -> list[str]:
    """The only conversation, as the server has it."""
    return [message.content.text.plain for message in await office.stored()]


async def until(condition: Callable[[], object | Awaitable[object]]) -> None:
    """Wait for a condition, which may have to be asked for."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = condition()
            if await found if isinstance(found, Awaitable) else found:
                return
            await asyncio.sleep(0.01)


async def types(office: SiteOffice, name: str = "Анна") -> None:
    """An operator is writing to the only visitor."""
    (conversation,) = await office.conversations()
    customer = await office.inbox.read(lambda tx: tx.customer(conversation.customer))
    office.channel.typing(customer.external_id, name, OperatorId(7))


def drop_connections(office: SiteOffice) -> None:
    """The network goes away under whoever is connected."""
    for session in tuple(office.channel.sessions):
        session.connection.drop()


async def without_sockets(context: BrowserContext) -> None:
    """From now on every WebSocket is closed before it has said a word."""
    await context.route_web_socket(re.compile("/socket$"), lambda socket: socket.close())


async def without_http(context: BrowserContext) -> None:
    """From now on the way around a WebSocket is closed too."""
    await context.route(re.compile("/site/shop/(open|poll|send)$"), lambda route: route.abort())
