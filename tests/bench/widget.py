"""What does the widget cost the page that carries it? Beside other chat widgets, where npm can fetch them.

Sizes of requests are with gzip for everybody, whatever coding was agreed on; our own with brotli, too.

The rest is measured in headless Chromium over real HTTP. A small page of text without a script of its own is
loaded as it is, with Otklik's tag, and with each other widget's: in turn, in another order each round, each time in
a fresh context, so with empty caches and a new process.

- Requests are all that follow the page's own, WebSockets included, whomever they go to.
- Main-thread time at load is the sum of the main thread's tasks in the first two seconds of the page, by Chromium's
  trace; a widget's is the median over its loads less the median over those of the page as it is. So it
  has all that the widget causes: taking in, compiling and running its scripts, and the style, layout and paint of
  what it shows; `script` and `render` are the parts of it that the trace names. It is processor time: by the clock,
  which is given too, a task also takes what other programs took from it, and on a busy machine that is most of it.
- Layout shift is the sum of all shifts while loading and while opening, those right after the click too.
- Opening is from the press of the pointer on the launcher until a field to write in is there.

Chromium can reach nobody but this machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import gzip
import json
import os
import platform
import random
import shutil
import socket
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from playwright.async_api import Browser, Page, Request, async_playwright

from bridge.channels.site.bundle import Asset, app, loader
from bridge.channels.site.pages import launch
from bridge.channels.site.settings import SiteSettings
from bridge.clock import Clock
from tests.bench.others import Files, NoOthers, Other, fetch
from tests.bench.trace import CATEGORIES, Work, work
from tests.site_office import SALES, SHOP, SiteOffice

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]
KB = 1024
LOADER_LIMIT, WHOLE_LIMIT = 3 * KB, 20 * KB
TIME_GOAL = 5.0  # milliseconds
LOADS = 2.0  # seconds that are counted as loading
SETTLES = 0.5  # seconds for what follows at once
STARTS = 5.0  # seconds in which Chromium has finished its own start
PATIENCE = 30.0  # seconds for one visit
PLAIN, OTKLIK = "the page alone", "otklik"
HTML = (
    '<!doctype html><html lang="ru"><meta charset="utf-8"><link rel="icon" href="data:,"><title>Чайники</title>'
    "<h1>Чайники</h1>" + "<p>Красный, на полтора литра, со свистком. Кипит за три минуты.</p>" * 20
)
SHIFTS = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) sum += one.value; })
    .observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => done(sum), 50);
})"""
# Wherever it is, also in shadow roots.
OPENING = """() => {
  const usable = (root) => [...root.querySelectorAll('*')].some((node) =>
    node.matches('textarea, input[type=text]') && !node.disabled
    && node.checkVisibility({ visibilityProperty: true })
    || node.shadowRoot && usable(node.shadowRoot));
  window.opening = new Promise((done) => {
    addEventListener('pointerdown', () => {
      const began = performance.now();
      const look = () => (usable(document) ? done(performance.now() - began) : requestAnimationFrame(look));
      look();
    }, { capture: true, once: true });
  });
}"""


@dataclass(frozen=True)
class Size:
    """Of a script, in bytes."""

    plain: int
    gzip: int
    brotli: int

    @classmethod
    def of(cls, script: Asset) -> Size:
        return cls(len(script.plain), len(script.bodies["gzip"]), len(script.bodies["br"]))


@dataclass(frozen=True)
class Load:
    """One visit: a page is loaded, and its widget opened."""

    work: Work
    requests: int = 0  # before the first click
    bytes: int = 0
    requests_open: int = 0  # those that follow it
    bytes_open: int = 0
    shift: float = 0.0
    opening: float = 0.0


@dataclass(frozen=True)
class Figures:
    """Of one widget. Bytes; milliseconds, which at load are those over the page alone."""

    requests: int
    bytes: int
    requests_open: int
    bytes_open: int
    shift: float
    opening: float
    cpu: float
    script: float
    render: float
    clock: float


@dataclass(frozen=True)
class Carried:
    """A widget in a page: where that is, and what to click on."""

    name: str
    url: str
    launcher: str = ""


class Traffic:
    """What a page asks for after itself."""

    def __init__(self, page: Page) -> None:
        self._requests: list[Request] = []
        self._sockets = 0
        page.on("request", self._add)
        page.on("websocket", self._add_socket)

    def _add(self, request: Request) -> None:
        if not request.is_navigation_request():
            self._requests.append(request)

    def _add_socket(self, _: object) -> None:
        self._sockets += 1

    async def count(self) -> tuple[int, int]:
        """Requests and their bytes so far."""
        size = 0
        for request in self._requests:
            response = await request.response()
            if response and response.ok:
                size += len(gzip.compress(await response.body(), mtime=0))
        return len(self._requests) + self._sockets, size


def sizes() -> dict[str, Size]:
    """The loader as one channel's page gets it, and the app in each language."""
    settings = SiteSettings.model_validate({"kind": "site", "name": SHOP, "group": SALES, "origins": ["*"]})
    scripts = {"loader": loader({SHOP: launch(settings)})}
    scripts |= {f"app, {language}": script for language, script in app().scripts.items()}
    return {name: Size.of(script) for name, script in scripts.items()}


async def visit(browser: Browser, carried: Carried) -> Load:
    """Load the page in a context of its own, and open what it carries."""
    context = await browser.new_context(locale="ru-RU")
    errors: list[str] = []
    try:
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
        async with asyncio.timeout(PATIENCE):
            return await _visit(browser, page, carried)
    except TimeoutError as error:
        raise click.ClickException(f"{carried.name} does not load and open: {errors}") from error
    finally:
        await context.close()


async def _visit(browser: Browser, page: Page, carried: Carried) -> Load:
    traffic = Traffic(page)
    await browser.start_tracing(categories=CATEGORIES)
    try:
        await asyncio.gather(page.goto(carried.url), asyncio.sleep(LOADS + SETTLES))
    finally:
        trace = await browser.stop_tracing()
    cost = work(trace, carried.url, LOADS)
    if not carried.launcher:
        return Load(cost)
    requests, size = await traffic.count()
    await page.evaluate(OPENING)
    await page.locator(carried.launcher).first.click()
    opening = await page.evaluate("window.opening")
    await asyncio.sleep(SETTLES)
    requests_open, size_open = await traffic.count()
    shift = await page.evaluate(SHIFTS)
    return Load(cost, requests, size, requests_open - requests, size_open - size, shift, opening)


async def measure(folder: Path, others: Sequence[Other], rounds: int) -> dict[str, list[Load]]:
    """All of them in turn: the loads of the page alone and of each widget, by name."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    site = f"http://localhost:{port}"  # the widgets come from 127.0.0.1: another origin, as everywhere
    office = SiteOffice(folder, Clock(), origins=[site], greeting="Здравствуйте!")
    office.port = port
    async with office, Files(folder) as files, async_playwright() as playwright:
        tags = {PLAIN: "", OTKLIK: f'<script src="{office.url}/widget.js" data-channel="{SHOP}" async></script>'}
        tags |= {other.package: files.tag(other) for other in others}
        launchers = {OTKLIK: ".launch"} | {other.package: other.launcher for other in others}
        pages = []
        for number, (name, tag) in enumerate(tags.items()):
            office.pages[str(number)] = HTML + tag, {}
            pages.append(Carried(name, f"{site}/page/{number}", launchers.get(name, "")))
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        await asyncio.sleep(STARTS)
        loads: dict[str, list[Load]] = {page.name: [] for page in pages}
        chance = random.Random(1)
        for _ in range(rounds):
            for page in chance.sample(pages, len(pages)):
                loads[page.name].append(await visit(browser, page))
        await browser.close()
    return loads


def figures(loads: Sequence[Load], plain: Sequence[Load]) -> Figures:
    """The medians, and how much the main thread did more than for the page alone; the largest shift."""

    def median(name: str) -> float:
        return statistics.median(getattr(load, name) for load in loads)

    def more(name: str) -> float:
        one, other = (statistics.median(getattr(load.work, name) for load in some) for some in (loads, plain))
        return round(one - other, 2)

    return Figures(
        requests=round(median("requests")),
        bytes=round(median("bytes")),
        requests_open=round(median("requests_open")),
        bytes_open=round(median("bytes_open")),
        shift=round(max(load.shift for load in loads), 4),
        opening=round(median("opening"), 1),
        cpu=more("cpu"),
        script=more("script"),
        render=more("render"),
        clock=more("clock"),
    )


def ratios(found: dict[str, Figures]) -> dict[str, dict[str, float | None]]:
    """How many times as much as Otklik the others take; None where Otklik takes nothing."""
    names = ("requests", "bytes", "cpu", "clock", "opening")
    ours = asdict(found[OTKLIK])
    return {
        name: {of: round(asdict(theirs)[of] / ours[of], 1) if ours[of] > 0 else None for of in names}
        for name, theirs in found.items()
        if name != OTKLIK
    }


def show_sizes(found: dict[str, Size]) -> None:
    """The table of what is served, with the limits."""
    click.echo(f"{'bytes':34} {'plain':>10} {'gzip':>10} {'brotli':>10}")
    for name, size in found.items():
        click.echo(f"{name:34} {size.plain:10,} {size.gzip:10,} {size.brotli:10,}")
    for words, of, limit in (("loader", first_size, LOADER_LIMIT), ("loader and app", whole_size, WHOLE_LIMIT)):
        for coding in ("gzip", "brotli"):  # browsers take brotli over https, gzip everywhere
            size = of(found, coding)
            mark = "met" if size <= limit else "missed"
            click.echo(f"{words}: {size / KB:.2f} KB with {coding}, limit {limit // KB} KB: {mark}")


def first_size(found: dict[str, Size], coding: str) -> int:
    """What a visitor loads before the first click, compressed."""
    return int(getattr(found["loader"], coding))


def whole_size(found: dict[str, Size], coding: str) -> int:
    """All that a visitor ever loads, compressed, in the language that takes most."""
    apps = (getattr(size, coding) for name, size in found.items() if name != "loader")
    return first_size(found, coding) + int(max(apps))


def show(found: dict[str, Figures]) -> None:
    """The table of what Chromium saw."""
    click.echo(f"\n{'':34}" + "".join(f" {name:>15}" for name in found) + "   times Otklik's")
    lines = (
        ("requests before a click", "requests", 1, 0),
        ("KB before a click, gzip", "bytes", 1 / KB, 1),
        ("further requests to open", "requests_open", 1, 0),
        ("further KB to open, gzip", "bytes_open", 1 / KB, 1),
        ("layout shift", "shift", 1, 4),
        ("main thread at load, ms", "cpu", 1, 2),
        ("  of it script", "script", 1, 2),
        ("  of it style, layout, paint", "render", 1, 2),
        ("main thread at load, ms by clock", "clock", 1, 2),
        ("from click to usable, ms", "opening", 1, 1),
    )
    times = ratios(found)
    for words, name, unit, digits in lines:
        row = "".join(f" {getattr(of, name) * unit:15,.{digits}f}" for of in found.values())
        by = ", ".join(f"{of[name]:,}" for of in times.values() if of.get(name))
        click.echo(f"{words:34}{row}   {by}")
    ours = found[OTKLIK]
    met = {
        "one request before the first click": ours.requests == 1,
        "no layout shift": ours.shift == 0,
        f"under {TIME_GOAL:.0f} ms of main thread at load": ours.cpu < TIME_GOAL,
    }
    click.echo("\n" + "; ".join(f"{goal}: {'met' if reached else 'missed'}" for goal, reached in met.items()))


@click.command()
@click.option("--rounds", default=21, show_default=True, help="Loads of each page.")
@click.option("--alone", is_flag=True, help="Without the other widgets, which come from npm.")
@click.option("--quick", is_flag=True, help="Only see that it works: two loads, alone.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Write the figures to this file.")
def widget(rounds: int, alone: bool, quick: bool, path: Path | None) -> None:
    """Bytes, requests and main-thread time that the widget costs a page."""
    if CHROMIUM is None:
        raise click.ClickException("Chromium is not installed (Debian: apt-get install chromium)")
    if quick:
        rounds, alone = 2, True
    served = sizes()
    show_sizes(served)
    others: Sequence[Other] = ()
    with tempfile.TemporaryDirectory(prefix="otklik-bench-", ignore_cleanup_errors=True) as folder:
        if not alone:
            try:
                others = fetch(Path(folder))
            except NoOthers as error:
                click.echo(f"No other widgets beside it: {error}.")
        loads = asyncio.run(measure(Path(folder), others, rounds))
    plain = loads.pop(PLAIN)
    found = {name: figures(some, plain) for name, some in loads.items()}
    show(found)
    alone_takes = round(statistics.median(load.work.cpu for load in plain), 2)
    click.echo(f"The page alone takes {alone_takes} ms of its main thread: that says how fast the machine is.")
    machine = {"cpus": os.cpu_count(), "machine": platform.machine(), "system": platform.system()}
    with contextlib.suppress(OSError):
        machine["busy"] = round(os.getloadavg()[0], 2)
    now = datetime.datetime.now(datetime.UTC)
    click.echo(f"{now:%Y-%m-%d}, {rounds} loads each, {', '.join(f'{k}: {v}' for k, v in machine.items())}")
    if path:
        result = {
            "date": now.isoformat(timespec="seconds"),
            "machine": machine,
            "rounds": rounds,
            "sizes": {name: asdict(size) for name, size in served.items()},
            "whole": {coding: whole_size(served, coding) for coding in ("gzip", "brotli")},
            "page_alone": alone_takes,
            "widgets": {name: asdict(of) for name, of in found.items()},
            "versions": {other.package: other.version for other in others},
            "times": ratios(found),
        }
        path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
