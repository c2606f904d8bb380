"""Fifty operators' desks are open, a hundred messages a second come in: how long until each shows each of them?

Beside the least that shows the same to as many, gathered as seldom. One after the other, on the same machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import itertools
import json
import re
import secrets
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import click
import psutil

from tests.bench.flow import percentile
from tests.bench.machine import run_fast
from tests.bench.site import PATIENCE, Visitor, allow_files, child

TOKEN = "9001:TEST"  # of the desk's bot, which introduces operators
FIRST = 10_000  # the first operator's id
RATE = 100.0  # messages a second
GOAL = 500.0  # ms: p99 of the list, twice what is gathered
SETTLES = 2.0  # seconds
QUIET = 5.0  # seconds after which what has not come will not
EVERY = 20.0  # seconds between a desk's pings
MARK = re.compile(r"c(\d+)n(\d+)x")

Mark = tuple[int, int]  # a customer, and the number of their message


@dataclass(frozen=True)
class Figures:
    """Of one server. Milliseconds from the visitor's frame to the desk's; parts of one CPU; bytes."""

    list_median: float  # in the list, which all desks look at
    list_p99: float
    open_median: float  # in the conversation that stands open on a desk
    open_p99: float
    never: int  # messages that some desk has never shown
    cpu: float
    desk_memory: float  # of each open desk
    memory: float  # of the server, at the end


class Board:
    """When what was written, and when each desk has shown it."""

    def __init__(self, desks: int) -> None:
        self.written: dict[Mark, float] = {}
        self._listed: list[dict[int, int]] = [{} for _ in range(desks)]  # by customer, the newest shown
        self.in_list: list[float] = []
        self.in_talk: list[float] = []
        self._shown: dict[Mark, int] = {}
        self._desks = desks

    def row(self, desk: int, customer: int, number: int, now: float) -> None:
        """A desk's list has this message; the row shows the newest only, and so all before it are past."""
        newest = self._listed[desk]
        for each in range(newest.get(customer, -1) + 1, number + 1):
            if (began := self.written.get((customer, each))) is not None:
                self.in_list.append((now - began) * 1000)
                self._shown[customer, each] = self._shown.get((customer, each), 0) + 1
        newest[customer] = max(number, newest.get(customer, -1))

    def message(self, customer: int, number: int, now: float) -> None:
        """It stands in an open conversation."""
        if (began := self.written.get((customer, number))) is not None:
            self.in_talk.append((now - began) * 1000)

    @property
    def missing(self) -> int:
        return sum(self._shown.get(mark, 0) < self._desks for mark in self.written)


class Desk:
    """A page of an operator's, as far as the server can tell."""

    def __init__(self, number: int, board: Board) -> None:
        self.number = number
        self._board = board
        self._waits: dict[str, asyncio.Future[Any]] = {}
        self.socket: aiohttp.ClientWebSocketResponse

    async def enter(self, http: aiohttp.ClientSession, where: dict[str, str]) -> None:
        """Come in as a Mini App, and look at the list of what is in work."""
        headers = {"Origin": where["url"], "X-Otklik": "1"}
        told = {"init_data": introduction(FIRST + self.number, f"Оператор {self.number}")}
        async with http.post(f"{where['url']}/desk/enter", json=told, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            cookie = "; ".join(f"{name}={value.value}" for name, value in answer.cookies.items() if value.value)
        headers = {"Origin": where["url"], "Cookie": cookie}
        self.socket = await http.ws_connect(where["operators"], headers=headers, max_msg_size=0)
        await self.send("hello", version=1)
        while json.loads(await self.socket.receive_str())["type"] != "welcome":
            pass
        await self.send("watch", list="accepted", group=None, search="", offset=0, limit=100)

    async def join(self, http: aiohttp.ClientSession, where: dict[str, str]) -> None:
        """Connect to the bare server."""
        self.socket = await http.ws_connect(where["operators"], max_msg_size=0)

    async def send(self, kind: str, **fields: object) -> None:
        await self.socket.send_str(json.dumps({"type": kind, **fields}))

    async def act(self, kind: str, **fields: object) -> None:
        """Do something, and wait until it is done."""
        id = secrets.token_hex(8)
        done = self._waits[id] = asyncio.get_running_loop().create_future()
        await self.send(kind, id=id, **fields)
        answer = await asyncio.wait_for(done, PATIENCE)
        assert answer["type"] == "done", answer

    async def live(self) -> None:
        """Read until the socket is closed."""
        with contextlib.suppress(ConnectionError, TypeError):
            while True:
                self._take(await self.socket.receive_str(), time.perf_counter())

    async def beat(self) -> None:
        """Ping, as a page does."""
        while True:
            await asyncio.sleep(EVERY)
            await self.send("ping")

    def _take(self, raw: str, now: float) -> None:
        kind = raw[9:13]  # {"type":"list", by how both servers write
        if kind == "list":
            for customer, number in MARK.findall(raw):
                self._board.row(self.number, int(customer), int(number), now)
        elif kind in ("chan", "conv"):
            for customer, number in MARK.findall(raw):
                self._board.message(int(customer), int(number), now)
        elif kind in ("done", "refu"):
            frame = json.loads(raw)
            self._waits.pop(frame["id"]).set_result(frame)


def introduction(id: int, name: str) -> str:
    """What Telegram says of an operator who opens the Mini App."""
    user = json.dumps({"id": id, "first_name": name}, ensure_ascii=False)
    fields = {"auth_date": str(int(time.time())), "query_id": secrets.token_hex(8), "user": user}
    key = hmac.new(b"WebAppData", TOKEN.encode(), hashlib.sha256).digest()
    written = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))
    return urlencode({**fields, "hash": hmac.new(key, written.encode(), hashlib.sha256).hexdigest()})


class Floor:
    """A server, its customers and its desks."""

    def __init__(self, where: dict[str, str], process: psutil.Process, http: aiohttp.ClientSession) -> None:
        self._where = where
        self._process = process
        self._http = http
        self._tasks: list[asyncio.Task[None]] = []
        self.visitors: list[Visitor] = []
        self.desks: list[Desk] = []
        self.desk_memory = 0.0

    async def fill(self, desks: int, visitors: int, settles: float) -> None:
        """Everybody comes."""
        self._settles = settles
        self.board = Board(desks)
        self.desks = [Desk(number, self.board) for number in range(desks)]
        self.visitors = [Visitor() for _ in range(visitors)]
        for number, visitor in enumerate(self.visitors):
            await visitor.connect(self._http, self._where["visitors"])
            await visitor.say(f"c{number}n0x: is it there in red?")
            self._run(visitor.live())
        await asyncio.sleep(settles)
        before = self._process.memory_info().rss
        for desk in self.desks:
            await (self._otkliks(desk) if "/ws" in self._where["operators"] else self._bares(desk))
        await asyncio.sleep(settles)
        self.desk_memory = (self._process.memory_info().rss - before) / desks

    async def _otkliks(self, desk: Desk) -> None:
        """Each operator has accepted some, and looks at the first of them."""
        await desk.enter(self._http, self._where)
        self._run(desk.live())
        self._run(desk.beat())
        own = range(desk.number, len(self.visitors), len(self.desks))
        for number in own:
            await desk.act("accept", conversation=number + 1)
        if own:
            await desk.send("open", conversation=own[0] + 1)

    async def _bares(self, desk: Desk) -> None:
        await desk.join(self._http, self._where)
        await desk.socket.send_str(json.dumps({"open": desk.number + 1}))
        self._run(desk.live())

    def _run(self, work: Any) -> None:
        self._tasks.append(asyncio.create_task(work))

    async def measure(self, messages: int, rate: float) -> Figures:
        """So many messages at that pace; each counts from when it was due."""
        used, began = _cpu(self._process), time.perf_counter()
        start = began + 0.05
        numbers = itertools.count()
        for index in range(messages):
            customer = next(numbers) % len(self.visitors)
            due = start + index / rate
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            number = 1 + index // len(self.visitors)
            self.board.written[customer, number] = due
            text = f"c{customer}n{number}x: is it there in blue, and how much is it?"
            await self.visitors[customer].send("message", id=secrets.token_urlsafe(12), text=text)
        took, used = time.perf_counter() - began, _cpu(self._process) - used
        end = time.perf_counter() + QUIET
        while self.board.missing and time.perf_counter() < end:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        lists, talks = sorted(self.board.in_list), sorted(self.board.in_talk)
        return Figures(
            list_median=round(percentile(lists, 0.5), 1),
            list_p99=round(percentile(lists, 0.99), 1),
            open_median=round(percentile(talks, 0.5), 1),
            open_p99=round(percentile(talks, 0.99), 1),
            never=self.board.missing,
            cpu=round(used / took, 3),
            desk_memory=round(self.desk_memory),
            memory=self._process.memory_info().rss,
        )

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@contextlib.asynccontextmanager
async def floor(
    where: dict[str, str], process: psutil.Process, *, desks: int, visitors: int, settles: float
) -> AsyncIterator[Floor]:
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()
    ) as http:
        one = Floor(where, process, http)
        try:
            await one.fill(desks, visitors, settles)
            yield one
        finally:
            await one.close()


async def compare(
    folder: Path, *, desks: int, visitors: int, messages: int, rate: float, settles: float
) -> dict[str, Figures]:
    """The bare server, then Otklik."""
    found: dict[str, Figures] = {}
    how = {"desks": desks, "visitors": visitors, "settles": settles}
    async with child("bare-desks", folder) as bare, floor(*bare, **how) as one:  # type: ignore[arg-type]
        found["bare"] = await one.measure(messages, rate)
    async with (
        child("desk-group", folder, str(desks)) as (group, _),
        child("desks", folder, group["url"]) as otklik,
        floor(*otklik, **how) as one,  # type: ignore[arg-type]
    ):
        found["otklik"] = await one.measure(messages, rate)
    return found


def ratios(figures: dict[str, Figures]) -> dict[str, float]:
    """Otklik by the bare server."""
    bare, otklik = asdict(figures["bare"]), asdict(figures["otklik"])
    alike = bare.keys() - {"never", "memory"}  # both have all modules loaded, also those that one never needs
    return {name: round(otklik[name] / max(bare[name], 1e-9), 2) for name in sorted(alike)}


def show(figures: dict[str, Figures]) -> None:
    """The table."""
    by = ratios(figures)
    click.echo(f"\n{'':44} {'bare':>10} {'otklik':>10}   ratio   goal")
    lines = (
        ("shown in every desk's list, ms, median", "list_median", 1.0, None),
        ("  the same, p99", "list_p99", 1.0, GOAL),
        ("shown in the open conversation, ms, median", "open_median", 1.0, None),
        ("  the same, p99", "open_p99", 1.0, None),
        ("messages that a desk never showed", "never", 1.0, 0.0),
        ("CPU, % of one", "cpu", 100.0, None),
        ("memory of an open desk, KiB", "desk_memory", 1 / 1024, None),
        ("memory of the server, MiB", "memory", 1 / 2**20, None),
    )
    for words, name, unit, goal in lines:
        bare, otklik = (getattr(figures[one], name) * unit for one in ("bare", "otklik"))
        mark = "" if goal is None else f"{goal:.0f}: {'met' if otklik <= goal else 'missed'}"
        ratio = f"{by[name]:7.2f}" if name in by else f"{'':7}"
        click.echo(f"{words:44} {bare:10.1f} {otklik:10.1f} {ratio}   {mark}".rstrip())


@click.command()
@click.option("--desks", default=50, show_default=True, help="How many operators' desks are open.")
@click.option("--visitors", default=100, show_default=True, help="How many customers write, one after the other.")
@click.option("--messages", default=6_000, show_default=True, help="How many are measured.")
@click.option("--rate", default=RATE, show_default=True, help="Messages a second.")
@click.option("--quick", is_flag=True, help="Only see that it works: 5 desks, 10 customers, 100 messages.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Write the figures to this file.")
def desks(desks: int, visitors: int, messages: int, rate: float, quick: bool, path: Path | None) -> None:
    """Time until operators' web desks show what customers write; CPU, memory."""
    settles = SETTLES
    if quick:
        desks, visitors, messages, settles = 5, 10, 100, 0.3
    allow_files(2 * (desks + visitors) + 200)
    with tempfile.TemporaryDirectory(prefix="otklik-bench-", ignore_cleanup_errors=True) as folder:
        figures = run_fast(
            compare(Path(folder), desks=desks, visitors=visitors, messages=messages, rate=rate, settles=settles)
        )
    show(figures)
    if path:
        found: dict[str, Any] = {name: asdict(of) for name, of in figures.items()}
        told = {"desks": desks, "visitors": visitors, "messages": messages, "rate": rate}
        path.write_text(json.dumps({**told, **found, "ratio": ratios(figures)}, indent=1) + "\n")
