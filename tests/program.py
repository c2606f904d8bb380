"""Otklik as a process: a config file, real sockets, real time, `kill -9`."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import aiohttp

from tests.forks import Forked, fork
from tests.office import CONFIG, TOKEN, Office

ROOT = Path(__file__).parent.parent
STARTS_WITHIN = 90.0  # seconds; the machine may be busy


class Program:
    """`python bot.py` with a config in `folder`."""

    def __init__(self, folder: Path, config: str, port: int, *, fresh: bool = False) -> None:
        """`fresh`: in an interpreter that has to import everything first; else forked off one that has done it."""
        self.fresh = fresh
        self.folder = folder
        self.port = port
        self.log = folder / "log.txt"
        self._config = folder / "config.toml"
        self._config.write_text(config)
        self._process: Forked | asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start, and wait until it says that it is healthy."""
        argv = [str(ROOT / "bot.py"), "--config", str(self._config)]
        env = {**os.environ, "DESK_TOKEN": TOKEN, "PYTHONPATH": str(ROOT)}
        if self.fresh:
            with self.log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable, *argv, cwd=self.folder, env=env, stdout=log, stderr=log
                )
        else:
            self._process = await fork(argv, cwd=self.folder, env=env, log=self.log)
        async with asyncio.timeout(STARTS_WITHIN), aiohttp.ClientSession() as http:
            while not await self._healthy(http):
                if self._process.returncode is not None:
                    raise AssertionError(self.log.read_text())
                await asyncio.sleep(0.05)

    async def _healthy(self, http: aiohttp.ClientSession) -> bool:
        try:
            async with http.get(f"http://127.0.0.1:{self.port}/healthz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()
        self._process = None

    async def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(STARTS_WITHIN):
            code = await self._process.wait()
        self._process = None
        return code

    async def close(self) -> None:
        if self._process is not None:
            await self.kill()


class ProgramOffice(Office):
    """An office whose program is a process."""

    def __init__(self, folder: Path, *, forum: bool, port: int) -> None:
        super().__init__(folder, forum=forum)
        self.topics = forum
        self.clock.speed = 1.0
        self.patience = 40.0  # the board is edited every 15 seconds at most
        self._port = port
        self.fresh = False  # as `Program`
        self.program: Program | None = None

    async def start(self) -> None:
        config = CONFIG.format(
            folder=self.folder,
            token="${DESK_TOKEN}",
            telegram=self.telegram.url,
            chat_id=self.group.id,
            posts=6000,
            feed="",
            more="",
            site="",
            language="ru",
            public_url=self.public_url,
            other="",
        )
        config = config.replace("port = 8080", f"port = {self._port}")
        self.program = Program(self.folder, config, self._port, fresh=self.fresh)
        await self.program.start()

    async def stop(self) -> None:
        if self.program:
            await self.program.close()

    @property
    def site_url(self) -> str:
        return f"http://127.0.0.1:{self._port}"
