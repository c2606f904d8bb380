"""Formatting as Telegram's entities, both ways. Offsets count UTF-16 units on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aiogram.types import MessageEntity, User

from bridge.model import Span, Text
from bridge.text import shifted, units

# Formatting that a person chose. Links, mentions, numbers and the like are found anew by whoever shows the text;
# custom emoji need an owner with Premium, and their ordinary emoji is in the text anyway.
# https://core.telegram.org/bots/api#messageentity
KEPT_ENTITIES: Final = frozenset(
    {
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "spoiler",
        "blockquote",
        "expandable_blockquote",
        "code",
        "pre",
        "text_link",
    }
)
WRITTEN_ENTITIES: Final = frozenset({"text_mention", "date_time"})


def read_text(plain: str, entities: Sequence[MessageEntity] | None) -> Text:
    """A text with the formatting that its author chose."""
    spans = tuple(
        Span(
            kind=str(entity.type),
            offset=entity.offset,
            length=entity.length,
            url=entity.url or "",
            language=entity.language or "",
        )
        for entity in entities or ()
        if entity.type in KEPT_ENTITIES
    )
    return Text(plain, spans)


def joined(prefix: Text | None, text: Text) -> Text:
    """`text` behind `prefix`, each with its formatting."""
    if not prefix:
        return text
    return Text(prefix.plain + text.plain, prefix.spans + shifted(text.spans, units(prefix.plain)))


def entities(text: Text) -> list[MessageEntity]:
    """A text's formatting as the Bot API takes it; kinds that a bot cannot send are left out.

    Two kinds are only ever written, never read, and carry what they need in `Span.url`: `text_mention`
    (tg://user?id=77) and `date_time` (unix seconds, a colon, the format).
    """
    return [_entity(span) for span in text.spans if span.kind in KEPT_ENTITIES | WRITTEN_ENTITIES]


def _entity(span: Span) -> MessageEntity:
    if span.kind == "text_mention":
        user = User(id=int(span.url.rpartition("=")[2]), is_bot=False, first_name="")
        return MessageEntity(type=span.kind, offset=span.offset, length=span.length, user=user)
    if span.kind == "date_time":
        unix, _, shape = span.url.partition(":")
        return MessageEntity(
            type=span.kind,
            offset=span.offset,
            length=span.length,
            unix_time=int(unix),
            date_time_format=shape,
        )
    return MessageEntity(
        type=span.kind,
        offset=span.offset,
        length=span.length,
        url=span.url or None,
        language=span.language or None,
    )
