"""Viber's messages as the API takes them, and how each could be said more simply. Pure functions.

https://developers.viber.com/docs/api/rest-bot-api/#message-types
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from viberbot.api.messages import (
    ContactMessage,
    FileMessage,
    LocationMessage,
    PictureMessage,
    TextMessage,
    URLMessage,
    VideoMessage,
)
from viberbot.api.messages.data_types.contact import Contact
from viberbot.api.messages.data_types.location import Location

from bridge.catalogue import Catalogue
from bridge.channels.viber.abilities import CONTACT_NAME_LIMIT, CONTACT_PHONE_LIMIT, TEXT_LIMIT
from bridge.media import names
from bridge.model import Kind, Text
from bridge.text import clean_line, cut, split, units

_ENDING_LIMIT: Final = 12
_NO_ENDING: Final = ".dat"  # not .bin, which Viber refuses


@dataclass(frozen=True, slots=True)
class Part:
    """One call: the message's own fields, and words in its place for a client that is too old for it."""

    message: Mapping[str, Any]
    simpler: str = ""


def texts(words: str) -> tuple[Part, ...]:
    """Words, in as many messages as they need."""
    pieces = split(Text(words), TEXT_LIMIT)
    return tuple(Part(_fields(TextMessage(text=piece.plain))) for piece in pieces if piece.plain)


def picture(url: str, caption: str, say: Catalogue) -> Part:
    """A picture with what is written under it; the key `text` must be there, also when it is empty."""
    link = say("piece-file", name=say("piece-file-unnamed"), link=url)
    return Part(_fields(PictureMessage(text=caption, media=url)), "\n".join(filter(None, (link, caption))))


def video(url: str, size: int, duration: int | None, say: Catalogue) -> Part:
    """A video; `duration` in seconds."""
    link = say("piece-file", name=say("piece-file-unnamed"), link=url)
    return Part(_fields(VideoMessage(media=url, size=size, duration=duration)), link)


def file(url: str, size: int, name: str, say: Catalogue) -> Part:
    """Any file. `name` and address must have the same ending."""
    message = FileMessage(media=url, size=size, file_name=name)
    return Part(_fields(message), say("piece-file", name=name, link=url))


def moving(url: str, say: Catalogue) -> Part:
    """A GIF, which Viber shows by its address."""
    return Part(_fields(URLMessage(media=url)), say("piece-file", name="GIF", link=url))


def contact(data: Mapping[str, Any], say: Catalogue) -> Part:
    """A person's name and number; in words where they are longer than Viber allows."""
    name = " ".join(filter(None, (data.get("first_name"), data.get("last_name"))))
    phone = clean_line(str(data.get("phone") or ""))
    words = say("piece-contact", name=name, phone=phone).strip()
    if not phone or units(phone) > CONTACT_PHONE_LIMIT:
        return Part(_fields(TextMessage(text=words)))
    who = Contact(name=cut(name or phone, CONTACT_NAME_LIMIT), phone_number=phone)
    fields = _fields(ContactMessage(contact=who))
    return Part({**fields, "contact": _known(fields["contact"])}, words)


def location(data: Mapping[str, Any], say: Catalogue) -> Part:
    """A place on the map."""
    latitude, longitude = data["latitude"], data["longitude"]
    link = f"https://maps.google.com/?q={latitude},{longitude}"
    message = LocationMessage(location=Location(lat=latitude, lon=longitude))
    return Part(_fields(message), say("piece-place", link=link))


def file_name(name: str, mime: str) -> str:
    """A name that Viber takes: with an ending that can also stand in an address."""
    name = names.some(name, Kind.DOCUMENT, mime)
    ending = ending_of(name)
    if ending:
        return name
    return f"{name}{names.ending(mime) or _NO_ENDING}"


def ending_of(name: str) -> str:
    """The ending with its dot, in lower case; "" for a name that has none of use."""
    stem, dot, ending = name.rpartition(".")
    usable = stem and ending.isascii() and ending.isalnum() and len(ending) <= _ENDING_LIMIT
    return f"{dot}{ending.lower()}" if usable else ""


def _fields(message: Any) -> dict[str, Any]:
    """A library's message as a dictionary, without what it does not say."""
    return _known(message.to_dict())


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value is not None}
