"""Files of customers: links that need no token and are good for an hour; avatars."""

from __future__ import annotations

import asyncio
import mimetypes
import secrets
from dataclasses import dataclass
from pathlib import PurePosixPath

from aiohttp import web

from ..common.serving import cut, hang
from .faults import Faults
from .world import World

LIFETIME = 3600.0


@dataclass(frozen=True, slots=True)
class Stored:
    data: bytes
    content_type: str
    since: float  # monotonic
    lasting: bool = False  # avatars


class Cdn:
    """Switches: `lifetime` (seconds of the clock), `gone` (the status of an expired link), `redirect`."""

    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults
        self._files: dict[str, Stored] = {}
        self.lifetime = LIFETIME
        self.gone = 404
        self.redirect = False  # links lead to the file by one redirect
        self.asked: list[str] = []  # paths that were downloaded
        self.leaks: list[str] = []  # downloads that carried the bot's token

    def put(self, data: bytes, name: str = "", content_type: str = "", *, lasting: bool = False) -> str:
        """Store a file; its link. The link has the name's ending, or none."""
        content_type = content_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
        path = f"{secrets.token_hex(12)}{PurePosixPath(name).suffix}"
        self._files[path] = Stored(data, content_type, self._world.clock.monotonic(), lasting)
        return f"{self._world.url}/{'avatar' if lasting else 'share/2/long'}/{path}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        self.asked.append(path)
        token = self._world.account.token
        if "X-Viber-Auth-Token" in request.headers or token in str(request.url) or token in str(request.headers):
            self.leaks.append(path)
            return web.Response(status=400, text="no token is needed here")
        stored = self._files.get(path)
        if stored is None:
            return web.Response(status=404)
        if not stored.lasting and self._world.clock.monotonic() - stored.since > self.lifetime:
            return web.Response(status=self.gone)
        fault = self._faults.take("avatar" if stored.lasting else "media")
        if fault is not None and fault.gate is not None:
            await fault.gate.hold()
        elif fault is not None:
            return await self._broken(request, stored, fault.word or "http", fault.status or fault.code)
        if self.redirect and "moved" not in request.query:
            return web.Response(status=302, headers={"Location": f"{request.path}?moved=1"})
        return web.Response(body=stored.data, headers={"Content-Type": stored.content_type})

    async def _broken(self, request: web.Request, stored: Stored, word: str, code: int) -> web.StreamResponse:
        if word in ("http", "html"):
            return web.Response(status=code, text="<html>an error</html>", content_type="text/html")
        if word == "garbage":
            return web.Response(body=b"<html>no picture</html>", headers={"Content-Type": stored.content_type})
        answer = web.StreamResponse(headers={"Content-Type": stored.content_type})
        if word == "short":
            answer.content_length = len(stored.data)
        elif word == "drip":
            answer.enable_chunked_encoding()
        if word in ("short", "drip"):
            await answer.prepare(request)
            await answer.write(stored.data[: len(stored.data) // 2])
        if word == "drip":
            await drip(answer, request)
        if word == "hang":
            await hang(request)
        return cut(request, answer)


async def drip(answer: web.StreamResponse, request: web.Request) -> None:
    """Byte after byte until the other side has had enough."""
    while request.transport is not None and not request.transport.is_closing():
        await answer.write(b" ")
        await asyncio.sleep(0.02)
