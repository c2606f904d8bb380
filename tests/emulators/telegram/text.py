"""Texts as Telegram keeps them: trimmed, measured, with explicit and automatic entities (§8)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .errors import bad
from .words import words

Entity = dict[str, Any]

GIVEN = words(
    "bold italic underline strikethrough spoiler blockquote expandable_blockquote code pre text_link "
    "text_mention custom_emoji date_time"
)
FOUND_BY_SERVER = words("mention hashtag cashtag bot_command url email phone_number bank_card")
OPAQUE = frozenset({"code", "pre", "text_link", "text_mention", "custom_emoji", "date_time"})

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
RAW_LIMIT = 32768
ENTITIES_KEPT = 100

_DOMAIN = r"(?:[a-zа-яё0-9](?:[a-zа-яё0-9-]*[a-zа-яё0-9])?\.)+(?:com|org|net|ru|рф|io|me|dev|app|info|su|test|shop)"
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("url", re.compile(r"(?:https?|tg)://[^\s<>\"«»]+", re.I)),
    ("email", re.compile(rf"(?<![\w.+-])[a-z0-9._%+-]+@{_DOMAIN}\b", re.I)),
    ("url", re.compile(rf"(?<![\w@.-]){_DOMAIN}\b(?:/[^\s<>\"«»]*)?", re.I)),
    ("mention", re.compile(r"(?<![\w@/])@[A-Za-z0-9_]{3,32}(?!\w)")),
    ("bot_command", re.compile(r"(?<![\w/@<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/@<>])")),
    ("hashtag", re.compile(r"(?<![\w#@])#\w*[^\W\d]\w*")),
    ("cashtag", re.compile(r"(?<![\w$])\$[A-Z]{1,8}(?!\w)")),
    ("phone_number", re.compile(r"(?<![\w+])\+\d[\d ()-]{8,18}\d(?!\w)")),
)


@dataclass(frozen=True, slots=True)
class Formatted:
    """A text with its entities; offsets in UTF-16 code units."""

    text: str = ""
    entities: list[Entity] = field(default_factory=list)


def units(text: str) -> int:
    """The length in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def cut(text: str, offset: int, length: int) -> str:
    """The part of the text that an entity covers."""
    if text.isascii():
        return text[offset : offset + length]
    return text.encode("utf-16-le")[offset * 2 : (offset + length) * 2].decode("utf-16-le", "replace")


def cleaned(text: str) -> str:
    """Carriage returns go, other control characters become spaces."""
    if text.isprintable():
        return text
    text = text.replace("\r", "")
    return "".join(" " if ord(c) < 32 and c != "\n" else c for c in text)


def finish(text: str, entities: list[Entity], *, auto: bool = True) -> Formatted:
    """Trim, drop what became empty, keep the first hundred, add what the server finds by itself (§8)."""
    body = text.lstrip()
    shift = units(text[: len(text) - len(body)])
    body = body.rstrip()
    total = units(body)
    kept: list[Entity] = []
    for entity in entities:
        start = max(entity["offset"] - shift, 0)
        end = min(entity["offset"] - shift + entity["length"], total)
        if end > start:
            kept.append({**entity, "offset": start, "length": end - start})
    if auto:
        kept += _found(body, kept)
    kept.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return Formatted(body, kept[:ENTITIES_KEPT])


def given_entities(raw: Any, text: str, user: Callable[[int], dict[str, Any] | None]) -> list[Entity]:
    """Explicit entities: broken ones are dropped without a word, unknown types are refused (§8)."""
    if not isinstance(raw, list):
        raise bad("can't parse entities: expected an Array of MessageEntity")
    total = units(text)
    boundaries = _boundaries(text)
    kept: list[Entity] = []
    for item in raw:
        if not isinstance(item, dict) or not isinstance(item.get("type"), str):
            raise bad("can't parse MessageEntity: expected an Object with a type")
        kind, start, length = item["type"], _whole(item.get("offset")), _whole(item.get("length"))
        if kind in FOUND_BY_SERVER:
            continue
        if kind not in GIVEN:
            raise bad("can't parse MessageEntity: unsupported type specified")
        if start < 0 or length <= 0 or start + length > total:
            continue
        if boundaries is not None and not (start in boundaries and start + length in boundaries):
            continue
        entity: Entity = {"type": kind, "offset": start, "length": length}
        if kind == "text_link":
            if not item.get("url"):
                continue
            entity["url"] = str(item["url"])
        elif kind == "text_mention":
            known = user(_whole((item.get("user") or {}).get("id")))
            if known is None:
                continue
            entity["user"] = known
        elif kind == "pre" and item.get("language"):
            entity["language"] = str(item["language"])
        elif kind == "custom_emoji":
            entity["custom_emoji_id"] = str(item.get("custom_emoji_id", ""))
        elif kind == "date_time":
            entity["unix_time"] = _whole(item.get("unix_time"))
            if item.get("date_time_format"):
                entity["date_time_format"] = str(item["date_time_format"])
        kept.append(entity)
    return kept


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _boundaries(text: str) -> set[int] | None:
    """UTF-16 offsets between characters; None when every offset is one."""
    if all(ord(c) < 0x10000 for c in text):
        return None
    found, position = {0}, 0
    for c in text:
        position += 2 if ord(c) >= 0x10000 else 1
        found.add(position)
    return found


def _found(text: str, explicit: list[Entity]) -> list[Entity]:
    if not any(mark in text for mark in "./@#$+"):
        return []
    taken = [(e["offset"], e["offset"] + e["length"]) for e in explicit if e["type"] in OPAQUE]
    wide = _boundaries(text) is not None
    result: list[Entity] = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            part = match.group().rstrip(".,!?:;)'") if kind == "url" else match.group()
            start = units(text[: match.start()]) if wide else match.start()
            end = start + units(part)
            if any(start < b and end > a for a, b in taken):
                continue
            taken.append((start, end))
            result.append({"type": kind, "offset": start, "length": end - start})
    return result
