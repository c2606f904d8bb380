"""Which function answers which method."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from ..accounts import Bot
from ..arguments import Arguments
from ..world import World


@dataclass(slots=True)
class Ask:
    """One call: who asks, what, and where."""

    world: World
    bot: Bot
    args: Arguments


@dataclass(frozen=True, slots=True)
class Said:
    """A result with a `description` next to it (webhook methods, §1)."""

    result: Any
    description: str


Answer = Callable[[Ask], Any | Awaitable[Any]]
METHODS: dict[str, Answer] = {}
SINCE: dict[str, tuple[int, int]] = {}


def method(answer: Answer, *, since: tuple[int, int] = (1, 0)) -> Answer:
    """`send_message` answers `sendMessage`, in any case (§1)."""
    name = answer.__name__.replace("_", "")  # type: ignore[attr-defined]
    METHODS[name] = answer
    SINCE[name] = since
    return answer


def since(version: tuple[int, int]) -> Callable[[Answer], Answer]:
    """A method that older servers answer with 404."""

    def mark(answer: Answer) -> Answer:
        return method(answer, since=version)

    return mark
