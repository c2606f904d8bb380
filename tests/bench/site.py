"""What does an idle visitor cost, and how long does an operator's reply take? Beside the least that could do it.

The reply is timed in quiet first, then while visitors write many messages a second (to one server at a time).

Both servers run at the same time and are asked in turn, so that whatever else the machine does weighs on both.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import resource
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import aiohttp
import click
import psutil

ROOT = Path(__file__).parent.parent.parent
MEMORY_GOAL, REPLY_GOAL = 3.0, 2.0
AT_ONCE = 50  # visitors that connect at the same time
SPARE_FILES = 500  # beside the visitors' sockets
SETTLES = 3.0  # seconds after which nothing that came with the visitors is under way
PAUSE = 0.02  # seconds between replies: an operator's work is not a flood
WARM_UP = 50  # replies that fill the caches and are not counted
RATE = 200.0  # messages a second of the sample, in the second half
PATIENCE = 60.0


@dataclass(frozen=True)
class Figures:
    """Of one server. Bytes of one idle connection; milliseconds from a reply to its frame."""

    memory: float
    reply_median: float
    reply_p95: float
    busy_median: float  # while RATE messages a second come in
    busy_p95: float


class Visitor:
    """A socket that answers pings and knows when the reply that is waited for has come."""

    def __init__(self, secret: str = "") -> None:
        self.secret = secret or secrets.token_urlsafe(32)
        self._came: asyncio.Future[float] | None = None
        self._words = ""

    async def connect(self, http: aiohttp.ClientSession, url: str) -> None:
        """Open, say hello, and read until the welcome; `live` afterwards."""
        self.socket = await http.ws_connect(url, headers={"Origin": "https://shop.example.ru"})
        await self.send("hello", v=1, secret=self.secret)
        while await self._next() != "welcome":
            pass

    async def send(self, kind: str, **fields: object) -> None:
        await self.socket.send_str(json.dumps({"type": kind, **fields}))

    async def say(self, text: str) -> None:
        """Become a customer."""
        await self.send("message", id=secrets.token_urlsafe(12), text=text)
        while (kind := await self._next()) != "ack":
            assert kind != "error"

    async def live(self) -> None:
        """Read until the socket is closed."""
        with contextlib.suppress(ConnectionError, TypeError):  # aiohttp's word for a frame that is no text
            while True:
                if await self._next() == "ping":
                    await self.send("pong")

    def expects(self, words: str) -> asyncio.Future[float]:
        """The moment at which a frame with these words comes."""
        self._words, self._came = words, asyncio.get_running_loop().create_future()
        return self._came

    async def _next(self) -> str:
        raw = await self.socket.receive_str()
        if self._came is not None and self._words in raw:
            self._came.set_result(time.perf_counter())
            self._came = None
        frame: dict[str, Any] = json.loads(raw)
        return str(frame["type"])


class Server:
    """One of the two under measurement, with all of its visitors."""

    def __init__(
        self, where: dict[str, str], process: psutil.Process, http: aiohttp.ClientSession, settles: float
    ) -> None:
        self._where = where
        self._settles = settles
        self._process = process
        self._http = http
        self._lives: list[asyncio.Task[None]] = []
        self.sample: list[Visitor] = []
        self.memory = 0.0
        self.took: list[float] = []
        self.busy: list[float] = []

    async def prepare(self, sample: int) -> None:
        """Have customers who have written and whose conversations are in work; nobody is connected afterwards."""
        self._operator = await self._http.ws_connect(self._where["operator"])
        visitors = [Visitor() for _ in range(sample)]
        for visitor in visitors:
            await visitor.connect(self._http, self._where["socket"])
            if "shop" in self._where["socket"]:
                await visitor.say("Есть ли красный?")
            await visitor.socket.close()
        self.sample = [Visitor(visitor.secret) for visitor in visitors]
        await self._ask("accept")
        await asyncio.sleep(self._settles)

    async def fill(self, visitors: int) -> None:
        """Connect everybody, and see what that has cost: the first tenth takes what memory was free already."""
        idle = [*self.sample, *(Visitor() for _ in range(visitors - len(self.sample)))]
        first = len(idle) // 10
        await self._connect(idle[:first])
        before = self._process.memory_info().rss
        await self._connect(idle[first:])
        self.memory = (self._process.memory_info().rss - before) / (len(idle) - first)

    async def _connect(self, visitors: list[Visitor]) -> None:
        for first in range(0, len(visitors), AT_ONCE):
            some = visitors[first : first + AT_ONCE]
            await asyncio.gather(*(visitor.connect(self._http, self._where["socket"]) for visitor in some))
            self._lives += [asyncio.create_task(visitor.live()) for visitor in some]
        await asyncio.sleep(self._settles)
        await self._ask("settle")

    async def reply(self, number: int, took: list[float]) -> None:
        """One reply to one of the sample; its time counts."""
        visitor, words = self.sample[number % len(self.sample)], f"answer {secrets.token_hex(8)}"
        came = visitor.expects(words)
        said = json.dumps({"reply": visitor.secret, "text": words})
        began = time.perf_counter()
        await self._operator.send_str(said)
        took.append(await asyncio.wait_for(came, PATIENCE) - began)

    @contextlib.asynccontextmanager
    async def under_load(self) -> AsyncIterator[None]:
        """Meanwhile the sample writes RATE messages a second, whatever becomes of them."""

        async def write() -> None:
            began = time.perf_counter()
            for number in itertools.count():
                await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
                visitor = self.sample[number % len(self.sample)]
                await visitor.send("message", id=secrets.token_urlsafe(12), text="Is it there in blue, too?")

        writing = asyncio.create_task(write())
        try:
            yield
            assert not writing.done(), writing
        finally:
            writing.cancel()
            await asyncio.wait([writing])

    async def close(self) -> None:
        for life in self._lives:
            life.cancel()
        await asyncio.gather(*self._lives, return_exceptions=True)

    async def _ask(self, what: str) -> None:
        await self._operator.send_str(json.dumps({what: True}))
        await self._operator.receive_str(timeout=PATIENCE)

    @property
    def figures(self) -> Figures:
        (median, p95), (busy_median, busy_p95) = _middle_and_late(self.took), _middle_and_late(self.busy)
        return Figures(round(self.memory), median, p95, busy_median, busy_p95)


def _middle_and_late(took: Sequence[float]) -> tuple[float, float]:
    """The median and the 95th percentile of seconds, in milliseconds."""
    return round(statistics.median(took) * 1000, 3), round(sorted(took)[int(len(took) * 0.95)] * 1000, 3)


@contextlib.asynccontextmanager
async def child(role: str, folder: Path, *more: str) -> AsyncIterator[tuple[dict[str, str], psutil.Process]]:
    """A process of `tests.bench.servers`: where it is, and itself; it ends when we let go of its input."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.servers", role, str(folder), *more, cwd=ROOT, stdin=pipe, stdout=pipe
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
        if not line:
            raise click.ClickException(f"{role} did not start")
        yield json.loads(line), psutil.Process(process.pid)
    finally:
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), PATIENCE)
        except TimeoutError:
            process.kill()
            await process.wait()


async def measure(
    folder: Path, visitors: int, sample: int, replies: int, *, warm_up: int, settles: float
) -> dict[str, Figures]:
    """Both servers at once, asked in turn."""
    async with (
        child("telegram", folder) as (telegram, _),
        child("bare", folder) as bare,
        child("otklik", folder, telegram["url"]) as otklik,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
    ):
        servers = {"bare": Server(*bare, http, settles), "otklik": Server(*otklik, http, settles)}
        try:
            for server in servers.values():
                await server.prepare(sample)
            for name, server in servers.items():
                await server.fill(visitors)
                click.echo(f"{name}: {visitors:,} visitors are connected")
            for number in range(warm_up + replies):
                for server in servers.values():
                    await server.reply(number, server.took)
                    await asyncio.sleep(PAUSE)
            for server in servers.values():
                del server.took[:warm_up]
                async with server.under_load():
                    for number in range(replies):
                        await server.reply(number, server.busy)
                        await asyncio.sleep(PAUSE)
        finally:
            for server in servers.values():
                await server.close()
        return {name: server.figures for name, server in servers.items()}


def ratios(figures: dict[str, Figures]) -> Figures:
    """Otklik by the bare server."""
    bare, otklik = figures["bare"], figures["otklik"]
    by = {name: round(getattr(otklik, name) / max(value, 1e-9), 2) for name, value in asdict(bare).items()}
    return Figures(**by)


def show(figures: dict[str, Figures]) -> None:
    """The table."""
    bare, otklik, ratio = figures["bare"], figures["otklik"], ratios(figures)
    click.echo(f"\n{'':38} {'bare':>10} {'otklik':>10}   ratio   goal")
    lines = (
        ("memory of an idle visitor, KiB", "memory", 1 / 1024, MEMORY_GOAL),
        ("reply to its visitor, ms, median", "reply_median", 1, REPLY_GOAL),
        ("reply to its visitor, ms, p95", "reply_p95", 1, REPLY_GOAL),
        (f"  while {RATE:.0f} messages a second come in", "busy_median", 1, None),
        ("  the same, p95", "busy_p95", 1, None),
    )
    for words, name, unit, goal in lines:
        one, other, by = (getattr(of, name) for of in (bare, otklik, ratio))
        mark = "" if goal is None else f"{goal:.0f}: {'met' if by <= goal else 'missed'}"
        click.echo(f"{words:38} {one * unit:10.2f} {other * unit:10.2f} {by:7.2f}   {mark}".rstrip())


def allow_files(most: int) -> None:
    """Let this process, and those that it starts, have so many sockets open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < most:
        raise click.ClickException(f"{most} open files are needed, the machine allows {hard}: see `ulimit -Hn`")
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


@click.command()
@click.option("--visitors", default=5_000, show_default=True, help="How many are connected.")
@click.option("--sample", default=200, show_default=True, help="How many of them are customers who are answered.")
@click.option("--replies", default=400, show_default=True, help="How many are measured.")
@click.option("--quick", is_flag=True, help="Only see that it works: 200 visitors, 20 replies.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Write the figures to this file.")
def site(visitors: int, sample: int, replies: int, quick: bool, path: Path | None) -> None:
    """Memory of an idle visitor, and time of a reply."""
    warm_up, settles = WARM_UP, SETTLES
    if quick:
        visitors, sample, replies, warm_up, settles = 200, 10, 20, 5, 0.3
    allow_files(2 * visitors + SPARE_FILES)
    with tempfile.TemporaryDirectory(prefix="otklik-bench-", ignore_cleanup_errors=True) as folder:
        work = measure(Path(folder), visitors, min(sample, visitors), replies, warm_up=warm_up, settles=settles)
        figures = asyncio.run(work)
    show(figures)
    if path:
        found = {name: asdict(of) for name, of in {**figures, "ratio": ratios(figures)}.items()}
        path.write_text(json.dumps({"visitors": visitors, "replies": replies, **found}, indent=1) + "\n")
