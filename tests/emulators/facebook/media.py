"""Files and the CDN that keeps them: signed links that end, and that want no token (§3, §11)."""

from __future__ import annotations

import hashlib
import hmac
import itertools
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63c8dff9010003b30219e44f814f0000000049454e44ae426082"
)
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom sample"
MB = 1024 * 1024
LIMIT = 25 * MB  # of any attachment
IMAGE_LIMIT = 8 * MB  # of an image that is given by URL
LIKES = (369239263222822, 369239343222814, 369239383222810)
LIFETIME = 3 * 24 * 3600.0  # of a CDN link; "days at most"
FOLDERS = {"image": "t1.15752-9", "video": "t42.3356-2", "audio": "t59.3654-21", "file": "t59.2708-21"}
ENDINGS = {"image": "png", "video": "mp4", "audio": "mp4", "file": "bin"}
MIMES = {"image": "image/png", "video": "video/mp4", "audio": "audio/mp4", "file": "application/octet-stream"}


@dataclass(eq=False)
class File:
    """Bytes, served with zeros after them when the size says more. `chunked`: served without a Content-Length."""

    data: bytes = field(repr=False)
    name: str
    mime: str
    size: int
    kind: str = "file"
    chunked: bool = False
    id: str = ""

    def piece(self, start: int, length: int) -> bytes:
        end = min(start + length, self.size)
        return self.data[start:end].ljust(end - start, b"\0")


@dataclass(eq=False)
class Piece:
    """One attachment of a message: a file that the CDN keeps, or a payload of its own."""

    type: str
    file: File | None = None
    payload: dict[str, Any] | None = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)  # beside the payload: title, url

    @property
    def kind(self) -> str:
        return self.type

    @property
    def data(self) -> bytes:
        return self.file.data if self.file else b""

    @property
    def name(self) -> str:
        return self.file.name if self.file else ""

    def json(self, cdn: Cdn) -> dict[str, Any]:
        """As a webhook shows it; each time with a fresh link."""
        shown: dict[str, Any] = {"type": self.type, **self.extra}
        if self.payload is None:
            return shown
        payload = dict(self.payload)
        if self.file is not None:
            payload = {"url": cdn.link(self.file), **payload}
        shown["payload"] = payload
        return shown


def _media(kind: str, data: bytes, name: str, mime: str, size: int | None, chunked: bool) -> Piece:
    name = name or f"{kind}.{ENDINGS[kind]}"
    return Piece(kind, File(data, name, mime or MIMES[kind], len(data) if size is None else size, kind, chunked))


def image(
    data: bytes = PNG, name: str = "", mime: str = "", *, size: int | None = None, chunked: bool = False
) -> Piece:
    return _media("image", data, name, mime, size, chunked)


def video(
    data: bytes = MP4, name: str = "", mime: str = "", *, size: int | None = None, chunked: bool = False
) -> Piece:
    return _media("video", data, name, mime, size, chunked)


def audio(
    data: bytes = MP4, name: str = "", mime: str = "", *, size: int | None = None, chunked: bool = False
) -> Piece:
    """A voice note; they come as mp4 with AAC."""
    return _media("audio", data, name or "audioclip-1790000000.mp4", mime, size, chunked)


def file(
    data: bytes = b"%PDF-1.4 sample",
    name: str = "offer.pdf",
    mime: str = "application/pdf",
    *,
    size: int | None = None,
    chunked: bool = False,
) -> Piece:
    return _media("file", data, name, mime, size, chunked)


def sticker(sticker_id: int = 144884852352448, data: bytes = PNG) -> Piece:
    made = image(data, f"{sticker_id}.png")
    return Piece("sticker", made.file, {"sticker_id": sticker_id})


def like(size: int = 0) -> Piece:
    """The thumb: small, middle or large."""
    return sticker(LIKES[size])


def share(url: str = "", title: str = "") -> Piece:
    """A link with its preview; without arguments a post that Messenger does not support: no payload at all."""
    if not url:
        return Piece("fallback", payload=None)
    go = f"https://l.facebook.com/l.php?u={quote(url, safe='')}"
    return Piece("fallback", payload={"url": url, "title": title}, extra={"title": title, "url": go})


def location(lat: float, long: float, title: str = "Pinned Location") -> Piece:
    url = f"https://l.facebook.com/l.php?u=https%3A%2F%2Fwww.bing.com%2Fmaps%2Fdefault.aspx%3Fcp%3D{lat}~{long}"
    return Piece(
        "location", payload={"coordinates": {"lat": lat, "long": long}}, extra={"title": title, "url": url}
    )


def reel(url: str = "https://www.facebook.com/reel/1", title: str = "", *, type: str = "reel") -> Piece:
    """Also ig_reel, post and ig_post."""
    return Piece(type, payload={"url": url, "title": title, "reel_video_id": 1} if "reel" in type else {"url": url})


def other(type: str, payload: dict[str, Any] | None = None, **extra: Any) -> Piece:
    """Any type, known to anybody or not."""
    return Piece(type, payload=payload, extra=extra)


class Cdn:
    def __init__(self, now: Any) -> None:
        self._now = now  # () -> seconds since 1970
        self._count = itertools.count(301)
        self._files: dict[str, File] = {}
        self._key = b"cdn"
        self.base = ""
        self.lifetime = LIFETIME

    def keep(self, file: File) -> File:
        if not file.id:
            file.id = str(4_417_000_000_000_000 + next(self._count))
            self._files[file.id] = file
        return file

    def link(self, file: File) -> str:
        """A signed address that is good for `lifetime` from now."""
        self.keep(file)
        ends = f"{int(self._now() + self.lifetime):X}"
        folder = FOLDERS.get(file.kind, "t1.0-1")
        query = f"_nc_cat=101&ccb=1-7&_nc_sid=fc17b8&oh={self._sign(file.id, ends)}&oe={ends}"
        return f"{self.base}/v/{folder}/{file.id}/{quote(file.name, safe='')}?{query}"

    def find(self, file_id: str, signature: str, ends: str) -> tuple[File | None, str]:
        """The file, or why not."""
        if file_id not in self._files or not hmac.compare_digest(self._sign(file_id, ends), signature):
            return None, "Bad URL hash"
        if self._now() > int(ends, 16):
            return None, "URL signature expired"
        return self._files[file_id], ""

    def _sign(self, file_id: str, ends: str) -> str:
        return "00_" + hmac.new(self._key, f"{file_id}.{ends}".encode(), hashlib.sha256).hexdigest()[:40]


def is_picture(data: bytes) -> bool:
    """What Messenger takes for an image: JPEG, PNG, GIF, WebP, BMP."""
    webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    return webp or data[:2] in (b"\xff\xd8", b"BM") or data[:8] == b"\x89PNG\r\n\x1a\n" or data[:4] == b"GIF8"
