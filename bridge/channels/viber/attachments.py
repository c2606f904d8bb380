"""Operators' attachments made into what Viber takes: addresses of our own that its clients fetch them from."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from bridge.channels.viber import compose
from bridge.channels.viber.abilities import (
    FILE_LIMIT,
    PICTURE_LIMIT,
    REFUSED_TYPES,
    VIDEO_LIMIT,
    VIDEO_SECONDS,
)
from bridge.channels.viber.compose import Part
from bridge.media import convert
from bridge.messenger import Services, on_disk
from bridge.model import Attachment, Content, Kind, MediaFile, Refused, TryLater, Why
from bridge.pieces import megabytes

KEPT_DAYS: Final = 30  # of an address; Viber delivers for 14 days, and clients fetch when somebody looks
PICTURES: Final = {"image/jpeg": ".jpg", "image/png": ".png"}
MP4: Final = "video/mp4"
GIF: Final = "image/gif"
_PLAIN_STICKER: Final = frozenset({"image/webp", "image/png", "image/jpeg"})

Parts = tuple[Part, ...] | Refused | TryLater


class Attachments:
    """Of one channel."""

    def __init__(self, services: Services) -> None:
        self._media = services.media
        self._links = services.links
        self._say = services.catalogue

    async def parts(self, content: Content) -> Parts:
        """The calls that say one piece, in order: the words, or the attachment and what is written under it."""
        if not content.attachments:
            return compose.texts(content.text.plain)
        (attachment,) = content.attachments
        words = attachment.caption.plain
        match attachment.kind:
            case Kind.LOCATION:
                return (compose.location(attachment.data, self._say), *compose.texts(words))
            case Kind.VENUE:
                return self._venue(attachment)
            case Kind.CONTACT:
                return (compose.contact(attachment.data, self._say), *compose.texts(words))
        found = await on_disk(self._media, attachment)
        if attachment.kind is Kind.STICKER:
            return await self._sticker(attachment, found)
        if not isinstance(found, tuple):
            return found
        path, media = found
        if attachment.kind is Kind.PHOTO:
            return await self._photo(attachment, path, media)
        made = self._moving(attachment, media) or self._file(attachment, media)
        return (made, *compose.texts(words)) if isinstance(made, Part) else made

    def _venue(self, attachment: Attachment) -> Parts:
        """What the place is called, and the place: Viber's own has no name."""
        words = [str(attachment.data.get(key) or "") for key in ("title", "address")]
        words = [word for word in dict.fromkeys(words) if word]
        return (*compose.texts("\n".join(words)), compose.location(attachment.data, self._say))

    async def _photo(self, attachment: Attachment, path: Path, media: MediaFile) -> Parts:
        """A picture; as a file where no picture can be made of it."""
        try:
            shown = await self._picture(path, media)
        except OSError as error:
            return TryLater(detail=type(error).__name__)
        if shown is not None:
            url = self._url(shown, f"photo{PICTURES[shown.mime]}")
            return (compose.picture(url, attachment.caption.plain, self._say),)
        made = self._file(attachment, media)
        return (made, *compose.texts(attachment.caption.plain)) if isinstance(made, Part) else made

    async def _sticker(self, attachment: Attachment, found: tuple[Path, MediaFile] | Refused | TryLater) -> Parts:
        """Its picture; of one that moves (or is gone), the emoji that it stands for."""
        if isinstance(found, TryLater):
            return found
        if isinstance(found, tuple) and found[1].mime in _PLAIN_STICKER:
            path, media = found
            try:
                made = await self._media.derived(media, "png", lambda: asyncio.to_thread(convert.png, path))
                shown = made if made.size <= PICTURE_LIMIT else await self._picture(path, media)
            except ValueError:
                shown = None
            except OSError as error:
                return TryLater(detail=type(error).__name__)
            if shown is not None:
                return (compose.picture(self._url(shown, f"sticker{PICTURES[shown.mime]}"), "", self._say),)
        return compose.texts(str(attachment.data.get("emoji") or "") or self._say("piece-sticker"))

    async def _picture(self, path: Path, media: MediaFile) -> MediaFile | None:
        """The picture as every client shows it; None if there is none to be made. Raises OSError."""
        if media.mime in PICTURES and media.size <= PICTURE_LIMIT:
            return media
        try:
            made = await self._media.derived(
                media, "jpeg-1mb", lambda: asyncio.to_thread(convert.jpeg_under, path, PICTURE_LIMIT)
            )
        except ValueError:
            return None
        return made if made.mime in PICTURES and made.size <= PICTURE_LIMIT else None

    def _moving(self, attachment: Attachment, media: MediaFile) -> Part | None:
        """A video or a GIF, where Viber shows it as one; without its length nobody can tell."""
        if attachment.kind is Kind.ANIMATION and media.mime == GIF and media.size <= FILE_LIMIT:
            return compose.moving(self._url(media, "animation.gif"), self._say)
        duration = attachment.duration if attachment.duration is not None else media.duration
        if attachment.kind not in (Kind.VIDEO, Kind.VIDEO_NOTE, Kind.ANIMATION) or media.mime != MP4:
            return None
        if duration is None or duration > VIDEO_SECONDS or media.size > VIDEO_LIMIT:
            return None
        return compose.video(self._url(media, "video.mp4"), media.size, duration or None, self._say)

    def _file(self, attachment: Attachment, media: MediaFile) -> Part | Refused:
        """Everything else."""
        if media.size > FILE_LIMIT:
            return Refused(Why.TOO_BIG, f"{media.size} bytes", megabytes(FILE_LIMIT, self._say))
        name = attachment.name or ("voice" if attachment.kind is Kind.VOICE else media.name)
        name = compose.file_name(name, media.mime)
        ending = compose.ending_of(name)
        if ending[1:] in REFUSED_TYPES:
            return Refused(Why.FILE_TYPE, ending[1:], ending)
        return compose.file(self._url(media, f"file{ending}"), media.size, name, self._say)

    def _url(self, media: MediaFile, name: str) -> str:
        return self._links.file_url(media.id, name, days=KEPT_DAYS)
