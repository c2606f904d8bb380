"""Files as people send them, made here: pictures with what cameras write into them, and the beginnings of media."""

import asyncio
import io
import struct
import zipfile
import zlib
from typing import Any

from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

from bridge.model import File

PLACE = {1: "N", 2: (55.0, 45.0, 7.0), 3: "E", 4: (37.0, 36.0, 56.0)}  # GPSLatitudeRef …
CAMERA = "SecretCam 3000"
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF>SecretXmp</rdf:RDF></x:xmpmeta>"
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def drawing(width: int = 60, height: int = 40) -> Image.Image:
    """White, with a red square in the corner at the top left."""
    image = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(image).rectangle((0, 0, width // 3, height // 3), fill="red")
    return image


def exif(orientation: int = 1) -> Image.Exif:
    """What a phone writes."""
    notes = Image.Exif()
    notes[0x010F] = CAMERA
    notes[0x0112] = orientation
    notes.get_ifd(0x8825).update(PLACE)
    return notes


def picture(kind: str = "JPEG", image: Image.Image | None = None, **how: Any) -> bytes:
    """A picture without notes."""
    out = io.BytesIO()
    (image or drawing()).save(out, kind, **how)
    return out.getvalue()


def photo(orientation: int = 1, **how: Any) -> bytes:
    """A JPEG as from a phone: place, camera, XMP, IPTC, a comment, a colour profile."""
    plain = picture(exif=exif(orientation), xmp=XMP, comment=b"SecretComment", icc_profile=PROFILE, **how)
    iptc = b"Photoshop 3.0\x008BIM\x04\x04SecretIptc"
    return plain[:2] + b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc + plain[2:]


def png(**how: Any) -> bytes:
    """A PNG with texts and EXIF."""
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "SecretText")
    notes.add_itxt("XML:com.adobe.xmp", XMP.decode())
    notes.add_text("Long", "SecretZip" * 50, zip=True)
    return picture("PNG", pnginfo=notes, exif=exif(), icc_profile=PROFILE, **how)


def webp(orientation: int = 1, **how: Any) -> bytes:
    """A WebP with EXIF and XMP."""
    return picture("WEBP", exif=exif(orientation), xmp=XMP, icc_profile=PROFILE, **how)


def animated(kind: str, frames: int = 3, **how: Any) -> bytes:
    """A picture that moves."""
    images = [Image.new("RGB", (20, 10), colour) for colour in ("red", "green", "blue", "white")[:frames]]
    return picture(kind, images[0], save_all=True, append_images=images[1:], duration=100, loop=0, **how)


def bomb(width: int = 30_000, height: int = 30_000) -> bytes:
    """A PNG of a few bytes that says that it is huge."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    packed = zlib.compress(b"\x00" * (width + 1) * min(height, 100))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def box(name: bytes, *inside: bytes) -> bytes:
    """An MP4 box."""
    body = b"".join(inside)
    return struct.pack(">I", 8 + len(body)) + name + body


def mp4(brand: bytes = b"isom", *tracks: bytes, at_the_end: bool = False) -> bytes:
    """An MP4's skeleton with tracks of these kinds (`vide`, `soun`)."""
    traks = [box(b"trak", box(b"mdia", box(b"hdlr", bytes(8) + kind + bytes(13)))) for kind in tracks]
    moov = box(b"moov", box(b"mvhd", bytes(100)), *traks)
    mdat = box(b"mdat", bytes(100_000 if at_the_end else 100))
    parts = (mdat, moov) if at_the_end else (moov, mdat)
    return box(b"ftyp", brand, bytes(4), b"isom") + b"".join(parts)


def matroska(doctype: bytes = b"webm", *codecs: bytes) -> bytes:
    """The beginning of a Matroska file."""
    header = b"\x42\x82" + bytes([0x80 | len(doctype)]) + doctype
    tracks = b"".join(b"\x86" + bytes([0x80 | len(codec)]) + codec for codec in codecs)
    return b"\x1a\x45\xdf\xa3" + bytes([0x80 | len(header)]) + header + b"\x18\x53\x80\x67" + tracks + bytes(100)


def ogg(codec: bytes = b"OpusHead") -> bytes:
    """The first page of an Ogg file."""
    return b"OggS\x00\x02" + bytes(20) + b"\x01\x13" + codec + bytes(100)


def mp3(*, tagged: bool = True, frames: int = 3) -> bytes:
    """An MP3 of silence, 128 kbit/s at 44.1 kHz."""
    tag = b"ID3\x03\x00\x00\x00\x00\x02\x00" + bytes(256)
    return tag * tagged + (b"\xff\xfb\x90\x00" + bytes(413)) * frames


def wav() -> bytes:
    """A WAV of silence."""
    return b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00" + bytes(50)


def archive(*names: str, mimetype: str = "") -> bytes:
    """A zip archive with these empty files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        for name in (*(["mimetype"] if mimetype else []), *names):
            zipped.writestr(name, mimetype if name == "mimetype" else "")
    return out.getvalue()


class Elsewhere:
    """Opens files of another origin, by `files`: at once, when the gate is opened, or not at all."""

    origin = "telegram:9001"

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked = 0
        self.error: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def fetch(self, file: File, *, most: int) -> bytes:
        self.asked += 1
        await self.gate.wait()
        if self.error:
            raise self.error
        return self.files[file.ref]
