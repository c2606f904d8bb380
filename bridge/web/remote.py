"""Files at a platform, by their addresses: what the media store copies from."""

from __future__ import annotations

from collections.abc import AsyncIterator

from bridge.model import File
from bridge.web.download import Downloader


class RemoteFiles:
    """A `FileOpener` and `FileStreamer` whose files' `ref` is an address."""

    def __init__(self, downloader: Downloader) -> None:
        self._downloader = downloader

    async def fetch(self, file: File, *, most: int) -> bytes:
        """The bytes, at most `most`. Raises FileGone, or OSError when it may work later."""
        return await self._downloader.fetch(file.ref, most=most)

    async def stream(self, file: File, *, most: int) -> AsyncIterator[bytes]:
        """The bytes as they come. Raises as `fetch`."""
        async with self._downloader.open(file.ref, most=most) as download:
            async for chunk in download:
                yield chunk
