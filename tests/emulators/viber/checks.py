"""What Viber refuses in a message before it is sent: required fields, lengths, sizes, endings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from .errors import NEEDS_VERSION, Refusal, bad, missing
from .keyboards import check_keyboard, check_rich_media

BODY = 30 * 1024
TEXT, CAPTION, SENDER, TRACKING, URL = 7000, 768, 28, 4000, 2000
CONTACT_NAME, PHONE, FILE_NAME = 28, 18, 256
VIDEO_SIZE, VIDEO_SECONDS, FILE_SIZE = 27_262_976, 180, 52_428_800
PICTURES = (".jpeg", ".jpg", ".png", ".gif")
STICKERS = frozenset({40133, 40117, 46105, 114400, 5900})
_ENDINGS = (
    "bat bin cmd com cpl exe gadget inf1 ins inx isu job jse lnk msc msi msp mst paf pif ps1 reg rgs sct shb shs "
    "u3p vb vbe vbs vbscript ws wsf action app command csh osx workflow ksh out run apk ipa"
)
FORBIDDEN = frozenset(_ENDINGS.split())
_FIELDS = (
    "auth_token receiver broadcast_list sender tracking_data min_api_version keyboard type text media thumbnail "
    "size duration file_name contact location sticker_id rich_media alt_text"
)
FIELDS = frozenset(_FIELDS.split())


def units(text: str) -> int:
    """UTF-16 code units: the strictest way to count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def check_message(body: dict[str, Any], *, local: bool, strict: bool) -> None:
    """Refuse what Viber refuses. `local`: http to this machine passes for an address. `strict`: unknown fields
    are refused too, which Viber does not do: they are a mistake in the program."""
    unknown = body.keys() - FIELDS
    if strict and unknown:
        raise bad(f"emulator: unknown fields {', '.join(sorted(unknown))}")
    _sender(body)
    version = _version(body)
    tracking = _text(body, "tracking_data", TRACKING, required=False)
    if tracking is None and body.get("tracking_data") is not None:
        raise bad("tracking_data")
    kind = body.get("type")
    if kind is None and body.get("keyboard") is None:
        raise missing("type")
    if kind is not None:
        if kind not in KINDS:
            raise bad(f"type {kind!r} is not supported")
        KINDS[kind](body, local)
    if kind == "rich_media" and version < 2:
        raise Refusal(NEEDS_VERSION, "rich_media needs min_api_version 2")
    if body.get("keyboard") is not None:
        check_keyboard(body["keyboard"], version)


def address(url: Any, field: str, *, local: bool) -> str:
    """A public https address; its path."""
    if url is None:
        raise missing(field)
    if not isinstance(url, str) or units(url) > URL:
        raise bad(field)
    try:
        parts = urlsplit(url)
    except ValueError:
        raise bad(f"{field} is not a URL") from None
    on_loopback = local and parts.hostname in ("127.0.0.1", "localhost")
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and on_loopback)):
        raise bad(f"{field} must be an https URL")
    return parts.path


def _sender(body: dict[str, Any]) -> None:
    sender = body.get("sender")
    if sender is None:
        raise missing("sender")
    if not isinstance(sender, dict):
        raise bad("sender")
    name = sender.get("name")
    if name is None or name == "":
        raise missing("sender.name")
    if not isinstance(name, str) or units(name) > SENDER:
        raise bad(f"sender.name is longer than {SENDER}")
    if sender.get("avatar") is not None and not isinstance(sender["avatar"], str):
        raise bad("sender.avatar")


def _version(body: dict[str, Any]) -> int:
    version = body.get("min_api_version", 1)
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise bad("min_api_version")
    return version


def _text(body: dict[str, Any], field: str, limit: int, *, required: bool = True) -> str | None:
    text = body.get(field)
    if text is None:
        if required:
            raise missing(field)
        return None
    if not isinstance(text, str):
        raise bad(f"{field} is not a string")
    if units(text) > limit:
        raise bad(f"{field} is longer than {limit}")
    return text


def _size(body: dict[str, Any], limit: int) -> None:
    size = body.get("size")
    if size is None:
        raise missing("size")
    if isinstance(size, bool) or not isinstance(size, int) or size <= 0:
        raise bad("size")
    if size > limit:
        raise bad(f"size is more than {limit}")


def _only_text(body: dict[str, Any], local: bool) -> None:
    if _text(body, "text", TEXT) == "":
        raise bad("text is empty")


def _picture(body: dict[str, Any], local: bool) -> None:
    _text(body, "text", CAPTION)
    if not address(body.get("media"), "media", local=local).lower().endswith(PICTURES):
        raise bad("media must end with .jpeg, .jpg, .png or .gif")
    _thumbnail(body, local)


def _video(body: dict[str, Any], local: bool) -> None:
    _text(body, "text", CAPTION, required=False)
    if not address(body.get("media"), "media", local=local).lower().endswith(".mp4"):
        raise bad("media must end with .mp4")
    _size(body, VIDEO_SIZE)
    duration = body.get("duration")
    if duration is not None and (not isinstance(duration, int) or not 0 <= duration <= VIDEO_SECONDS):
        raise bad(f"duration is more than {VIDEO_SECONDS}")
    _thumbnail(body, local)


def _thumbnail(body: dict[str, Any], local: bool) -> None:
    if body.get("thumbnail") is not None:
        address(body["thumbnail"], "thumbnail", local=local)


def _file(body: dict[str, Any], local: bool) -> None:
    path = address(body.get("media"), "media", local=local)
    _size(body, FILE_SIZE)
    name = _text(body, "file_name", FILE_NAME)
    assert name is not None
    ending = PurePosixPath(name).suffix.lower()
    if ending in ("", "."):
        raise bad("file_name has no extension")
    if ending[1:] in FORBIDDEN:
        raise bad(f"files {ending} are forbidden")
    if not path.lower().endswith(ending):
        raise bad(f"media must end with {ending}")


def _contact(body: dict[str, Any], local: bool) -> None:
    contact = body.get("contact")
    if contact is None:
        raise missing("contact")
    if not isinstance(contact, dict):
        raise bad("contact")
    _text(contact, "name", CONTACT_NAME)
    _text(contact, "phone_number", PHONE)


def _location(body: dict[str, Any], local: bool) -> None:
    place = body.get("location")
    if place is None:
        raise missing("location")
    if not isinstance(place, dict):
        raise bad("location")
    for field, most in (("lat", 90), ("lon", 180)):
        value = place.get(field)
        if value is None:
            raise missing(f"location.{field}")
        try:
            number = float(value)  # the docs' own examples have strings
        except (TypeError, ValueError):
            raise bad(f"location.{field}") from None
        if not -most <= number <= most:
            raise bad(f"location.{field}")


def _url(body: dict[str, Any], local: bool) -> None:
    url = _text(body, "media", URL)
    assert url is not None
    if not urlsplit(url).scheme or not urlsplit(url).netloc:
        raise bad("media is not a URL")


def _sticker(body: dict[str, Any], local: bool) -> None:
    if body.get("sticker_id") is None:
        raise missing("sticker_id")
    if body["sticker_id"] not in STICKERS:
        raise bad("sticker_id is not known")


def _rich_media(body: dict[str, Any], local: bool) -> None:
    _text(body, "alt_text", TEXT, required=False)
    if body.get("rich_media") is None:
        raise missing("rich_media")
    check_rich_media(body["rich_media"])


KINDS: dict[Any, Callable[[dict[str, Any], bool], None]] = {
    "text": _only_text,
    "picture": _picture,
    "video": _video,
    "file": _file,
    "contact": _contact,
    "location": _location,
    "url": _url,
    "sticker": _sticker,
    "rich_media": _rich_media,
}
