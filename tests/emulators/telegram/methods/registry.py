"""Which function answers which method."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

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
Some = TypeVar("Some", bound=Answer)
METHODS: dict[str, Answer] = {}
SINCE: dict[str, tuple[int, int]] = {}


def since(version: tuple[int, int]) -> Callable[[Some], Some]:
    """`send_message` answers `sendMessage`, in any case (§1); servers older than this answer 404."""

    def mark(answer: Some) -> Some:
        name = answer.__name__.replace("_", "")
        METHODS[name] = answer
        SINCE[name] = version
        return answer

    return mark


def method(answer: Some) -> Some:
    """A method that every server knows."""
    return since((1, 0))(answer)
