"""What a message holds: text, files, and in words what has no file. Tolerant: nothing in a payload makes it raise.

    {"mid": "m_1", "text": "this one", "attachments": [{"type": "image", "payload": {"url": "https://…"}}]}

https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/messages
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from bridge.catalogue import Catalogue
from bridge.messenger import remote
from bridge.model import Attachment, ChannelName, Content, Kind, Text

LIKES: Final = frozenset({369239263222822, 369239343222814, 369239383222810})  # the thumb, in three sizes
LIKE: Final = "👍"
SOUND_FILES: Final = (".mp3", ".wav", ".flac", ".ogg", ".wma")  # a voice note is an mp4
WORDS_LIMIT: Final = 500  # characters of a title that are shown
# Types of what somebody shares, and the word for each (`facebook-shared`).
SHARED: Final = {
    "fallback": "link",
    "share": "link",
    "link": "link",
    "reel": "reel",
    "ig_reel": "reel",
    "post": "post",
    "ig_post": "post",
    "ig_story": "story",
    "story_mention": "story",
    "product": "product",
    "appointment_booking": "appointment",
}

Line = str
Part = Attachment | Line


def read_content(message: Mapping[str, Any], channel: ChannelName, say: Catalogue) -> Content:
    """The content of a message, an echo included; something to see even where nothing could be read."""
    text = words(message.get("text"))
    parts = list(_parts(message, text, channel, say))
    lines = [part for part in (text, *parts) if isinstance(part, str) and part]
    attachments = tuple(part for part in parts if isinstance(part, Attachment))
    if not lines and not attachments:
        attachments = (_unknown("message"),)
    return Content(text=Text("\n".join(lines)), attachments=attachments)


def words(value: object) -> str:
    """A text of the payload; '' for anything else."""
    return value if isinstance(value, str) else ""


def table(value: object) -> Mapping[str, Any]:
    """An object of the payload; an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def rows(value: object) -> Sequence[Any]:
    """A list of the payload; an empty one for anything else."""
    return value if isinstance(value, list) else ()


def _parts(message: Mapping[str, Any], text: str, channel: ChannelName, say: Catalogue) -> Iterator[Part]:
    """The attachments in their order; a sticker that comes a second time as a picture is one."""
    stickers: set[int] = set()
    for raw in rows(message.get("attachments")):
        attachment = table(raw)
        sticker = _number(table(attachment.get("payload")).get("sticker_id"))
        if sticker:
            if sticker in stickers:
                continue
            stickers.add(sticker)
        yield from _read(attachment, sticker, text, channel, say)


def _read(
    attachment: Mapping[str, Any], sticker: int, text: str, channel: ChannelName, say: Catalogue
) -> Iterator[Part]:
    kind = words(attachment.get("type")).lower()
    payload = table(attachment.get("payload"))
    url = _link(payload.get("url")) or _link(attachment.get("url"))
    if sticker in LIKES:
        yield LIKE
    elif kind == "location":
        yield _place(attachment, payload, url) or _line(say, "place", _title(attachment, payload), url)
    elif kind in ("image", "video", "audio", "file", "sticker") and url:
        yield _file(Kind.STICKER if sticker else _kind(kind, _name(url)), url, channel)
    elif kind == "template":
        yield "\n".join(_template(payload)) or say("facebook-template")
    elif kind in SHARED:
        yield _shared(kind, attachment, payload, text, say)
    else:
        yield _unknown(kind or "attachment")
        if url:
            yield url


def _kind(kind: str, name: str) -> Kind:
    if kind == "image":
        return Kind.ANIMATION if name.lower().endswith(".gif") else Kind.PHOTO
    if kind == "audio":
        return Kind.AUDIO if name.lower().endswith(SOUND_FILES) else Kind.VOICE
    return {"video": Kind.VIDEO, "sticker": Kind.STICKER}.get(kind, Kind.DOCUMENT)


def _file(kind: Kind, url: str, channel: ChannelName) -> Attachment:
    name = _name(url)
    mime = "" if kind is Kind.VOICE else mimetypes.guess_type(name)[0] or ""
    return Attachment(kind=kind, file=remote(channel, url), name=name, mime=mime)


def _place(attachment: Mapping[str, Any], payload: Mapping[str, Any], url: str) -> Attachment | None:
    at = table(payload.get("coordinates")) or payload
    latitude, longitude = _degrees(at.get("lat"), 90), _degrees(at.get("long", at.get("lng")), 180)
    if latitude is None or longitude is None:
        return None
    title = _title(attachment, payload)
    data = {"latitude": latitude, "longitude": longitude, **({"title": title} if title else {})}
    return Attachment(kind=Kind.LOCATION, data=data)


def _shared(kind: str, attachment: Mapping[str, Any], payload: Mapping[str, Any], text: str, say: Catalogue) -> str:
    """A line for what is shared. What the text says already is not said again."""
    title = _title(attachment, payload)
    link = _direct(_link(payload.get("url")) or _link(attachment.get("url")))
    if kind == "product":
        elements = [table(one) for one in rows(table(payload.get("product")).get("elements"))]
        title = title or ", ".join(filter(None, (_short(one.get("title")) for one in elements)))
    if not title and not link:
        return say("facebook-not-shown", what=SHARED[kind])
    link = "" if link in text else link
    title = "" if title in text or title == link else title
    return _line(say, SHARED[kind], title, link) if title or link else ""


def _line(say: Catalogue, what: str, title: str, link: str) -> str:
    said = " — ".join(filter(None, (title, link)))
    return f"🔗 {say('facebook-shared', what=what)}" + (f": {said}" if said else "")


def _template(payload: Mapping[str, Any]) -> Iterator[str]:
    """Cards and buttons, as lines."""
    yield from _lines(payload, ("title", "text"))
    yield from _buttons(payload)
    for raw in rows(payload.get("elements")):
        element = table(raw)
        yield from _lines(element, ("title", "subtitle", "text", "url", "item_url"))
        default = _link(table(element.get("default_action")).get("url"))
        if default:
            yield default
        yield from _buttons(element)


def _lines(values: Mapping[str, Any], names: Iterable[str]) -> Iterator[str]:
    yield from filter(None, (words(values.get(name)).strip() for name in names))


def _buttons(values: Mapping[str, Any]) -> Iterator[str]:
    for raw in rows(values.get("buttons")):
        button = table(raw)
        title, link = _short(button.get("title")), _link(button.get("url"))
        if title or link:
            yield " ".join(filter(None, (f"[{title}]" if title else "", link)))


def _unknown(what: str) -> Attachment:
    return Attachment(kind=Kind.UNKNOWN, data={"what": what})


def _title(attachment: Mapping[str, Any], payload: Mapping[str, Any]) -> str:
    return _short(payload.get("title")) or _short(attachment.get("title"))


def _short(value: object) -> str:
    return " ".join(words(value)[: 2 * WORDS_LIMIT].split())[:WORDS_LIMIT]


def _link(value: object) -> str:
    link = words(value).strip()
    return link if link.lower().startswith(("http://", "https://")) else ""


def _direct(link: str) -> str:
    """Where a link of Facebook's own redirector leads to."""
    try:
        parts = urlsplit(link)
        if parts.hostname in ("l.facebook.com", "lm.facebook.com", "l.messenger.com") and parts.path == "/l.php":
            return _link(parse_qs(parts.query).get("u", [""])[0]) or link
    except ValueError:
        pass
    return link


def _name(url: str) -> str:
    """The name of a file, which is the last part of its address."""
    try:
        return unquote(urlsplit(url).path.rpartition("/")[2])
    except ValueError:
        return ""


def _number(value: object) -> int:
    """An id; 0 where there is none. They come as numbers and as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 30 else 0


def _degrees(value: object, most: int) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if abs(value) <= most else None
    except OverflowError:
        return None
