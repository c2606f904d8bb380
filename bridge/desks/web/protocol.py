"""The frames between an operator's page and the server, version 1: what there is, why one is refused. Pure.

A frame is a JSON object with a `type`; `docs/desk-protocol.md` tells all of it, `parsing` reads what pages send.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import Final

from bridge.model import ConversationId, GroupName, ListName, MessageId, OperatorId

VERSION: Final = 1
FRAME_LIMIT: Final = 128 * 1024  # bytes of a client's frame
TEXT_LIMIT: Final = 10_000  # characters of an answer or a note
COMMENT_LIMIT: Final = 1_000  # of what is said with a transfer
FILES_LIMIT: Final = 10  # of one answer
SEARCH_LIMIT: Final = 100  # characters
WINDOW_LIMIT: Final = 100  # rows
OFFSET_LIMIT: Final = 1_000_000


class Code(StrEnum):
    """Why a frame was refused, beside the hints of the inbox; each has its sentence, `desk-error-<code>`."""

    BAD_FRAME = "bad-frame"
    UNKNOWN_TYPE = "unknown-type"
    BAD_VERSION = "bad-version"
    HELLO_FIRST = "hello-first"
    TOO_BIG = "too-big"
    TEXT_TOO_LONG = "text-too-long"
    EMPTY = "empty"
    TOO_MANY_FILES = "too-many-files"
    FILE_GONE = "file-gone"
    NOT_YOURS = "not-yours"
    NOT_FAILED = "not-failed"
    NO_SUCH_MESSAGE = "no-such-message"
    NO_SUCH_COLLEAGUE = "no-such-colleague"
    NO_SUCH_GROUP = "no-such-group"
    TRY_LATER = "try-later"
    FLOOD = "flood"
    TOO_MANY_PAGES = "too-many-pages"
    SESSION_OVER = "session-over"
    NOT_A_MEMBER = "not-a-member"
    NOT_CHECKED = "not-checked"
    SILENT = "silent"
    GOING_AWAY = "going-away"


class Close(IntEnum):
    """WebSocket close codes."""

    GOING_AWAY = 1001
    OUR_FAULT = 1011
    TRY_LATER = 1013
    BAD_HELLO = 4400
    SESSION_OVER = 4401
    NOT_A_MEMBER = 4403
    SILENT = 4408
    FLOOD = 4429


class Refusal(Exception):
    """What a page sent cannot be taken; nothing of it happened. `close`: the connection ends with it."""

    def __init__(self, code: Code, *, id: str = "", field: str = "", close: Close | None = None) -> None:
        super().__init__(code.value)
        self.code = code
        self.id = id
        self.field = field
        self.close = close


@dataclass(frozen=True, slots=True)
class Hello:
    """The first frame."""


@dataclass(frozen=True, slots=True)
class Ping:
    """Are you there?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Which part of which list is before the operator's eyes, from now on."""

    list: ListName
    group: GroupName | None = None
    search: str = ""
    asked: str = ""  # the search as the page wrote it, to tell it again
    offset: int = 0
    limit: int = WINDOW_LIMIT


@dataclass(frozen=True, slots=True)
class Open:
    """The operator looks at a conversation. The page has it up to cursor `after`, from message `oldest` on."""

    conversation: ConversationId
    after: int | None = None
    oldest: int = 0


@dataclass(frozen=True, slots=True)
class Leave:
    """The operator looks at no conversation any more."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was said before a message."""

    conversation: ConversationId
    before: MessageId


@dataclass(frozen=True, slots=True)
class Types:
    """The operator is writing just now."""

    conversation: ConversationId


class Deed(StrEnum):
    """What can be done with a conversation by one press."""

    ACCEPT = "accept"
    CLOSE = "close"
    REOPEN = "reopen"
    NO_REPLY = "no_reply"


@dataclass(frozen=True, slots=True)
class Press:
    """One of the presses."""

    id: str
    deed: Deed
    conversation: ConversationId


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """An answer for the customer, or a `note` for colleagues; the same `id` again is the same message."""

    id: str
    conversation: ConversationId
    text: str
    files: tuple[str, ...] = ()
    reply_to: MessageId | None = None
    quote: str = ""
    note: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """Other words for what was said."""

    id: str
    message: MessageId
    text: str


@dataclass(frozen=True, slots=True)
class Unsend:
    """Take an answer back."""

    id: str
    message: MessageId


@dataclass(frozen=True, slots=True)
class Retry:
    """Try an answer again that did not arrive."""

    id: str
    message: MessageId


@dataclass(frozen=True, slots=True)
class Hand:
    """Hand a conversation over: to a colleague, to another group, or (neither) back to the feed."""

    id: str
    conversation: ConversationId
    comment: str
    operator: OperatorId | None = None
    group: GroupName | None = None


Act = Press | Say | Edit | Unsend | Retry | Hand
ClientFrame = Hello | Ping | Watch | Open | Leave | Earlier | Types | Act


def dump(value: object) -> str:
    """A value in JSON, as short as can be."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def encode(kind: str, **fields: object) -> str:
    """A server's frame; fields that are None are left out."""
    return dump({"type": kind, **{name: value for name, value in fields.items() if value is not None}})


def framed(kind: str, **fields: str) -> str:
    """The same of fields that are JSON already; empty ones are left out."""
    said = "".join(f',"{name}":{value}' for name, value in fields.items() if value)
    return f'{{"type":"{kind}"{said}}}'


def listed(values: Iterable[str]) -> str:
    """A list of what is JSON already."""
    return f"[{','.join(values)}]"


def moment(time: datetime) -> str:
    """A time as frames have it."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


PONG: Final = encode("pong")
