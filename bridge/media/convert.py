"""Files made into what a platform insists on: smaller JPEGs, PNGs, voice as OGG Opus (if there is an ffmpeg).

Pictures take their time: call those functions in a worker thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps

from bridge.media.pictures import PIXELS, SIDES, alone

log = logging.getLogger(__name__)

_FORMATS: Final = ("JPEG", "PNG", "GIF", "WEBP")
_NOTES: Final = frozenset({"exif", "xmp", "comment", "photoshop"})  # as Pillow calls them
_QUALITIES: Final = (90, 80, 70)  # before the picture is made smaller
_STEP: Final = 0.75  # of a side
_SMALLEST: Final = 32  # pixels of the longer side; who wants less than this in bytes wants no picture

VOICE_SECONDS: Final = 60.0  # that ffmpeg may take
VOICE_LENGTH: Final = 3600  # seconds of sound; what is longer is cut
_AT_ONCE: Final = 2
_HEAD: Final = 4096  # bytes
# What sound comes in. Playlists are not here on purpose: they name other files, which ffmpeg would read.
_CONTAINERS: Final = "aac,ac3,aiff,amr,asf,caf,flac,matroska,mov,mp3,mp4,ogg,wav,webm"

_slots: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = weakref.WeakKeyDictionary()


def jpeg_under(path: Path, most_bytes: int, largest_side: int = SIDES) -> bytes:
    """The picture as a JPEG of so many bytes and pixels of its longer side at most: upright, on white, no notes.

    First the quality goes down, then the size. What is such a JPEG already is returned as it is. Raises ValueError
    if it is no picture, is too large to be decoded, or does not fit however small; OSError when the disk fails.
    """
    with _opened(path) as image:
        if image.format == "JPEG" and image.mode == "RGB" and not image.info.keys() & _NOTES:
            data = path.read_bytes() if path.stat().st_size <= most_bytes else b""
            if data and max(image.size) <= largest_side:
                image.load()  # whole?
                return data
        image.draft(None, (largest_side, largest_side))  # a JPEG is decoded no larger than need be
        profile = image.info.get("icc_profile") if image.mode in ("RGB", "RGBA", "P") else None
        flat = _on_white(ImageOps.exif_transpose(image))
        flat.thumbnail((largest_side, largest_side))
    while True:
        for quality in _QUALITIES:
            data = _saved(flat, "JPEG", quality=quality, optimize=True, icc_profile=profile)
            if len(data) <= most_bytes:
                return data
        side = int(max(flat.size) * _STEP)
        if side < _SMALLEST:
            raise ValueError("no picture of it is that small")
        flat.thumbnail((side, side))


def png(path: Path) -> bytes:
    """The picture as a PNG, with its transparency, upright, without notes; the first frame of one that moves.

    Raises as `jpeg_under`.
    """
    with _opened(path) as image:
        upright = ImageOps.exif_transpose(image)
        return _saved(upright.convert("RGBA" if upright.has_transparency_data else "RGB"), "PNG", optimize=True)


def is_ogg_opus(head: bytes) -> bool:
    """Whether a file that begins so is OGG with Opus, as platforms want voice."""
    return head.startswith(b"OggS\x00\x02") and len(head) > 27 and head.startswith(b"OpusHead", 27 + head[26])


def find_ffmpeg() -> str | None:
    """Where the ffmpeg is that `voice_ogg` would use."""
    return shutil.which("ffmpeg")


async def voice_ogg(path: Path, folder: Path | None = None) -> Path | None:
    """The sound in a file as voice: OGG Opus, mono, 16 kHz, 20 kbit/s; whoever asked deletes the new file.

    It lies in `folder`, or else where temporary files do. None where there is no ffmpeg, or it could not.
    """
    ffmpeg = find_ffmpeg()
    if ffmpeg is None:
        return None
    made = await asyncio.to_thread(_new_file, folder)
    good = False
    try:
        async with _slots.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(_AT_ONCE)):
            good = await _run(ffmpeg, path, made) and await asyncio.to_thread(_is_voice, made)
    finally:
        if not good:
            made.unlink(missing_ok=True)
    return made if good else None


async def _run(ffmpeg: str, path: Path, made: Path) -> bool:
    """Whether ffmpeg says that it wrote `made`."""
    # https://ffmpeg.org/ffmpeg.html; `file:` so that no name is taken for an option or an address
    command = (
        *(ffmpeg, "-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-threads", "1"),
        *("-protocol_whitelist", "file", "-format_whitelist", _CONTAINERS, "-i", f"file:{path}"),
        *("-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1", "-t", str(VOICE_LENGTH)),
        *("-ac", "1", "-ar", "16000", "-c:a", "libopus", "-b:a", "20k", "-application", "voip"),
        *("-f", "ogg", f"file:{made}"),
    )
    nothing = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(*command, stdin=nothing, stdout=nothing, stderr=nothing)
    except OSError as error:
        log.warning("ffmpeg cannot be started: %s", error.strerror)
        return False
    try:
        async with asyncio.timeout(VOICE_SECONDS):
            code = await process.wait()
    except TimeoutError:
        log.warning("ffmpeg took longer than %s seconds", VOICE_SECONDS)
        return False
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code != 0:
        log.warning("ffmpeg could not make voice of a file: it ended with %s", code)
    return code == 0


def _new_file(folder: Path | None) -> Path:
    handle, name = tempfile.mkstemp(prefix="otklik-", suffix=".ogg", dir=folder)
    os.close(handle)
    return Path(name)


def _is_voice(made: Path) -> bool:
    with made.open("rb") as file:
        return is_ogg_opus(file.read(_HEAD))


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """The picture, not decoded yet. What goes wrong with it in the block is a ValueError, unless it is the disk."""
    try:
        with Image.open(path, formats=_FORMATS) as image:
            pixels = image.width * image.height
            if max(image.size) > SIDES or pixels > PIXELS:
                raise ValueError("too large")
            with alone(pixels):
                yield image
    except ValueError:
        raise
    except OSError as error:
        if error.errno is not None:
            raise  # the disk's, not the decoder's
        raise ValueError("no picture") from error
    except Exception as error:  # what hostile files do to decoders is not foreseeable
        raise ValueError(type(error).__name__) from error


def _on_white(image: Image.Image) -> Image.Image:
    """The picture without transparency."""
    if image.mode.startswith("I"):  # 16 bits of grey, which Pillow would cut off instead of scaling
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    flat = Image.new("RGB", image.size, "white")
    flat.paste(image, mask=image.getchannel("A"))
    return flat


def _saved(image: Image.Image, kind: str, *, icc_profile: bytes | None = None, **how: object) -> bytes:
    out = io.BytesIO()
    image.info.clear()  # notes that would be written again
    image.save(out, kind, icc_profile=icc_profile, **how)
    return out.getvalue()
