"""Faults on demand: the world breaks in the platform's own words."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from .errors import OF_ONE_RECIPIENT, VkError

HTML_502 = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>kittenx</center>\r\n</body>\r\n</html>\r\n"
)
WORDS = frozenset(
    [
        "html502",
        "html504",
        "html200",
        "html404",
        "garbage",
        "cut_before",
        "cut_after",
        "cut_halfway",
        "hang",
        "drip",
        "rejected",
    ]
)


@dataclass(eq=False)
class Gate:
    """Holds matching requests until `release()`; `await reached()` waits until one is held."""

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
    method: str  # "messages.send", "*" (any method), "longpoll", "upload" or "file"
    error: Any = None  # a code, (code, text after the colon), a VkError, or one of WORDS
    failed: int | None = None  # of "longpoll": 1, 2, 3, 4, or an unknown number
    slow: float = 0.0
    peer: int | None = None
    times: int = 1
    skip: int = 0  # let this many matching requests pass first
    where: str = ""  # "item" or "envelope": where `peer_ids` puts the error; "" as VK does
    extra: dict[str, Any] = field(default_factory=dict)  # more fields of the envelope
    gate: Gate | None = None
    hits: int = 0

    def matches(self, name: str, peer: int | None, *, method: bool) -> bool:
        if self.times <= 0 or not (self.method == name or (method and self.method == "*")):
            return False
        return self.peer is None or self.peer == peer

    def refusal(self) -> VkError | None:
        if self.error is None or isinstance(self.error, str):
            return None
        if isinstance(self.error, VkError):
            return self.error
        if isinstance(self.error, int):
            return VkError(self.error, **self.extra)
        return VkError(self.error[0], self.error[1], **self.extra)

    def in_item(self, code: int) -> bool:
        return self.where == "item" or (not self.where and code in OF_ONE_RECIPIENT)


class Faults:
    def __init__(self) -> None:
        self._list: list[Fault] = []

    def next(self, method: str, error: Any = None, **how: Any) -> Fault:
        """The next `times` requests of this method fail; how: see Fault. `.hits` counts."""
        known = {key: how.pop(key) for key in list(how) if key in Fault.__dataclass_fields__}
        if isinstance(error, str) and error not in WORDS:
            raise ValueError(f"unknown fault {error!r}; known: {', '.join(sorted(WORDS))}")
        fault = Fault(method, error, extra=how, **known)
        self._list.append(fault)
        return fault

    def hold(self, method: str, *, before: bool = True, **how: Any) -> Gate:
        """The next request of this method waits, before its effect or after it."""
        gate = Gate(before)
        self.next(method, gate=gate, **how)
        return gate

    def take(self, name: str, peer: int | None = None, *, method: bool = False) -> Fault | None:
        for fault in self._list:
            if not fault.matches(name, peer, method=method):
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
