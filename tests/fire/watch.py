"""What must stay true of the program under fire: no crash, no dead part, a quiet log, nothing that grows."""

from __future__ import annotations

import asyncio
import inspect
import io
import logging
from collections import deque
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

from bridge.app import Otklik
from bridge.logs import lines_to

LINE_LIMIT = 2_000  # characters of one line of the log
CONTAINER_LIMIT = 20_000  # things that one list or table of the program may hold


class Watch:
    """Listens to the log and the event loop from `with` to its end. `secrets` must never be written anywhere."""

    def __init__(self, *, secrets: list[str], private: list[str]) -> None:
        """`private`: what customers wrote."""
        self.bytes = 0
        self.lines = 0
        self.faults: list[str] = []
        self._forbidden = [*private, *(secret for secret in secrets if len(secret) > 3)]
        self._stream = io.StringIO()
        self._handler = lines_to(self._stream, secrets)
        self._tail: list[str] = []

    def __enter__(self) -> Self:
        root = logging.getLogger()
        self._level, self._raises = root.level, logging.raiseExceptions
        root.addHandler(self._handler)
        root.setLevel(logging.INFO)
        logging.getLogger("aiogram.event").setLevel(logging.WARNING)
        loop = asyncio.get_running_loop()
        self._before = loop.get_exception_handler()
        loop.set_exception_handler(self._unhandled)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        root = logging.getLogger()
        root.removeHandler(self._handler)
        root.setLevel(self._level)
        asyncio.get_running_loop().set_exception_handler(self._before)

    def look(self, about: str) -> None:
        """Read what was logged since; `about`: the case, for what is found."""
        text = self._stream.getvalue()
        self._stream.seek(0)
        self._stream.truncate()
        self.bytes += len(text.encode("utf-8", "replace"))
        for line in text.splitlines():
            self.lines += 1
            if line.startswith("Traceback"):
                self.faults.append(f"{about}: {text[text.index(line) :][:4000]}")
            if len(line) > LINE_LIMIT:
                self.faults.append(f"{about}: a line of {len(line)} characters: {line[:300]}")
            for word in self._forbidden:
                if word in line:
                    self.faults.append(f"{about}: what is private is in the log: {line[:500]}")
        self._tail = (self._tail + text.splitlines())[-20:]

    @property
    def tail(self) -> str:
        """The last lines."""
        return "\n".join(self._tail)

    def _unhandled(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.faults.append(f"unhandled: {context.get('message')}: {context.get('exception')!r}")


def dead_parts(otklik: Otklik) -> list[str]:
    """The parts of the program that do not run any more."""
    return [task.get_name() for task in otklik._tasks if task.done()]


def largest(otklik: Otklik, most: int = 5) -> list[tuple[int, str]]:
    """The fullest lists and tables of the program, and where they are.

    What can be reached from the program is walked through. To ask the garbage collector for everything would hold
    tuples that other threads are just making, which they do not survive.
    """
    seen: set[int] = set()
    found: list[tuple[int, str]] = []
    waiting: list[tuple[str, Any]] = [("Otklik", otklik)]
    while waiting:
        where, thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, dict | list | set | tuple | frozenset | deque):
            found.append((len(thing), where))
            inside = list(thing.values()) if isinstance(thing, dict) else list(thing)
            waiting += [(f"{where}[]", each) for each in inside[:CONTAINER_LIMIT]]
        else:
            waiting += [(f"{where}.{name}", value) for name, value in _within(thing)]
    return sorted(found, reverse=True)[:most]


def _within(thing: Any) -> Iterator[tuple[str, Any]]:
    """What a thing of the program holds; a task holds what its coroutine does, a method its object."""
    if isinstance(thing, asyncio.Task):
        frame = getattr(thing.get_coro(), "cr_frame", None)
        yield from () if frame is None else dict(frame.f_locals).items()
    elif inspect.ismethod(thing):
        yield "self", thing.__self__
    elif str(type(thing).__module__).startswith(("bridge.", "storage.")):
        yield from dict(getattr(thing, "__dict__", {})).items()
        for kind in type(thing).__mro__:
            slots = kind.__dict__.get("__slots__", ())
            for name in (slots,) if isinstance(slots, str) else slots:
                value = getattr(thing, name, None)
                if value is not None:
                    yield name, value


def tasks() -> int:
    """How many tasks there are."""
    return len(asyncio.all_tasks())
