"""Pictures of the company and its operators, from files that the config names."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

from bridge.media import pictures

log = logging.getLogger(__name__)

FRESH: Final = 24 * 3600  # seconds that a browser may keep a picture without asking again


@dataclass(frozen=True, slots=True)
class Avatar:
    """A small WebP picture; `etag` changes with it."""

    data: bytes
    etag: str


class Avatars:
    """The pictures by any ids; each file is read once, small versions of them stay in memory."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = dict(files)
        self._made: dict[str, asyncio.Task[Avatar | None]] = {}

    def __contains__(self, id: str) -> bool:
        """Whether a picture is configured for `id` (it may turn out to be none)."""
        return id in self._files

    async def get(self, id: str) -> Avatar | None:
        """The picture; None where there is none, or its file cannot be read as one."""
        if id not in self._files:
            return None
        if id not in self._made:
            self._made[id] = asyncio.create_task(self._read(self._files[id]))
        return await asyncio.shield(self._made[id])

    async def answer(self, request: web.Request, id: str) -> web.Response:
        """The picture as an answer to a browser. Raises HTTPNotFound."""
        found = await self.get(id)
        if found is None:
            raise web.HTTPNotFound
        headers = {
            "Cache-Control": f"public, max-age={FRESH}",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Referrer-Policy": "no-referrer",
        }
        response = web.Response(headers=headers)
        response.etag = found.etag
        if any(tag.value in (found.etag, "*") for tag in request.if_none_match or ()):
            response.set_status(304)
            return response
        response.content_type = "image/webp"
        response.body = found.data
        return response

    async def _read(self, file: Path) -> Avatar | None:
        try:
            data = await asyncio.to_thread(pictures.avatar, file)
        except (OSError, ValueError) as error:
            log.warning("%s cannot be shown as a picture: %s", file, error)
            return None
        return Avatar(data, hashlib.sha256(data).hexdigest()[:32])
