"""Files of visitors: who may send them, how much of them, and what is said where one is refused."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp import web

from bridge.catalogue import Catalogue
from bridge.channels.site.gate import Origins
from bridge.channels.site.quota import Quota
from bridge.channels.site.settings import SiteSettings
from bridge.channels.site.uploads import Uploads
from bridge.media.store import MediaStore
from bridge.model import ChannelName, ExternalId, File, MediaFile
from bridge.web.server import WebServer, make_app
from bridge.web.visitors import Addresses
from storage.sqlite import open_store
from tests.some_files import bomb, photo
from tests.turned_clock import TurnedClock, until

SHOP = ChannelName("shop")
ANNA, BORIS = ExternalId("a" * 64), ExternalId("b" * 64)
ORIGIN = "https://shop.example.ru"
MEGABYTE = 1024 * 1024
RU, EN = Catalogue("ru"), Catalogue("en")


class Shop:
    """The uploads of a channel on a real server."""

    def __init__(self, folder: Path, **settings: object) -> None:
        given = {"kind": "site", "name": SHOP, "group": "sales", "origins": [ORIGIN], **settings}
        self.settings = SiteSettings.model_validate(given)
        self.folder = folder
        self.clock = TurnedClock()
        self.up = True

    async def open(self) -> None:
        self.store = await open_store(self.folder / "otklik.db", self.clock)
        self.media = MediaStore(self.folder / "media", self.store, self.clock, {})
        key = await self.store.write(lambda tx: tx.server_key("uploads"))
        self.uploads = Uploads(self.settings, self.media, key, self._admit, self.clock, RU)
        routes = self.uploads.routes(f"/site/{SHOP}")
        self.server = WebServer(make_app({}, lambda: True, routes), "127.0.0.1", 0)
        await self.server.start()
        self.http = aiohttp.ClientSession(f"http://127.0.0.1:{self.server.port}")

    async def close(self) -> None:
        await self.http.close()
        await self.server.stop()
        await self.store.close()

    def _admit(self, request: web.Request) -> str:
        """As the channel does it."""
        if not Origins(self.settings.origins, None).allow(request):
            raise web.HTTPForbidden
        if not self.up:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "5"})
        return Addresses().of(request)

    def headers(self, visitor: ExternalId = ANNA, name: str = "", **more: str) -> dict[str, str]:
        named = {"X-File-Name": quote(name, safe="")} if name else {}
        token = self.uploads.token_for(visitor)
        return {"Origin": ORIGIN, "Authorization": f"Bearer {token}", **named, **more}

    async def sends(
        self, data: bytes | AsyncIterator[bytes], visitor: ExternalId = ANNA, name: str = "", **more: str
    ) -> tuple[aiohttp.ClientResponse, dict[str, Any]]:
        headers = self.headers(visitor, name, **more)
        body = io.BytesIO(data) if isinstance(data, bytes) else data
        async with self.http.post(f"/site/{SHOP}/upload", data=body, headers=headers) as response:
            return response, await response.json()

    async def row(self, id: str) -> MediaFile | None:
        return await self.store.read(lambda tx: tx.media(id))

    @property
    def left(self) -> list[str]:
        folder = self.folder / "media"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


async def slowly(*chunks: bytes, gate: asyncio.Event | None = None) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
    if gate:
        await gate.wait()


@pytest.fixture
async def open_shop(tmp_path: Path) -> AsyncIterator[Any]:
    opened: list[Shop] = []

    async def opens(**settings: object) -> Shop:
        shop = Shop(tmp_path, **settings)
        opened.append(shop)
        await shop.open()
        return shop

    yield opens
    for shop in opened:
        await shop.close()


@pytest.fixture
async def shop(open_shop: Any) -> Shop:
    return await open_shop()


async def test_a_file_is_taken_and_named(shop: Shop):
    response, body = await shop.sends(b"%PDF-1.7\n" + bytes(40_000), name="чек за май.pdf")
    assert response.status == 201
    assert body == {
        "file": body["file"],
        "kind": "document",
        "name": "чек за май.pdf",
        "mime": "application/pdf",
        "size": 40_009,
    }
    row = await shop.row(body["file"])
    assert row and (row.channel, row.owner, row.name) == (SHOP, ANNA, "чек за май.pdf")
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert response.headers["Content-Type"].startswith("application/json")


async def test_a_photo_is_measured_and_its_place_is_gone(shop: Shop):
    response, body = await shop.sends(photo(6), name="IMG.jpg", **{"Content-Type": "text/html"})
    assert response.status == 201
    assert (body["kind"], body["mime"], body["width"], body["height"]) == ("photo", "image/jpeg", 40, 60)
    data = await shop.media.fetch(File(origin="media", ref=body["file"]), most=MEGABYTE)
    assert b"Secret" not in data and body["size"] == len(data)


async def test_a_bomb_is_a_document(shop: Shop):
    _, body = await shop.sends(bomb(), name="a.png")
    assert body["kind"] == "document" and "width" not in body


async def test_more_than_the_servers_limit_of_bodies_goes_through_with_and_without_a_length(shop: Shop):
    data = bytes(3 * MEGABYTE)
    for body in (data, slowly(data[: 2 * MEGABYTE], data[2 * MEGABYTE :])):
        response, answer = await shop.sends(body)
        assert (response.status, answer["size"]) == (201, len(data))


async def test_a_browser_is_told_beforehand_that_it_may(shop: Shop):
    asks = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-file-name",
    }
    async with shop.http.options(f"/site/{SHOP}/upload", headers=asks) as response:
        assert response.status == 204
        allowed = response.headers["Access-Control-Allow-Headers"].lower().split(", ")
        assert {"authorization", "content-type", "x-file-name"} <= set(allowed)
        assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert response.headers["Access-Control-Allow-Methods"] == "POST"
        assert "Origin" in response.headers["Vary"]


async def test_a_foreign_page_is_refused(shop: Shop):
    evil = {"Origin": "https://evil.example"}
    response, body = await shop.sends(b"x", **evil)
    assert (response.status, body["error"]) == (403, "bad-origin")
    assert "Access-Control-Allow-Origin" not in response.headers
    async with shop.http.options(f"/site/{SHOP}/upload", headers=evil) as response:
        assert response.status == 403


async def test_only_a_token_of_this_channel_lets_in_and_for_an_hour(shop: Shop, open_shop: Any, tmp_path: Path):
    good = shop.uploads.token_for(ANNA)
    other = Uploads(
        SiteSettings(kind="site", name="other", group="sales", origins=(ORIGIN,)),
        shop.media,
        await shop.store.write(lambda tx: tx.server_key("uploads")),
        shop._admit,
        shop.clock,
        RU,
    ).token_for(ANNA)
    for wrong in ("", "Bearer", "Bearer x", f"Basic {good}", good, f"Bearer {good}x", f"Bearer {other}"):
        response, body = await shop.sends(b"x", Authorization=wrong)
        assert (response.status, body["error"]) == (401, "bad-token"), wrong
    shop.clock.passes(3600)
    assert (await shop.sends(b"x", Authorization=f"Bearer {good}"))[0].status == 201
    shop.clock.passes(1)
    assert (await shop.sends(b"x", Authorization=f"bearer {good}"))[0].status == 401


async def test_a_token_is_good_again_after_a_restart(shop: Shop):
    token = shop.uploads.token_for(ANNA)
    await shop.close()
    await shop.open()
    assert (await shop.sends(b"x", Authorization=f"Bearer {token}"))[0].status == 201


async def test_too_big_is_said_before_the_bytes_come_and_while_they_come(open_shop: Any):
    shop = await open_shop(file_limit=1)
    for data in (bytes(MEGABYTE + 1), slowly(*[bytes(100_000)] * 11)):
        response, body = await shop.sends(data)
        assert response.status == 413
        assert body == {"error": "too-big", "message": RU("upload-error-too-big", limit=1)}
        assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert shop.left == []
    assert (await shop.sends(bytes(MEGABYTE)))[0].status == 201


async def test_an_empty_file_is_refused_in_the_visitors_language(shop: Shop):
    for language, say in (("en-GB,en;q=0.9", EN), ("ru", RU), ("de", EN), ("*", RU), ("", RU)):
        response, body = await shop.sends(b"", **{"Accept-Language": language})
        assert response.status == 400
        assert body == {"error": "empty", "message": say("upload-error-empty")}


async def test_a_visitor_has_so_much_a_day_and_it_comes_back_evenly(open_shop: Any):
    shop = await open_shop(uploads_per_day=2)
    assert (await shop.sends(bytes(2 * MEGABYTE)))[0].status == 201
    response, body = await shop.sends(bytes(MEGABYTE))
    assert (response.status, body["error"]) == (429, "flood")
    wait = int(response.headers["Retry-After"])
    assert wait == body["retry_after"] and abs(wait - 12 * 3600) <= 1
    assert body["message"] == RU("upload-error-flood")
    assert (await shop.sends(bytes(MEGABYTE), BORIS))[0].status == 201
    shop.clock.passes(wait)
    assert (await shop.sends(bytes(MEGABYTE)))[0].status == 201


async def test_a_body_without_a_length_counts_too(open_shop: Any):
    shop = await open_shop(uploads_per_day=2)
    assert (await shop.sends(slowly(bytes(MEGABYTE))))[0].status == 201
    assert (await shop.sends(slowly(*[bytes(100_000)] * 15)))[0].status == 429
    assert len(shop.left) == 1


async def test_an_address_has_five_times_as_much(open_shop: Any):
    shop = await open_shop(uploads_per_day=1)
    for number in range(5):
        assert (await shop.sends(bytes(MEGABYTE), ExternalId(str(number))))[0].status == 201
    assert (await shop.sends(bytes(MEGABYTE), BORIS))[0].status == 429
    elsewhere = await shop.sends(bytes(MEGABYTE), BORIS, **{"X-Forwarded-For": "203.0.113.7"})
    assert elsewhere[0].status == 201


async def test_four_at_once_and_no_more(shop: Shop):
    gate = asyncio.Event()
    sending = [asyncio.create_task(shop.sends(slowly(b"x", gate=gate))) for _ in range(4)]
    await until(lambda: len(shop.left) == 4)
    response, body = await shop.sends(b"x")
    assert (response.status, body["error"], body["retry_after"]) == (429, "flood", 5)
    assert (await shop.sends(b"x", BORIS))[0].status == 201
    gate.set()
    assert [response.status for response, _ in await asyncio.gather(*sending)] == [201] * 4
    assert (await shop.sends(b"x"))[0].status == 201


async def test_a_body_that_stops_coming_is_given_up(shop: Shop):
    gate = asyncio.Event()
    sending = asyncio.create_task(shop.sends(slowly(b"x", gate=gate)))
    await until(lambda: shop.left and shop.clock.sleeps == [30.0])
    shop.clock.passes(30)
    response, body = await sending
    assert (response.status, body["error"]) == (408, "late")
    gate.set()
    assert shop.left == []


async def test_who_goes_away_in_the_middle_leaves_nothing(shop: Shop, caplog: pytest.LogCaptureFixture):
    _, writer = await asyncio.open_connection("127.0.0.1", shop.server.port)
    lines = [f"POST /site/{SHOP}/upload HTTP/1.1", "Host: x", "Content-Length: 100000"]
    lines += [f"{name}: {value}" for name, value in shop.headers().items()]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + bytes(1000))
    await writer.drain()
    await until(lambda: shop.left)
    writer.close()
    await until(lambda: not shop.left and not shop.uploads._open)
    assert not caplog.records


async def test_a_full_disk_is_a_matter_of_later(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bridge.media.disk._write", full)
    response, body = await shop.sends(b"x")
    assert (response.status, body["error"], body["retry_after"]) == (503, "try-later", 60)
    assert response.headers["Retry-After"] == "60" and shop.left == []


async def test_a_channel_that_does_not_run_says_later(shop: Shop):
    shop.up = False
    response, body = await shop.sends(b"x")
    assert (response.status, body["error"], body["retry_after"]) == (503, "try-later", 5)
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN


async def test_a_channel_without_files_has_no_upload(open_shop: Any):
    shop = await open_shop(file_limit=0)
    async with shop.http.post(f"/site/{SHOP}/upload", headers=shop.headers(), data=b"x") as response:
        assert response.status == 404
    assert shop.uploads.file_limit == 0


async def test_no_file_is_larger_than_a_days_share(open_shop: Any):
    assert (await open_shop(file_limit=20, uploads_per_day=3)).uploads.file_limit == 3 * MEGABYTE


@pytest.mark.parametrize("name", ["%FF%FE", "%00%0D%0Aa", "%", "a" * 5000, "../..", "\u00e9"])
async def test_strange_names_do_no_harm(shop: Shop, name: str):
    response, body = await shop.sends(b"x", **{"X-File-Name": name})
    assert response.status == 201 and body["name"] and "/" not in body["name"]
    json.dumps(body["name"])


def test_a_quota_is_forgotten_when_all_of_it_is_free():
    quota = Quota(100, 1000)
    quota.take("anna", 50, 0.0)
    quota.take("boris", 10, 0.0)
    assert quota.wait("anna", 50, 0.0) == 0 and quota.wait("anna", 60, 0.0) == 100
    assert quota.wait("anna", 1000, 0.0) == 500
    quota.sweep(101.0)
    assert len(quota) == 1 and quota.wait("boris", 100, 101.0) == 0
