"""Faults on demand: errors in Viber's own words, and a network that breaks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

WORDS = ("http", "html", "garbage", "hang", "drip", "cut_before", "cut_after", "short")
HTML = (
    "<html>\r\n<head><title>{code} {reason}</title></head>\r\n<body>\r\n"
    "<center><h1>{code} {reason}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)


@dataclass(eq=False)
class Gate:
    """Holds a call until `release()`; `await reached()` waits until one is held."""

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


@dataclass(eq=False)
class Fault:
    method: str
    status: int | None = None
    text: str | None = None
    word: str | None = None
    code: int = 500  # of http and html
    headers: dict[str, str] = field(default_factory=dict)
    receiver: str | None = None
    times: int = 1
    skip: int = 0  # let this many matching calls pass first
    gate: Gate | None = None
    hits: int = 0

    def matches(self, method: str, receiver: str | None) -> bool:
        if self.method not in ("*", method) or (self.method == "*" and method in ("media", "avatar")):
            return False
        return self.receiver is None or self.receiver == receiver


class Faults:
    def __init__(self) -> None:
        self._list: list[Fault] = []

    def next(
        self,
        method: str,
        what: int | str,
        *,
        text: str | None = None,
        code: int = 500,
        headers: dict[str, str] | None = None,
        receiver: str | None = None,
        times: int = 1,
        skip: int = 0,
    ) -> Fault:
        """Break the next calls of a method ("*": any; "media", "avatar": downloads of customers' files).

        `what`: a status, answered with HTTP 200 and `text` in place of its usual words; or
        "http" (HTTP `code` with JSON), "html" (HTTP `code` with a page), "garbage" (HTTP 200, half a JSON),
        "hang" (no answer), "drip" (the answer comes byte by byte and has no end), "short" (fewer bytes than
        promised), "cut_before" (nothing is done, no answer), "cut_after" (done, but no answer).
        """
        fault = Fault(method, code=code, headers=headers or {}, receiver=receiver, times=times, skip=skip)
        if isinstance(what, int):
            fault.status, fault.text = what, text
        elif what in WORDS:
            fault.word = what
        else:
            raise ValueError(f"unknown fault {what!r}; known: a status, {', '.join(WORDS)}")
        self._list.append(fault)
        return fault

    def hold_next(self, method: str, *, before: bool = True, receiver: str | None = None, skip: int = 0) -> Gate:
        """Hold the next such call, before or after its work, until `gate.release()`."""
        gate = Gate(before)
        self._list.append(Fault(method, receiver=receiver, skip=skip, gate=gate))
        return gate

    def take(self, method: str, receiver: str | None = None) -> Fault | None:
        for fault in self._list:
            if not fault.matches(method, receiver):
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
