"""The log of calls, for assertions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class Call:
    method: str
    params: dict[str, Any]  # the body without the token
    by_header: bool  # where the token was
    at: float  # monotonic
    when: datetime
    status: int | None = None  # of the answer; None while it runs, or when nothing sensible was answered
    answer: dict[str, Any] | None = None
    fault: str = ""

    @property
    def receiver(self) -> str | None:
        return self.params.get("receiver")

    def __str__(self) -> str:
        shown = str(self.params)
        return f"{self.method} -> {self.status} {self.fault} {shown if len(shown) < 160 else shown[:157] + '...'}"
