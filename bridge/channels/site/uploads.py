"""Files of visitors: one request for each, before the message that names them."""

from __future__ import annotations

import asyncio
import json
import logging
import math
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from enum import StrEnum
from typing import Final
from urllib.parse import unquote

from aiohttp import web
from itsdangerous import BadData, URLSafeSerializer

from bridge.catalogue import Catalogue
from bridge.channels.site.cors import preflight, shared
from bridge.channels.site.language import speaking
from bridge.channels.site.quota import Quota
from bridge.channels.site.settings import SiteSettings
from bridge.clock import Clock
from bridge.media.names import fit
from bridge.media.store import Empty, MediaStore, TooBig
from bridge.model import ChannelName, ExternalId, MediaFile

log = logging.getLogger(__name__)

MEGABYTE: Final = 1024 * 1024
TOKEN_GOOD_FOR: Final = 3600  # seconds
AT_ONCE: Final = 4  # uploads of one visitor
ADDRESS_SHARE: Final = 5  # an office behind one address may upload as much as so many visitors
SILENCE: Final = 30.0  # seconds without a byte
DISK_PAUSE: Final = 60.0  # seconds after which to try again what the disk did not take
BUSY_PAUSE: Final = 5.0  # seconds after which one of the visitor's uploads may be over
NAME_HEADER: Final = "X-File-Name"
NAME_READ: Final = 2000  # characters of a name that are looked at
_SALT: Final = b"otklik upload"


class Wrong(StrEnum):
    """What an upload is answered; each has its sentence in the catalogue, `upload-error-<value>`."""

    EMPTY = "empty"
    BAD_TOKEN = "bad-token"
    BAD_ORIGIN = "bad-origin"
    LATE = "late"
    TOO_BIG = "too-big"
    FLOOD = "flood"
    TRY_LATER = "try-later"


_STATUS: Final = {
    Wrong.EMPTY: 400,
    Wrong.BAD_TOKEN: 401,
    Wrong.BAD_ORIGIN: 403,
    Wrong.LATE: 408,
    Wrong.TOO_BIG: 413,
    Wrong.FLOOD: 429,
    Wrong.TRY_LATER: 503,
}


class _Refused(Exception):
    def __init__(self, wrong: Wrong, retry_after: float = 0.0) -> None:
        super().__init__(wrong.value)
        self.wrong = wrong
        self.retry_after = math.ceil(retry_after)


class Uploads:
    """The uploads of one site channel.

    `routes(path)` serves them at `<path>/upload`; `token_for(visitor)` goes into the visitor's welcome, with
    `file_limit` (0: no files, then no `upload` in the welcome); `sweep(now)` is to be called every minute or so.
    A message names what came by `MediaFile.id`; whose file it is stands in its `channel` and `owner`.
    """

    def __init__(
        self,
        settings: SiteSettings,
        media: MediaStore,
        key: bytes,
        admit: Callable[[web.Request], str],
        clock: Clock,
        catalogue: Catalogue,
        refused: Callable[[str], None] = lambda code: None,
    ) -> None:
        """`key` signs the tokens (`tx.server_key("uploads")`); `admit` returns the visitor's address or raises
        HTTPForbidden for a foreign page and HTTPServiceUnavailable while the channel does not run; `refused` counts
        all others that are refused.
        """
        self.file_limit = min(settings.file_limit, settings.uploads_per_day) * MEGABYTE
        self._channel = ChannelName(settings.name)
        self._media = media
        self._signer = URLSafeSerializer(key, salt=_SALT)
        self._admit = admit
        self._clock = clock
        self._catalogue = catalogue
        self._of_visitor = Quota(settings.uploads_per_day * MEGABYTE)
        self._of_address = Quota(settings.uploads_per_day * MEGABYTE * ADDRESS_SHARE)
        self._refused = refused
        self._open: Counter[ExternalId] = Counter()

    def token_for(self, visitor: ExternalId) -> str:
        """What lets a visitor upload for an hour."""
        until = int(self._clock.now().timestamp()) + TOKEN_GOOD_FOR
        return self._signer.dumps([self._channel, visitor, until])

    def routes(self, path: str) -> Iterable[web.AbstractRouteDef]:
        """The upload below `path`, and its preflight; nothing where files are not taken."""
        if not self.file_limit:
            return []
        return [web.post(f"{path}/upload", self._upload), web.options(f"{path}/upload", self._preflight)]

    def sweep(self, now: float) -> None:
        """Forget who has not uploaded for long."""
        self._of_visitor.sweep(now)
        self._of_address.sweep(now)

    async def _preflight(self, request: web.Request) -> web.Response:
        self._admit(request)
        return preflight(request, "Authorization", NAME_HEADER)

    async def _upload(self, request: web.Request) -> web.Response:
        try:
            made = await self._take(request)
        except _Refused as refused:
            if refused.wrong is not Wrong.BAD_ORIGIN:  # which has been counted where it was found
                self._refused(refused.wrong)
            return self._refusal(request, refused)
        fields: dict[str, object] = {"file": made.id, "kind": made.kind, "name": made.name, "mime": made.mime}
        fields |= {"size": made.size, "width": made.width, "height": made.height}
        return _json(request, 201, {name: value for name, value in fields.items() if value is not None})

    async def _take(self, request: web.Request) -> MediaFile:
        """1. from where  2. whose  3. not too much, as far as it says  4. the bytes, counted as they come."""
        try:
            address = self._admit(request)
        except web.HTTPForbidden:
            raise _Refused(Wrong.BAD_ORIGIN) from None
        except web.HTTPServiceUnavailable as error:
            raise _Refused(Wrong.TRY_LATER, float(error.headers.get("Retry-After", BUSY_PAUSE))) from None
        visitor = self._visitor(request)
        said = request.content_length or 0
        if said > self.file_limit:
            raise _Refused(Wrong.TOO_BIG)
        self._check(visitor, address, max(said, 1))
        if self._open[visitor] >= AT_ONCE:
            raise _Refused(Wrong.FLOOD, BUSY_PAUSE)
        self._open[visitor] += 1
        try:
            return await self._media.receive(
                self._chunks(request, visitor, address),
                channel=self._channel,
                owner=visitor,
                name=fit(unquote(request.headers.get(NAME_HEADER, "")[:NAME_READ], errors="replace")),
                limit=self.file_limit,
            )
        except TooBig:
            raise _Refused(Wrong.TOO_BIG) from None
        except (Empty, web.RequestPayloadError):  # nothing in it that can be unpacked
            raise _Refused(Wrong.EMPTY) from None
        except ConnectionError:  # the visitor is gone: nobody will read it
            raise _Refused(Wrong.LATE) from None
        except _Refused:
            raise
        except Exception:  # the disk or the database
            log.exception("channel %s: an upload could not be stored", self._channel)
            raise _Refused(Wrong.TRY_LATER, DISK_PAUSE) from None
        finally:
            self._open[visitor] -= 1
            if not self._open[visitor]:
                del self._open[visitor]

    def _visitor(self, request: web.Request) -> ExternalId:
        """Whose token came with the request."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        try:
            channel, visitor, until = self._signer.loads(token.strip())
        except (BadData, ValueError, TypeError):
            raise _Refused(Wrong.BAD_TOKEN) from None
        if kind.lower() != "bearer" or channel != self._channel or until < self._clock.now().timestamp():
            raise _Refused(Wrong.BAD_TOKEN)
        return ExternalId(visitor)

    def _check(self, visitor: ExternalId, address: str, amount: int) -> None:
        now = self._clock.monotonic()
        wait = max(self._of_visitor.wait(visitor, amount, now), self._of_address.wait(address, amount, now))
        if wait:
            raise _Refused(Wrong.FLOOD, wait)

    async def _chunks(self, request: web.Request, visitor: ExternalId, address: str) -> AsyncIterator[bytes]:
        """The body as it comes; it is never in memory as a whole, so the server's limit of bodies is not for it."""
        while chunk := await self._next(request):
            self._check(visitor, address, len(chunk))
            now = self._clock.monotonic()
            self._of_visitor.take(visitor, len(chunk), now)
            self._of_address.take(address, len(chunk), now)
            yield chunk

    async def _next(self, request: web.Request) -> bytes:
        """What has come since; b"" at the end. Raises when nothing comes for too long."""
        reading = asyncio.ensure_future(request.content.readany())
        silence = asyncio.ensure_future(self._clock.sleep(SILENCE))
        try:
            await asyncio.wait({reading, silence}, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                raise _Refused(Wrong.LATE)
            return reading.result()
        finally:
            silence.cancel()
            if not reading.done():
                reading.cancel()
                await asyncio.wait([reading])

    def _refusal(self, request: web.Request, refused: _Refused) -> web.Response:
        language = request.headers.get("Accept-Language", "").partition(",")[0].partition(";")[0].strip()
        say = speaking("" if language == "*" else language, self._catalogue)
        seconds = refused.retry_after
        limit = self.file_limit // MEGABYTE
        body: dict[str, object] = {
            "error": refused.wrong,
            "message": say(f"upload-error-{refused.wrong}", seconds=seconds, limit=limit),
        }
        response = _json(request, _STATUS[refused.wrong], body | ({"retry_after": seconds} if seconds else {}))
        if seconds:
            response.headers["Retry-After"] = str(seconds)
        if refused.wrong is Wrong.BAD_ORIGIN:
            response.headers.popall("Access-Control-Allow-Origin", None)
        if refused.wrong is Wrong.LATE:
            response.force_close()
        return response


def _json(request: web.Request, status: int, body: dict[str, object]) -> web.Response:
    text = json.dumps(body, ensure_ascii=False)
    headers = {**shared(request), "X-Content-Type-Options": "nosniff"}
    return web.Response(text=text, status=status, content_type="application/json", headers=headers)
