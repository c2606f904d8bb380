"""Bytes of files that other bots and channels hold, fetched beside a group's calls.

A slow or broken source holds up only the message whose file it has.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

from bridge.clock import Clock
from bridge.contracts import FileGone, FileOpener
from bridge.model import ConversationId, File
from bridge.telegram.client import UPLOAD_LIMIT

log = logging.getLogger(__name__)

TRIES = (5.0, 30.0, 120.0)  # seconds before each further try; after the last the desk says so in words
AT_ONCE = 4
KEPT = 150 * 1024 * 1024  # bytes that wait for their turn; what does not fit is fetched again

Bytes = dict[File, bytes]
Key = tuple[ConversationId, tuple[File, ...]]


class ForeignFiles:
    """`take` gives the bytes, or None while they are fetched: then `ready` is called later."""

    def __init__(
        self, openers: Mapping[str, FileOpener], clock: Clock, ready: Callable[[ConversationId], None]
    ) -> None:
        self._openers = openers
        self._clock = clock
        self._ready = ready
        self._fetched: dict[Key, Bytes | FileGone] = {}
        self._tasks: dict[Key, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)

    def take(self, conversation: ConversationId, files: Sequence[File]) -> Bytes | None:
        """The bytes of all `files`. Raises FileGone when they cannot be had."""
        if not files:
            return {}
        key = conversation, tuple(files)
        found = self._fetched.pop(key, None)
        if isinstance(found, FileGone):
            raise found
        if found is None and key not in self._tasks:
            self._tasks[key] = asyncio.create_task(self._fetch(key))
        return found

    def close(self) -> None:
        """Stop fetching."""
        for task in self._tasks.values():
            task.cancel()

    async def _fetch(self, key: Key) -> None:
        conversation, files = key
        found: Bytes | FileGone = FileGone("it could not be fetched")
        for pause in (*TRIES, None):
            try:
                async with self._slots:
                    found = {file: await self._open(file) for file in files}
                break
            except FileGone as error:
                found = error
                break
            except Exception as error:  # a bug in a channel's opener is no reason to hold up the group
                log.warning("conversation %s: a file cannot be fetched: %s", conversation, type(error).__name__)
            if pause is not None:
                await self._clock.sleep(pause)
        self._fetched[key] = found
        self._make_room(key)
        del self._tasks[key]
        self._ready(conversation)

    async def _open(self, file: File) -> bytes:
        opener = self._openers.get(file.origin)
        if opener is None:
            raise FileGone(f"nobody opens {file.origin}")
        return await opener.fetch(file, most=UPLOAD_LIMIT)

    def _make_room(self, newest: Key) -> None:
        sizes = {
            key: sum(map(len, found.values())) if isinstance(found, dict) else 0
            for key, found in self._fetched.items()
        }
        total = sum(sizes.values())
        for key, size in sizes.items():
            if total <= KEPT:
                break
            if key != newest:
                del self._fetched[key]
                total -= size
