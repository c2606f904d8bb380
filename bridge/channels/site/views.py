"""A message as the visitor's widget gets it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from bridge.catalogue import Catalogue
from bridge.channels.site.abilities import ABILITIES
from bridge.channels.site.protocol import encode
from bridge.model import Content, Direction, Message, Refused, Span, Text
from bridge.pieces import pieces
from bridge.text import shifted, units

FROM: Final = {Direction.IN: "visitor", Direction.OUT: "operator", Direction.SYSTEM: "system"}
STYLES: Final = frozenset({"bold", "italic", "underline", "strikethrough", "code", "pre", "text_link"})
FRAME_TARGET: Final = 64 * 1024  # characters of messages in one frame, unless a single one has more


def moment(time: datetime) -> str:
    """A time as frames have it."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def view(message: Message, catalogue: Catalogue) -> dict[str, object]:
    """The message's fields; those that would say nothing are left out."""
    text = _words(message.content, catalogue)
    fields: dict[str, object] = {
        "id": message.id,
        "seq": message.seq,
        "from": FROM[message.direction],
        "text": text.plain,
        "at": moment(message.written_at),
    }
    optional = {
        "client_id": message.client_id,
        "name": message.author_name,
        "edited": message.edited_at is not None,
        "spans": [_span(span) for span in text.spans if _useful(span)],
        "reply_to": message.reply_to,
        "quote": message.quote,
    }
    return fields | {name: value for name, value in optional.items() if value}


def frames(messages: Sequence[Message], catalogue: Catalogue) -> Iterator[tuple[int, str]]:
    """`messages` frames for a page of changes, none very large, each with the cursor that it brings."""
    waiting: list[dict[str, object]] = []
    size = 0
    for index, message in enumerate(messages):
        waiting.append(view(message, catalogue))
        size += len(json.dumps(waiting[-1], ensure_ascii=False))
        if size >= FRAME_TARGET or index == len(messages) - 1:
            yield message.seq, encode("messages", messages=waiting, cursor=message.seq)
            waiting, size = [], 0


def _words(content: Content, catalogue: Catalogue) -> Text:
    """All of it as one text: places and contacts become lines, as the lane decided that they can."""
    parts = pieces(content, ABILITIES, catalogue) if content.attachments else ()
    if isinstance(parts, Refused) or not parts:
        return content.text
    plain, spans = "", list[Span]()
    for part in parts:
        plain += "\n" if plain else ""
        spans += shifted(part.text.spans, units(plain))
        plain += part.text.plain
    return Text(plain, tuple(spans))


def _useful(span: Span) -> bool:
    if span.kind == "text_link":
        return urlsplit(span.url).scheme in ("http", "https")
    return span.kind in STYLES


def _span(span: Span) -> dict[str, object]:
    fields: dict[str, object] = {"kind": span.kind, "offset": span.offset, "length": span.length}
    return fields | ({"url": span.url} if span.kind == "text_link" else {})
