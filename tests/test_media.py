"""The media store: what is taken in is safe, what is asked for is found, what nobody needs goes."""

import asyncio
import errno
import os
import tracemalloc
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.contracts import FileGone
from bridge.media import disk, names
from bridge.media import store as media_store
from bridge.media.links import EXPIRED, MediaLinks
from bridge.media.store import Empty, MediaStore, TooBig, attachment
from bridge.model import (
    Attachment,
    ChannelName,
    Content,
    Direction,
    ExternalId,
    File,
    GroupName,
    Kind,
    MediaFile,
    MessageId,
    Page,
    Profile,
)
from storage.sqlite import SqliteStore, open_store
from storage.store import Transaction
from tests.some_files import Elsewhere, ogg, photo, picture, webp
from tests.turned_clock import TurnedClock, until

SHOP = ChannelName("shop")
VISITOR = ExternalId("visitor")
TELEGRAM = File(origin="telegram:9001", ref="AgACAgIAAx")
DAY = 24 * 3600.0


class Store:
    """A media store on a real database."""

    def __init__(self, path: Path) -> None:
        self.clock = TurnedClock()
        self.folder = path / "media"
        self.path = path / "otklik.db"
        self.telegram = Elsewhere()
        self.telegram.files[TELEGRAM.ref] = photo()

    async def open(self) -> "Store":
        self.db: SqliteStore = await open_store(self.path, self.clock)
        self.media = MediaStore(self.folder, self.db, self.clock, {TELEGRAM.origin: self.telegram})
        return self

    async def receives(
        self, data: bytes | AsyncIterator[bytes], name: str = "чек.pdf", limit: int = 1_000_000
    ) -> MediaFile:
        chunks = pieces(data) if isinstance(data, bytes) else data
        return await self.media.receive(chunks, channel=SHOP, owner=VISITOR, name=name, limit=limit)

    async def bytes(self, file: MediaFile | File) -> bytes:
        file = file if isinstance(file, File) else File(origin=file.origin, ref=file.ref)
        path, _ = await self.media.local(file, Attachment(kind=Kind.DOCUMENT))
        return path.read_bytes()

    async def message(self, *files: MediaFile) -> MessageId:
        """A customer's message with these files."""

        def work(tx: Transaction) -> MessageId:
            customer = (tx.find_customer(SHOP, VISITOR) or tx.add_customer(SHOP, VISITOR, Profile())).id
            content = Content(attachments=tuple(attachment(file) for file in files))
            message = tx.add_message(
                customer=customer,
                conversation=None,
                direction=Direction.IN,
                content=content,
                written_at=tx.now,
            )
            tx.claim_media([file.id for file in files], message.id)
            return message.id

        return await self.db.write(work)

    @property
    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir()) if self.folder.exists() else []

    async def row(self, id: str) -> MediaFile | None:
        return await self.db.read(lambda tx: tx.media(id))


async def pieces(data: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store(tmp_path).open()
    yield opened
    await opened.db.close()


# taking in


async def test_an_upload_is_kept_with_what_it_is(store: Store):
    made = await store.receives(b"%PDF-1.7\n" + bytes(50_000))
    assert made == await store.row(made.id)
    assert made == MediaFile(
        id=made.id,
        origin="media",
        ref=made.id,
        channel=SHOP,
        owner=VISITOR,
        name="чек.pdf",
        mime="application/pdf",
        kind=Kind.DOCUMENT,
        size=50_009,
        created_at=store.clock.now(),
    )
    assert await store.bytes(made) == b"%PDF-1.7\n" + bytes(50_000)
    assert await store.media.fetch(File(origin="media", ref=made.id), most=60_000) == await store.bytes(made)
    assert attachment(made).file == File(origin="media", ref=made.id)


async def test_a_picture_is_cleaned_and_measured(store: Store):
    made = await store.receives(photo(6), "IMG_1.HEIC")
    assert (made.kind, made.mime, made.width, made.height) == (Kind.PHOTO, "image/jpeg", 40, 60)
    data = await store.bytes(made)
    assert b"Secret" not in data and made.size == len(data)


async def test_a_broken_picture_is_a_document_of_no_type(store: Store):
    made = await store.receives(b"GIF89a/*<script>*/", "cat.gif")
    assert (made.kind, made.mime, made.width) == (Kind.DOCUMENT, "application/octet-stream", None)


async def test_files_are_for_this_user_only_and_named_by_nobody(store: Store):
    made = await store.receives(b"data", "../../../etc/passwd")
    assert made.name == "passwd"
    assert store.names == [made.id] and set(made.id) <= set("0123456789abcdef")
    if os.name == "posix":
        assert store.folder.stat().st_mode & 0o777 == 0o700
        assert (store.folder / made.id).stat().st_mode & 0o777 == 0o600


async def test_what_has_no_name_is_given_one(store: Store):
    assert (await store.receives(picture(), "")).name == "photo.jpg"
    assert (await store.receives(b"?", " \u202e\n")).name == "document"


async def test_the_limit_is_watched_while_it_streams(store: Store):
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1000
            yield bytes(1000)

    with pytest.raises(TooBig) as error:
        await store.receives(endless(), limit=10_000)
    assert error.value.limit == 10_000 and read == 11_000 and store.names == []
    assert (await store.receives(bytes(10_000), limit=10_000)).size == 10_000


async def test_nothing_is_no_file(store: Store):
    with pytest.raises(Empty):
        await store.receives(b"")
    assert store.names == []


async def test_a_large_file_takes_little_memory(store: Store):
    async def large() -> AsyncIterator[bytes]:
        for _ in range(512):
            yield bytes(64 * 1024)

    await store.receives(b"warm")
    tracemalloc.start()
    try:
        made = await store.receives(large(), limit=100_000_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert made.size == 32 * 1024 * 1024
    assert peak < 4 * 1024 * 1024


async def test_who_breaks_off_leaves_nothing(store: Store):
    async def broken() -> AsyncIterator[bytes]:
        yield bytes(700_000)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await store.receives(broken())
    assert store.names == []


async def test_who_is_cancelled_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch):
    came = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield bytes(700_000)
        came.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(store.receives(endless()))
    await came.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert store.names == []


@pytest.mark.parametrize("call", ["write", "fsync"])
async def test_a_full_disk_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch, call: str):
    real: Callable[..., int] = getattr(os, call)

    def full(descriptor: int, *rest: object) -> int:
        if call == "fsync" or len(rest[0]) > 100_000:  # type: ignore[arg-type]
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, *rest)

    monkeypatch.setattr(disk.os, call, full)
    with pytest.raises(OSError, match="No space left"):
        await store.receives(bytes(900_000))
    assert store.names == []
    monkeypatch.undo()
    assert (await store.receives(bytes(900_000))).size == 900_000


async def test_a_full_disk_while_a_picture_is_cleaned_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("bridge.media.strip.write", full)
    with pytest.raises(OSError, match="No space left"):
        await store.receives(photo())
    assert store.names == []


async def test_a_row_that_is_refused_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch):
    def refused(*_: object) -> None:
        raise RuntimeError("no row")

    monkeypatch.setattr(media_store, "_add", refused)
    with pytest.raises(RuntimeError):
        await store.receives(b"data")
    assert store.names == []


async def test_two_pictures_are_cleaned_at_once_and_no_more(store: Store, monkeypatch: pytest.MonkeyPatch):
    running = most = 0
    go = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(path: Path, mime: str) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        asyncio.run_coroutine_threadsafe(go.wait(), loop).result(10)
        running -= 1

    monkeypatch.setattr(media_store, "clean", slow)
    tasks = [asyncio.create_task(store.receives(picture())) for _ in range(5)]
    await until(lambda: running == 2)
    go.set()
    await asyncio.gather(*tasks)
    assert most == 2


# after a kill


async def test_after_a_kill_files_with_a_row_stay_and_others_go(store: Store):
    kept, stays = await store.receives(b"kept"), await store.receives(b"stays")
    (store.folder / kept.id).rename(store.folder / f"{kept.id}.part")  # committed, not yet in its place
    (store.folder / "deadbeef.part").write_bytes(b"half")
    (store.folder / "deadbeef.part.new").write_bytes(b"half of a cleaned picture")
    (store.folder / "unknown").write_bytes(b"not ours")
    assert await store.bytes(kept) == b"kept"
    running = asyncio.create_task(store.media.run())
    await until(lambda: store.names == sorted([kept.id, stays.id, "unknown"]))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await store.bytes(kept) == b"kept"


async def test_what_is_under_way_at_the_start_is_left_alone(store: Store):
    go = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"a"
        await go.wait()
        yield b"b"

    task = asyncio.create_task(store.receives(slow()))
    await until(lambda: store.folder.exists() and store.names)
    await store.media._settle()
    go.set()
    assert await store.bytes(await task) == b"ab"


# forgetting


async def test_what_is_never_sent_goes_after_a_day_and_what_was_sent_stays(store: Store):
    unsent, sent = await store.receives(b"unsent"), await store.receives(b"sent")
    await store.message(sent)
    store.clock.passes(DAY - 1)
    await store.media.sweep()
    assert store.names == sorted([unsent.id, sent.id])
    store.clock.passes(2)
    await store.media.sweep()
    assert store.names == [sent.id] and await store.row(unsent.id) is None
    with pytest.raises(FileGone):
        await store.media.fetch(File(origin="media", ref=unsent.id), most=100)
    store.clock.passes(300 * DAY)
    await store.media.sweep()
    assert await store.bytes(sent) == b"sent"


async def test_files_of_messages_go_when_they_are_old_and_nobody_waits_for_them(store: Store):
    waits, shown = await store.receives(b"waits"), await store.receives(b"shown")
    messages = await store.message(waits), await store.message(shown)

    def work(tx: Transaction) -> None:
        customer = tx.customer(tx.message(messages[0]).customer)
        conversation = tx.start_conversation(customer, GroupName("sales"), Page(), "")
        tx.adopt_messages(customer.id, conversation.id)
        tx.mark_shown(messages[1], 1, 1)

    await store.db.write(work)
    store.clock.passes(366 * DAY)
    await store.media.sweep()
    assert store.names == [waits.id] and await store.row(shown.id) is None


async def test_what_is_sent_while_it_is_swept_stays(store: Store, monkeypatch: pytest.MonkeyPatch):
    made = await store.receives(b"late")
    stale = await store.row(made.id)
    assert stale
    await store.message(made)
    await store.media._forget(stale)
    assert store.names == [made.id] and await store.bytes(made) == b"late"


async def test_the_sweep_runs_by_itself(store: Store):
    await store.receives(b"unsent")
    running = asyncio.create_task(store.media.run())
    await until(lambda: store.clock.sleeps)
    store.clock.passes(DAY + 1)
    await until(lambda: store.names == [])
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_copies_go_after_a_month_and_are_fetched_again(store: Store):
    before = await store.bytes(TELEGRAM)
    store.clock.passes(29 * DAY)
    await store.media.sweep()
    assert await store.bytes(TELEGRAM) == before and store.telegram.asked == 1
    store.clock.passes(2 * DAY)
    await store.media.sweep()
    assert store.names == []
    assert await store.bytes(TELEGRAM) == before and store.telegram.asked == 2


# copies


async def test_another_origins_file_is_fetched_once_cleaned_and_kept(store: Store):
    hint = Attachment(kind=Kind.PHOTO, file=TELEGRAM, name="фото.jpg")
    path, found = await store.media.local(TELEGRAM, hint)
    assert b"Secret" not in path.read_bytes()
    assert (found.origin, found.ref, found.owner) == (TELEGRAM.origin, TELEGRAM.ref, None)
    assert (found.kind, found.name, found.width) == (Kind.PHOTO, "фото.jpg", 60)
    assert await store.media.local(TELEGRAM, hint) == (path, found) and store.telegram.asked == 1


async def test_what_a_message_says_of_a_sound_stays(store: Store):
    store.telegram.files[TELEGRAM.ref] = ogg()
    _, found = await store.media.local(TELEGRAM, Attachment(kind=Kind.VOICE, file=TELEGRAM, duration=7))
    assert (found.kind, found.mime, found.duration, found.name) == (Kind.AUDIO, "audio/ogg", 7, "audio.ogg")


async def test_a_picture_that_was_sent_as_a_document_is_cleaned_too(store: Store):
    store.telegram.files[TELEGRAM.ref] = webp()
    path, _ = await store.media.local(TELEGRAM, Attachment(kind=Kind.DOCUMENT, file=TELEGRAM, name="a.bin"))
    assert b"Secret" not in path.read_bytes()


async def test_many_who_ask_at_once_make_one_fetch(store: Store):
    store.telegram.gate.clear()
    asking = [asyncio.create_task(store.bytes(TELEGRAM)) for _ in range(20)]
    await until(lambda: store.telegram.asked)
    asking[0].cancel()  # who goes away does not end it for the others
    await asyncio.sleep(0)
    store.telegram.gate.set()
    got = await asyncio.gather(*asking[1:])
    assert len(set(got)) == 1 and store.telegram.asked == 1 and len(store.names) == 1


async def test_four_files_are_fetched_at_once_and_no_more(store: Store):
    store.telegram.gate.clear()
    files = [File(origin=TELEGRAM.origin, ref=str(number)) for number in range(6)]
    store.telegram.files = {file.ref: b"data" for file in files}
    asking = [asyncio.create_task(store.bytes(file)) for file in files]
    await until(lambda: store.telegram.asked == 4)
    await asyncio.sleep(0.01)
    assert store.telegram.asked == 4
    store.telegram.gate.set()
    await asyncio.gather(*asking)


async def test_a_file_that_is_gone_is_not_asked_for_again_soon(store: Store):
    store.telegram.error = FileGone("too old", limit="20 МБ")
    for _ in range(3):
        with pytest.raises(FileGone) as error:
            await store.bytes(TELEGRAM)
        assert error.value.limit == "20 МБ"
    assert store.telegram.asked == 1 and store.names == []
    store.telegram.error = None
    store.clock.passes(601)
    await store.bytes(TELEGRAM)


async def test_a_source_that_is_away_is_asked_again_after_some_seconds(store: Store):
    store.telegram.error = OSError("no network")
    for _ in range(3):
        with pytest.raises(OSError, match="no network"):
            await store.bytes(TELEGRAM)
    assert store.telegram.asked == 1
    store.telegram.error = None
    store.clock.passes(6)
    await store.bytes(TELEGRAM)
    assert store.telegram.asked == 2


async def test_an_origin_that_nobody_opens_and_an_unknown_upload_are_gone(store: Store):
    for file in (
        File(origin="vk:1", ref="x"),
        File(origin="media", ref="x"),
        File(origin="media", ref="../otklik.db"),
    ):
        with pytest.raises(FileGone):
            await store.bytes(file)


async def test_an_empty_file_of_another_origin_is_gone(store: Store):
    store.telegram.files[TELEGRAM.ref] = b""
    with pytest.raises(FileGone):
        await store.bytes(TELEGRAM)


async def test_an_opener_that_gives_too_much_is_not_believed(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(media_store, "COPY_LIMIT", 100)
    with pytest.raises(FileGone):
        await store.bytes(TELEGRAM)
    assert store.names == []


async def test_a_copy_whose_file_was_lost_is_fetched_again(store: Store):
    path, _ = await store.media.local(TELEGRAM, Attachment(kind=Kind.PHOTO))
    path.unlink()
    await store.bytes(TELEGRAM)
    assert store.telegram.asked == 2 and len(store.names) == 1


async def test_more_than_may_be_read_is_too_big(store: Store):
    made = await store.receives(bytes(1000))
    with pytest.raises(FileGone):
        await store.media.fetch(File(origin="media", ref=made.id), most=999)


# addresses


def test_an_address_is_good_for_a_week_and_the_same_all_day():
    clock = TurnedClock()
    links = MediaLinks(b"k" * 32, "https://chat.example.ru", clock)
    url = links.url(MessageId(7), 1, "отчёт за май.pdf")
    assert url.startswith("https://chat.example.ru/media/") and url.isascii()
    token, name = url.split("/")[-2:]
    assert name == "%D0%BE%D1%82%D1%87%D1%91%D1%82%20%D0%B7%D0%B0%20%D0%BC%D0%B0%D0%B9.pdf"
    clock.passes(3600)
    assert links.url(MessageId(7), 1, "отчёт за май.pdf") == url
    clock.passes(DAY)
    assert links.url(MessageId(7), 1, "отчёт за май.pdf") != url
    clock.passes(6 * DAY - 3600)
    assert links.read(token) == (7, 1)
    clock.passes(DAY)
    assert links.read(token) is EXPIRED


def test_an_address_of_another_key_or_attachment_is_not_good():
    links = MediaLinks(b"k" * 32, "", TurnedClock())
    token = links.url(MessageId(7), 1, "a").split("/")[2]
    for wrong in ("", "x", token[:-1], "X" + token[1:], token + "A", token.replace(".", ""), "é"):
        assert links.read(wrong) is None
    assert MediaLinks(b"l" * 32, "", TurnedClock()).read(token) is None
    assert links.url(MessageId(7), 1, "a", 2) != links.url(MessageId(7), 1, "a", 3)


@pytest.mark.parametrize(
    ("name", "fit"),
    [
        ("чек.pdf", "чек.pdf"),
        ("C:\\Users\\Анна\\чек.pdf", "чек.pdf"),
        ("../../etc/passwd", "passwd"),
        ("a/..", ""),
        ("..", ""),
        ("gpj.\u202eexe", "gpj.exe"),
        ('a<b>"c|d?.txt', "a_b__c_d_.txt"),
        ("\x00\r\nSet-Cookie: x", "Set-Cookie_ x"),
        ("", ""),
        ("ы" * 300 + ".jpeg", "ы" * 115 + ".jpeg"),
        ("x" * 300, "x" * 120),
    ],
)
def test_names_are_fit_to_be_saved(name: str, fit: str):
    assert names.fit(name) == fit


async def test_the_time_in_rows_is_the_stores(store: Store):
    made = await store.receives(b"x")
    assert made.created_at - store.clock.now() == timedelta(0)


async def test_a_form_that_two_want_at_once_is_made_once(store: Store):
    source = await store.receives(b"source")
    made = 0

    async def make() -> bytes:
        nonlocal made
        made += 1
        await asyncio.sleep(0)
        return b"another form"

    first, second = await asyncio.gather(*(store.media.derived(source, "form", make) for _ in range(2)))
    assert made == 1 and first == second and store.names == sorted([source.id, first.id])


async def test_a_copy_that_comes_while_somebody_looks_is_the_only_one(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    """It is asked for twice; the second one has looked before the first was there, and goes on after it."""
    looked, go_on = asyncio.Event(), asyncio.Event()
    kept = store.media._kept

    async def slowly(file: File) -> Any:
        found = await kept(file)
        if not looked.is_set():
            looked.set()
            await go_on.wait()
        return found

    monkeypatch.setattr(store.media, "_kept", slowly)
    second = asyncio.create_task(store.bytes(TELEGRAM))
    await looked.wait()
    first = await store.bytes(TELEGRAM)
    go_on.set()
    assert await second == first and len(store.names) == 1
