"""Faults on demand: the world breaks in the platform's own words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..common import faults as common
from ..common.gates import Gate
from .errors import OF_ONE_RECIPIENT, VkError

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
class Fault(common.Fault):
    """method: "messages.send", "*" (any method), "longpoll", "upload" or "file"."""

    error: Any = None  # a code, (code, text after the colon), a VkError, or one of WORDS
    failed: int | None = None  # of "longpoll": 1, 2, 3, 4, or an unknown number
    slow: float = 0.0
    peer: int | None = None
    where: str = ""  # "item" or "envelope": where `peer_ids` puts the error; "" as VK does
    extra: dict[str, Any] = field(default_factory=dict)  # more fields of the envelope

    def matches(self, name: str, peer: int | None, *, method: bool) -> bool:
        if not (self.method == name or (method and self.method == "*")):
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


class Faults(common.Faults[Fault]):
    def next(self, method: str, error: Any = None, **how: Any) -> Fault:
        """The next `times` requests of this method fail; how: see Fault. `.hits` counts."""
        known = {key: how.pop(key) for key in list(how) if key in Fault.__dataclass_fields__}
        if isinstance(error, str) and error not in WORDS:
            raise ValueError(f"unknown fault {error!r}; known: {', '.join(sorted(WORDS))}")
        fault = Fault(method, error, extra=how, **known)
        return self.plan(fault)

    def hold(self, method: str, *, before: bool = True, **how: Any) -> Gate:
        """The next request of this method waits, before its effect or after it."""
        gate = Gate(before)
        self.next(method, gate=gate, **how)
        return gate

    def take(self, name: str, peer: int | None = None, *, method: bool = False) -> Fault | None:
        return self.hit(lambda fault: fault.matches(name, peer, method=method))
