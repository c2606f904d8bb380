"""Files on the disk: named by random ids only, for this user only, safe before anybody relies on them.

A file is `<id>.part` until its row in the database is committed, and again from the moment in which it is to be
deleted. So after a kill a `.part` tells what to do: with a row it is a file, without one it is rubbish; and a file
without a row never comes to be.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

PART: Final = ".part"
WRITTEN_AT_ONCE: Final = 512 * 1024  # bytes that are gathered before a thread writes them


def new_id() -> str:
    """A random id, the same on file systems that do not tell capital letters from small ones."""
    return secrets.token_hex(16)


class Folder:
    """The folder of a media store."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self) -> None:
        """Make the folder, for this user only. Raises OSError."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def whole(self, id: str) -> Path:
        """Where a file lies for good."""
        return self.path / id

    def part(self, id: str) -> Path:
        """Where a file lies before that, and before it is deleted."""
        return self.path / (id + PART)

    def find(self, id: str) -> Path | None:
        """Where a file lies now."""
        return next((path for path in (self.whole(id), self.part(id)) if path.is_file()), None)

    def parts(self) -> Iterator[str]:
        """Ids of all `.part` files, with leftovers of rewriting them."""
        with contextlib.suppress(FileNotFoundError):
            for path in self.path.iterdir():
                if PART in path.suffixes:
                    yield path.name.partition(".")[0]

    def settle(self, id: str, *, keep: bool) -> None:
        """Make a `.part` a file, or delete it."""
        if keep:
            with contextlib.suppress(FileNotFoundError):
                self.part(id).replace(self.whole(id))
        else:
            self.part(id).unlink(missing_ok=True)
        self.part(id).with_suffix(PART + ".new").unlink(missing_ok=True)

    def set_aside(self, id: str) -> None:
        """Make a file a `.part`."""
        with contextlib.suppress(FileNotFoundError):
            self.whole(id).replace(self.part(id))

    def sync(self, path: Path) -> None:
        """Return when the file and its name are on the disk."""
        with path.open("r+b") as file:
            os.fsync(file.fileno())
        if os.name == "posix":
            folder = os.open(self.path, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


async def finished(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run `work` in a thread. Who is cancelled waits for its end all the same: nothing is cleaned up under it."""
    running = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        if not running.cancelled():
            running.exception()  # seen
        raise


async def save(chunks: AsyncIterator[bytes], path: Path, limit: int) -> int:
    """Write what comes to a new file at `path`; how many bytes. Raises TooBig, or OSError of the disk.

    However long it is, about WRITTEN_AT_ONCE bytes of it are in memory.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
    size = 0
    waiting = bytearray()
    try:
        async for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise TooBig(limit)
            waiting += chunk
            if len(waiting) >= WRITTEN_AT_ONCE:
                full, waiting = waiting, bytearray()
                await finished(_write, descriptor, full)
        await finished(_write, descriptor, waiting)
    finally:
        os.close(descriptor)
    return size


_BINARY: Final = getattr(os, "O_BINARY", 0)


def _write(descriptor: int, data: bytearray) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


class TooBig(Exception):
    """More bytes than are allowed."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} bytes")
        self.limit = limit


class Empty(Exception):
    """No bytes at all."""
