"""What was said, as frames have it: whose words, their formatting, the files. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from bridge.media.links import MediaLinks
from bridge.model import Attachment, Content, Direction, Message, Span

DATA_LIMIT: Final = 500  # characters of what an attachment is said to be
LINKS: Final = ("http", "https")
STYLES: Final = frozenset(
    {"bold", "italic", "underline", "strikethrough", "code", "pre", "spoiler"}
    | {"blockquote", "expandable_blockquote"}
)
# What of an attachment's data a page shows; a contact's vCard, for one, it does not.
DATA: Final = frozenset(
    {"latitude", "longitude", "title", "address", "phone", "first_name", "last_name", "question", "options"}
    | {"emoji", "value", "what"}
)

Fields = dict[str, object]


def from_whom(message: Message) -> str:
    """Who says it; `event`: nobody, it is something that happened."""
    match message.direction:
        case Direction.IN:
            return "customer"
        case Direction.OUT:
            return "operator"
        case Direction.NOTE:
            return "note" if message.author is not None or message.author_name else "event"
        case Direction.SYSTEM:
            return "system"


def words_of(content: Content) -> str:
    """What it says first: the text, or what stands under a file."""
    return content.text.plain or next((each.caption.plain for each in content.attachments if each.caption), "")


def attachment(message: Message, item: int, links: MediaLinks) -> Fields:
    """One of a message's attachments, with the address of its file."""
    found = message.content.attachments[item]
    url = ""
    if found.file is not None:
        url = _local(links.url(message.id, item, found.name, message.revision))
    fields: Fields = {
        "kind": found.kind.value,
        "url": url,
        "name": found.name,
        "mime": found.mime,
        "size": found.size,
        "width": found.width,
        "height": found.height,
        "duration": found.duration,
        "caption": found.caption.plain,
        "caption_spans": spans(found.caption.spans),
        "data": _data(found),
    }
    return {key: value for key, value in fields.items() if value}


def safe(url: str) -> str:
    """An address that may be followed; '' for any other."""
    try:
        return url if urlsplit(url).scheme in LINKS else ""
    except ValueError:
        return ""


def spans(given: Iterable[Span]) -> list[Fields]:
    """The formatting that pages show."""
    return [fields for span in given if (fields := _span(span))]


def _span(span: Span) -> Fields | None:
    place: Fields = {"kind": span.kind, "offset": span.offset, "length": span.length}
    if span.kind == "text_link":
        return place | {"url": span.url} if safe(span.url) else None
    return place if span.kind in STYLES else None


def _local(url: str) -> str:
    """The path only: the page may ask nobody but the server that it came from."""
    parts = urlsplit(url)
    return parts._replace(scheme="", netloc="").geturl()


def _data(attachment: Attachment) -> Fields:
    return {key: _datum(value) for key, value in attachment.data.items() if key in DATA}


def _datum(value: object) -> object:
    if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, list | tuple):
        return [_datum(each) for each in value[:20]]
    return str(value)[:DATA_LIMIT]
