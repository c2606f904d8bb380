"""The media store: files of visitors, and copies of other origins' files, on the disk and in the table `media`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

from bridge.clock import Clock
from bridge.contracts import FileGone, FileOpener, FileStreamer
from bridge.media import names
from bridge.media.disk import Empty, Folder, TooBig, finished, new_id, save
from bridge.media.pictures import clean
from bridge.media.sniff import PICTURES, UNKNOWN_MIME, sniff
from bridge.model import Attachment, ChannelName, ExternalId, File, Kind, MediaFile
from storage.store import Store, Transaction

__all__ = ["COPY_LIMIT", "ORIGIN", "Empty", "MediaStore", "TooBig", "attachment"]

log = logging.getLogger(__name__)

ORIGIN: Final = "media"
COPY_LIMIT: Final = 50 * 1024 * 1024  # bytes of another origin's file; Telegram's bots hold none that is larger
UPLOADS_KEPT: Final = timedelta(hours=24)  # for what is never sent
COPIES_KEPT: Final = timedelta(days=30)  # then it is fetched again
FILES_KEPT: Final = timedelta(days=365)  # unless the config says otherwise
REMOTE_LIMIT: Final = 256 * 1024 * 1024  # bytes of a file at a platform; VKontakte takes the largest, 200 MB
SWEEP_EVERY: Final = 600.0  # seconds
SWEPT_AT_ONCE: Final = 200
PICTURES_AT_ONCE: Final = 2
FETCHES_AT_ONCE: Final = 4
GONE_REMEMBERED: Final = 600.0  # seconds for which nobody is asked again for a file that is gone
LATER_REMEMBERED: Final = 5.0  # seconds, for one that cannot be reached now
MOST_REMEMBERED: Final = 1000


@dataclass(frozen=True, slots=True)
class _Failed:
    error: FileGone | OSError
    until: float


class MediaStore:
    """Takes files in, finds them again, and forgets those that nobody needs. `run` it for the forgetting.

    It is the `FileOpener` of the origin "media", and of what it has copied from others.
    """

    def __init__(
        self,
        folder: Path,
        store: Store,
        clock: Clock,
        openers: Mapping[str, FileOpener],
        keep: timedelta = FILES_KEPT,
    ) -> None:
        """`openers`: who has the files of other origins; `keep`: for how long files of messages stay here."""
        self._folder = Folder(folder)
        self._store = store
        self._clock = clock
        self._openers = openers
        self._keep = keep
        self._busy: set[str] = set()  # ids of files that are being made
        self._turns: WeakValueDictionary[File, asyncio.Lock] = WeakValueDictionary()  # of forms that are being made
        self._fetching: dict[File, asyncio.Task[tuple[Path, MediaFile]]] = {}
        self._failed: dict[File, _Failed] = {}
        self._fetches = asyncio.Semaphore(FETCHES_AT_ONCE)
        self._pictures = asyncio.Semaphore(PICTURES_AT_ONCE)

    async def receive(
        self, chunks: AsyncIterator[bytes], *, channel: ChannelName, owner: ExternalId, name: str, limit: int
    ) -> MediaFile:
        """Take in what a visitor uploads; return when it is safe on disk.

        Raises TooBig, Empty, or OSError when the disk does not take it; nothing is left of it then.
        """
        id = new_id()
        file = File(origin=ORIGIN, ref=id)
        attachment = Attachment(kind=Kind.DOCUMENT, name=name)
        _, made = await self._make(id, file, chunks, limit, attachment, channel=channel, owner=owner)
        return made

    async def fetch(self, file: File, *, most: int) -> bytes:
        """The bytes of a file; another origin's is copied first. Raises as `local`."""
        path, found = await self.local(file, Attachment(kind=Kind.DOCUMENT, file=file))
        if found.size > most:
            raise FileGone("too big")
        try:
            return await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError:
            raise FileGone("deleted") from None

    async def local(self, file: File, hint: Attachment) -> tuple[Path, MediaFile]:
        """Where a file's bytes lie here, and what they are; another origin's file is fetched, cleaned and kept.

        `hint` is what its message says of it (name, duration). Raises FileGone, or OSError when it may work later.
        """
        if file not in self._fetching:  # else there may be a row already, but the file is about to be renamed
            kept = await self._kept(file)
            if kept is not None:
                return kept
        if file.origin == ORIGIN:
            raise FileGone("not in the media store")
        failed = self._failed.get(file)
        if failed is not None and failed.until > self._clock.monotonic():
            raise failed.error.with_traceback(None)  # or it would grow each time
        task = self._fetching.get(file)
        if task is None:
            task = self._fetching[file] = asyncio.create_task(self._copy(file, hint))
            task.add_done_callback(lambda done: self._copied(file, done))
        return await asyncio.shield(task)  # who goes away does not end it for the others

    async def by_id(self, id: str) -> tuple[Path | None, MediaFile | None]:
        """A file of the store, and where it lies; Nones for one that is not (any more)."""
        found = await self._store.read(lambda tx: tx.media(id))
        path = await asyncio.to_thread(self._folder.find, id)
        return (path, found) if found and path else (None, None)

    async def derived(self, source: MediaFile, form: str, make: Callable[[], Awaitable[bytes]]) -> MediaFile:
        """A file of the store in another form («jpeg»), made at the first use and kept like a copy.

        Raises what `make` raises.
        """
        file = File(origin=f"made:{form}", ref=source.id)
        turn = self._turns.setdefault(file, asyncio.Lock())
        async with turn:  # or two who want it would make it twice
            kept = await self._kept(file)
            if kept is not None:
                return kept[1]
            data = await make()
            hint = Attachment(kind=source.kind, name=source.name, duration=source.duration)
            _, made = await self._make(new_id(), file, _once(data), len(data), hint)
            return made

    async def _kept(self, file: File) -> tuple[Path, MediaFile] | None:
        """The file, if it is here."""
        found = await self._store.read(lambda tx: tx.media_of(file))
        path = await asyncio.to_thread(self._folder.find, found.id) if found else None
        return (path, found) if found and path else None

    async def run(self) -> None:
        """Put right what a kill left, then forget what nobody needs, until cancelled."""
        await asyncio.to_thread(self._folder.make)
        await self._settle()
        try:
            while True:
                await self.sweep()
                await self._clock.sleep(SWEEP_EVERY)
        finally:
            fetching = tuple(self._fetching.values())
            for task in fetching:
                task.cancel()
            await asyncio.gather(*fetching, return_exceptions=True)

    async def sweep(self) -> None:
        """Forget uploads that nobody sent, and copies that can be fetched again."""
        now = self._clock.now()
        before = {"uploads_before": now - UPLOADS_KEPT, "copies_before": now - COPIES_KEPT}
        while stale := await self._store.read(lambda tx: tx.stale_media(**before, limit=SWEPT_AT_ONCE)):
            for file in stale:
                await self._forget(file)
            log.info("media: %s files forgotten", len(stale))
        while old := await self._store.read(lambda tx: tx.old_media(now - self._keep, SWEPT_AT_ONCE)):
            for file in old:
                await self._forget(file, old=True)
            log.info("media: %s old files forgotten", len(old))

    async def _settle(self) -> None:
        """Files that a kill caught on their way in or out: with a row they stay, else they go."""
        for id in await asyncio.to_thread(lambda: set(self._folder.parts())):
            if id not in self._busy:
                known = await self._store.read(lambda tx, id=id: tx.media(id))  # type: ignore[misc]
                await finished(self._folder.settle, id, keep=known is not None)

    async def _forget(self, file: MediaFile, *, old: bool = False) -> None:
        await finished(self._folder.set_aside, file.id)
        gone = await self._store.write(lambda tx: _remove(tx, file.id) if old else _remove_unsent(tx, file.id))
        await finished(self._folder.settle, file.id, keep=not gone)

    async def _copy(self, file: File, hint: Attachment) -> tuple[Path, MediaFile]:
        kept = await self._kept(file)
        if kept is not None:  # it came while whoever wants it looked
            return kept
        opener = self._openers.get(file.origin)
        if opener is None:
            raise FileGone(f"nobody opens {file.origin}")
        async with self._fetches:
            if isinstance(opener, FileStreamer):
                async with contextlib.aclosing(_chunks(opener, file)) as chunks:
                    return await self._make(new_id(), file, chunks, REMOTE_LIMIT, hint)
            data = await opener.fetch(file, most=COPY_LIMIT)
            if not data:
                raise FileGone("empty")
            if len(data) > COPY_LIMIT:
                raise FileGone("too big")
            return await self._make(new_id(), file, _once(data), COPY_LIMIT, hint)

    def _copied(self, file: File, task: asyncio.Task[tuple[Path, MediaFile]]) -> None:
        """The task is over; whoever asks soon again is given the same failure."""
        del self._fetching[file]
        now = self._clock.monotonic()
        error = None if task.cancelled() else task.exception()
        if isinstance(error, FileGone | OSError):
            if len(self._failed) >= MOST_REMEMBERED:
                self._failed = {one: failed for one, failed in self._failed.items() if failed.until > now}
            if len(self._failed) < MOST_REMEMBERED:
                pause = GONE_REMEMBERED if isinstance(error, FileGone) else LATER_REMEMBERED
                self._failed[file] = _Failed(error, now + pause)
        else:
            self._failed.pop(file, None)

    async def _make(
        self,
        id: str,
        file: File,
        chunks: AsyncIterator[bytes],
        limit: int,
        hint: Attachment,
        *,
        channel: ChannelName | None = None,
        owner: ExternalId | None = None,
    ) -> tuple[Path, MediaFile]:
        """1. write it  2. find out what it is  3. clean a picture  4. safe on disk  5. the row  6. its place."""
        self._busy.add(id)
        committed = False
        try:
            await asyncio.to_thread(self._folder.make)
            if not await save(chunks, self._folder.part(id), limit):
                raise Empty
            made = await self._examined(
                MediaFile(
                    id=id,
                    origin=file.origin,
                    ref=file.ref,
                    channel=channel,
                    owner=owner,
                    name=hint.name,
                    kind=hint.kind,
                    size=0,
                    width=hint.width,
                    height=hint.height,
                    duration=hint.duration,
                    created_at=self._clock.now(),
                )
            )
            await finished(self._folder.sync, self._folder.part(id))
            writing = self._store.submit(lambda tx: _add(tx, made))
            try:
                await asyncio.shield(writing)
            except asyncio.CancelledError:
                await asyncio.wait([writing])  # to know whether there is a row
                committed = writing.exception() is None
                raise
            committed = True
        finally:
            await finished(self._folder.settle, id, keep=committed)
            self._busy.discard(id)
        return self._folder.whole(id), made

    async def _examined(self, made: MediaFile) -> MediaFile:
        """What was written: its type by content, cleaned if it is a picture, and its size then."""
        path = self._folder.part(made.id)

        def look() -> tuple[str, Kind]:
            with path.open("rb") as file:
                found = sniff(file)
            return found.mime, found.kind

        mime, kind = await finished(look)
        if mime in PICTURES:
            async with self._pictures:
                picture = await finished(clean, path, mime)
            if picture is not None:
                made = replace(made, width=picture.width, height=picture.height)
            else:
                mime, kind = UNKNOWN_MIME, Kind.DOCUMENT
        if kind is Kind.DOCUMENT:
            made = replace(made, width=None, height=None, duration=None)
        size = (await asyncio.to_thread(path.stat)).st_size
        return replace(made, mime=mime, kind=kind, size=size, name=names.some(made.name, kind, mime))


def attachment(media: MediaFile) -> Attachment:
    """A file of the store as a message has it."""
    return Attachment(
        kind=media.kind,
        file=File(origin=media.origin, ref=media.ref),
        name=media.name,
        mime=media.mime,
        size=media.size,
        width=media.width,
        height=media.height,
        duration=media.duration,
    )


def _add(tx: Transaction, made: MediaFile) -> None:
    """The row; one whose file has been lost makes room."""
    lost = tx.media_of(File(origin=made.origin, ref=made.ref))
    if lost is not None:
        tx.remove_media(lost.id)
    tx.add_media(made)


def _remove(tx: Transaction, id: str) -> bool:
    tx.remove_media(id)
    return True


def _remove_unsent(tx: Transaction, id: str) -> bool:
    """Forget a file, unless it was sent in the meantime."""
    found = tx.media(id)
    if found is not None and found.message is not None:
        return False
    tx.remove_media(id)
    return True


async def _chunks(opener: FileStreamer, file: File) -> AsyncGenerator[bytes]:
    async for chunk in opener.stream(file, most=REMOTE_LIMIT):
        yield chunk


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
