"""A piece as the Send API wants it: the body of the call, and which file goes with it in which form.

https://developers.facebook.com/docs/messenger-platform/reference/send-api
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bridge.catalogue import Catalogue
from bridge.media.convert import png
from bridge.media.sniff import PICTURES
from bridge.media.store import MediaStore
from bridge.messenger import on_disk
from bridge.model import Attachment, ExternalId, Kind, MediaFile, Outgoing, Refused, TryLater

DOCUMENTED: Final = frozenset({"image/jpeg", "image/png", "image/gif"})  # other pictures are made into PNG
SLOW: Final = frozenset({"audio", "video"})  # the platform takes fewer of these


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file to send as `type` (image, video, audio or file)."""

    type: str
    path: Path
    name: str
    mime: str
    media: MediaFile

    @property
    def slow(self) -> bool:
        return self.type in SLOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Around what is sent: to whom, in answer to what, with which mark, as what."""

    customer: ExternalId
    mark: str
    reply_to: ExternalId | None = None
    human: bool = False  # with the tag for people's own words, outside the common window

    def around(self, message: dict[str, Any]) -> dict[str, Any]:
        """The body of the call."""
        body: dict[str, Any] = {
            "recipient": {"id": self.customer},
            "messaging_type": "MESSAGE_TAG" if self.human else "RESPONSE",
            "message": {**message, "metadata": self.mark},
        }
        if self.human:
            body["tag"] = "HUMAN_AGENT"
        if self.reply_to:
            body["reply_to"] = {"mid": self.reply_to}
        return body


def attached(type: str) -> dict[str, Any]:
    """The message around an uploaded file."""
    return {"attachment": {"type": type, "payload": {"is_reusable": False}}}


def can_be_quoted(external_id: ExternalId | None) -> bool:
    """Whether it is the platform's own id of a message; ours for what had none have a colon."""
    return bool(external_id) and ":" not in (external_id or "")


async def prepared(media: MediaStore, outgoing: Outgoing, say: Catalogue) -> str | Upload | Refused | TryLater:
    """What a piece comes to: words, or a file."""
    if not outgoing.content.attachments:
        return outgoing.content.text.plain
    attachment = outgoing.content.attachments[0]
    found = await on_disk(media, attachment)
    if not isinstance(found, tuple):
        return found
    path, file = found
    if attachment.kind is Kind.STICKER and file.mime not in PICTURES:  # one that moves
        return str(attachment.data.get("emoji") or say("piece-sticker"))
    return await _upload(media, attachment, path, file)


async def _upload(media: MediaStore, attachment: Attachment, path: Path, file: MediaFile) -> Upload:
    name = attachment.name or file.name
    type, mime = _form(attachment.kind, file.mime)
    if type == "image" and mime not in DOCUMENTED:
        try:
            made = await media.derived(file, "png", lambda: asyncio.to_thread(png, path))
        except ValueError:  # no picture that we can read: as it is, then
            return Upload(type="file", path=path, name=name, mime=mime, media=file)
        where, _ = await media.by_id(made.id)
        if where is not None:
            return Upload(type=type, path=where, name=f"{_stem(name)}.png", mime="image/png", media=made)
    return Upload(type=type, path=path, name=name, mime=mime, media=file)


def _form(kind: Kind, mime: str) -> tuple[str, str]:
    """The type of an attachment, and the type of its content, which must fit together."""
    if kind is Kind.DOCUMENT:
        return "file", mime
    if mime in PICTURES:
        return "image", mime
    if kind in (Kind.VOICE, Kind.AUDIO):
        if mime == "video/mp4":  # sound alone in the container of a video
            return "audio", "audio/mp4"
        return ("audio", mime) if mime.startswith("audio/") else ("file", mime)
    return ("video", mime) if mime.startswith("video/") else ("file", mime)


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name
