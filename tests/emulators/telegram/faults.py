"""Faults on demand: the world breaks in the platform's own words (§20.12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..common import faults as common
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
WORDS = ("html502", "html504", "html413", "drop_before", "drop_after", "garbage")


@dataclass(eq=False)
class Fault(common.Fault):
    error: Any = None  # int, (code, description), or one of WORDS
    retry_after: int | None = None
    migrate_to: int | None = None
    slow: float = 0.0
    chat: int | None = None
    bot: int | None = None

    def matches(self, method: str, chat: int | None, bot: int | None) -> bool:
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


class Faults(common.Faults[Fault]):
    def add(self, fault: Fault) -> Fault:
        fault.method = fault.method.lower()
        if isinstance(fault.error, str) and fault.error not in WORDS:
            raise ValueError(f"unknown fault {fault.error!r}; known: {', '.join(WORDS)}")
        return self.plan(fault)

    def take(self, method: str, chat: int | None, bot: int | None) -> Fault | None:
        return self.hit(lambda fault: fault.matches(method, chat, bot))
