"""What every messenger's channel is given, and the little that their channels do alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from bridge.catalogue import Catalogue
from bridge.clock import Clock
from bridge.contracts import FileGone
from bridge.inbox import Inbox
from bridge.media.disk import Empty, TooBig
from bridge.media.links import MediaLinks
from bridge.media.store import MediaStore
from bridge.model import REMOTE, Attachment, ChannelName, File, MediaFile, OperatorId, Refused, TryLater, Why

# Calls of a webhook that are made side by side overtake each other: what came in is shown a little later, in order.
SETTLES: Final = timedelta(milliseconds=300)


@dataclass(frozen=True, slots=True)
class Person:
    """An operator as the configuration shows them to customers; an empty name: as in Telegram."""

    name: str = ""
    avatar: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the program gives to a messenger's channel."""

    inbox: Inbox
    clock: Clock
    catalogue: Catalogue  # in the config's language
    media: MediaStore
    links: MediaLinks
    public_url: str | None
    key: bytes  # 32 random bytes that are this database's own
    operators: Mapping[OperatorId, Person] = field(default_factory=dict)
    refused: Callable[[ChannelName, str], None] = lambda channel, reason: None  # counts a webhook call sent away


def remote(channel: ChannelName, url: str) -> File:
    """A customer's file at a platform; it is copied into the media store as soon as its message is taken in."""
    return File(origin=f"{REMOTE}{channel}", ref=url)


async def on_disk(media: MediaStore, attachment: Attachment) -> tuple[Path, MediaFile] | Refused | TryLater:
    """Where the bytes of an operator's attachment lie here, and what they are; or why they cannot be sent."""
    if attachment.file is None:
        return Refused(Why.FILE_GONE, "no file")
    try:
        return await media.local(attachment.file, attachment)
    except FileGone as gone:
        return Refused(Why.TOO_BIG if gone.limit else Why.FILE_GONE, str(gone), gone.limit)
    except TooBig as error:
        return Refused(Why.TOO_BIG, str(error))
    except Empty:
        return Refused(Why.EMPTY)
    except OSError as error:
        return TryLater(detail=str(error) or type(error).__name__)
