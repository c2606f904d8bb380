"""The log of requests: for assertions such as "at most 20 units in any 60 seconds" (§20)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class Call:
    bot: int | None
    method: str
    params: dict[str, Any]
    chat: int | None
    at: float  # monotonic
    when: datetime
    units: int = 0
    code: int = 0  # 200, an error code, or 0 while it runs or when the connection was cut
    result: Any = None
    error: str | None = None
    retry_after: int | None = None
    files: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.code == 200

    def __str__(self) -> str:
        what = self.error or "ok"
        return f"{self.method} bot={self.bot} chat={self.chat} {self.code} {what} {_short(self.params)}"


def _short(params: dict[str, Any]) -> str:
    text = ", ".join(f"{k}={v!r}" for k, v in params.items() if k != "chat_id")
    return text if len(text) < 160 else f"{text[:157]}..."


class Journal:
    def __init__(self) -> None:
        self.calls: list[Call] = []  # all but getUpdates
        self.polls: deque[Call] = deque(maxlen=500)

    def add(self, call: Call) -> None:
        if call.method == "getUpdates":
            self.polls.append(call)
        else:
            self.calls.append(call)

    def of(
        self, method: str | None = None, *, chat: int | None = None, bot: int | None = None, ok: bool | None = None
    ) -> list[Call]:
        return [
            call
            for call in self.calls
            if (method is None or call.method.lower() == method.lower())
            and (chat is None or call.chat == chat)
            and (bot is None or call.bot == bot)
            and (ok is None or call.ok == ok)
        ]

    def units(self, chat: int, window: float = 60.0, bot: int | None = None) -> int:
        """The most units that one bot spent in this chat within any window; refused by 429 do not count."""
        spent: dict[int | None, list[tuple[float, int]]] = {}
        for call in self.calls:
            if call.chat == chat and call.units and call.code != 429 and bot in (None, call.bot):
                spent.setdefault(call.bot, []).append((call.at, call.units))
        worst = 0
        for moments in spent.values():
            inside: deque[tuple[float, int]] = deque()
            total = 0
            for at, count in moments:
                inside.append((at, count))
                total += count
                while inside[0][0] <= at - window:
                    total -= inside.popleft()[1]
                worst = max(worst, total)
        return worst
