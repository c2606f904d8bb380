"""Attachments as the Bot API takes them: by id where the bot knows the file, else uploaded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aiogram.methods import (
    SendAnimation,
    SendAudio,
    SendContact,
    SendDocument,
    SendLocation,
    SendPhoto,
    SendPoll,
    SendSticker,
    SendVenue,
    SendVideo,
    SendVideoNote,
    SendVoice,
)
from aiogram.types import (
    BufferedInputFile,
    InputMediaAnimation,
    InputMediaAudio,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    InputPollOption,
)

from bridge.model import Attachment, Content, File, Kind, Text
from bridge.telegram.client import MEGABYTE, Sending
from bridge.telegram.formatting import entities

PHOTO_LIMIT: Final = 10 * MEGABYTE  # https://core.telegram.org/bots/api#sendphoto, also the two below
PHOTO_SIDES: Final = 10_000
PHOTO_RATIO: Final = 20
CAPTIONED: Final = frozenset(
    {Kind.PHOTO, Kind.VIDEO, Kind.ANIMATION, Kind.DOCUMENT, Kind.AUDIO, Kind.VOICE}
)  # under all others nothing can be written

_SENDING: Final[Mapping[Kind, tuple[Any, str]]] = {
    Kind.PHOTO: (SendPhoto, "photo"),
    Kind.VIDEO: (SendVideo, "video"),
    Kind.ANIMATION: (SendAnimation, "animation"),
    Kind.DOCUMENT: (SendDocument, "document"),
    Kind.AUDIO: (SendAudio, "audio"),
    Kind.VOICE: (SendVoice, "voice"),
    Kind.VIDEO_NOTE: (SendVideoNote, "video_note"),
    Kind.STICKER: (SendSticker, "sticker"),
}
_STICKERS: Final = re.compile(rb"RIFF....WEBP|\x1a\x45\xdf\xa3|\x1f\x8b", re.DOTALL)  # WebP, WebM, TGS
IN_ALBUM: Final[Mapping[Kind, Any]] = {
    Kind.PHOTO: InputMediaPhoto,
    Kind.VIDEO: InputMediaVideo,
    Kind.ANIMATION: InputMediaAnimation,  # only for editing
    Kind.DOCUMENT: InputMediaDocument,
    Kind.AUDIO: InputMediaAudio,
}
_NAMES: Final[Mapping[Kind, str]] = {
    Kind.PHOTO: "photo.jpg",
    Kind.VIDEO: "video.mp4",
    Kind.ANIMATION: "animation.mp4",
    Kind.AUDIO: "audio.mp3",
    Kind.VOICE: "voice.ogg",
    Kind.VIDEO_NOTE: "video.mp4",
    Kind.STICKER: "sticker.webp",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """How attachments get to the server: `origin`'s by id, all others from `uploads`.

    `as_documents`: uploaded photos go as files, for a server that cannot make photos of them; `all_as_documents`:
    so does everything else, for an album that has such a photo.
    """

    origin: str
    uploads: Mapping[File, bytes] = field(default_factory=dict)
    as_documents: bool = False
    all_as_documents: bool = False


def foreign_files(content: Content, origin: str) -> tuple[File, ...]:
    """The files whose bytes must be fetched before the content can go out through the bot of `origin`."""
    found = (attachment.file for attachment in content.attachments)
    return tuple(dict.fromkeys(file for file in found if file and file.origin != origin))


def send_one(attachment: Attachment, files: Files, caption: Text, common: dict[str, Any]) -> Sending:
    """The call that sends one attachment. Raises ValueError for what is none of Telegram's kinds."""
    data = attachment.data
    match attachment.kind:
        case Kind.LOCATION:
            return SendLocation(latitude=data["latitude"], longitude=data["longitude"], **common)
        case Kind.VENUE:
            return SendVenue(
                latitude=data["latitude"],
                longitude=data["longitude"],
                title=data.get("title") or "—",
                address=data.get("address") or "—",
                **common,
            )
        case Kind.CONTACT:
            return SendContact(
                phone_number=data["phone"],
                first_name=data.get("first_name") or data["phone"],
                last_name=data.get("last_name") or None,
                vcard=data.get("vcard") or None,
                **common,
            )
        case Kind.POLL:
            return SendPoll(
                question=data["question"],
                options=[InputPollOption(text=option) for option in data["options"]],
                allows_multiple_answers=bool(data.get("multiple")) or None,
                **common,
            )
        case Kind.DICE | Kind.UNKNOWN:
            raise ValueError(f"{attachment.kind} cannot be sent as what it is")
    kind = kind_for(attachment, files)
    method, name = _SENDING[kind]
    about = _about(attachment, kind, files)
    if kind in CAPTIONED:
        about |= {"caption": caption.plain or None, "caption_entities": entities(caption), "parse_mode": None}
    sending: Sending = method(**{name: _source(attachment, files)}, **about, **common)
    return sending


def input_media(attachment: Attachment, files: Files, caption: Text) -> Any:
    """An attachment as an album's item, or as what a message is to be changed into."""
    kind = kind_for(attachment, files)
    if kind not in IN_ALBUM:
        raise ValueError(f"{attachment.kind} cannot be in an album")
    return IN_ALBUM[kind](
        media=_source(attachment, files),
        caption=caption.plain or None,
        caption_entities=entities(caption),
        parse_mode=None,
        **_about(attachment, kind, files),
    )


def _about(attachment: Attachment, kind: Kind, files: Files) -> dict[str, Any]:
    """What Telegram should know beside the bytes; of its own files it knows all but the spoiler."""
    about: dict[str, Any] = {}
    if attachment.data.get("spoiler") and kind in (Kind.PHOTO, Kind.VIDEO, Kind.ANIMATION):
        about["has_spoiler"] = True
    if attachment.file is None or attachment.file.origin == files.origin:
        return about
    if kind in (Kind.VIDEO, Kind.ANIMATION):
        about |= {"width": attachment.width, "height": attachment.height, "duration": attachment.duration}
    elif kind is Kind.VIDEO_NOTE:
        about |= {"length": attachment.width, "duration": attachment.duration}
    elif kind is Kind.AUDIO:
        about |= {"duration": attachment.duration}
        about |= {name: attachment.data[name] for name in ("performer", "title") if name in attachment.data}
    elif kind is Kind.VOICE:
        about |= {"duration": attachment.duration}
    return about


def kind_for(attachment: Attachment, files: Files) -> Kind:
    """As what it goes: its kind; a photo that Telegram would refuse to make one of goes as a file.

    So does a sticker that is none of Telegram's (https://core.telegram.org/bots/api#sendsticker): as a picture.
    """
    if files.all_as_documents:
        return Kind.DOCUMENT
    if attachment.kind is Kind.STICKER and attachment.file and attachment.file.origin != files.origin:
        return Kind.STICKER if _STICKERS.match(files.uploads[attachment.file]) else Kind.PHOTO
    if attachment.kind is not Kind.PHOTO or (attachment.file and attachment.file.origin == files.origin):
        return attachment.kind
    size = len(files.uploads[attachment.file]) if attachment.file else 0
    sides = sorted((attachment.width or 1, attachment.height or 1))
    too_much = size > PHOTO_LIMIT or sum(sides) > PHOTO_SIDES or sides[1] > sides[0] * PHOTO_RATIO
    known = attachment.width and attachment.height
    return Kind.DOCUMENT if files.as_documents or size > PHOTO_LIMIT or (known and too_much) else Kind.PHOTO


def _source(attachment: Attachment, files: Files) -> str | BufferedInputFile:
    if attachment.file is None:
        raise ValueError(f"{attachment.kind} without a file")
    if attachment.file.origin == files.origin:
        return attachment.file.ref
    return BufferedInputFile(files.uploads[attachment.file], attachment.name or _NAMES.get(attachment.kind, "file"))
