"""A message as the visitor's widget gets it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from bridge.catalogue import Catalogue
from bridge.channels.site.abilities import abilities_for, is_file
from bridge.channels.site.protocol import encode
from bridge.model import Attachment, Content, Direction, Message, MessageId, OperatorId, Refused, Span, Text
from bridge.pieces import pieces
from bridge.text import shifted, units

FROM: Final = {Direction.IN: "visitor", Direction.OUT: "operator", Direction.SYSTEM: "system"}
STYLES: Final = frozenset({"bold", "italic", "underline", "strikethrough", "code", "pre", "text_link"})
FRAME_TARGET: Final = 64 * 1024  # characters of messages in one frame, unless a single one has more


@dataclass(frozen=True, slots=True)
class Looks:
    """How customers see the operators: `show` is the setting `operators`; names and pictures by operator."""

    show: str = "name"
    names: Mapping[OperatorId, str] = field(default_factory=dict)
    avatars: Mapping[OperatorId, str] = field(default_factory=dict)  # addresses

    def name(self, author: OperatorId | None, written: str) -> str:
        """What customers read of an operator whom Telegram calls `written`; the config's name is shown as it is."""
        if self.show == "hidden":
            return ""
        given = self.names.get(author, "") if author is not None else ""
        return given or (" ".join(written.split()[:1]) if self.show == "first-name" else written)

    def avatar(self, author: OperatorId | None) -> str:
        """The address of an operator's picture; '' for none."""
        return self.avatars.get(author, "") if author is not None and self.show != "hidden" else ""


@dataclass(frozen=True, slots=True)
class Views:
    """Makes them. `address` gives the address of an attachment by message, number, name and revision."""

    looks: Looks
    address: Callable[[MessageId, int, str, int], str]

    def view(self, message: Message, catalogue: Catalogue) -> dict[str, object]:
        """The message's fields; those that would say nothing are left out."""
        fields: dict[str, object] = {
            "id": message.id,
            "seq": message.seq,
            "from": FROM[message.direction],
            "text": "",
            "at": moment(message.written_at),
        }
        author = {
            "name": self.looks.name(message.author, message.author_name),
            "avatar": self.looks.avatar(message.author),
        }
        if message.deleted_at is not None:
            return fields | {"deleted": True} | {name: value for name, value in author.items() if value}
        text = _words(message.content, catalogue)
        optional = author | {
            "client_id": message.client_id if message.direction is Direction.IN else "",
            "edited": message.edited_at is not None,
            "shown": message.direction is Direction.IN and message.on_desk,
            "attachments": list(self._attachments(message)),
            "spans": [_span(span) for span in text.spans if _useful(span)],
            "reply_to": message.reply_to,
            "quote": message.quote,
        }
        return fields | {"text": text.plain} | {name: value for name, value in optional.items() if value}

    def frames(self, messages: Sequence[Message], catalogue: Catalogue) -> Iterator[tuple[int, str]]:
        """`messages` frames for a page of changes, none very large, each with the cursor that it brings."""
        waiting: list[dict[str, object]] = []
        size = 0
        for index, message in enumerate(messages):
            waiting.append(self.view(message, catalogue))
            size += len(json.dumps(waiting[-1], ensure_ascii=False))
            if size >= FRAME_TARGET or index == len(messages) - 1:
                yield message.seq, encode("messages", messages=waiting, cursor=message.seq)
                waiting, size = [], 0

    def _attachments(self, message: Message) -> Iterator[dict[str, object]]:
        for number, attachment in enumerate(message.content.attachments):
            if is_file(attachment):
                url = self.address(message.id, number, attachment.name, message.revision)
                yield {"kind": attachment.kind.value, "url": url} | _about(attachment)


def moment(time: datetime) -> str:
    """A time as frames have it."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _about(attachment: Attachment) -> dict[str, object]:
    known = {
        "name": attachment.name,
        "mime": attachment.mime,
        "size": attachment.size,
        "width": attachment.width,
        "height": attachment.height,
        "duration": attachment.duration,
    }
    return {name: value for name, value in known.items() if value}


def _words(content: Content, catalogue: Catalogue) -> Text:
    """All that is written, as one text: captions, and what stands for places and contacts."""
    if not content.attachments:
        return content.text
    parts = pieces(content, abilities_for(content), catalogue)
    if isinstance(parts, Refused):
        return content.text
    plain, spans = "", list[Span]()
    for part in parts:
        for text in (part.text, *(attachment.caption for attachment in part.attachments)):
            if text:
                plain += "\n" if plain else ""
                spans += shifted(text.spans, units(plain))
                plain += text.plain
    return Text(plain, tuple(spans))


def _useful(span: Span) -> bool:
    if span.kind == "text_link":
        return urlsplit(span.url).scheme in ("http", "https")
    return span.kind in STYLES


def _span(span: Span) -> dict[str, object]:
    fields: dict[str, object] = {"kind": span.kind, "offset": span.offset, "length": span.length}
    return fields | ({"url": span.url} if span.kind == "text_link" else {})
