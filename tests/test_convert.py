"""Pictures and voice made into what platforms insist on."""

import asyncio
import io
import itertools
import os
import shutil
import struct
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from bridge.media import convert
from bridge.media.convert import is_ogg_opus, jpeg_under, png, voice_ogg
from bridge.media.sniff import sniff
from tests.some_files import CAMERA, PROFILE, animated, bomb, drawing, mp3, ogg, photo, picture, webp

OPUS = b"OggS\x00\x02" + bytes(20) + b"\x01\x13" + b"OpusHead\x01\x01" + bytes(9)


def noise(width: int, height: int) -> Image.Image:
    return Image.frombytes("RGB", (width, height), os.urandom(width * height * 3))


def written(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "file"
    path.write_bytes(data)
    return path


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_picture_is_made_to_fit(tmp_path: Path, kind: str):
    path = written(tmp_path, picture(kind, noise(900, 600)))
    data = jpeg_under(path, 60_000)
    image = opened(data)
    assert len(data) <= 60_000
    assert image.format == "JPEG"
    assert image.width / image.height == pytest.approx(1.5, abs=0.02)
    assert image.width > 200  # no smaller than need be


def test_the_quality_goes_down_before_the_size(tmp_path: Path):
    path = written(tmp_path, picture("PNG", noise(300, 200)))
    best = len(jpeg_under(path, 10**9))
    data = jpeg_under(path, best - 1)
    assert opened(data).size == (300, 200)
    assert len(data) < best


def test_the_longer_side_has_a_limit(tmp_path: Path):
    path = written(tmp_path, picture("JPEG", drawing(1200, 600)))
    assert opened(jpeg_under(path, 10**6, 400)).size == (400, 200)


def test_a_jpeg_that_fits_stays_as_it_is(tmp_path: Path):
    data = picture("JPEG", drawing())
    assert jpeg_under(written(tmp_path, data), 10**6) == data


def test_notes_are_not_passed_on_and_it_stands_upright(tmp_path: Path):
    data = jpeg_under(written(tmp_path, photo(6)), 10**6)
    assert not [secret for secret in (CAMERA.encode(), b"Secret", b"Exif", b"xmpmeta", b"8BIM") if secret in data]
    image = opened(data)
    assert image.size == (40, 60)
    assert image.getpixel((38, 2))[0] > 200 > image.getpixel((38, 2))[1]  # type: ignore[index]  # red, top right
    assert image.info["icc_profile"] == PROFILE


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_what_is_transparent_becomes_white(tmp_path: Path, kind: str):
    image = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 20, 20))
    flat = opened(jpeg_under(written(tmp_path, picture(kind, image)), 10**6))
    assert flat.mode == "RGB"
    assert min(flat.getpixel((35, 35))) > 240  # type: ignore[arg-type, type-var]
    assert flat.getpixel((5, 5))[2] > 200  # type: ignore[index]


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "CMYK", "I;16"])
def test_every_kind_of_pixels(tmp_path: Path, mode: str):
    image = Image.new("I;16", (40, 40), 128 * 256) if mode == "I;16" else drawing(40, 40).convert(mode)
    kind = "JPEG" if mode == "CMYK" else "PNG"
    flat = opened(jpeg_under(written(tmp_path, picture(kind, image)), 10**6))
    assert (flat.mode, flat.size) == ("RGB", (40, 40))
    if mode == "I;16":
        assert flat.getpixel((5, 5)) == (128, 128, 128)


def test_only_the_first_frame_of_what_moves(tmp_path: Path):
    assert opened(jpeg_under(written(tmp_path, animated("GIF")), 10**6)).format == "JPEG"


@pytest.mark.parametrize("data", [b"", b"nonsense", photo()[:200], picture("PNG")[:60], bomb()])
def test_what_is_no_picture_or_a_bomb_is_refused(tmp_path: Path, data: bytes):
    path = written(tmp_path, data)
    for convert_it in (lambda: jpeg_under(path, 10**6), lambda: png(path)):
        with pytest.raises(ValueError):
            convert_it()


def test_what_cannot_be_that_small_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="small"):
        jpeg_under(written(tmp_path, picture("PNG", noise(100, 100))), 100)


def test_a_file_that_is_not_there_is_the_disks_matter(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        jpeg_under(tmp_path / "none", 10**6)


def test_a_sticker_becomes_a_png_with_its_transparency(tmp_path: Path):
    image = Image.new("RGBA", (512, 512), (255, 0, 0, 0))
    image.paste((0, 200, 0, 255), (0, 0, 100, 100))
    made = opened(png(written(tmp_path, picture("WEBP", image, lossless=True))))
    assert (made.format, made.mode, made.size) == ("PNG", "RGBA", (512, 512))
    assert made.getpixel((400, 400))[3] == 0  # type: ignore[index]
    assert made.getpixel((50, 50)) == (0, 200, 0, 255)


def test_a_png_has_no_notes(tmp_path: Path):
    data = png(written(tmp_path, webp(6)))
    assert not [secret for secret in (CAMERA.encode(), b"Secret", b"eXIf", b"iTXt") if secret in data]
    assert opened(data).size == (40, 60)


def test_ogg_opus_is_known_by_its_head():
    assert is_ogg_opus(OPUS)
    assert not is_ogg_opus(ogg(b"\x01vorbis"))
    assert not is_ogg_opus(mp3())
    assert not is_ogg_opus(OPUS[:26])
    assert not is_ogg_opus(b"")


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Puts a program called ffmpeg into an otherwise empty PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def putting(script: str) -> None:
        path = folder / "ffmpeg"
        path.write_text(f"#!{sys.executable}\nimport sys, time\nfrom pathlib import Path\n{script}\n")
        path.chmod(0o755)

    return putting


COPY = """
source = Path(sys.argv[sys.argv.index("-i") + 1].removeprefix("file:"))
made = Path(sys.argv[-1].removeprefix("file:"))
"""


async def test_voice_is_made_by_ffmpeg(tmp_path: Path, put):
    put(f"{COPY}\nmade.write_bytes({OPUS!r} + source.read_bytes())")
    folder = tmp_path / "made"
    folder.mkdir()
    made = await voice_ogg(written(tmp_path, b"sound"), folder)
    assert made is not None
    assert made.parent == folder
    assert made.suffix == ".ogg"
    assert made.read_bytes() == OPUS + b"sound"


async def test_ffmpeg_may_read_nothing_but_the_file(tmp_path: Path, put):
    put(f"{COPY}\nmade.write_bytes({OPUS!r} + '\\n'.join(sys.argv).encode())")
    made = await voice_ogg(written(tmp_path, b"sound"), tmp_path)
    assert made is not None
    said = made.read_bytes()[len(OPUS) :].decode().split("\n")
    told = dict(itertools.pairwise(said))
    assert told["-protocol_whitelist"] == "file"
    assert not {"hls", "concat", "concatf", "dash", "sdp", "image2"} & set(told["-format_whitelist"].split(","))
    assert (told["-c:a"], told["-ar"], told["-ac"]) == ("libopus", "16000", "1")


async def test_without_ffmpeg_there_is_none(tmp_path: Path, put):
    assert await voice_ogg(written(tmp_path, b"sound"), tmp_path) is None
    assert convert.find_ffmpeg() is None


@pytest.mark.parametrize(
    "script",
    ["sys.exit(1)", "pass", f"{COPY}\nmade.write_bytes(b'something else')", f"{COPY}\nmade.unlink()\nsys.exit(3)"],
)
async def test_an_ffmpeg_that_fails_leaves_nothing_behind(tmp_path: Path, put, script: str):
    put(script)
    folder = tmp_path / "made"
    folder.mkdir()
    assert await voice_ogg(written(tmp_path, b"sound"), folder) is None
    assert list(folder.iterdir()) == []


async def test_an_ffmpeg_that_cannot_be_started(tmp_path: Path, put):
    put("")
    (tmp_path / "bin" / "ffmpeg").write_text("#!/no/such/program\n")
    assert await voice_ogg(written(tmp_path, b"sound"), tmp_path / "bin") is None
    assert [path.name for path in (tmp_path / "bin").iterdir()] == ["ffmpeg"]


async def test_an_ffmpeg_that_hangs_is_ended(tmp_path: Path, put, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(convert, "VOICE_SECONDS", 0.2)
    put("time.sleep(1000)")
    folder = tmp_path / "made"
    folder.mkdir()
    began = time.monotonic()
    assert await voice_ogg(written(tmp_path, b"sound"), folder) is None
    assert time.monotonic() - began < 100
    assert list(folder.iterdir()) == []


async def test_who_stops_waiting_stops_ffmpeg(tmp_path: Path, put):
    put(f"{COPY}\nPath({str(tmp_path / 'runs')!r}).touch()\ntime.sleep(1000)")
    folder = tmp_path / "made"
    folder.mkdir()
    task = asyncio.create_task(voice_ogg(written(tmp_path, b"sound"), folder))
    while not (tmp_path / "runs").exists():  # noqa: ASYNC110
        await asyncio.sleep(0.01)  # it is another program that writes
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg here")
async def test_the_real_ffmpeg(tmp_path: Path):
    rate, seconds = 8000, 1
    sound = struct.pack(f"<{rate * seconds}h", *(int(9000 * ((i // 10) % 2)) for i in range(rate * seconds)))
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(sound), b"WAVE", b"fmt ", 16, 1, 1, rate, rate * 2,
                       2, 16, b"data", len(sound))  # fmt: skip
    made = await voice_ogg(written(tmp_path, head + sound), tmp_path)
    assert made is not None
    with made.open("rb") as file:
        assert sniff(file).mime == "audio/ogg"
    playlist = f"#EXTM3U\n#EXTINF:1,\nfile://{made}\n#EXT-X-ENDLIST\n".encode()
    assert await voice_ogg(written(tmp_path, playlist), tmp_path) is None
