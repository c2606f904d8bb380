"""Faults on demand: how often each comes, and which is next. What goes wrong is the platform's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from .gates import Gate


@dataclass(eq=False)
class Fault:
    """Each platform adds what goes wrong, and for whom."""

    method: str
    times: int = field(default=1, kw_only=True)
    skip: int = field(default=0, kw_only=True)  # let this many matching requests pass first
    gate: Gate | None = field(default=None, kw_only=True)
    hits: int = field(default=0, kw_only=True)


Kind = TypeVar("Kind", bound=Fault)


class Faults(Generic[Kind]):
    """Those that are still to come, in order."""

    def __init__(self) -> None:
        self._list: list[Kind] = []

    @property
    def waiting(self) -> int:
        return len(self._list)

    def plan(self, fault: Kind) -> Kind:
        self._list.append(fault)
        return fault

    def hit(self, matches: Callable[[Kind], bool]) -> Kind | None:
        """The fault of a request that is being answered: the first that matches and has nothing to skip."""
        for fault in self._list:
            if fault.times <= 0 or not matches(fault):
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
        """Nothing goes wrong any more; what is held goes on."""
        for fault in self._list:
            if fault.gate is not None:
                fault.gate.release()
        self._list.clear()
