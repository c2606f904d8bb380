"""Who comes to a rehearsal and what they say: `plays/<language>.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

PLAYS: Final = Path(__file__).with_name("plays")


@dataclass(frozen=True, slots=True)
class Line:
    """What is said at once: words, a picture, or both."""

    text: str = ""
    picture: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A customer who rehearses. Without a name they are a guest."""

    kind: str
    arrives: float  # seconds after the beginning
    says: Sequence[Line]
    answers: Sequence[Line]  # one to each answer that they get
    name: str = ""
    username: str = ""
    link: str = ""
    page: str = ""
    blocks: bool = False  # does not want to be answered


def cast(language: str) -> Sequence[Actor]:
    """All of them, in the order in which they come."""
    told = tomllib.loads((PLAYS / f"{language}.toml").read_text(encoding="utf-8"))
    return sorted(map(_actor, told["actor"]), key=lambda actor: actor.arrives)


def _actor(told: Mapping[str, Any]) -> Actor:
    lines = {name: tuple(map(_line, told[name])) for name in ("says", "answers")}
    return Actor(**{**told, **lines})


def _line(told: str | Mapping[str, Any]) -> Line:
    return Line(told) if isinstance(told, str) else Line(**told)
