"""Formatted text: VKontakte's `format_data` and mentions, and our spans. Offsets are UTF-16 units on both sides."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bridge.model import Span, Text
from bridge.text import units

# https://dev.vk.com/ru/method/messages.send, format_data
_FROM_VK: Final = {"bold": "bold", "italic": "italic", "underline": "underline", "url": "text_link"}
_TO_VK: Final = {ours: theirs for theirs, ours in _FROM_VK.items()}
# [id77|Ann], [club1|Shop], [https://vk.com/wall-1_5|a post]; what stands before the line is an address in vk.com
_MENTION: Final = re.compile(r"\[((?:id|club|public|event)\d+|https?://[^\s|\]]+)\|([^\]\n]+)\]")
ITEMS_MOST: Final = 200


def read(plain: str, format_data: object) -> Text:
    """What somebody wrote, formatted as far as VKontakte tells, with mentions as links."""
    return flattened(Text(plain, tuple(_spans(format_data, units(plain)))))


def flattened(text: Text) -> Text:
    """The text with each mention as the name in it, which leads to whom it means."""
    if "|" not in text.plain:
        return text
    parts: list[str] = []
    links: list[Span] = []
    moves: list[tuple[int, int, int, int]] = []  # begin, begin and end of the name, end, of each mention; in units
    done = at = 0
    for found in _MENTION.finditer(text.plain):
        before = text.plain[done : found.start()]
        parts += [before, found[2]]
        begin = units(text.plain[: found.start()])
        head = units(f"[{found[1]}|")
        moves.append((begin, begin + head, begin + head + units(found[2]), begin + units(found[0])))
        at += units(before)
        url = found[1] if found[1].startswith("http") else f"https://vk.com/{found[1]}"
        links.append(Span(kind="text_link", offset=at, length=units(found[2]), url=url))
        at += units(found[2])
        done = found.end()
    if not moves:
        return text
    plain = "".join(parts) + text.plain[done:]
    kept = []
    for span in text.spans:
        first, last = _moved(span.offset, moves), _moved(span.offset + span.length, moves)
        if last > first:
            kept.append(replace(span, offset=first, length=last - first))
    return Text(plain, (*kept, *links))


def _moved(offset: int, moves: Sequence[tuple[int, int, int, int]]) -> int:
    """Where an offset is once the brackets are gone; inside of a mention's address: at the begin of its name."""
    gone = 0
    for begin, name, name_end, end in moves:
        if offset <= begin:
            break
        gone += min(offset, name) - begin
        if offset > name_end:
            gone += min(offset, end) - name_end
    return offset - gone


def _spans(format_data: object, length: int) -> Sequence[Span]:
    if isinstance(format_data, str):
        try:
            format_data = json.loads(format_data)
        except (ValueError, RecursionError):
            return ()
    items = format_data.get("items") if isinstance(format_data, Mapping) else None
    if not isinstance(items, list):
        return ()
    return [span for item in items[:ITEMS_MOST] if (span := _span(item, length))]


def _span(item: Any, length: int) -> Span | None:
    if not isinstance(item, Mapping):
        return None
    kind = _FROM_VK.get(str(item.get("type")))
    offset, size, url = item.get("offset"), item.get("length"), str(item.get("url") or "")
    if kind is None or not isinstance(offset, int) or not isinstance(size, int):
        return None
    if offset < 0 or size <= 0 or offset + size > length:
        return None
    if kind == "text_link" and not url.startswith(("http://", "https://")):
        return None
    return Span(kind=kind, offset=offset, length=size, url=url if kind == "text_link" else "")


def format_data(text: Text) -> dict[str, Any] | None:
    """Our spans as `messages.send` takes them; None where there is nothing that VKontakte can show."""
    length = units(text.plain)
    items: list[dict[str, Any]] = []
    for span in text.spans[:ITEMS_MOST]:
        kind = _TO_VK.get(span.kind)
        if kind is None or span.offset < 0 or span.length <= 0 or span.offset + span.length > length:
            continue
        item: dict[str, Any] = {"type": kind, "offset": span.offset, "length": span.length}
        if kind == "url":
            if not span.url.startswith(("http://", "https://")):
                continue
            item["url"] = span.url
        items.append(item)
    return {"version": "1", "items": items} if items else None
