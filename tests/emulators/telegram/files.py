"""Files: one `file_unique_id` for all, a `file_id` of its own for each bot (§9)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

PREFIXES = {
    "photo": "AgAC",
    "voice": "AwAC",
    "video": "BAAC",
    "document": "BQAC",
    "sticker": "CAAC",
    "audio": "CQAC",
    "animation": "CgAC",
    "video_note": "DQAC",
    "thumbnail": "AAMC",
}
FOLDERS = {"photo": "photos", "voice": "voice", "video": "videos", "sticker": "stickers", "audio": "music"}
ENDINGS = {
    "photo": "jpg",
    "voice": "oga",
    "video": "mp4",
    "sticker": "webp",
    "audio": "mp3",
    "animation": "mp4",
    "video_note": "mp4",
    "thumbnail": "jpg",
}
DOWNLOAD_LIMIT = 20 * 1024 * 1024
PHOTO_LIMIT = 10 * 1024 * 1024
UPLOAD_LIMIT = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Attachment:
    """What a person attaches in a test: real bytes, or only a declared size (for files too big to hold)."""

    data: bytes = b""
    name: str | None = None
    mime: str | None = None
    size: int | None = None
    width: int | None = None
    height: int | None = None
    duration: int | None = None
    emoji: str | None = None
    title: str | None = None
    animated: bool = False
    video: bool = False


@dataclass(frozen=True, slots=True)
class File:
    unique: str
    kind: str
    data: bytes
    size: int
    path: str


@dataclass(slots=True)
class Media:
    """The media of one message."""

    kind: str
    file: File
    details: dict[str, Any] = field(default_factory=dict)
    thumbnail: tuple[File, int, int] | None = None
    sizes: list[tuple[File, int, int]] = field(default_factory=list)  # photos only, smallest first


class Files:
    def __init__(self) -> None:
        self._by_unique: dict[str, File] = {}
        self._media: dict[str, Media] = {}
        self._count = 0

    def add(self, kind: str, data: bytes, *, size: int | None = None, name: str | None = None) -> File:
        self._count += 1
        ending = name.rsplit(".", 1)[1] if name and "." in name else ENDINGS.get(kind, "bin")
        file = File(
            unique=f"AQAD{self._count:06d}",
            kind=kind,
            data=data,
            size=len(data) if size is None else size,
            path=f"{FOLDERS.get(kind, 'documents')}/file_{self._count}.{ending}",
        )
        self._by_unique[file.unique] = file
        return file

    def remember(self, media: Media) -> Media:
        for file in [media.file, *(size[0] for size in media.sizes)]:
            self._media[file.unique] = media
        return media

    def media_of(self, file: File) -> Media | None:
        return self._media.get(file.unique)

    @staticmethod
    def id_for(bot_id: int, file: File) -> str:
        return f"{PREFIXES.get(file.kind, 'BQAC')}{bot_id:x}-{file.unique}"

    def find(self, file_id: str) -> tuple[int, File] | None:
        """The bot that the id was given to, and the file."""
        owner, dash, unique = file_id[4:].rpartition("-")
        file = self._by_unique.get(unique)
        if not dash or file is None or PREFIXES.get(file.kind, "BQAC") != file_id[:4]:
            return None
        try:
            return int(owner, 16), file
        except ValueError:
            return None

    def make(self, kind: str, attachment: Attachment) -> Media:
        """A media of this kind as Telegram would describe it."""
        data = attachment.data or _SAMPLES.get(kind, b"otklik sample")
        size = attachment.size
        if kind == "photo":
            return self.remember(self._photo(attachment, data, size))
        file = self.add(kind, data, size=size, name=attachment.name)
        details: dict[str, Any] = {}
        if kind in ("document", "audio", "video", "animation"):
            if attachment.name:
                details["file_name"] = attachment.name
            mime = attachment.mime or {"audio": "audio/mpeg", "video": "video/mp4", "animation": "video/mp4"}.get(
                kind
            )
            if mime:
                details["mime_type"] = mime
        if kind == "voice":
            details["mime_type"] = attachment.mime or "audio/ogg"
        if kind in ("voice", "audio", "video", "animation", "video_note"):
            details["duration"] = attachment.duration or 3
        if kind in ("video", "animation", "sticker"):
            square = 512 if kind == "sticker" else None
            details["width"] = attachment.width or square or 640
            details["height"] = attachment.height or square or 360
        if kind == "video_note":
            details["length"] = attachment.width or 240
        if kind == "audio" and attachment.title:
            details["title"] = attachment.title
        if kind == "sticker":
            details.update(type="regular", is_animated=attachment.animated, is_video=attachment.video)
            if attachment.emoji:
                details["emoji"] = attachment.emoji
        media = Media(kind, file, details)
        if kind in ("video", "animation", "video_note", "sticker"):
            media.thumbnail = (self.add("thumbnail", PNG), 320, 180)
        return self.remember(media)

    def _photo(self, attachment: Attachment, data: bytes, size: int | None) -> Media:
        width, height = attachment.width, attachment.height
        if not (width and height):
            width, height = (dimensions(data) if attachment.data else None) or (1280, 853)
        sizes: list[tuple[File, int, int]] = []
        for side in (90, 320, 800):
            if side < max(width, height):
                ratio = side / max(width, height)
                sizes.append((self.add("photo", data), max(1, int(width * ratio)), max(1, int(height * ratio))))
        biggest = self.add("photo", data, size=size)
        sizes.append((biggest, width, height))
        return Media("photo", biggest, sizes=sizes)


def dimensions(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG, GIF or JPEG picture; None when it is none of them."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return int(width), int(height)
    if data[:4] == b"GIF8" and len(data) >= 10:
        width, height = struct.unpack("<HH", data[6:10])
        return int(width), int(height)
    if data[:2] == b"\xff\xd8":
        at = 2
        while at + 9 < len(data) and data[at] == 0xFF:
            mark, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
            if 0xC0 <= mark <= 0xCF and mark not in (0xC4, 0xC8, 0xCC):
                height, width = struct.unpack(">HH", data[at + 5 : at + 9])
                return int(width), int(height)
            at += 2 + length
        return (1280, 853)
    return None


def is_picture(data: bytes) -> bool:
    webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    return webp or data[:2] == b"BM" or dimensions(data) is not None


def is_sound(data: bytes) -> bool:
    return data[:4] == b"OggS" or data[:3] == b"ID3" or data[:1] == b"\xff" or data[4:8] == b"ftyp"


# A whole picture of one pixel, and headers that are enough to be taken for a sound or a film.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63c8dff9010003b30219e44f814f0000000049454e44ae426082"
)
_SAMPLES = {
    "photo": PNG,
    "voice": b"OggS\x00\x02sample",
    "audio": b"ID3\x03sample",
    "video": b"\x00\x00\x00\x18ftypmp42sample",
    "video_note": b"\x00\x00\x00\x18ftypmp42sample",
    "animation": b"\x00\x00\x00\x18ftypmp42sample",
    "sticker": b"RIFF\x10\x00\x00\x00WEBPsample",
}
