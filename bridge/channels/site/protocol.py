"""The frames between widget and server, version 1: what there is, why something is refused, encoding. Pure.

A frame is a JSON object with a `type`. What a client may not know yet it ignores, and so do we.
`docs/widget-protocol.md` tells all of it; `parsing` reads what clients send.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final

from bridge.model import Page

VERSION: Final = 1
FRAME_LIMIT: Final = 64 * 1024  # bytes of a client's frame
TEXT_LIMIT: Final = 10_000  # characters (code points) of a visitor's message
FILES_LIMIT: Final = 10  # files of one message


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
    BAD_IDENTITY = "bad-identity"
    FORM_FIRST = "form-first"
    BAD_CONTACT = "bad-contact"
    FILE_GONE = "file-gone"
    TOO_MANY_FILES = "too-many-files"
    NO_SUCH_LINK = "no-such-link"


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
class Contact:
    """What the visitor wrote into the form before the chat; empty where nothing was."""

    name: str = ""
    email: str = ""
    phone: str = ""
    consent: bool = False


@dataclass(frozen=True, slots=True)
class Hello:
    """The first frame: who it is and what they have already."""

    secret: str = field(repr=False)
    cursor: int
    language: str
    page: Page
    identity: str = field(default="", repr=False)  # a token
    contact: Contact | None = None
    details: Mapping[str, str] | None = None  # None: nothing is said of them


@dataclass(frozen=True, slots=True)
class Say:
    """A message; `id` is the client's, and the same again when it is sent again."""

    id: str
    text: str
    files: tuple[str, ...] = ()
    reply_to: int | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """The visitor is on another page now."""

    page: Page


@dataclass(frozen=True, slots=True)
class Known:
    """What the page knows about the visitor now."""

    details: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Continue:
    """The visitor wants to go on in another channel, and agrees that both are joined."""

    channel: str


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


ClientFrame = Hello | Say | Moved | Known | Contact | Continue | Got | Ping | Pong


def encode(kind: str, **fields: object) -> str:
    """A server's frame; fields that are None are left out."""
    frame = {"type": kind, **{name: value for name, value in fields.items() if value is not None}}
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


PING: Final = encode("ping")
PONG: Final = encode("pong")
