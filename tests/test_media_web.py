"""Files over real HTTP: nothing of a stranger runs, players can seek, addresses end."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp import web

from bridge.catalogue import Catalogue
from bridge.contracts import FileGone
from bridge.media.avatars import Avatars
from bridge.media.links import MediaLinks
from bridge.media.store import MediaStore, attachment
from bridge.model import (
    Attachment,
    ChannelName,
    Content,
    Direction,
    ExternalId,
    File,
    Kind,
    Message,
    MessageId,
    Profile,
)
from bridge.web.media import media_routes
from bridge.web.server import WebServer, make_app
from storage.sqlite import open_store
from storage.store import Transaction
from tests.some_files import Elsewhere, archive, mp3, mp4, ogg, photo, picture, png, webp
from tests.turned_clock import TurnedClock, until

SHOP = ChannelName("shop")
VISITOR = ExternalId("visitor")
DAY = 24 * 3600.0


class Site:
    """The route on a real store and a real server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = TurnedClock()
        self.telegram = Elsewhere()

    async def open(self) -> None:
        self.store = await open_store(self.folder / "otklik.db", self.clock)
        self.media = MediaStore(
            self.folder / "media", self.store, self.clock, {self.telegram.origin: self.telegram}
        )
        self.links = MediaLinks(await self.store.write(lambda tx: tx.server_key("media")), "", self.clock)
        anna = self.folder / "anna.jpg"
        anna.write_bytes(photo(6))
        (self.folder / "broken.jpg").write_bytes(b"<svg/>")
        self.avatars = Avatars({"1": anna, "2": self.folder / "broken.jpg", "3": self.folder / "none.jpg"})
        routes = [
            *media_routes(self.media, self.links, self.store, Catalogue("ru")),
            web.get("/avatar/{id}", self._avatar),
        ]
        self.server = WebServer(make_app({}, lambda: True, routes), "127.0.0.1", 0)
        await self.server.start()
        self.http = aiohttp.ClientSession(f"http://127.0.0.1:{self.server.port}")
        self.customer = await self.store.write(lambda tx: tx.add_customer(SHOP, VISITOR, Profile()).id)

    async def _avatar(self, request: web.Request) -> web.Response:
        return await self.avatars.answer(request, request.match_info["id"])

    async def close(self) -> None:
        await self.http.close()
        await self.server.stop()
        await self.store.close()

    async def message(self, *attachments: Attachment) -> Message:
        def work(tx: Transaction) -> Message:
            return tx.add_message(
                customer=self.customer,
                conversation=None,
                direction=Direction.OUT,
                content=Content(attachments=attachments),
                written_at=tx.now,
            )

        return await self.store.write(work)

    async def uploaded(self, data: bytes, name: str = "file", kind: Kind | None = None) -> str:
        """The address of a file that a visitor sent."""

        async def once() -> AsyncIterator[bytes]:
            yield data

        made = await self.media.receive(once(), channel=SHOP, owner=VISITOR, name=name, limit=10_000_000)
        sent = attachment(made)
        return self.url(await self.message(replace(sent, kind=kind) if kind else sent), name=name)

    async def answered(self, data: bytes, name: str = "", kind: Kind = Kind.PHOTO) -> str:
        """The address of a file that an operator sent."""
        ref = f"AgAC{len(self.telegram.files)}"
        self.telegram.files[ref] = data
        file = File(origin=self.telegram.origin, ref=ref)
        return self.url(await self.message(Attachment(kind=kind, file=file, name=name)), name=name)

    def url(self, message: Message, item: int = 0, name: str = "file") -> str:
        return self.links.url(message.id, item, name)

    async def get(self, url: str, method: str = "GET", **headers: str) -> tuple[aiohttp.ClientResponse, bytes]:
        async with self.http.request(method, url, headers=headers) as response:
            return response, await response.read()


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    opened = Site(tmp_path)
    await opened.open()
    yield opened
    await opened.close()


async def test_a_picture_is_shown_in_place_and_kept_by_the_browser(site: Site):
    url = await site.uploaded(photo(), "моё фото.jpg")
    response, body = await site.get(url)
    assert response.status == 200 and body.startswith(b"\xff\xd8") and b"Secret" not in body
    headers = response.headers
    assert headers["Content-Type"] == "image/jpeg"
    assert headers["Content-Disposition"].startswith("inline; ")
    assert headers["Content-Disposition"].endswith(f"filename*=UTF-8''{quote('моё фото.jpg')}")
    assert headers["Cache-Control"] == "private, max-age=604800, immutable"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'; ")
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Last-Modified" in headers and "Content-Encoding" not in headers
    again, nothing = await site.get(url, **{"If-None-Match": headers["ETag"]})
    assert again.status == 304 and nothing == b""


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (png(), "image/png"),
        (picture("GIF"), "image/gif"),
        (webp(), "image/webp"),
        (mp4(b"isom", b"vide"), "video/mp4"),
        (mp4(b"M4A ", b"soun"), "audio/mp4"),
        (ogg(), "audio/ogg"),
        (mp3(), "audio/mpeg"),
    ],
)
async def test_what_browsers_play_is_served_in_place_whatever_it_is_called(site: Site, data: bytes, mime: str):
    response, _ = await site.get(await site.uploaded(data, "evil.html"))
    assert response.headers["Content-Type"] == mime
    assert response.headers["Content-Disposition"].startswith("inline; ")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "a.svg"),
        (b"<!doctype html><script>alert(1)</script>", "a.html"),
        (b"<!doctype html><script>alert(1)</script>", "a.jpg"),
        (b"<?xml version='1.0'?><?xml-stylesheet href='a'?><a/>", "a.xml"),
        (b"GIF89a/*<script>alert(1)</script>*/=1;", "a.gif"),
        (b"%PDF-1.7 <script>", "a.pdf"),
        (b"MZ" + bytes(100), "a.exe"),
        (archive("a.html"), "a.zip"),
        (b"alert(1)", "a.js"),
        (b"@import 'x'", "a.css"),
        (b"{}", "manifest.json"),
        (b"hello", "a.txt"),
    ],
)
async def test_all_else_is_only_a_download(site: Site, data: bytes, name: str):
    for url in (await site.uploaded(data, name), await site.answered(data, name, Kind.PHOTO)):
        response, body = await site.get(url)
        assert body == data
        assert (
            response.headers["Content-Disposition"] == f"attachment; filename=\"{name}\"; filename*=UTF-8''{name}"
        )
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response.headers["Content-Security-Policy"]
        assert response.headers["Content-Type"] in (
            "application/octet-stream",
            "application/pdf",
            "application/zip",
        )


async def test_a_picture_that_was_sent_as_a_document_is_a_download_and_clean(site: Site):
    response, body = await site.get(await site.answered(photo(), "scan.jpg", Kind.DOCUMENT))
    assert response.headers["Content-Disposition"].startswith("attachment; ")
    assert response.headers["Content-Type"] == "image/jpeg" and b"Secret" not in body


async def test_a_name_cannot_break_out_of_its_header(site: Site):
    response, _ = await site.get(await site.uploaded(b"x", 'a"; filename="b.html\r\nSet-Cookie: a=b'))
    assert "Set-Cookie" not in response.headers
    assert response.headers["Content-Disposition"].count('"') == 2


async def test_players_can_seek(site: Site):
    data = mp4(b"isom", b"vide", at_the_end=True)
    url = await site.uploaded(data, "film.mp4")
    response, body = await site.get(url, Range="bytes=100-199")
    assert response.status == 206 and body == data[100:200]
    assert response.headers["Content-Range"] == f"bytes 100-199/{len(data)}"
    assert response.headers["Content-Type"] == "video/mp4"
    response, body = await site.get(url, Range="bytes=-50")
    assert response.status == 206 and body == data[-50:]
    response, _ = await site.get(url, Range=f"bytes={len(data)}-")
    assert response.status == 416
    response, body = await site.get(url, "HEAD")
    assert response.status == 200 and body == b""
    assert response.headers["Content-Length"] == str(len(data)) and response.headers["Accept-Ranges"] == "bytes"


async def test_an_address_that_we_did_not_sign_is_refused_in_words(site: Site):
    url = await site.uploaded(b"x")
    token = url.split("/")[2]
    for wrong in ("x", token[:-2], token + "A", "%00", "..%2f..%2fotklik.db"):
        response, body = await site.get(f"/media/{wrong}/file")
        assert response.status == 403, wrong
        assert body.decode().strip() == Catalogue("ru")("media-refused")
        assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert response.headers["Cache-Control"] == "no-store"


async def test_an_address_ends_after_a_week(site: Site):
    url = await site.uploaded(b"x")
    site.clock.passes(7 * DAY)
    assert (await site.get(url))[0].status == 200
    site.clock.passes(DAY)
    response, body = await site.get(url)
    assert response.status == 410 and body.decode().strip() == Catalogue("ru")("media-expired")


async def test_a_platform_may_fetch_a_file_for_the_days_that_it_was_promised(site: Site):
    data = mp4(b"isom", b"vide")
    token = (await site.uploaded(data, "клип.mp4")).split("/")[2]
    message = site.links.read(token)
    assert isinstance(message, tuple)
    (attachment,) = (await site.store.read(lambda tx: tx.message(message[0]))).content.attachments
    assert attachment.file is not None
    made = await site.store.read(lambda tx: tx.media_of(attachment.file))
    assert made is not None
    url = site.links.file_url(made.id, "video.mp4", days=30)
    assert url.endswith("/video.mp4")
    site.clock.passes(30 * DAY)
    response, body = await site.get(url, "HEAD")
    assert (response.status, body) == (200, b"")
    assert response.headers["Content-Length"] == str(len(data))
    assert response.headers["Content-Type"] == "video/mp4"
    response, body = await site.get(url, Range="bytes=0-7")
    assert (response.status, body) == (206, data[:8])
    site.clock.passes(DAY)
    assert (await site.get(url))[0].status == 410


async def test_a_message_that_was_taken_back_has_no_files_any_more(site: Site):
    message = await site.message(Attachment(kind=Kind.PHOTO, file=File(origin=Elsewhere.origin, ref="x")))
    site.telegram.files["x"] = photo()
    assert (await site.get(site.url(message)))[0].status == 200
    await site.store.write(lambda tx: tx.delete_message(message.id))
    response, body = await site.get(site.url(message))
    assert response.status == 404 and body.decode().strip() == Catalogue("ru")("media-gone")


async def test_what_is_not_there_is_gone(site: Site):
    place = await site.message(Attachment(kind=Kind.LOCATION))
    lost = await site.message(Attachment(kind=Kind.PHOTO, file=File(origin="media", ref="unknown")))
    foreign = await site.message(Attachment(kind=Kind.PHOTO, file=File(origin="vk:1", ref="unknown")))
    for url in (
        site.url(place),
        site.url(place, 1),
        site.url(place, -1),
        site.url(lost),
        site.url(foreign),
        site.links.url(MessageId(999), 0, "x"),
    ):
        assert (await site.get(url))[0].status == 404


async def test_a_file_that_the_source_has_no_more_is_gone_and_one_that_is_away_comes_later(site: Site):
    url = await site.answered(photo())
    site.telegram.error = OSError("no network")
    response, body = await site.get(url)
    assert (response.status, response.headers["Retry-After"]) == (503, "30")
    assert body.decode().strip() == Catalogue("ru")("media-later")
    site.clock.passes(30)
    site.telegram.error = None
    assert (await site.get(url))[0].status == 200
    other = await site.answered(photo())
    site.telegram.error = FileGone("too big")
    assert (await site.get(other))[0].status == 404


async def test_many_readers_make_one_fetch(site: Site):
    url = await site.answered(photo(), "фото.jpg")
    site.telegram.gate.clear()
    reading = [asyncio.create_task(site.get(url)) for _ in range(20)]
    await until(lambda: site.telegram.asked)
    site.telegram.gate.set()
    bodies = {body for _, body in await asyncio.gather(*reading)}
    assert len(bodies) == 1 and site.telegram.asked == 1
    assert (await site.get(url))[1] in bodies and site.telegram.asked == 1


async def test_an_avatar_is_small_clean_and_kept(site: Site):
    response, body = await site.get("/avatar/1")
    assert response.status == 200 and response.headers["Content-Type"] == "image/webp"
    assert body[8:12] == b"WEBP" and b"Secret" not in body
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert (await site.get("/avatar/1", **{"If-None-Match": response.headers["ETag"]}))[0].status == 304
    (site.folder / "anna.jpg").unlink()
    assert (await site.get("/avatar/1"))[1] == body
    assert "1" in site.avatars and "4" not in site.avatars


async def test_an_avatar_that_is_no_picture_is_not_there(site: Site):
    for id in ("2", "3", "4"):
        assert (await site.get(f"/avatar/{id}"))[0].status == 404
