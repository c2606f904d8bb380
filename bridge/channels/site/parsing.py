"""What a client sends, read strictly: a frame, or a Refusal that names the field that is wrong. Pure.

What a field holds is cleaned on the way: control characters, direction marks and half characters are gone,
and what has a limit is cut or refused as `docs/widget-protocol.md` says.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from bridge.channels.site.protocol import (
    FILES_LIMIT,
    FRAME_LIMIT,
    TEXT_LIMIT,
    VERSION,
    ClientFrame,
    Close,
    Code,
    Contact,
    Continue,
    Got,
    Hello,
    Known,
    Moved,
    Ping,
    Pong,
    Refusal,
    Say,
)
from bridge.model import Page, Text
from bridge.text import clean, clean_name, cut

TITLE_LIMIT: Final = 200
URL_LIMIT: Final = 2000
DETAILS_LIMIT: Final = 20  # fields of a page
DETAIL_NAME_LIMIT: Final = 40
DETAIL_LIMIT: Final = 200
CONTACT_LIMITS: Final = {"name": 64, "email": 254, "phone": 32}
LARGEST: Final = 2**53 - 1  # the largest whole number that every JSON client keeps exact
SWITCHES: Final = {True: "✓", False: "✗"}  # a detail that is true or false, in every language

_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{32,128}")
_ID: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
_FILE: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}")


def parse(raw: str) -> ClientFrame:
    """The frame. Raises Refusal where it is none of ours, naming the field that is wrong."""
    if len(raw) > FRAME_LIMIT or len(raw.encode("utf-8", "surrogatepass")) > FRAME_LIMIT:
        raise Refusal(Code.TOO_BIG, id=_id_within(raw))
    try:
        frame = json.loads(raw)
    except (ValueError, RecursionError):
        raise Refusal(Code.BAD_FRAME) from None
    if not isinstance(frame, dict):
        raise Refusal(Code.BAD_FRAME)
    match frame.get("type"):
        case "hello":
            return _hello(frame)
        case "message":
            return _message(frame)
        case "page":
            return Moved(page_of(frame))
        case "fields":
            return Known(_details(frame.get("fields")))
        case "contact":
            return _contact(frame)
        case "continue":
            return _continue(frame)
        case "received" | "seen" as kind:
            return Got(_cursor(frame, missing=None), seen=kind == "seen")
        case "ping":
            return Ping()
        case "pong":
            return Pong()
        case str():
            raise Refusal(Code.UNKNOWN_TYPE)
        case _:
            raise Refusal(Code.BAD_FRAME, field="type")


def _hello(frame: dict[str, Any]) -> Hello:
    if frame.get("v") != VERSION or isinstance(frame["v"], bool):
        raise Refusal(Code.BAD_VERSION, field="v", close=Close.BAD_HELLO)
    secret = frame.get("secret")
    if not isinstance(secret, str) or not _SECRET.fullmatch(secret):
        raise Refusal(Code.BAD_SECRET, field="secret", close=Close.BAD_HELLO)
    language = _string(frame, "language")
    contact = _object(frame, "contact")
    return Hello(
        secret=secret,
        cursor=_cursor(frame, missing=0),
        language=language if _LANGUAGE.fullmatch(language) else "",
        page=page_of(_object(frame, "page") or {}),
        identity=_string(frame, "identity"),
        contact=_contact(contact, within="contact.") if contact is not None else None,
        details=_details(frame["fields"]) if "fields" in frame else None,
    )


def _message(frame: dict[str, Any]) -> Say:
    written = frame.get("id")
    if not isinstance(written, str) or not _ID.fullmatch(written):
        raise Refusal(Code.BAD_FRAME, field="id")
    text = frame.get("text")
    if not isinstance(text, str):
        raise Refusal(Code.BAD_FRAME, id=written, field="text")
    files = _files(frame, written)
    reply_to = frame.get("reply_to")
    if reply_to is not None and not _whole(reply_to):
        raise Refusal(Code.BAD_FRAME, id=written, field="reply_to")
    text = clean(Text(text)).plain.strip()
    if len(text) > TEXT_LIMIT:
        raise Refusal(Code.TEXT_TOO_LONG, id=written, field="text")
    if not clean_name(text):
        if not files:
            raise Refusal(Code.EMPTY, id=written, field="text")
        text = ""
    return Say(written, text, files, reply_to)


def _files(frame: dict[str, Any], id: str) -> tuple[str, ...]:
    files = frame.get("files", [])
    if not isinstance(files, list) or not all(isinstance(f, str) and _FILE.fullmatch(f) for f in files):
        raise Refusal(Code.BAD_FRAME, id=id, field="files")
    named = tuple(dict.fromkeys(files))
    if len(named) > FILES_LIMIT:
        raise Refusal(Code.TOO_MANY_FILES, id=id, field="files")
    return named


def _contact(frame: dict[str, Any], within: str = "") -> Contact:
    written = {
        name: clean_name(_string(frame, name, within), limit + 1)  # one more: too long is told from just so
        for name, limit in CONTACT_LIMITS.items()
    }
    consent = frame.get("consent", False)
    if not isinstance(consent, bool):
        raise Refusal(Code.BAD_FRAME, field=f"{within}consent")
    return Contact(**written, consent=consent)


def _continue(frame: dict[str, Any]) -> Continue:
    channel = frame.get("channel")
    if not isinstance(channel, str):
        raise Refusal(Code.BAD_FRAME, field="channel")
    return Continue(channel)


def _details(fields: Any) -> Mapping[str, str]:
    """The page's fields on one line each; those with nothing in them are left out, and those beyond the limit."""
    if not isinstance(fields, dict):
        raise Refusal(Code.BAD_FRAME, field="fields")
    details: dict[str, str] = {}
    for name, value in fields.items():
        shown_name, shown = clean_name(name, DETAIL_NAME_LIMIT), clean_name(_detail(value), DETAIL_LIMIT)
        if shown_name and shown and len(details) < DETAILS_LIMIT:
            details[shown_name] = shown
    return details


def _detail(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return SWITCHES[value]
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value) if value.is_integer() and abs(value) <= LARGEST else value)
    if isinstance(value, str | int):
        return str(value)
    raise Refusal(Code.BAD_FRAME, field="fields")


def page_of(frame: dict[str, Any]) -> Page:
    """The page that a client names: one line of title, and an address that is safe to follow (else none)."""
    title = " ".join(clean(Text(_string(frame, "title"))).plain.split())
    return Page(title=cut(title, TITLE_LIMIT) if clean_name(title) else "", url=_address(_string(frame, "url")))


def _address(url: str) -> str:
    if not url.isprintable() or " " in url:
        return ""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]  # without user and password
        _ = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    return parts._replace(netloc=host).geturl()[:URL_LIMIT]


def _string(frame: dict[str, Any], field: str, within: str = "") -> str:
    value = frame.get(field, "")
    if not isinstance(value, str):
        raise Refusal(Code.BAD_FRAME, field=within + field)
    return value


def _object(frame: dict[str, Any], field: str) -> dict[str, Any] | None:
    value = frame.get(field)
    if field in frame and not isinstance(value, dict):
        raise Refusal(Code.BAD_FRAME, field=field)
    return value


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST


def _cursor(frame: dict[str, Any], *, missing: int | None) -> int:
    value: Any = frame.get("cursor", missing)
    if not _whole(value):
        raise Refusal(Code.BAD_FRAME, field="cursor")
    return int(value)


def _id_within(raw: str) -> str | None:
    """The client's id of a message that is too big to be read, so that the client knows which one it was."""
    found = re.search(r'"id"\s*:\s*"([A-Za-z0-9_-]{8,64})"', raw[:1000])
    return found[1] if found else None
