"""Faults on demand: the world breaks in the platform's own words (§20.12)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from .errors import Refusal

TEXTS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden: bot was kicked from the supergroup chat",
    404: "Not Found",
    409: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    429: "Too Many Requests: retry after {retry_after}",
    500: "Internal Server Error: restart",
    502: "Bad Gateway",
}
HTML_502 = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.18.0</center>\r\n</body>\r\n</html>\r\n"
)
WORDS = ("html502", "html504", "html413", "drop_before", "drop_after", "garbage")


@dataclass(eq=False)
class Fault:
    method: str
    error: Any = None  # int, (code, description), or one of WORDS
    retry_after: int | None = None
    migrate_to: int | None = None
    slow: float = 0.0
    chat: int | None = None
    bot: int | None = None
    times: int = 1
    skip: int = 0  # let this many matching calls pass first
    gate: Gate | None = None
    hits: int = 0

    def matches(self, method: str, chat: int | None, bot: int | None) -> bool:
        if self.times <= 0:
            return False
        if self.method not in ("*", method.lower()):
            return False
        if self.chat is not None and self.chat != chat:
            return False
        return self.bot is None or self.bot == bot

    def refusal(self) -> Refusal | None:
        """The answer in place of doing the work; None when the work is done (or the connection is cut)."""
        if self.error is None or self.error in WORDS:
            return None
        if isinstance(self.error, int):
            code, text = self.error, TEXTS.get(self.error, "Internal Server Error")
        else:
            code, text = self.error[0], str(self.error[1])
        retry = self.retry_after
        if code == 429 and retry is None:
            retry = 3
        return Refusal(code, text.format(retry_after=retry), retry_after=retry, migrate_to=self.migrate_to)


@dataclass(eq=False)
class Gate:
    """Holds matching calls until `release()`; `await reached()` waits until one is held."""

    before: bool = True  # before the work, or after it and before the answer
    _reached: asyncio.Event = field(default_factory=asyncio.Event)
    _open: asyncio.Event = field(default_factory=asyncio.Event)

    async def reached(self, timeout: float = 5.0) -> None:
        await asyncio.wait_for(self._reached.wait(), timeout)

    def release(self) -> None:
        self._open.set()

    async def hold(self) -> None:
        self._reached.set()
        await self._open.wait()


class Faults:
    def __init__(self) -> None:
        self._list: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        fault.method = fault.method.lower()
        if isinstance(fault.error, str) and fault.error not in WORDS:
            raise ValueError(f"unknown fault {fault.error!r}; known: {', '.join(WORDS)}")
        self._list.append(fault)
        return fault

    def take(self, method: str, chat: int | None, bot: int | None) -> Fault | None:
        for fault in self._list:
            if not fault.matches(method, chat, bot):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.times -= 1
            fault.hits += 1
            if fault.times <= 0:
                self._list.remove(fault)
            return fault
        return None

    def clear(self) -> None:
        for fault in self._list:
            if fault.gate is not None:
                fault.gate.release()
        self._list.clear()
