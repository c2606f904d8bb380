"""The ledger, judged: what is unaccounted for (must be nothing), what waits, what is only worth knowing.

    report = audit(books, now)          for `bot.py audit`; reads, and writes nothing
    Audits(...).run()                   the same once a day beside everything else; the board has a line if it must

Everything that was taken in is either where it was meant to go, or waits with a row of work that a restart finds
again, or has failed and its operator was told. Whatever is none of these is unaccounted for.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from bridge.catalogue import Catalogue
from bridge.clock import Clock
from bridge.config import Config
from bridge.media.disk import Folder
from storage.audit import EXAMPLES, Found, Ledger, Waiting, media_known, read_ledger
from storage.store import Store

log = logging.getLogger(__name__)

FIRST_LOOK: Final = 600.0  # seconds after the start: by then what a stop had left has been seen to
EVERY: Final = 24 * 3600.0
SOON_AGAIN: Final = 3600.0  # while something is unaccounted for, so that the board's line goes when it is mended

_ID = re.compile(r"[0-9a-f]{32}\Z")  # of our files; what else lies there is somebody else's

# What each finding is called, in the order in which it is told.
SAID: Final[Mapping[str, str]] = {
    "hidden": "audit-hidden",
    "postless": "audit-postless",
    "homeless": "audit-homeless",
    "cardless": "audit-cardless",
    "groupless": "audit-groupless",
    "unsent": "audit-unsent",
    "workless": "audit-workless",
    "confused": "audit-confused",
    "untold": "audit-untold",
    "unmarked": "audit-unmarked",
    "eventless": "audit-eventless",
    "nowhere": "audit-nowhere",
    "torn": "audit-torn",
    "dangling": "audit-dangling",
    "aside": "audit-aside",
    "fileless": "audit-fileless",
    "rowless": "audit-rowless",
}
TOTALS: Final = (
    "customers",
    "conversations",
    "open",
    "events",
    "received",
    "answers",
    "delivered",
    "failed",
    "posts",
    "media",
)
SHOWING: Final = ("conversations", "messages")  # what waits for the Telegram desk
NOTED: Final = ("given-up", "aside-before", "early")


@dataclass(frozen=True, slots=True)
class Books:
    """Where everything lies, and what the configuration knows of it."""

    database: Path
    media: Path
    groups: Sequence[str]
    media_kept: timedelta
    posted: bool = True  # whether there is a Telegram desk; else nothing waits to be shown by it


@dataclass(frozen=True, slots=True)
class Report:
    """What an audit found at `at`. `unaccounted` has only what there is; empty is good."""

    at: datetime
    totals: Mapping[str, int]
    waiting: Mapping[str, Waiting]
    lanes: Mapping[str, Waiting]
    noted: Mapping[str, Found]
    unaccounted: Mapping[str, Found]

    @property
    def good(self) -> bool:
        """Whether everything is accounted for."""
        return not self.unaccounted

    @property
    def count(self) -> int:
        """How much is not."""
        return sum(found.count for found in self.unaccounted.values())

    def text(self, say: Catalogue) -> str:
        """All of it for a terminal."""
        return "\n".join(self._lines(say))

    def json(self) -> str:
        """All of it for a program."""
        return json.dumps(self._plain(), ensure_ascii=False, indent=2)

    def in_brief(self) -> str:
        """What is unaccounted for, in a line of the log."""
        return "; ".join(
            f"{name} {found.count} ({', '.join(found.examples)})" for name, found in self.unaccounted.items()
        )

    def _lines(self, say: Catalogue) -> Iterator[str]:
        yield say("audit-totals")
        for name in TOTALS:
            yield _row(say(f"audit-total-{name}"), self.totals[name])
        yield ""
        waits = [(say(f"audit-waits-{name}"), waiting) for name, waiting in self.waiting.items()]
        waits += [(say("audit-waits-lane", channel=name), waiting) for name, waiting in self.lanes.items()]
        yield say("audit-waits") if any(waiting.count for _, waiting in waits) else say("audit-waits-nothing")
        for what, waiting in waits:
            if waiting.count:
                yield _row(what, waiting.count) + self._since(say, waiting)
        noted = [(name, self.noted[name]) for name in NOTED if self.noted[name].count]
        if noted:
            yield ""
            yield say("audit-noted")
            for name, found in noted:
                yield _row(say(f"audit-noted-{name}"), found.count) + _some(found)
        yield ""
        if self.good:
            yield say("audit-good")
            return
        yield say("audit-bad", count=self.count)
        for name, found in self.unaccounted.items():
            yield _row(say(SAID[name]), found.count) + _some(found)

    def _since(self, say: Catalogue, waiting: Waiting) -> str:
        if waiting.since is None:
            return ""
        seconds = max(0.0, (self.at - waiting.since).total_seconds())
        unit, number = next(
            (unit, seconds / length)
            for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60), ("seconds", 1))
            if seconds >= 2 * length or length == 1
        )
        return "  " + say("audit-longest", unit=unit, number=int(number))

    def _plain(self) -> dict[str, Any]:
        def found(each: Mapping[str, Found]) -> dict[str, Any]:
            return {name: {"count": one.count, "examples": list(one.examples)} for name, one in each.items()}

        def waiting(each: Mapping[str, Waiting]) -> dict[str, Any]:
            return {
                name: {"count": one.count, "since": one.since.isoformat() if one.since else None}
                for name, one in each.items()
            }

        return {
            "at": self.at.isoformat(),
            "good": self.good,
            "totals": dict(self.totals),
            "waiting": waiting(self.waiting) | {"lanes": waiting(self.lanes)},
            "noted": found(self.noted),
            "unaccounted": found(self.unaccounted),
        }


def books_of(config: Config) -> Books:
    """The books that a configuration names."""
    return Books(
        database=config.storage.path,
        media=config.storage.media,
        groups=[group.name for group in config.groups],
        media_kept=timedelta(days=config.storage.media_days),
        posted=config.desk is not None,
    )


def audit(books: Books, now: datetime, stopped: Callable[[], bool] = lambda: False) -> Report:
    """Compare everything with everything. Takes seconds for a large database: not for the event loop.

    Raises StoreError when there is no database to be read, or when `stopped()`.
    """
    files = _files(books.media)
    ledger = read_ledger(books.database, books.groups, now=now, media_since=now - books.media_kept, stopped=stopped)
    findings = ledger.findings | _media(books, ledger, files)
    return Report(
        at=now,
        totals=ledger.totals,
        waiting={name: wait for name, wait in ledger.waiting.items() if books.posted or name not in SHOWING},
        lanes=ledger.lanes,
        noted=ledger.noted,
        unaccounted={name: findings[name] for name in SAID if findings[name].count},
    )


def _files(folder: Path) -> set[str]:
    """The files that are there for good."""
    try:
        return {path.name for path in folder.iterdir() if _ID.match(path.name)}
    except (FileNotFoundError, NotADirectoryError):
        return set()


def _media(books: Books, ledger: Ledger, before: set[str]) -> dict[str, Found]:
    """Rows without files, and files without rows; files come and go meanwhile, so what differs is looked at again.

    A file is `.part` before its row is there and while its row goes, so there is a row as long as it is whole.
    """
    folder = Folder(books.media)
    lost = [id for id in sorted(ledger.media - before) if folder.find(id) is None]
    lost = sorted(media_known(books.database, lost)) if lost else []
    stray = [id for id in sorted(before - ledger.media) if folder.whole(id).is_file()]
    return {"fileless": _named(lost), "rowless": _named(stray)}


def _named(ids: Sequence[str]) -> Found:
    return Found(len(ids), tuple(ids[:EXAMPLES]))


def _row(what: str, count: int) -> str:
    return f"  {what:<58} {count:>9}"


def _some(found: Found) -> str:
    more = ", …" if found.count > len(found.examples) else ""
    return f"  [{', '.join(found.examples)}{more}]" if found.examples else ""


class Audits:
    """The process's own audits: the first soon after the start, then daily. `run` it."""

    def __init__(self, books: Books, store: Store, clock: Clock, found: Callable[[int], None]) -> None:
        """`found` is told how much is unaccounted for."""
        self._books = books
        self._store = store
        self._clock = clock
        self._found = found

    async def run(self) -> None:
        """Audit until cancelled."""
        await self._clock.sleep(FIRST_LOOK)
        while True:
            await self._clock.sleep(EVERY if await self.once() else SOON_AGAIN)

    async def once(self) -> bool:
        """Audit, tell the log, the metric and the boards; whether everything is accounted for."""
        stopped = threading.Event()
        try:
            report = await asyncio.to_thread(audit, self._books, self._clock.now(), stopped.is_set)
        finally:
            stopped.set()  # nobody waits for it any more
        self._found(report.count)
        if report.good:
            log.info("audit: everything is accounted for")
        else:
            log.error("audit: %s unaccounted for: %s", report.count, report.in_brief())
        await self._store.write(lambda tx: tx.unaccounted(report.count))
        return report.good
