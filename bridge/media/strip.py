"""Pictures without what cameras and editors write into them: which bytes of a file stay. Nothing is decoded.

Cut at the borders of the format's own blocks, so the picture itself keeps every bit: EXIF with the place, XMP,
IPTC, comments, previews and whatever lies behind the end go; colour profile, transparency and animation stay. Only
blocks that are known to be needed to show the picture are kept.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO, Final

Data = bytes | mmap.mmap
Part = tuple[int, int] | bytes  # bytes of the file from … to …, or bytes that stand in their place

COPIED_AT_ONCE: Final = 1024 * 1024


class Broken(Exception):
    """The file ends too early, or is not built like its type."""


def kept(data: Data, mime: str) -> tuple[list[Part], bool]:
    """What stays of a picture, and whether it is built like one to its end; from where it is not, all stays.

    Raises KeyError for a type that is not in `sniff.PICTURES`.
    """
    walk = _WALKS[mime]
    parts: list[Part] = []
    try:
        for part in walk(data):
            last = parts[-1] if parts else b""
            if isinstance(part, tuple) and isinstance(last, tuple) and last[1] == part[0]:
                parts[-1] = last[0], part[1]
            else:
                parts.append(part)
    except (Broken, IndexError):
        end = max((part[1] for part in parts if isinstance(part, tuple)), default=0)
        return [*parts, (end, len(data))], False
    return parts, True


def is_whole(data: Data, parts: list[Part]) -> bool:
    """Whether nothing has to go: the file can stay as it is."""
    return parts == [(0, len(data))]


def write(data: Data, parts: list[Part], out: BinaryIO) -> None:
    """Write what stays."""
    for part in parts:
        if isinstance(part, bytes):
            out.write(part)
            continue
        start, end = part
        for at in range(start, end, COPIED_AT_ONCE):
            out.write(data[at : min(at + COPIED_AT_ONCE, end)])


def _within(data: Data, end: int) -> int:
    if end > len(data):
        raise Broken
    return end


# JPEG: https://www.w3.org/Graphics/JPEG/itu-t81.pdf, annex B
_SOI, _EOI, _SOS, _COMMENT = 0xD8, 0xD9, 0xDA, 0xFE
_APPS: Final = range(0xE0, 0xF0)
_KEPT_APPS: Final = {0xE0: b"JFIF\x00", 0xE2: b"ICC_PROFILE\x00", 0xEE: b"Adobe"}
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length
_NEXT_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # the end of a scan


def _jpeg(data: Data) -> Iterator[Part]:
    yield 0, 2
    at = 2
    while True:
        if data[at] != 0xFF:
            raise Broken
        while data[at + 1] == 0xFF:  # filling
            at += 1
        marker = data[at + 1]
        if marker == _EOI:
            yield at, at + 2
            return
        if marker in _ALONE:
            yield at, at + 2
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4])
        if length < 2:
            raise Broken
        end = _within(data, at + 2 + length)
        if marker == _SOS:
            found = _NEXT_MARKER.search(data, end)
            if found is None:
                raise Broken
            end = found.start()
        if _jpeg_keeps(marker, data[at + 4 : at + 20]):
            yield at, end
        at = end


def _jpeg_keeps(marker: int, beginning: bytes) -> bool:
    if marker in _APPS:
        return marker in _KEPT_APPS and beginning.startswith(_KEPT_APPS[marker])
    return marker != _COMMENT


# PNG: https://www.w3.org/TR/png-3/#4Concepts.FormatTypes
_PNG_KEPT: Final = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD pHYs acTL fcTL fdAT".split()
)


def _png(data: Data) -> Iterator[Part]:
    yield 0, 8
    at = 8
    while True:
        length, name = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        end = _within(data, at + 12 + length)
        if name in _PNG_KEPT:
            yield at, end
        if name == b"IEND":
            return
        at = end


# GIF: https://www.w3.org/Graphics/GIF/spec-gif89a.txt
_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B
_CONTROL, _APPLICATION = 0xF9, 0xFF
_GIF_APPLICATIONS: Final = frozenset({b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012"})  # repeats, colour profile


def _gif(data: Data) -> Iterator[Part]:
    at = 13 + _colours(data[10])
    yield 0, _within(data, at)
    while at < len(data):
        block = data[at]
        if block == _TRAILER:
            yield at, at + 1
            return
        if block == _IMAGE:
            end = _after_blocks(data, at + 11 + _colours(data[at + 9]))
            yield at, end
        elif block == _EXTENSION:
            end = _after_blocks(data, at + 2)
            label, application = data[at + 1], data[at + 3 : at + 14]
            if label == _CONTROL or (label == _APPLICATION and application in _GIF_APPLICATIONS):
                yield at, end
        else:
            raise Broken
        at = end
    yield bytes([_TRAILER])  # some programs leave it out


def _colours(flags: int) -> int:
    """Bytes of a colour table."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(data: Data, at: int) -> int:
    while size := data[at]:
        at += 1 + size
    return at + 1


# WebP: https://developers.google.com/speed/webp/docs/riff_container
_WEBP_KEPT: Final = frozenset({b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_EXIF_FLAG, _XMP_FLAG = 0x08, 0x04


def _webp(data: Data) -> Iterator[Part]:
    end_of_file = _within(data, 8 + int.from_bytes(data[4:8], "little"))
    parts: list[Part] = []
    at = 12
    while at < end_of_file:
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + size + (size & 1)
        if end > end_of_file:
            raise Broken
        name = data[at : at + 4]
        if name == b"VP8X" and data[at + 8] & (_EXIF_FLAG | _XMP_FLAG):
            parts += [data[at : at + 8] + bytes([data[at + 8] & ~(_EXIF_FLAG | _XMP_FLAG)]), (at + 9, end)]
        elif name in _WEBP_KEPT:
            parts.append((at, end))
        at = end
    length = 4 + sum(len(part) if isinstance(part, bytes) else part[1] - part[0] for part in parts)
    if length + 8 == end_of_file:
        yield 0, 12
    else:
        yield b"RIFF" + length.to_bytes(4, "little") + b"WEBP"
    yield from parts


_WALKS: Final[Mapping[str, Callable[[Data], Iterator[Part]]]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/gif": _gif,
    "image/webp": _webp,
}
