"""What a file is, by its content alone: names and the sender's word count for nothing.

The table is short on purpose. What it knows as a picture, video or sound is what browsers play and what we serve to
be shown in place; everything else is a document, served only as a download.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import BinaryIO, Final

from bridge.model import Kind

HEAD: Final = 64 * 1024  # bytes at the beginning (and for zip archives: at the end) that are looked at
BOXES: Final = 100  # of an MP4 that are walked to find the one that describes its tracks
DESCRIPTION: Final = 4 * 1024 * 1024  # bytes of it that are read
UNKNOWN_MIME: Final = "application/octet-stream"

PICTURES: Final = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
VIDEOS: Final = frozenset({"video/mp4", "video/quicktime", "video/webm"})
SOUNDS: Final = frozenset({"audio/ogg", "audio/mpeg", "audio/mp4", "audio/webm", "audio/wav"})
INLINE: Final = PICTURES | VIDEOS | SOUNDS  # what may be shown in place: browsers run nothing of it


@dataclass(frozen=True, slots=True)
class Found:
    """What was found: a type, and what a message calls such a file."""

    mime: str = UNKNOWN_MIME
    kind: Kind = Kind.DOCUMENT


_UNKNOWN: Final = Found()

_SIGNATURES: Final[tuple[tuple[bytes, Found], ...]] = (
    (rb"\xff\xd8\xff", Found("image/jpeg", Kind.PHOTO)),
    (rb"\x89PNG\r\n\x1a\n", Found("image/png", Kind.PHOTO)),
    (rb"GIF8[79]a", Found("image/gif", Kind.PHOTO)),
    (rb"RIFF....WEBPVP8[ LX]", Found("image/webp", Kind.PHOTO)),
    (rb"RIFF....WAVE", Found("audio/wav", Kind.AUDIO)),
    (rb"%PDF-\d", Found("application/pdf")),
)

# https://mp4ra.org/registered-types/brands. A brand that is not here and not of a still picture is a video's.
_STILL_BRANDS: Final = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"heim": "image/heic",
    b"heis": "image/heic",
    b"hevc": "image/heic",
    b"hevx": "image/heic",
    b"mif1": "image/heif",
    b"msf1": "image/heif",
    b"avif": "image/avif",
    b"avis": "image/avif",
}
_OTHER_BRANDS: Final = frozenset({b"jp2 ", b"jpx ", b"crx ", b"cdm1", b"ceff"})  # JPEG 2000, camera raw, capture
_SOUND_BRANDS: Final = frozenset({b"M4A ", b"M4B ", b"F4A ", b"F4B "})
_HANDLER: Final = re.compile(rb"hdlr.{8}(vide|soun)", re.DOTALL)

_OGG_SOUND: Final = re.compile(rb"OpusHead|\x01vorbis|Speex   |\x7fFLAC")
_WEBM_SOUND: Final = re.compile(rb"A_(?:OPUS|VORBIS)")
_WEBM_PICTURE: Final = re.compile(rb"V_(?:VP8|VP9|AV1)")

_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_IN_ZIP: Final = (  # a name in the archive, and what it makes of it
    (b"word/document.xml", f"{_OFFICE}wordprocessingml.document"),
    (b"xl/workbook.xml", f"{_OFFICE}spreadsheetml.sheet"),
    (b"ppt/presentation.xml", f"{_OFFICE}presentationml.presentation"),
)
_OPEN_DOCUMENT: Final = re.compile(rb"mimetype(application/(?:vnd\.oasis\.opendocument\.[a-z]+|epub\+zip))")

# Bit rates (kbit/s) and sampling rates (Hz) of MPEG audio layer III: version 1, then 2 and 2.5.
_RATES: Final = (
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
_SAMPLING: Final = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def sniff(file: BinaryIO) -> Found:
    """What `file` (seekable) holds. Of a picture only the signature was looked at: it may be broken."""
    file.seek(0)
    head = file.read(HEAD)
    for signature, found in _SIGNATURES:
        if re.match(signature, head, re.DOTALL):
            return found
    if head[4:8] == b"ftyp":
        return _iso(file, head)
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return _matroska(head)
    if head.startswith(b"OggS\x00\x02") and len(head) > 27:
        return Found("audio/ogg", Kind.AUDIO) if _OGG_SOUND.match(head, 27 + head[26]) else Found("application/ogg")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Found(_zip(file, head))
    return Found("audio/mpeg", Kind.AUDIO) if _is_mp3(file, head) else _UNKNOWN


def _iso(file: BinaryIO, head: bytes) -> Found:
    """MP4, QuickTime, and what else lies in such boxes (ISO/IEC 14496-12)."""
    brand = head[8:12]
    if brand in _STILL_BRANDS:
        return Found(_STILL_BRANDS[brand])
    if brand in _OTHER_BRANDS:
        return _UNKNOWN
    if brand in _SOUND_BRANDS:
        return Found("audio/mp4", Kind.AUDIO)
    tracks = set(_HANDLER.findall(_description(file)))
    if not tracks:
        return _UNKNOWN  # nothing that could be played
    if b"vide" not in tracks:
        return Found("audio/mp4", Kind.AUDIO)
    return Found("video/quicktime" if brand == b"qt  " else "video/mp4", Kind.VIDEO)


def _description(file: BinaryIO) -> bytes:
    """The `moov` box, which says what tracks there are; it may stand at the end."""
    at, end = 0, file.seek(0, os.SEEK_END)
    for _ in range(BOXES):
        if at >= end:
            break
        file.seek(at)
        header = file.read(16)
        if len(header) < 8:
            break
        size = int.from_bytes(header[:4])
        if size == 1:  # the real size stands behind the name
            size = int.from_bytes(header[8:16])
        if header[4:8] == b"moov":
            file.seek(at)
            return file.read(min(size, DESCRIPTION) if size else DESCRIPTION)
        if size < 8:
            break
        at += size
    return b""


def _matroska(head: bytes) -> Found:
    """WebM is the Matroska that browsers play; its first bytes name the codecs."""
    if b"webm" not in head[:64]:
        return Found("video/x-matroska")
    if _WEBM_SOUND.search(head) and not _WEBM_PICTURE.search(head):
        return Found("audio/webm", Kind.AUDIO)
    return Found("video/webm", Kind.VIDEO)


def _zip(file: BinaryIO, head: bytes) -> str:
    """An archive, or a document that lies in one."""
    if opened := _OPEN_DOCUMENT.match(head, 30):
        return opened[1].decode("ascii")
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - HEAD))
    names = head + file.read(HEAD)
    if b"[Content_Types].xml" in names:
        for name, mime in _IN_ZIP:
            if name in names:
                return mime
    return "application/zip"


def _is_mp3(file: BinaryIO, head: bytes) -> bool:
    """Two frames in a row, after the tag if there is one: a single frame's signature is only eleven bits."""
    at = 0
    if head[:3] == b"ID3" and len(head) > 10 and head[3] <= 4 and max(head[6:10]) < 0x80:
        length = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
        at = 10 + length + (10 if head[5] & 0x10 else 0)
    file.seek(at)
    body = file.read(HEAD)
    start = len(body) - len(body.lstrip(b"\x00")) if at else 0  # some taggers pad behind the tag
    first = _frame_length(body[start : start + 4])
    return bool(first) and bool(_frame_length(body[start + first : start + first + 4]))


def _frame_length(header: bytes) -> int:
    """The length of a layer III frame with this header; 0 if it is none."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0 or header[1] & 0x06 != 0x02:
        return 0
    version, rate, sampling = header[1] >> 3 & 3, header[2] >> 4, header[2] >> 2 & 3
    if version == 1 or rate in (0, 15) or sampling == 3:
        return 0
    samples = 144 if version == 3 else 72
    bits = _RATES[version != 3][rate] * 1000
    return samples * bits // _SAMPLING[version][sampling] + (header[2] >> 1 & 1)
