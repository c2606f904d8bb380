"""Pictures of strangers made safe to pass on: within limits, whole, upright, and without the camera's notes.

Everything here takes its time: call it in a worker thread.
"""

from __future__ import annotations

import contextlib
import io
import logging
import mmap
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageOps, JpegImagePlugin

from bridge.media import strip

log = logging.getLogger(__name__)

SIDES: Final = 10_000  # pixels
PIXELS: Final = 50_000_000  # more are never decoded: a few bytes can claim to be a picture of gigabytes
BIG: Final = 12_000_000  # pixels; of such pictures only one at a time is decoded
AVATAR_SIDE: Final = 256
QUALITY: Final = 92  # of pictures that have to be written anew, where the old one's cannot be taken over

_ORIENTATION: Final = 0x0112  # https://www.cipa.jp/std/documents/download_e.html?DC-008-Translation-2023-E
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_FORMATS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP"}

_big = threading.Lock()


@dataclass(frozen=True, slots=True)
class Picture:
    """What a good picture is, as people see it."""

    width: int
    height: int


def clean(path: Path, mime: str) -> Picture | None:
    """Rewrite the picture in the file at `path` without notes; a file that has none is not touched.

    None: it cannot be shown as a picture (broken, or too large to be decoded); notes that were found are gone all
    the same. `mime` is one of `sniff.PICTURES`. Raises OSError when the disk fails.
    """
    seen = _look(path, mime)
    if seen is not None and seen.turn is not None:
        with _replacing(path) as new:
            if not _turn(path, new, mime, seen):
                seen = None
    whole = _strip(path, mime)
    return Picture(*seen.size) if seen is not None and whole else None


@dataclass(frozen=True, slots=True)
class _Seen:
    size: tuple[int, int]  # once it is upright
    turn: Image.Transpose | None


def _look(path: Path, mime: str) -> _Seen | None:
    """Decode a picture to see that it can be; None where it cannot."""
    try:
        with Image.open(path, formats=(_FORMATS[mime],)) as image:
            width, height = image.size
            if max(width, height) > SIDES or width * height > PIXELS:
                return None
            jpeg = isinstance(image, JpegImagePlugin.JpegImageFile)
            if jpeg:
                image.draft(None, (max(1, width // 8), max(1, height // 8)))  # reads all, in an eighth of the sides
            with alone(0 if jpeg else width * height):
                image.load()
                turn = _turn_of(image) if jpeg or not getattr(image, "is_animated", False) else None
    except Exception as error:  # what hostile files do to decoders is not foreseeable
        log.info("a picture cannot be decoded: %s", type(error).__name__)
        return None
    turned = turn in (_TURNS[5], _TURNS[6], _TURNS[7], _TURNS[8])
    return _Seen((height, width) if turned else (width, height), turn)


def _turn_of(image: Image.Image) -> Image.Transpose | None:
    """How to turn it so that it stands upright without the camera's note."""
    try:
        return _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # notes that cannot be read turn nothing in a browser either
        return None


def _turn(path: Path, new: Path, mime: str, seen: _Seen) -> bool:
    """Write the picture anew, upright, as much like the old one as its format can."""
    assert seen.turn is not None
    try:
        with Image.open(path, formats=(_FORMATS[mime],)) as image, alone(seen.size[0] * seen.size[1]):
            how = _like(image, path)
            image.load()
            upright = image.transpose(seen.turn)
            upright.save(new, _FORMATS[mime], icc_profile=image.info.get("icc_profile"), **how)
    except OSError as error:
        if error.errno is not None:
            raise  # the disk's, not the decoder's
        return False
    except Exception as error:
        log.info("a picture cannot be turned: %s", type(error).__name__)
        return False
    return True


def _like(image: Image.Image, path: Path) -> dict[str, Any]:
    """How to save a picture so that it loses as little as can be."""
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        sampling = JpegImagePlugin.get_sampling(image)
        return {
            "qtables": image.quantization,
            "subsampling": sampling if sampling in (0, 2) else 0,  # 4:2:2 lies on its side now
            "progressive": bool(image.info.get("progressive")),
        }
    if image.format == "WEBP":
        with path.open("rb") as file:
            return {"lossless": b"VP8L" in file.read(4096), "quality": QUALITY, "exact": True}
    return {}


def _strip(path: Path, mime: str) -> bool:
    """Take out the notes; whether the file is built like a picture to its end."""
    with (
        _replacing(path) as new,
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        parts, whole = strip.kept(data, mime)
        if not strip.is_whole(data, parts):
            with new.open("wb") as out:
                strip.write(data, parts, out)
    return whole


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A place beside `path` whose file takes its place, if one was written and nothing was raised."""
    new = path.with_name(path.name + ".new")
    try:
        yield new
        if new.exists():
            new.replace(path)
    finally:
        new.unlink(missing_ok=True)


@contextlib.contextmanager
def alone(pixels: int) -> Iterator[None]:
    """Big pictures one after the other: two of them would be hundreds of megabytes of pixels."""
    with _big if pixels > BIG else contextlib.nullcontext():
        yield


def avatar(path: Path) -> bytes:
    """The picture at `path` as a small WebP with nothing else in it. Raises OSError or ValueError if it is none."""
    try:
        with Image.open(path, formats=tuple(_FORMATS.values())) as image:
            if max(image.size) > SIDES or image.width * image.height > PIXELS:
                raise ValueError("too large")
            image.draft(None, (AVATAR_SIDE * 2, AVATAR_SIDE * 2))
            small = ImageOps.exif_transpose(image)
            small = small.convert("RGBA" if small.has_transparency_data else "RGB")
            small.thumbnail((AVATAR_SIDE, AVATAR_SIDE))
            out = io.BytesIO()
            small.save(out, "WEBP", quality=QUALITY)
    except (OSError, ValueError):
        raise
    except Exception as error:
        raise ValueError(type(error).__name__) from error
    return out.getvalue()
