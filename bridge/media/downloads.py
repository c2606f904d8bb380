"""Copies customers' files from the platforms into the media store, before their addresses expire."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from bridge.clock import Clock
from bridge.contracts import FileGone
from bridge.media.disk import Empty, TooBig
from bridge.media.store import MediaStore
from bridge.model import Download, MediaFile, Signals
from storage.store import Store, Transaction

log = logging.getLogger(__name__)

AT_ONCE: Final = 4
LOOKED_AT: Final = 50  # the most urgent ones
FIRST_PAUSE: Final = 2.0  # seconds before the second try, doubling
LONGEST_PAUSE: Final = 300.0
TRIES: Final = 20  # over about an hour: no platform keeps its addresses for much less
IDLE: Final = 3600.0  # seconds; commits wake us


class Downloads:
    """What is to be copied stands in the store, so a kill delays it and loses nothing. `run` it."""

    def __init__(self, store: Store, media: MediaStore, clock: Clock) -> None:
        self._store = store
        self._media = media
        self._clock = clock
        self._news = asyncio.Event()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._busy: dict[tuple[int, int], asyncio.Task[None]] = {}
        store.subscribe(self._listen)

    def _listen(self, signals: Signals) -> None:
        if signals.downloads:
            self._news.set()

    async def run(self) -> None:
        """Copy what is due, until cancelled."""
        try:
            while True:
                self._news.clear()
                await self._clock.wait(self._news, self._begin(await self._waiting()))
        finally:
            tasks = tuple(self._busy.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _waiting(self) -> Sequence[Download]:
        found = await self._store.read(lambda tx: tx.downloads(LOOKED_AT + len(self._busy)))
        return [one for one in found if (one.message, one.item) not in self._busy]

    def _begin(self, waiting: Sequence[Download]) -> float:
        """Start what is due; seconds until something else is."""
        now = self._clock.now()
        for one in waiting:
            if one.due > now:
                return min(IDLE, (one.due - now).total_seconds())
            key = (one.message, one.item)
            self._busy[key] = task = asyncio.create_task(self._attend(one))
            task.add_done_callback(lambda _, key=key: self._done(key))  # type: ignore[misc]
        return IDLE

    def _done(self, key: tuple[int, int]) -> None:
        del self._busy[key]
        self._news.set()

    async def _attend(self, one: Download) -> None:
        try:
            await self._copy(one)
        except Exception:  # the store takes nothing: it would be asked without end
            log.exception("message %s: attachment %s: nothing can be written down", one.message, one.item)
            await self._clock.sleep(LONGEST_PAUSE / 10)

    async def _copy(self, one: Download) -> None:
        copy: MediaFile | None = None
        try:
            async with self._slots:
                copy = await self._local(one)
        except (FileGone, Empty, TooBig) as gone:
            log.warning("message %s: attachment %s cannot be copied: %s", one.message, one.item, gone)
        except Exception as error:  # also a bug's: it would come again at once, without end
            if one.attempts < TRIES:
                await self._put_off(one, error)
                return
            log.warning("message %s: attachment %s cannot be copied: %s", one.message, one.item, _of(error))
        await self._store.write(lambda tx: _settled(tx, one, copy))

    async def _put_off(self, one: Download, error: Exception) -> None:
        pause = min(FIRST_PAUSE * 2.0**one.attempts, LONGEST_PAUSE)
        log.info("message %s: attachment %s: again in %.0f s (%s)", one.message, one.item, pause, _of(error))
        due = self._clock.now() + timedelta(seconds=pause)
        await self._store.write(lambda tx: tx.put_off_download(one.message, one.item, due))

    async def _local(self, one: Download) -> MediaFile | None:
        """The copy; None where there is nothing (any more) to be copied."""
        if one.attachment is None or one.attachment.file is None:
            return None
        return (await self._media.local(one.attachment.file, one.attachment))[1]


def _settled(tx: Transaction, one: Download, copy: MediaFile | None) -> None:
    """It is done with, unless the message has another file there by now."""
    if copy is not None:
        tx.claim_media([copy.id], one.message)
    attachments = tx.message(one.message).content.attachments
    now = attachments[one.item].file if one.item < len(attachments) else None
    if one.attachment is None or now == one.attachment.file:
        tx.downloaded(one.message, one.item)


def _of(error: Exception) -> str:
    """What an error says that may be logged: an unforeseen one could quote an address."""
    return str(error) if isinstance(error, OSError) else type(error).__name__
