"""The log of requests, for assertions."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class Call:
    method: str
    params: dict[str, str]  # without the token
    at: float  # monotonic
    when: datetime
    http: str = "POST"
    bearer: bool = False
    community: int | None = None
    peer: int | None = None
    code: int | None = None  # 0: worked; an error code; None while it runs, or when there was no proper answer
    result: Any = None
    error: str | None = None

    @property
    def ok(self) -> bool:
        return self.code == 0


@dataclass(slots=True)
class Upload:
    kind: str
    field: str
    name: str
    size: int
    at: float
    answer: Any = None


@dataclass(slots=True)
class Journal:
    calls: list[Call] = field(default_factory=list)
    polls: deque[dict[str, str]] = field(default_factory=lambda: deque(maxlen=500))
    uploads: list[Upload] = field(default_factory=list)
    downloads: list[str] = field(default_factory=list)  # names of files
    leaks: list[str] = field(default_factory=list)  # requests outside the API that carried a token

    def of(self, methods: str | Iterable[str], *, peer: int | None = None, ok: bool | None = None) -> list[Call]:
        names = {methods} if isinstance(methods, str) else set(methods)
        return [
            call
            for call in self.calls
            if call.method in names and (peer is None or call.peer == peer) and (ok is None or call.ok == ok)
        ]
