"""A message cut into what one call of a platform can carry, by the abilities of its channel. Pure functions.

    content ──> parts: texts and attachments in order ──> pieces: each one text, one attachment or one album

The same content always gives the same pieces: a lane that was interrupted goes on at piece n.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from bridge.catalogue import Catalogue
from bridge.contracts import Abilities, Shows
from bridge.model import Attachment, Content, Kind, Refused, Span, Text, Why
from bridge.text import cut, shifted, spelled_out, split, units, visible

MEGABYTE: Final = 1024 * 1024

QUOTED_LIMIT: Final = 120  # characters of what is quoted in words

Part = Text | Attachment
Links = Callable[[int], str]  # the public address of a message's attachment, by its number


def pieces(
    content: Content, abilities: Abilities, catalogue: Catalogue, links: Links | None = None
) -> tuple[Content, ...] | Refused:
    """What to send, one call each; or why it cannot be sent at all (nothing of it then is).

    1. what the channel cannot carry becomes a line of text where that makes sense, or an address if there are
       `links`; else all is refused;
    2. a text goes under the attachment that follows it, where it fits and nothing else stands there;
    3. captions that do not fit go on as texts behind their attachment (or album);
    4. attachments that may stand together become albums; texts are split at their limit.
    """
    if links:
        content = _linked(content, abilities, catalogue, links)
    if Shows.FORMATTING not in abilities.shows:
        content = _without_links(content)
    refused = next((why for a in content.attachments if (why := _refusal(a, abilities, catalogue))), None)
    if refused:
        return refused
    parts = _with_text_below(list(_parts(content, abilities, catalogue)), abilities)
    made: list[Content] = []
    for group in _groups(parts, abilities):
        if isinstance(group, Text):
            made += [Content(text=piece) for piece in split(group, abilities.text_limit) if visible(piece.plain)]
        else:
            made += _album(group, abilities)
    return tuple(made) if made else Refused(Why.EMPTY)


def quoted(content: Content, quote: str, catalogue: Catalogue) -> str:
    """What a message that is answered said, in a line, for channels that cannot show which one it was."""
    said = quote or content.text.plain or next((a.caption.plain for a in content.attachments if a.caption), "")
    if not said and content.attachments:
        said = content.attachments[0].name or catalogue("piece-file-unnamed")
    return f"«{cut(' '.join(said.split()), QUOTED_LIMIT)}»" if said.strip() else ""


def with_quote(content: Content, said: str) -> Content:
    """A message that begins with a line of what it answers."""
    if not said:
        return content
    line = f"> {said}\n" if content.text else f"> {said}"
    spans = shifted(content.text.spans, units(line))
    return replace(content, text=Text(line + content.text.plain, spans))


def _without_links(content: Content) -> Content:
    """Where words cannot be links, the addresses stand beside them."""
    return Content(
        text=spelled_out(content.text),
        attachments=tuple(replace(each, caption=spelled_out(each.caption)) for each in content.attachments),
    )


def _linked(content: Content, abilities: Abilities, catalogue: Catalogue, links: Links) -> Content:
    """Files that the channel does not carry, as addresses under the text."""
    text, kept = content.text, []
    for item, attachment in enumerate(content.attachments):
        if attachment.file is None or not _refusal(attachment, abilities, catalogue):
            kept.append(attachment)
            continue
        name = attachment.name or catalogue("piece-file-unnamed")
        text = _lines(text, Text(catalogue("piece-file", name=name, link=links(item))))
        text = _lines(text, attachment.caption)
    return Content(text=text, attachments=tuple(kept))


def megabytes(size: int, catalogue: Catalogue) -> str:
    """A limit in bytes, for people: «50 МБ»."""
    return catalogue("megabytes", count=size // MEGABYTE)


def _refusal(attachment: Attachment, abilities: Abilities, catalogue: Catalogue) -> Refused | None:
    if attachment.kind not in abilities.kinds:
        if attachment.kind in abilities.as_text and _line(attachment, catalogue):
            return None
        return Refused(Why.UNSUPPORTED, str(attachment.kind))
    limit = abilities.kind_limits.get(attachment.kind, abilities.file_limit)
    ending = attachment.name.rpartition(".")[2].lower() if "." in attachment.name else ""
    if attachment.file and ending in abilities.refused_types:
        return Refused(Why.FILE_TYPE, ending, f".{ending}")
    if limit is None or attachment.file is None or attachment.file.origin == abilities.free_origin:
        return None
    if (attachment.size or 0) > limit:
        return Refused(Why.TOO_BIG, f"{attachment.size} bytes", megabytes(limit, catalogue))
    return None


def _parts(content: Content, abilities: Abilities, catalogue: Catalogue) -> Iterator[Part]:
    """Texts and attachments in the order in which the customer should read them."""
    if visible(content.text.plain):
        yield content.text
    for attachment in content.attachments:
        caption = attachment.caption if visible(attachment.caption.plain) else Text()
        if attachment.kind in abilities.kinds:
            yield replace(attachment, caption=caption)
            continue
        yield _line(attachment, catalogue)
        if caption:
            yield caption


def _with_text_below(parts: list[Part], abilities: Abilities) -> list[Part]:
    """A text before an attachment that has no caption becomes its caption, if it fits."""
    if len(parts) < 2 or not isinstance(parts[0], Text) or not isinstance(parts[1], Attachment):
        return parts
    text, attachment = parts[0], parts[1]
    room = _caption_room(attachment, abilities)
    if attachment.caption or units(text.plain) > room:
        return parts
    return [replace(attachment, caption=text), *parts[2:]]


def _groups(parts: Iterable[Part], abilities: Abilities) -> Iterator[Text | list[Attachment]]:
    """Neighbours put together: texts into one text, attachments into albums."""
    text = Text()
    album: list[Attachment] = []
    for part in parts:
        if isinstance(part, Text):
            if album:
                yield album
                album = []
            text = _lines(text, part)
            continue
        if text:
            yield text
            text = Text()
        if album and not _together(album, part, abilities):
            yield album
            album = []
        album.append(part)
    if text:
        yield text
    if album:
        yield album


def _together(album: list[Attachment], attachment: Attachment, abilities: Abilities) -> bool:
    if len(album) >= abilities.album_limit:
        return False
    kinds = {item.kind for item in album} | {attachment.kind}
    return any(kinds <= allowed for allowed in abilities.albums)


def _album(album: list[Attachment], abilities: Abilities) -> list[Content]:
    """The attachments as one piece, and behind it what did not fit under them."""
    rest = Text()
    items = []
    for attachment in album:
        caption, more = _fitting(attachment.caption, _caption_room(attachment, abilities))
        items.append(replace(attachment, caption=caption))
        rest = _lines(rest, more)
    texts = [Content(text=piece) for piece in split(rest, abilities.text_limit) if visible(piece.plain)]
    return [Content(attachments=tuple(items)), *texts]


def _caption_room(attachment: Attachment, abilities: Abilities) -> int:
    return 0 if attachment.kind in abilities.no_caption else abilities.caption_limit


def _fitting(text: Text, room: int) -> tuple[Text, Text]:
    """A text cut at `room` units, at a good place; what comes after it has its formatting too."""
    if units(text.plain) <= room:
        return text, Text()
    if not room:
        return Text(), text
    text = _from(text, len(text.plain) - len(text.plain.lstrip()))
    head = split(text, room)[0]
    tail = text.plain[len(head.plain) :]
    return head, _from(text, len(text.plain) - len(tail.lstrip()))


def _from(text: Text, start: int) -> Text:
    """What follows the first `start` characters."""
    if not start:
        return text
    cut = units(text.plain[:start])
    spans = []
    for span in text.spans:
        end = span.offset + span.length - cut
        first = max(span.offset - cut, 0)
        if end > first:
            spans.append(replace(span, offset=first, length=end - first))
    return Text(text.plain[start:], tuple(spans))


def _lines(first: Text, second: Text) -> Text:
    """One text under the other."""
    if not first or not second:
        return first or second
    spans: tuple[Span, ...] = first.spans + shifted(second.spans, units(first.plain) + 1)
    return Text(f"{first.plain}\n{second.plain}", spans)


def _line(attachment: Attachment, catalogue: Catalogue) -> Text:
    """An attachment in words; an empty text when words cannot stand for it."""
    data: Any = attachment.data
    match attachment.kind:
        case Kind.LOCATION | Kind.VENUE:
            link = f"https://maps.google.com/?q={data['latitude']},{data['longitude']}"
            place = [data.get("title"), data.get("address"), catalogue("piece-place", link=link)]
            return Text("\n".join(filter(None, place)))
        case Kind.CONTACT:
            name = " ".join(filter(None, (data.get("first_name"), data.get("last_name"))))
            return Text(catalogue("piece-contact", name=name, phone=data["phone"]).strip())
        case Kind.DICE:
            return Text(f"{data['emoji']} {data['value']}")
        case Kind.POLL:
            options = [catalogue("piece-option", option=option) for option in data["options"]]
            return Text("\n".join([data["question"], *options]))
        case Kind.STICKER:
            return Text(data.get("emoji") or catalogue("piece-sticker"))
        case _:
            return Text()
