"""Viber's events, translated. Pure functions that take whatever comes: what cannot be read says so in its place.

https://developers.viber.com/docs/api/rest-bot-api/#receive-message-from-user
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from bridge.catalogue import Catalogue
from bridge.channels.viber.api import token_of
from bridge.messenger import SETTLES, remote
from bridge.model import (
    Attachment,
    ChannelName,
    Content,
    ExternalId,
    Incoming,
    Kind,
    Profile,
    Text,
)

AHEAD: Final = timedelta(days=1)  # no clock goes wrong by more
ID_LIMIT: Final = 200  # characters of a customer's id; Viber's have 24
# What stands in place of a name where its owner does not share it with bots.
PLACEHOLDERS: Final = frozenset({"subscriber", "viber user", "unknown"})
_VOICE: Final = frozenset({"audio", "voice", "ptt", "instant_audio"})  # types nobody has documented

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """What all events have. `token` tells a redelivered event from a new one, together with its name."""

    name: str
    token: str
    at: datetime
    customer: ExternalId | None
    person: Fields
    fields: Fields


def read_event(fields: Fields, now: datetime) -> Event:
    """An event; what it does not tell in time is told `now`."""
    person = next((found for key in ("sender", "user") if (found := _object(fields, key))), {})
    id = _words(person, "id") or _words(fields, "user_id")
    return Event(
        name=_words(fields, "event"),
        token=token_of(fields) or _made_up(fields),
        at=_moment(fields.get("timestamp"), now),
        customer=ExternalId(id) if id and len(id) <= ID_LIMIT else None,
        person=person,
        fields=fields,
    )


def incoming_id(event: Event) -> ExternalId:
    """A customer's message; ours are known by their tokens alone."""
    return ExternalId(f"in:{event.token}")


def incoming(event: Event, customer: ExternalId, channel: ChannelName, say: Catalogue) -> Incoming:
    """What a customer wrote."""
    return Incoming(
        channel=channel,
        customer=customer,
        external_id=incoming_id(event),
        written_at=event.at,
        content=content(_object(event.fields, "message"), channel, say),
        profile=profile(event, channel),
        settles=SETTLES,
    )


def profile(event: Event, channel: ChannelName) -> Profile:
    """What Viber tells of a person with each event; a name that is none leaves them a guest."""
    name, avatar = _words(event.person, "name"), _link(event.person, "avatar")
    return Profile(
        name="" if name.strip().lower() in PLACEHOLDERS else name,
        language=_words(event.person, "language"),
        avatar=remote(channel, avatar) if avatar else None,
    )


def country(event: Event) -> str:
    """Two letters, or ""."""
    found = _words(event.person, "country").strip().upper()
    return found if len(found) == 2 and found.isalpha() else ""


def context(event: Event) -> str:
    """What the link that opened the conversation handed over."""
    return _words(event.fields, "context").strip()


def content(message: Fields, channel: ChannelName, say: Catalogue) -> Content:
    """What a message says. Of what we do not know, its name and all that can be read."""
    kind = _words(message, "type")
    reader = _READERS.get(kind)
    found = reader(message, channel, say) if reader else None
    return found or _unknown(message, kind)


def _text(message: Fields, channel: ChannelName, say: Catalogue) -> Content | None:
    words = _words(message, "text")
    return Content(text=Text(words)) if words else None


def _picture(message: Fields, channel: ChannelName, say: Catalogue) -> Content | None:
    moves = PurePosixPath(_name(message)).suffix.lower() == ".gif"
    return _file(message, channel, Kind.ANIMATION if moves else Kind.PHOTO)


def _video(message: Fields, channel: ChannelName, say: Catalogue) -> Content | None:
    return _file(message, channel, Kind.VIDEO)


def _document(message: Fields, channel: ChannelName, say: Catalogue) -> Content | None:
    return _file(message, channel, Kind.DOCUMENT)


def _sound(message: Fields, channel: ChannelName, say: Catalogue) -> Content | None:
    return _file(message, channel, Kind.AUDIO)


def _sticker(message: Fields, channel: ChannelName, say: Catalogue) -> Content | None:
    return _file(message, channel, Kind.STICKER) or Content(text=Text(say("piece-sticker")))


def _contact(message: Fields, channel: ChannelName, say: Catalogue) -> Content | None:
    contact = _object(message, "contact")
    name, phone = _words(contact, "name"), _words(contact, "phone_number")
    if not phone:
        return Content(text=Text(name)) if name else None
    return Content(attachments=(Attachment(kind=Kind.CONTACT, data={"phone": phone, "first_name": name}),))


def _location(message: Fields, channel: ChannelName, say: Catalogue) -> Content | None:
    place = _object(message, "location")
    latitude, longitude = _degrees(place.get("lat"), 90), _degrees(place.get("lon"), 180)
    address = Text(_words(place, "address"))
    if latitude is None or longitude is None:
        return Content(text=address) if address else None
    pin = Attachment(kind=Kind.LOCATION, data={"latitude": latitude, "longitude": longitude})
    return Content(text=address, attachments=(pin,))


def _address(message: Fields, channel: ChannelName, say: Catalogue) -> Content | None:
    words = [word for word in (_words(message, "text"), _words(message, "media")) if word]
    return Content(text=Text("\n".join(dict.fromkeys(words)))) if words else None


_READERS: Final[Mapping[str, Callable[[Fields, ChannelName, Catalogue], Content | None]]] = {
    "text": _text,
    "picture": _picture,
    "video": _video,
    "file": _document,
    "sticker": _sticker,
    "contact": _contact,
    "location": _location,
    "url": _address,
    **dict.fromkeys(_VOICE, _sound),
}


def _unknown(message: Fields, kind: str) -> Content:
    """The placeholder, with whatever words and addresses there are."""
    words = [word for word in (_words(message, "text"), _link(message, "media")) if word]
    what = Attachment(kind=Kind.UNKNOWN, data={"what": kind[:40] or "message"})
    return Content(text=Text("\n".join(words)), attachments=(what,))


def _file(message: Fields, channel: ChannelName, kind: Kind) -> Content | None:
    """A message that is a file; its address is good for an hour. None without one."""
    link = _link(message, "media")
    if not link:
        return None
    seconds = _count(message.get("duration"))
    attachment = Attachment(
        kind=kind,
        file=remote(channel, link),
        caption=Text(_words(message, "text")),
        name=_name(message),
        size=_count(message.get("file_size")) or _count(message.get("size")),
        duration=seconds if kind in (Kind.VIDEO, Kind.AUDIO) else None,
    )
    return Content(attachments=(attachment,))


def _name(message: Fields) -> str:
    """The file's name: as told; else only that of a GIF, since an address's own name means nothing to people."""
    told = _words(message, "file_name")
    if told:
        return told
    try:
        last = PurePosixPath(unquote(urlsplit(_words(message, "media")).path)).name
    except ValueError:
        return ""
    return "animation.gif" if last.lower().endswith(".gif") else ""


def _object(fields: Fields, key: str) -> Fields:
    found = fields.get(key)
    return found if isinstance(found, dict) else {}


def _words(fields: Fields, key: str) -> str:
    found = fields.get(key)
    return found if isinstance(found, str) else ""


def _link(fields: Fields, key: str) -> str:
    found = _words(fields, key).strip()
    return found if found.lower().startswith(("https://", "http://")) else ""


def _count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return int(number) if 0 < number < 1e12 else None


def _degrees(value: object, most: int) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and -most <= number <= most else None


def _moment(value: object, now: datetime) -> datetime:
    """Unix milliseconds; what is no time, or lies far ahead, is now."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return now
    try:
        told = datetime.fromtimestamp(float(value) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return now
    return told if told.year > 2000 and told < now + AHEAD else now


def _made_up(fields: Fields) -> str:
    """For an event without a token: the same for the same event."""
    whole = json.dumps(fields, sort_keys=True, default=str).encode("utf-8", "backslashreplace")
    return f"x{hashlib.sha256(whole).hexdigest()[:32]}"
