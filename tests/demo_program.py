"""`python bot.py demo` as a process, and its two sides: a visitor's tab and an operator's page."""

import asyncio
import os
import signal
from pathlib import Path

import aiohttp

from tests.desk_web.operator import Page
from tests.forks import Forked, fork
from tests.ports import free_port
from tests.program import ROOT, STARTS_WITHIN
from tests.site_client import SiteClient


class DemoProgram:
    """The demo in `folder`, started there with nothing."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.log = folder / "log.txt"
        self.arguments = arguments
        self._process: Forked | None = None
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        """Those of our own page."""
        return {"Origin": self.url, "X-Otklik": "1"}

    async def start(self) -> None:
        """Start, and wait until it says that it is healthy."""
        await self.run("demo", "--port", str(self.port), *self.arguments)
        async with asyncio.timeout(STARTS_WITHIN):
            while not await self.healthy():
                assert self._process is not None
                if self._process.returncode is not None:
                    raise AssertionError(self.log.read_text())
                await asyncio.sleep(0.05)

    async def run(self, *arguments: str) -> None:
        """Start with these arguments."""
        env = {name: value for name, value in os.environ.items() if not name.startswith(("OTKLIK", "LC_"))}
        env |= {"LANG": "ru_RU.UTF-8", "PYTHONPATH": str(ROOT)}
        self._process = await fork([str(ROOT / "bot.py"), *arguments], cwd=self.folder, env=env, log=self.log)

    async def healthy(self) -> bool:
        try:
            async with self.http.get(f"{self.url}/healthz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def ends(self) -> int:
        """Wait until it has ended by itself; its exit code."""
        assert self._process is not None
        async with asyncio.timeout(STARTS_WITHIN):
            return await self._process.wait()

    async def stop(self, number: int = signal.SIGINT) -> int:
        """Ctrl-C; the exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        return await self.ends()

    async def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()

    async def close(self) -> None:
        if self._process is not None and self._process.returncode is None:
            await self.kill()
        await self.http.close()

    @property
    def said(self) -> str:
        """What it has written so far."""
        return self.log.read_text("utf-8")

    async def says(self, words: str) -> None:
        """Wait until it has written this."""
        async with asyncio.timeout(STARTS_WITHIN):
            while not self.log.exists() or words not in self.said:  # noqa: ASYNC110 -- another process writes it
                await asyncio.sleep(0.05)

    async def visitor(self, secret: str = "") -> SiteClient:
        """A tab with the widget."""
        socket = f"ws://127.0.0.1:{self.port}/site/site/socket"
        tab = SiteClient(self.http, socket, secret=secret, origin=self.url)
        await tab.connect()
        return tab

    async def operator(self, name: str = "Оператор") -> Page:
        """A page of the web desk, entered under a name."""
        async with self.http.post(
            f"{self.url}/desk/enter", json={"local_name": name}, headers=self.headers
        ) as answer:
            assert answer.status == 200, await answer.text()
            cookie = answer.cookies["otklik_desk"].value
        return await Page(self.http, self.url, cookie).connect()
