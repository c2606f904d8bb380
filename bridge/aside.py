"""What is kept, and what is logged, of an event that cannot be handled. Pure, and safe for whatever it holds."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

PAYLOAD_LIMIT: Final = 64 * 1024  # characters of an event that is set aside
NAMES: Final = 40  # fields that the log names
NAME_LIMIT: Final = 40  # characters of each
_WORD: Final = re.compile(r"[A-Za-z0-9_.:-]{1,40}")
UNREADABLE: Final = "nested too deep to be kept"


def payload(event: Any) -> str:
    """An event as text that any store takes: half characters are replaced, and there is an end to it."""
    try:
        text = json.dumps(event, ensure_ascii=False, default=str)
    except (RecursionError, ValueError):
        return UNREADABLE
    return text[:PAYLOAD_LIMIT].encode("utf-8", "replace").decode()


def field_names(event: Any, depth: int = 1) -> str:
    """The names of an event's fields, `depth` levels of them, on one line: they say nothing of what it holds."""
    if not isinstance(event, Mapping):
        return type(event).__name__
    found = [name_of(name) for name in event]
    if depth > 1:
        inner = ((name, value) for name, value in event.items() if isinstance(value, Mapping))
        found += [f"{name_of(name)}.{name_of(each)}" for name, value in inner for each in value]
    return ", ".join(found[:NAMES]) + (", …" if len(found) > NAMES else "")


def kind_of(word: Any) -> str:
    """What a platform calls an event, for the log; what is no such word may be anybody's, and is not repeated."""
    return word if isinstance(word, str) and _WORD.fullmatch(word) else "(no word)"


def name_of(name: Any, limit: int = NAME_LIMIT) -> str:
    """A word that came from outside, fit for the log: short, and nothing in it that is not to be seen."""
    short = str(name)[:limit]
    return short if short.isprintable() else ascii(short)
