"""Addresses of files by themselves, for platforms that fetch what we send: they end, and say nothing else."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.media.links import DAYS, EXPIRED, MediaLinks
from bridge.model import MediaFile, MessageId
from tests.some_files import photo
from tests.test_media_web import DAY, SHOP, VISITOR, Site
from tests.turned_clock import TurnedClock

PDF = b"%PDF-1.7" + bytes(range(200))


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    opened = Site(tmp_path)
    await opened.open()
    yield opened
    await opened.close()


async def kept(site: Site, data: bytes = PDF, name: str = "счёт.pdf") -> MediaFile:
    async def once() -> AsyncIterator[bytes]:
        yield data

    return await site.media.receive(once(), channel=SHOP, owner=VISITOR, name=name, limit=1_000_000)


async def test_a_file_is_served_with_what_it_is(site: Site):
    made = await kept(site)
    response, body = await site.get(site.links.file_url(made.id, made.name))
    assert response.status == 200 and body == PDF
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["Content-Length"] == str(len(PDF))
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'; ")
    assert response.headers["Content-Disposition"].startswith("attachment; ")


async def test_a_picture_is_a_picture(site: Site):
    made = await kept(site, photo(), "1.jpg")
    response, body = await site.get(site.links.file_url(made.id, made.name))
    assert response.headers["Content-Type"] == "image/jpeg" and body.startswith(b"\xff\xd8")
    assert response.headers["Content-Disposition"].startswith("inline; ") and b"Secret" not in body


async def test_head_and_ranges(site: Site):
    made = await kept(site)
    url = site.links.file_url(made.id, made.name)
    response, body = await site.get(url, "HEAD")
    assert (response.status, response.headers["Content-Length"], body) == (200, str(len(PDF)), b"")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    part, body = await site.get(url, Range="bytes=0-7")
    assert (part.status, body) == (206, b"%PDF-1.7")
    assert part.headers["Content-Range"] == f"bytes 0-7/{len(PDF)}"
    tail, body = await site.get(url, Range="bytes=-3")
    assert (tail.status, body) == (206, PDF[-3:])
    beyond, _ = await site.get(url, Range="bytes=5000-")
    assert beyond.status == 416
    assert (await site.get(url, "POST"))[0].status == 405


@pytest.mark.parametrize("days", [1, DAYS, 30])
async def test_it_ends(site: Site, days: int):
    made = await kept(site)
    url = site.links.file_url(made.id, made.name, days=days)
    site.clock.passes(days * DAY)
    assert (await site.get(url))[0].status == 200
    site.clock.passes(DAY)
    response, body = await site.get(url)
    assert response.status == 410 and PDF not in body
    assert response.headers["Cache-Control"] == "no-store"
    assert (await site.get(site.links.file_url(made.id, made.name)))[0].status == 200


async def test_a_file_that_is_no_longer_here(site: Site):
    made = await kept(site)
    url = site.links.file_url(made.id, made.name)
    (site.folder / "media" / made.id).unlink()
    assert (await site.get(url))[0].status == 404
    assert (await site.get(site.links.file_url("0" * 32, "x")))[0].status == 404


@pytest.mark.parametrize("id", ["../otklik.db", "..%2fotklik.db", "", "/etc/passwd", "a\x00b"])
async def test_no_id_leads_out_of_the_store(site: Site, id: str):
    response, body = await site.get(site.links.file_url(id, "x"))
    assert response.status == 404 and b"SQLite" not in body


async def test_who_has_no_token_gets_nothing(site: Site):
    made = await kept(site)
    url = site.links.file_url(made.id, made.name)
    _, media, token, name = url.split("/")
    body, _, signature = token.rpartition(".")
    others = MediaLinks(b"another key, of 32 bytes or so ..", "", site.clock).file_url(made.id, made.name)
    for wrong in (
        f"/{media}/{made.id}/{name}",
        f"/{media}/{body}.{signature[:-2]}/{name}",
        f"/{media}/{body}./{name}",
        f"/{media}/{body[:-2]}.{signature}/{name}",
        others,
    ):
        response, answer = await site.get(wrong)
        assert response.status == 403 and PDF not in answer, wrong
    for listing in ("/media", "/media/", f"/media/{token}"):
        assert (await site.get(listing))[0].status in (403, 404)


async def test_it_does_not_matter_what_it_is_called(site: Site):
    made = await kept(site)
    token = site.links.file_url(made.id, made.name).split("/")[2]
    response, _ = await site.get(f"/media/{token}/evil.html")
    assert response.headers["Content-Type"] == "application/pdf"


def test_the_two_sorts_of_tokens_are_not_mixed_up():
    links = MediaLinks(b"k" * 32, "https://help.example.ru/", TurnedClock())
    by_message = links.url(MessageId(7), 0, "счёт.pdf")
    by_file = links.file_url("a" * 32, "счёт.pdf")
    assert by_file.startswith("https://help.example.ru/media/") and by_file.endswith(".pdf")
    assert by_file == links.file_url("a" * 32, "счёт.pdf")
    tokens = [url.split("/")[4] for url in (by_message, by_file)]
    assert [links.read(token) for token in tokens] == [(7, 0), None]
    assert [links.read_file(token) for token in tokens] == [None, "a" * 32]
    assert links.read_file("nonsense") is None


def test_one_that_ended_says_so_to_who_reads_it():
    clock = TurnedClock()
    links = MediaLinks(b"k" * 32, "", clock)
    token = links.file_url("a" * 32, "x", days=2).split("/")[2]
    clock.passes(3 * DAY)
    assert links.read_file(token) is EXPIRED
