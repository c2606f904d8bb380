"""Files by their content; pictures without what cameras write into them, and never a bomb."""

import io
import struct
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bridge.media import pictures, strip
from bridge.media.pictures import Picture, clean
from bridge.media.sniff import PICTURES, sniff
from bridge.model import Kind
from tests.some_files import (
    CAMERA,
    PROFILE,
    animated,
    archive,
    bomb,
    box,
    drawing,
    matroska,
    mp3,
    mp4,
    ogg,
    photo,
    picture,
    png,
    wav,
    webp,
)

SECRETS = (CAMERA.encode(), b"Secret", b"Exif", b"xmpmeta", b"8BIM", b"tEXt", b"iTXt", b"zTXt", b"eXIf", b"XMP ")
OFFICE = "application/vnd.openxmlformats-officedocument."


def cleaned(tmp_path: Path, data: bytes) -> tuple[Picture | None, bytes]:
    """What becomes of a picture."""
    path = tmp_path / "file"
    path.write_bytes(data)
    found = clean(path, sniff(io.BytesIO(data)).mime)
    assert [file.name for file in tmp_path.iterdir()] == ["file"]
    return found, path.read_bytes()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def is_red(image: Image.Image, x: int, y: int) -> bool:
    red, green, blue = image.convert("RGB").getpixel((x, y))
    return red > 200 and green < 60 and blue < 60


@pytest.mark.parametrize(
    ("data", "kind", "mime"),
    [
        (picture("JPEG"), Kind.PHOTO, "image/jpeg"),
        (picture("PNG"), Kind.PHOTO, "image/png"),
        (picture("GIF"), Kind.PHOTO, "image/gif"),
        (animated("GIF"), Kind.PHOTO, "image/gif"),
        (picture("WEBP"), Kind.PHOTO, "image/webp"),
        (picture("WEBP", lossless=True), Kind.PHOTO, "image/webp"),
        (mp4(b"isom", b"vide", b"soun"), Kind.VIDEO, "video/mp4"),
        (mp4(b"mp42", b"soun", b"vide", at_the_end=True), Kind.VIDEO, "video/mp4"),
        (mp4(b"qt  ", b"vide"), Kind.VIDEO, "video/quicktime"),
        (mp4(b"mp42", b"soun"), Kind.AUDIO, "audio/mp4"),
        (mp4(b"M4A ", b"soun"), Kind.AUDIO, "audio/mp4"),
        (mp4(b"M4A "), Kind.AUDIO, "audio/mp4"),
        (matroska(b"webm", b"V_VP9", b"A_OPUS"), Kind.VIDEO, "video/webm"),
        (matroska(b"webm", b"A_OPUS"), Kind.AUDIO, "audio/webm"),
        (matroska(b"webm"), Kind.VIDEO, "video/webm"),
        (ogg(b"OpusHead"), Kind.AUDIO, "audio/ogg"),
        (ogg(b"\x01vorbis"), Kind.AUDIO, "audio/ogg"),
        (mp3(), Kind.AUDIO, "audio/mpeg"),
        (mp3(tagged=False), Kind.AUDIO, "audio/mpeg"),
        (wav(), Kind.AUDIO, "audio/wav"),
        (b"%PDF-1.7\n", Kind.DOCUMENT, "application/pdf"),
        (archive("a.txt"), Kind.DOCUMENT, "application/zip"),
        (
            archive("[Content_Types].xml", "word/document.xml"),
            Kind.DOCUMENT,
            f"{OFFICE}wordprocessingml.document",
        ),
        (archive("[Content_Types].xml", "xl/workbook.xml"), Kind.DOCUMENT, f"{OFFICE}spreadsheetml.sheet"),
        (
            archive(mimetype="application/vnd.oasis.opendocument.text"),
            Kind.DOCUMENT,
            "application/vnd.oasis.opendocument.text",
        ),
        (archive(mimetype="text/html"), Kind.DOCUMENT, "application/zip"),
        (mp4(b"heic"), Kind.DOCUMENT, "image/heic"),
        (mp4(b"avif"), Kind.DOCUMENT, "image/avif"),
        (matroska(b"matroska", b"V_MPEG4"), Kind.DOCUMENT, "video/x-matroska"),
        (ogg(b"\x80theora"), Kind.DOCUMENT, "application/ogg"),
    ],
)
def test_a_file_is_what_its_content_says(data: bytes, kind: Kind, mime: str):
    found = sniff(io.BytesIO(data))
    assert (found.kind, found.mime) == (kind, mime)


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<!doctype html><script>alert(1)</script>",
        b"<?xml version='1.0'?><a/>",
        b"MZ" + bytes(300),
        b"\x7fELF" + bytes(300),
        b"#!/bin/sh\n",
        b"ID3 is a tag",
        b"ID3\x03\x00\x00\x00\x00\x00\x0a" + bytes(10) + b"<script>alert(1)</script>",
        b"\xff\xfb\x90\x00<script>alert(1)</script>" + bytes(500),
        b"RIFF....WEBP<script>",
        box(b"ftyp", b"isom", bytes(4)) + b"<script>alert(1)</script>",
        box(b"ftyp", b"isom", bytes(4)) + struct.pack(">I", 0) + b"moov",
        struct.pack(">I", 20) + b"ftypisom" + bytes(8) + struct.pack(">I", 1) + b"free" + bytes(8),
        box(b"ftyp", b"isom", bytes(4)) + b"\x00\x00\x00\x01free" + b"\xff" * 8,
        mp4(b"isom"),
        b"BM hello",
        b"GIF88a",
        b"\x00",
        b"PK",
        b"hello",
        "Привет".encode(),
    ],
)
def test_what_browsers_do_not_play_is_a_document_of_no_type(data: bytes):
    found = sniff(io.BytesIO(data))
    assert (found.kind, found.mime) == (Kind.DOCUMENT, "application/octet-stream")


@given(
    st.binary(max_size=200),
    st.sampled_from(
        [b"", b"\xff\xd8\xff", b"GIF89a", b"OggS\x00\x02", b"PK\x03\x04", b"ID3", b"\x00\x00\x00\x08ftyp"]
    ),
)
def test_garbage_is_no_reason_to_fall_over(data: bytes, beginning: bytes):
    sniff(io.BytesIO(beginning + data))


@given(st.data())
def test_a_picture_with_broken_bytes_does_not_stop_the_walk(data: st.DataObject):
    whole = data.draw(st.sampled_from([photo(), png(), webp(), animated("GIF")]))
    mime = sniff(io.BytesIO(whole)).mime
    at = data.draw(st.integers(16, len(whole)))
    broken = whole[:at] + data.draw(st.binary(max_size=8)) + whole[at + data.draw(st.integers(0, 50)) :]
    parts, _ = strip.kept(broken, mime)
    out = io.BytesIO()
    strip.write(broken, parts, out)
    assert len(out.getvalue()) <= len(broken) + 1


@pytest.mark.parametrize(
    "data",
    [photo(), png(), webp(), webp(lossless=True), photo(progressive=True), animated("WEBP", xmp=b"SecretXmp")],
    ids=["jpeg", "png", "webp", "lossless webp", "progressive", "animated webp"],
)
def test_notes_go_and_not_one_pixel_changes(tmp_path: Path, data: bytes):
    assert b"Secret" in data
    found, left = cleaned(tmp_path, data)
    before, after = opened(data), opened(left)
    assert found == Picture(*before.size)
    assert not [secret for secret in SECRETS if secret in left]
    assert not after.getexif() and len(left) < len(data)
    assert after.tobytes() == before.tobytes()
    assert after.info.get("icc_profile") == before.info.get("icc_profile")
    assert getattr(after, "n_frames", 1) == getattr(before, "n_frames", 1)


def test_the_colour_profile_stays(tmp_path: Path):
    for data in (photo(), png(), webp(), photo(orientation=6), webp(orientation=3)):
        assert opened(cleaned(tmp_path, data)[1]).info["icc_profile"] == PROFILE


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_a_picture_without_notes_is_not_touched(tmp_path: Path, kind: str):
    for data in (picture(kind), animated(kind) if kind != "JPEG" else picture(kind, progressive=True)):
        assert cleaned(tmp_path, data)[1] == data


def test_a_gif_loses_comments_and_what_lies_behind_its_end_and_still_moves(tmp_path: Path):
    plain = animated("GIF")
    noted = animated("GIF", comment=b"SecretComment")
    xmp = b"\x21\xff\x0bXMP DataXMP" + b"\x09SecretXmp" + b"\x01\x00"[:1] + b"x\x00"
    noted = noted[:-1] + xmp + b";" + b"<script>alert(1)</script>"
    found, left = cleaned(tmp_path, noted)
    assert found == Picture(20, 10)
    assert b"Secret" not in left and b"script" not in left
    assert opened(left).n_frames == 3 and opened(left).info["loop"] == opened(plain).info["loop"]


def test_a_gif_whose_last_byte_is_missing_is_mended(tmp_path: Path):
    whole = animated("GIF")
    assert cleaned(tmp_path, whole[:-1]) == (Picture(20, 10), whole)


def test_what_phones_put_behind_a_photo_goes(tmp_path: Path):
    film = mp4(b"isom", b"vide") + b"SecretPlace"
    second = photo()
    mpf = picture("MPO", save_all=True, append_images=[drawing()], exif=b"")
    found, left = cleaned(tmp_path, photo() + film + second)
    assert found and b"Secret" not in left and left.endswith(b"\xff\xd9") and left.count(b"\xff\xd8\xff") == 1
    found, left = cleaned(tmp_path, mpf)
    assert found and b"MPF" not in left and opened(left).format == "JPEG"


# Where the square that was at the top left stands once the note is followed, in eighths of width and height.
@pytest.mark.parametrize(
    ("orientation", "corner"),
    [(2, (7, 1)), (3, (7, 7)), (4, (1, 7)), (5, (1, 1)), (6, (7, 1)), (7, (7, 7)), (8, (1, 7))],
)
def test_a_picture_that_lies_on_its_side_is_turned(tmp_path: Path, orientation: int, corner: tuple[int, int]):
    for data in (photo(orientation), webp(orientation), webp(orientation, lossless=True)):
        found, left = cleaned(tmp_path, data)
        image = opened(left)
        assert found == Picture(*image.size)
        assert image.size == ((40, 60) if orientation >= 5 else (60, 40))
        assert is_red(image, image.width * corner[0] // 8, image.height * corner[1] // 8)
        assert not image.getexif() and not [secret for secret in SECRETS if secret in left]


def test_turning_keeps_the_quality(tmp_path: Path):
    data = photo(6, quality=97, subsampling=0)
    _, left = cleaned(tmp_path, data)
    assert opened(left).quantization == opened(data).quantization
    assert 0.7 < len(left) / len(picture(quality=97, subsampling=0, icc_profile=PROFILE)) < 1.3
    lossless = webp(6, lossless=True)
    _, left = cleaned(tmp_path, lossless)
    assert opened(left).tobytes() == opened(lossless).transpose(Image.Transpose.ROTATE_270).tobytes()


def test_a_print_shops_jpeg_keeps_its_colours(tmp_path: Path):
    data = picture(image=drawing().convert("CMYK"), exif=b"")
    assert cleaned(tmp_path, data) == (Picture(60, 40), data)
    turned = picture(image=drawing().convert("CMYK"), exif=photo_exif(6))
    image = opened(cleaned(tmp_path, turned)[1])
    assert image.mode == "CMYK" and is_red(image, 35, 5)


def photo_exif(orientation: int) -> Image.Exif:
    notes = Image.Exif()
    notes[0x0112] = orientation
    return notes


@pytest.mark.parametrize("size", [(30_000, 30_000), (10_001, 10), (10, 10_001), (9_000, 9_000)])
def test_a_bomb_is_never_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]):
    def never(*_: object) -> None:
        pytest.fail("decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", never)
    data = bomb(*size)
    assert cleaned(tmp_path, data) == (None, data)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "GIF"])
def test_a_huge_picture_of_any_type_is_no_picture(tmp_path: Path, kind: str):
    assert cleaned(tmp_path, picture(kind, Image.new("L", (10_001, 2))))[0] is None


def test_a_large_picture_that_is_not_shown_loses_its_notes_too(tmp_path: Path):
    data = picture(image=Image.new("L", (10_001, 2)), xmp=b"SecretXmp")
    found, left = cleaned(tmp_path, data)
    assert found is None and b"Secret" not in left


@pytest.mark.parametrize(
    "data",
    [photo()[:-300], picture()[:-2], png()[:-30], webp()[:-40], picture("GIF")[:-8], picture()[:30], b"GIF89a"],
)
def test_a_picture_that_ends_too_early_is_none(tmp_path: Path, data: bytes):
    assert cleaned(tmp_path, data)[0] is None


def test_a_page_in_the_clothes_of_a_picture_is_none(tmp_path: Path):
    for page in (
        b"GIF89a/*<script>alert(1)</script>*/=1;",
        b"\xff\xd8\xff<html><script>alert(1)</script>",
        b"\x89PNG\r\n\x1a\n<script>alert(1)</script>",
        b"RIFF\x30\x00\x00\x00WEBPVP8 <script>alert(1)</script>",
    ):
        assert cleaned(tmp_path, page) == (None, page)


def test_a_png_with_wrong_sums_is_none(tmp_path: Path):
    data = picture("PNG")
    at = data.index(b"IDAT") + 10
    assert cleaned(tmp_path, data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :])[0] is None


def test_big_pictures_are_decoded_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pictures, "BIG", 100)
    path = tmp_path / "file"
    path.write_bytes(png())
    done = threading.Event()

    def work() -> None:
        clean(path, "image/png")
        done.set()

    with pictures._big:
        thread = threading.Thread(target=work)
        thread.start()
        assert not done.wait(0.05)
    thread.join(10)
    assert done.is_set()


def test_an_avatar_is_small_and_has_no_notes(tmp_path: Path):
    path = tmp_path / "anna.jpg"
    path.write_bytes(picture(image=drawing(1200, 600), exif=photo_exif(6), xmp=b"SecretXmp"))
    data = pictures.avatar(path)
    image = opened(data)
    assert (image.format, image.size) == ("WEBP", (128, 256)) and is_red(image, 120, 10)
    assert b"Secret" not in data and len(data) < 10_000


def test_an_avatar_must_be_a_picture(tmp_path: Path):
    path = tmp_path / "anna.jpg"
    for data in (b"<svg/>", bomb(), picture()[:100]):
        path.write_bytes(data)
        with pytest.raises((OSError, ValueError)):
            pictures.avatar(path)


def test_every_picture_type_can_be_cleaned():
    assert set(strip._WALKS) == set(pictures._FORMATS) == PICTURES
