"""The frames between widget and server, version 1: parse, refuse, encode. Pure.

A frame is a JSON object with a `type`. What a client may not know yet it ignores, and so do we.
`docs/widget-protocol.md` tells all of it.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from bridge.model import Page, Text
from bridge.text import clean, clean_name, cut

VERSION: Final = 1
FRAME_LIMIT: Final = 64 * 1024  # bytes of a client's frame
TEXT_LIMIT: Final = 10_000  # characters (code points) of a visitor's message
TITLE_LIMIT: Final = 200
URL_LIMIT: Final = 2000
LARGEST: Final = 2**53 - 1  # the largest whole number that every JSON client keeps exact

_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{32,128}")
_ID: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}")


class Code(StrEnum):
    """Why a frame or a connection was refused; each has its sentence in the catalogue, `widget-error-<code>`."""

    BAD_FRAME = "bad-frame"
    UNKNOWN_TYPE = "unknown-type"
    BAD_VERSION = "bad-version"
    BAD_SECRET = "bad-secret"
    HELLO_FIRST = "hello-first"
    HELLO_TWICE = "hello-twice"
    LATE = "late"
    TOO_BIG = "too-big"
    TEXT_TOO_LONG = "text-too-long"
    EMPTY = "empty"
    FLOOD = "flood"
    TOO_MANY_CONNECTIONS = "too-many-connections"
    TRY_LATER = "try-later"


class Close(IntEnum):
    """WebSocket close codes."""

    GOING_AWAY = 1001
    FRAME_TOO_BIG = 1009
    OUR_FAULT = 1011
    BAD_HELLO = 4400
    SILENT = 4408
    FLOOD = 4429


class Refusal(Exception):
    """What a client sent cannot be taken; nothing of it happened. `close`: the connection ends with it."""

    def __init__(
        self,
        code: Code,
        *,
        id: str | None = None,
        field: str | None = None,
        retry_after: float = 0.0,
        close: Close | None = None,
    ) -> None:
        super().__init__(code.value)
        self.code = code
        self.id = id
        self.field = field
        self.retry_after = math.ceil(retry_after)
        self.close = close


@dataclass(frozen=True, slots=True)
class Hello:
    """The first frame: who it is and what they have already."""

    secret: str
    cursor: int
    language: str
    page: Page


@dataclass(frozen=True, slots=True)
class Say:
    """A message; `id` is the client's, and the same again when it is sent again."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The visitor is on another page now."""

    page: Page


@dataclass(frozen=True, slots=True)
class Got:
    """The client has everything up to `cursor`; `seen`: the visitor has looked at it."""

    cursor: int
    seen: bool


@dataclass(frozen=True, slots=True)
class Ping:
    """Are you there? To be answered at once."""


@dataclass(frozen=True, slots=True)
class Pong:
    """I am."""


ClientFrame = Hello | Say | Moved | Got | Ping | Pong


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
    page = frame.get("page", {})
    if not isinstance(page, dict):
        raise Refusal(Code.BAD_FRAME, field="page")
    language = _string(frame, "language")
    return Hello(
        secret=secret,
        cursor=_cursor(frame, missing=0),
        language=language if _LANGUAGE.fullmatch(language) else "",
        page=page_of(page),
    )


def _message(frame: dict[str, Any]) -> Say:
    written = frame.get("id")
    if not isinstance(written, str) or not _ID.fullmatch(written):
        raise Refusal(Code.BAD_FRAME, field="id")
    text = frame.get("text")
    if not isinstance(text, str):
        raise Refusal(Code.BAD_FRAME, id=written, field="text")
    text = clean(Text(text)).plain.strip()
    if len(text) > TEXT_LIMIT:
        raise Refusal(Code.TEXT_TOO_LONG, id=written, field="text")
    if not clean_name(text):
        raise Refusal(Code.EMPTY, id=written, field="text")
    return Say(written, text)


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


def _string(frame: dict[str, Any], field: str) -> str:
    value = frame.get(field, "")
    if not isinstance(value, str):
        raise Refusal(Code.BAD_FRAME, field=field)
    return value


def _cursor(frame: dict[str, Any], *, missing: int | None) -> int:
    value = frame.get("cursor", missing)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST:
        raise Refusal(Code.BAD_FRAME, field="cursor")
    return value


def _id_within(raw: str) -> str | None:
    """The client's id of a message that is too big to be read, so that the client knows which one it was."""
    found = re.search(r'"id"\s*:\s*"([A-Za-z0-9_-]{8,64})"', raw[:1000])
    return found[1] if found else None


def encode(kind: str, **fields: object) -> str:
    """A server's frame; fields that are None are left out."""
    frame = {"type": kind, **{name: value for name, value in fields.items() if value is not None}}
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


PING: Final = encode("ping")
PONG: Final = encode("pong")
