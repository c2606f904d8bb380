"""Files at platforms: copied at once, whatever happens in between, before their addresses expire."""

import asyncio
import contextlib
import logging
import sqlite3
import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridge.catalogue import Catalogue
from bridge.contracts import FileGone
from bridge.inbox.receive import take_edit, take_in
from bridge.media import downloads as module
from bridge.media.downloads import AT_ONCE, LONGEST_PAUSE, LOOKED_AT, TRIES, Downloads
from bridge.media.store import COPIES_KEPT, FILES_KEPT, MediaStore
from bridge.model import (
    REMOTE,
    Attachment,
    ChannelName,
    Content,
    ExternalId,
    File,
    GroupName,
    Incoming,
    IncomingEdit,
    Kind,
    MediaFile,
    Message,
    Text,
)
from bridge.web.download import Downloader, endpoint
from bridge.web.remote import RemoteFiles
from storage.sqlite import SqliteStore, open_store
from tests.some_files import Elsewhere, photo
from tests.turned_clock import PATIENCE, TurnedClock, until

VK = ChannelName("vk")
ORIGIN = f"{REMOTE}vk"
URL = "https://platform.example/photo"


def at(url: str, kind: Kind = Kind.PHOTO) -> Attachment:
    return Attachment(kind=kind, file=File(origin=ORIGIN, ref=url))


class Side:
    """The store, the media store, and the downloads; a platform whose files the test puts there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = TurnedClock()
        self.platform = Elsewhere()
        self.platform.files[URL] = photo()
        self.opener: object = self.platform
        self.sent = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        self.store: SqliteStore = await open_store(self.folder / "otklik.db", self.clock)
        self.media = MediaStore(self.folder / "media", self.store, self.clock, {ORIGIN: self.opener})  # type: ignore[dict-item]
        downloads = Downloads(self.store, self.media, self.clock)
        self._tasks = [asyncio.create_task(downloads.run())]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self.store.close()

    async def writes(self, *attachments: Attachment, album: str = "") -> Message:
        self.sent += 1
        incoming = Incoming(
            channel=VK,
            customer=ExternalId("anna"),
            external_id=ExternalId(f"e{self.sent}"),
            written_at=self.clock.now(),
            content=Content(text=Text("Вот"), attachments=attachments),
            album=album,
        )
        return (await self.store.write(lambda tx: take_in(tx, incoming, GroupName("sales")))).message

    async def edits(self, *attachments: Attachment) -> None:
        """The last message is changed."""
        edit = IncomingEdit(
            channel=VK,
            customer=ExternalId("anna"),
            external_id=ExternalId(f"e{self.sent}"),
            content=Content(text=Text("Нет, вот"), attachments=attachments),
            edited_at=self.clock.now(),
        )
        await self.store.write(lambda tx: take_edit(tx, edit))

    async def waiting(self) -> list[tuple[int, int, int]]:
        """What is still to be copied: message, attachment, attempts."""
        found = await self.store.read(lambda tx: tx.downloads(1000))
        return [(each.message, each.item, each.attempts) for each in found]

    async def settles(self) -> None:
        """Wait until nothing is left to be copied."""
        async with asyncio.timeout(PATIENCE):
            while await self.waiting():  # noqa: ASYNC110
                await asyncio.sleep(0.001)  # or the writer's thread would get no turn

    async def copy(self, url: str = URL) -> MediaFile | None:
        return await self.store.read(lambda tx: tx.media_of(File(origin=ORIGIN, ref=url)))

    async def pause(self) -> float:
        """For how long the downloads wait for the next try; then turn the clock so far."""
        await until(lambda: any(pause < 600 for pause in self.clock.sleeps), str(self.clock.sleeps))
        pause = min(self.clock.sleeps)
        self.clock.passes(pause)
        return pause


@pytest.fixture
async def side(tmp_path: Path) -> AsyncIterator[Side]:
    opened = Side(tmp_path)
    await opened.open()
    yield opened
    await opened.close()


async def test_a_file_is_copied_as_soon_as_its_message_is_taken_in(side: Side):
    message = await side.writes(at(URL))
    await side.settles()
    copy = await side.copy()
    assert copy is not None and (copy.kind, copy.mime, copy.message) == (Kind.PHOTO, "image/jpeg", message.id)
    assert b"Secret" not in (side.folder / "media" / copy.id).read_bytes()
    side.platform.error = FileGone("expired")
    assert (await side.media.local(File(origin=ORIGIN, ref=URL), at(URL)))[1] == copy


async def test_all_of_a_message_and_only_what_is_at_a_platform(side: Side):
    for number in range(3):
        side.platform.files[f"{URL}{number}"] = photo()
    telegram = Attachment(kind=Kind.PHOTO, file=File(origin="telegram:9001", ref="AgAC"))
    place = Attachment(kind=Kind.LOCATION, data={"latitude": 1.0, "longitude": 2.0})
    await side.writes(at(f"{URL}0"), telegram, at(f"{URL}1"), place, at(f"{URL}2"))
    await side.settles()
    assert all([await side.copy(f"{URL}{number}") for number in range(3)])
    assert side.platform.asked == 3


async def test_a_further_part_of_an_album_is_copied_too(side: Side):
    for number in range(2):
        side.platform.files[f"{URL}{number}"] = photo()
        await side.writes(at(f"{URL}{number}"), album="a")
        await side.settles()
    assert await side.copy(f"{URL}1") is not None and side.platform.asked == 2


async def test_what_was_in_hand_at_a_kill_is_copied_after_the_start(side: Side):
    side.platform.gate.clear()
    await side.writes(at(URL))
    await until(lambda: side.platform.asked == 1)
    await side.close()
    (side.folder / "media").mkdir(exist_ok=True)
    (side.folder / "media" / f"{'0' * 32}.part").write_bytes(b"half of it")
    side.platform.gate.set()
    await side.open()
    await side.settles()
    await side.media._settle()  # as at every start
    copy = await side.copy()
    assert copy is not None and [path.name for path in (side.folder / "media").iterdir()] == [copy.id]


async def test_what_was_put_off_is_put_off_over_a_restart(side: Side):
    side.platform.error = OSError("reset")
    await side.writes(at(URL))
    await until(lambda: 2.0 in side.clock.sleeps)
    await side.close()
    side.platform.error = None
    await side.open()
    await until(lambda: 2.0 in side.clock.sleeps)
    assert side.platform.asked == 1
    side.clock.passes(2)
    await side.settles()
    assert await side.copy() is not None


async def test_pauses_grow_and_end(side: Side):
    side.platform.error = OSError("reset")
    await side.writes(at(URL))
    pauses = [await side.pause() for _ in range(TRIES)]
    assert pauses == pytest.approx([min(2.0 * 2**n, LONGEST_PAUSE) for n in range(TRIES)])
    await side.settles()
    assert await side.copy() is None
    assert 3600 < sum(pauses) < 2 * 3600


async def test_one_that_waits_holds_up_no_other(side: Side):
    side.platform.error = OSError("reset")
    await side.writes(at(URL))
    await until(lambda: 2.0 in side.clock.sleeps)
    side.platform.error = None
    side.platform.files["other"] = photo()
    await side.writes(at("other"))
    await until(lambda: side.platform.asked == 2)
    assert await side.copy() is None
    assert await side.pause() == pytest.approx(2)  # so soon the media store does not ask again
    assert await side.pause() == pytest.approx(4)
    await side.settles()
    assert await side.copy() is not None and await side.copy("other") is not None


@pytest.mark.parametrize("error", [FileGone("404"), FileGone("too big", limit="256 МБ")])
async def test_one_that_is_gone_is_given_up_at_once(side: Side, error: FileGone):
    side.platform.error = error
    await side.writes(at(URL))
    await side.settles()
    assert side.platform.asked == 1 and await side.copy() is None


async def test_nothing_is_no_file(side: Side):
    side.platform.files[URL] = b""
    await side.writes(at(URL))
    await side.settles()
    assert side.platform.asked == 1


async def test_what_nobody_foresaw_is_put_off_like_the_rest_and_quotes_no_address(
    side: Side, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.INFO, module.__name__):
        side.platform.error = ValueError(f"{URL}?signature=secret")
        await side.writes(at(URL))
        assert await side.pause() == pytest.approx(2)
    assert side.platform.asked == 1 and "secret" not in caplog.text
    side.platform.error = None
    await side.settles()


async def test_a_store_that_takes_nothing_is_not_asked_without_end(
    side: Side, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    tried = 0

    def full(*_: object) -> None:
        nonlocal tried
        tried += 1
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(module, "_settled", full)
    with caplog.at_level(logging.CRITICAL, module.__name__):
        await side.writes(at(URL))
        await until(lambda: tried == 1 and 30.0 in side.clock.sleeps)
    monkeypatch.undo()
    side.clock.passes(30)
    await side.settles()


async def test_few_are_fetched_at_once_and_all_in_the_end(side: Side):
    running = most = 0

    async def slow(file: File, *, most: int) -> bytes:
        nonlocal running
        running += 1
        peak.append(running)
        await asyncio.sleep(0)
        running -= 1
        return photo()

    peak: list[int] = []
    side.platform.fetch = slow  # type: ignore[method-assign, assignment]
    for number in range(LOOKED_AT + 10):
        await side.writes(at(f"{URL}{number}"))
    await side.settles()
    most = max(peak)
    assert len(peak) == LOOKED_AT + 10 and most <= AT_ONCE


async def test_two_of_one_address_are_fetched_once(side: Side):
    side.platform.gate.clear()
    first, _ = await side.writes(at(URL)), await side.writes(at(URL))
    await until(lambda: side.platform.asked == 1)
    side.platform.gate.set()
    await side.settles()
    copy = await side.copy()
    assert side.platform.asked == 1 and copy is not None and copy.message == first.id


async def test_a_copy_stays_as_long_as_files_of_messages_do(side: Side):
    message = await side.writes(at(URL))
    await side.settles()
    await side.store.write(lambda tx: tx.mark_shown(message.id, message.revision, 1))
    side.clock.passes((COPIES_KEPT + timedelta(days=1)).total_seconds())
    await side.media.sweep()
    assert await side.copy() is not None
    side.clock.passes((FILES_KEPT - COPIES_KEPT).total_seconds())
    await side.media.sweep()
    assert await side.copy() is None and list((side.folder / "media").iterdir()) == []


async def test_one_that_an_edit_replaced_is_not_forgotten(side: Side):
    side.platform.files["other"] = photo()
    side.platform.gate.clear()
    await side.writes(at(URL))
    await until(lambda: side.platform.asked == 1)
    await side.edits(at("other"))
    side.platform.gate.set()
    await side.settles()
    assert await side.copy("other") is not None


@pytest.mark.parametrize("left", [(), (replace(at(""), file=None),)])
async def test_one_that_an_edit_took_away_is_dropped(side: Side, left: tuple[Attachment, ...]):
    side.platform.error = OSError("reset")
    await side.writes(at(URL))
    await until(lambda: 2.0 in side.clock.sleeps)
    await side.edits(*left)
    side.clock.passes(2)
    await side.settles()


async def test_a_large_file_takes_little_memory(tmp_path: Path):
    async def large(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(30 * 16):
            await response.write(bytes(64 * 1024))
        return response

    app = web.Application()
    app.router.add_get("/large.bin", large)
    async with TestServer(app, host="127.0.0.1") as server:
        url = str(server.make_url("/large.bin"))
        downloader = Downloader(Catalogue("ru"), trusted=[endpoint(url)])
        side = Side(tmp_path)
        side.opener = RemoteFiles(downloader)
        await side.open()
        tracemalloc.start()
        try:
            await side.writes(at(url, Kind.DOCUMENT))
            await side.settles()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            copy = await side.copy(url)
            await side.close()
            await downloader.close()
    assert copy is not None and copy.size == 30 * 1024 * 1024
    assert peak < 6 * 1024 * 1024
