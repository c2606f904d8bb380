"""What a channel must do, and its abilities and limits as data that shared code reads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from bridge.model import ChannelName, ExternalId, File, Kind, OperatorId, Outcome, Outgoing, Sent

if TYPE_CHECKING:
    from aiohttp import web


class Tells(StrEnum):
    """What a platform tells us of, beside messages."""

    EDITS = "edits"  # the customer changed a message
    DELIVERED = "delivered"
    SEEN = "seen"
    TYPING = "typing"
    REACTIONS = "reactions"
    BLOCKED = "blocked"
    STAFF = "staff"  # what our people write in the platform's own interface
    REFERRAL = "referral"  # which link or advertisement the customer came by
    FAILED = "failed"  # what it had taken did not reach the customer


class Shows(StrEnum):
    """What a platform can show to customers, beside messages."""

    TYPING = "typing"
    SEEN = "seen"
    NAME = "name"  # who of the company answers
    AVATAR = "avatar"
    QUOTES = "quotes"  # which message is answered; without it, a line is quoted in words
    FORMATTING = "formatting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What a channel can carry to its customers. Shared code splits, degrades or refuses by it."""

    text_limit: int  # UTF-16 units in one message
    caption_limit: int = 0  # UTF-16 units under an attachment; 0: no captions
    kinds: frozenset[Kind] = frozenset()  # attachments it carries as what they are
    as_text: frozenset[Kind] = frozenset()  # attachments that become a line of text
    albums: tuple[frozenset[Kind], ...] = ()  # which kinds may stand together in one album
    album_limit: int = 1  # attachments in one call
    no_caption: frozenset[Kind] = frozenset()  # carried, but nothing can be written under them
    file_limit: int | None = None  # bytes of a file that must be uploaded
    kind_limits: Mapping[Kind, int] = field(default_factory=dict)  # the same for kinds that have one of their own
    refused_types: frozenset[str] = frozenset()  # ends of file names («exe») that are not taken
    free_origin: str = ""  # files of this origin are sent by reference: no upload, no limit
    edits: bool = False  # can change what it has sent
    unsends: bool = False  # can take back what it has sent
    shows: frozenset[Shows] = frozenset()
    window: timedelta | None = None  # so long after the customer's last word it lets us answer
    receives: frozenset[Kind] = frozenset()  # what customers can send us as what it is
    tells: frozenset[Tells] = frozenset()


class Health(StrEnum):
    """Whether a channel works."""

    STARTING = "starting"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class ChannelHealth:
    """A channel's state as `/status` and `/healthz` show it; `reason` is for people, without secrets."""

    health: Health = Health.STARTING
    reason: str = ""


class Channel(Protocol):
    """A pipe with two ends to one place where customers write.

    In: the channel translates an event into `Incoming`, hands it to the inbox, and acknowledges to the platform
    only after that returned. Out: `send` and `edit` return what became of it; they raise only for bugs.
    """

    @property
    def name(self) -> ChannelName:
        """Its name in the configuration."""

    @property
    def abilities(self) -> Abilities:
        """What it can carry."""

    @property
    def health(self) -> ChannelHealth:
        """Whether it works."""

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """What it serves over HTTP."""

    async def run(self) -> None:
        """Take in events until cancelled."""

    async def send(self, outgoing: Outgoing) -> Outcome:
        """Send one piece."""

    async def edit(self, outgoing: Outgoing, external_ids: Sequence[ExternalId]) -> Outcome:
        """Change a message that was sent under these ids into `outgoing`."""

    async def unsend(self, customer: ExternalId, external_ids: Sequence[ExternalId]) -> Outcome:
        """Take back what was sent to a customer under these ids."""

    def link_for(self, token: str) -> str | None:
        """An address that opens this channel and hands it a one-time `token`; None where it cannot (now)."""


@runtime_checkable
class Deposits(Protocol):
    """A channel whose customers read our own store: words alone are sent when they are queued, and so changed."""

    def deposit(self, outgoing: Outgoing) -> Sent:
        """What `send` of words would come to. Called in the store's transaction: it may ask nobody for anything."""


@runtime_checkable
class Presence(Protocol):
    """A channel that can show the customer that somebody is there. Best effort: nothing is raised, nothing told."""

    async def typing(self, customer: ExternalId) -> None:
        """An operator is writing (or a file is on its way)."""

    async def seen(self, customer: ExternalId) -> None:
        """An operator has read what the customer wrote."""


@runtime_checkable
class Named(Protocol):
    """A channel that shows the customer who is writing. A `Presence` has no names: ask for that first."""

    def typing(self, customer: ExternalId, name: str, operator: OperatorId | None = None) -> None:
        """An operator of that name is writing."""


class FileGone(Exception):
    """The bytes cannot be fetched: too old, too big (`limit` says so) or deleted."""

    def __init__(self, detail: str = "", *, limit: str = "") -> None:
        super().__init__(detail)
        self.limit = limit


class FileOpener(Protocol):
    """Who can fetch the bytes of files of one origin."""

    async def fetch(self, file: File, *, most: int) -> bytes:
        """The bytes, at most `most`. Raises FileGone, or OSError when it may work later."""


@runtime_checkable
class FileStreamer(Protocol):
    """A `FileOpener` that need not have a file in memory to give it."""

    def stream(self, file: File, *, most: int) -> AsyncIterator[bytes]:
        """The bytes as they come, at most `most`. Raises FileGone, or OSError when it may work later."""
