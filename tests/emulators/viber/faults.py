"""Faults on demand: errors in Viber's own words, and a network that breaks."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..common import faults as common
from ..common.gates import Gate

WORDS = ("http", "html", "garbage", "hang", "drip", "cut_before", "cut_after", "short")


@dataclass(eq=False)
class Fault(common.Fault):
    status: int | None = None
    text: str | None = None
    word: str | None = None
    code: int = 500  # of http and html
    headers: dict[str, str] = field(default_factory=dict)
    receiver: str | None = None

    def matches(self, method: str, receiver: str | None) -> bool:
        if self.method not in ("*", method) or (self.method == "*" and method in ("media", "avatar")):
            return False
        return self.receiver is None or self.receiver == receiver


class Faults(common.Faults[Fault]):
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
        return self.plan(fault)

    def hold_next(self, method: str, *, before: bool = True, receiver: str | None = None, skip: int = 0) -> Gate:
        """Hold the next such call, before or after its work, until `gate.release()`."""
        gate = Gate(before)
        self.plan(Fault(method, receiver=receiver, skip=skip, gate=gate))
        return gate

    def take(self, method: str, receiver: str | None = None) -> Fault | None:
        return self.hit(lambda fault: fault.matches(method, receiver))
