"""A piece of an answer as calls of `messages.send` and `messages.edit`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from bridge.channels.vk.abilities import TEXT_LIMIT
from bridge.channels.vk.formatting import format_data
from bridge.model import Attachment, Content, Kind, Text
from bridge.text import shifted, split, units

_PLACES: Final = frozenset({Kind.LOCATION, Kind.VENUE})


@dataclass(frozen=True, slots=True)
class Draft:
    """What one call says: words, the names of what was uploaded, a place."""

    text: Text
    attached: tuple[str, ...] = ()
    place: tuple[float, float] | None = None

    def params(self) -> dict[str, Any]:
        """As the API takes it."""
        text = trimmed(self.text)
        return {
            "message": text.plain,
            "format_data": format_data(text),
            "attachment": ",".join(self.attached),
            "lat": str(self.place[0]) if self.place else None,
            "long": str(self.place[1]) if self.place else None,
            "dont_parse_links": 0,
            "disable_mentions": 1,
        }


def files(content: Content) -> Sequence[Attachment]:
    """What has to be uploaded."""
    return [one for one in content.attachments if one.kind not in _PLACES]


def drafts(content: Content, carried: Sequence[str | Text]) -> list[Draft]:
    """The calls of one piece: the first has all that hangs on it; words that are too many for it go on behind.

    `carried`: for each of `files`, its name, or words in its place.
    """
    texts = [content.text, *(each for one in content.attachments for each in _words(one))]
    texts += [one for one in carried if isinstance(one, Text)]
    place = next((_point(one) for one in content.attachments if one.kind in _PLACES), None)
    first, *more = split(lines(texts), TEXT_LIMIT)
    attached = tuple(one for one in carried if isinstance(one, str))
    return [Draft(first, attached, place), *(Draft(text) for text in more)]


def _words(attachment: Attachment) -> Iterable[Text]:
    """What stands under an attachment; a venue has a title and an address besides."""
    if attachment.kind is Kind.VENUE:
        yield from (Text(str(attachment.data.get(name) or "")) for name in ("title", "address"))
    yield attachment.caption


def _point(attachment: Attachment) -> tuple[float, float]:
    return float(attachment.data["latitude"]), float(attachment.data["longitude"])


def lines(texts: Iterable[Text]) -> Text:
    """One text under the other."""
    whole = Text()
    for text in texts:
        if not text:
            continue
        before = f"{whole.plain}\n" if whole else ""
        whole = Text(before + text.plain, whole.spans + shifted(text.spans, units(before)))
    return whole


def trimmed(text: Text) -> Text:
    """Without white space around it, which VKontakte takes away without moving the formatting."""
    head = units(text.plain) - units(text.plain.lstrip())
    plain = text.plain.strip()
    length, spans = units(plain), []
    for span in text.spans:
        first, last = max(span.offset - head, 0), min(span.offset + span.length - head, length)
        if last > first:
            spans.append(replace(span, offset=first, length=last - first))
    return Text(plain, tuple(spans))
