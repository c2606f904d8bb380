"""The customers' end of a channel, the same for every kind: what people there can do, and what they have got.

What a platform lets nobody do raises `CannotDo`; the suite asks the channel's abilities whether that is right.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from bridge.contracts import Abilities
from bridge.model import ChannelName, Kind
from tests.some_files import mp3, mp4, ogg, picture

if TYPE_CHECKING:
    from tests.alike.town import Town

# What customers send and operators answer with, by kind.
FILES: dict[Kind, bytes] = {
    Kind.PHOTO: picture("JPEG"),
    Kind.VIDEO: mp4(b"isom", b"vide", b"soun"),
    Kind.ANIMATION: mp4(b"isom", b"vide"),
    Kind.AUDIO: mp3(),
    Kind.VOICE: ogg(),
    Kind.VIDEO_NOTE: mp4(b"isom", b"vide", b"soun"),
    Kind.DOCUMENT: b"%PDF-1.4 price list",
    Kind.STICKER: picture("WEBP"),
}
PLACE = (59.93, 30.31)


class CannotDo(Exception):
    """People at this platform cannot do that (or nobody is told of it)."""


@dataclass(frozen=True, slots=True)
class Got:
    """One message as the customer has it. `kinds` are the platform's words for its attachments."""

    text: str
    kinds: tuple[str, ...] = ()
    data: tuple[bytes, ...] = ()
    names: tuple[str, ...] = ()
    quotes: str = ""  # the text of the message that it answers
    deleted: bool = False


class End(ABC):
    """A platform with its channel."""

    kind: ClassVar[str]
    name: ClassVar[str]  # of the channel
    title: ClassVar[str]
    mark: ClassVar[str]

    def __init__(self, town: Town) -> None:
        self.town = town

    @property
    @abstractmethod
    def config(self) -> str:
        """The channel's table in the configuration; asked when the platform has started."""

    async def start(self) -> None:  # noqa: B027 -- some have nothing to start
        """Start the platform."""

    async def stop(self) -> None:  # noqa: B027
        """Stop it."""

    @abstractmethod
    async def hang_up(self) -> None:
        """The test is over: customers let go of the program before it stops."""

    async def ready(self) -> None:
        """Wait until the channel takes messages in."""
        await self.town.until(
            lambda: self.town.health(self.name) == "up", lambda: f"{self.name}: {self.town.health(self.name)}"
        )

    @property
    def abilities(self) -> Abilities:
        """As the channel states them."""
        assert self.town.otklik is not None
        return self.town.otklik._channels[ChannelName(self.name)].abilities

    @abstractmethod
    async def person(self, name: str) -> Someone:
        """A customer."""

    def down(self, is_down: bool) -> None:
        """The platform cannot be reached, or can be again."""
        raise CannotDo


class Someone(ABC):
    """A customer."""

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    async def writes(self, text: str) -> Any:
        """A message; it is handed to `edits` and `reacts`."""

    @abstractmethod
    async def sends(self, kind: Kind, text: str = "") -> Any:
        """An attachment of a kind that the channel says it receives (see FILES and PLACE)."""

    @property
    @abstractmethod
    def got(self) -> list[Got]:
        """What the customer has from us, in order."""

    async def sends_album(self, *photos: bytes) -> Any:
        """Several pictures as one message."""
        raise CannotDo

    async def repeats(self, message: Any) -> None:
        """The platform tells of it once more."""
        raise CannotDo

    async def writes_swapped(self, first: str, second: str) -> None:
        """Two messages, of which the platform tells in the wrong order."""
        raise CannotDo

    async def edits(self, message: Any, text: str) -> None:
        """The customer changes a message."""
        raise CannotDo

    async def blocks(self) -> None:
        """The customer wants no more messages."""
        raise CannotDo

    async def unblocks(self) -> None:
        """The customer wants them again."""
        raise CannotDo

    async def reads(self) -> None:
        """The customer looks at what has come."""
        raise CannotDo

    async def reacts(self) -> None:
        """The customer puts a heart on the last message."""
        raise CannotDo

    async def types(self) -> None:
        """The customer is writing."""
        raise CannotDo

    async def quotes(self, text: str) -> None:
        """A message that answers our last one."""
        raise CannotDo

    @property
    def texts(self) -> list[str]:
        """The words of what the customer has, without those that say nothing."""
        return [got.text for got in self.got if got.text and not got.deleted]
