"""Files of operators: one request for each, before the answer that names them."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import unquote

from aiohttp import web

from bridge.catalogue import Catalogue
from bridge.clock import Clock
from bridge.desks.web.protocol import dump
from bridge.media.names import fit
from bridge.media.store import Empty, MediaStore, TooBig
from bridge.model import ChannelName, ExternalId, MediaFile, OperatorId

log = logging.getLogger(__name__)

DESK: Final = ChannelName("@desk")  # where operators upload; no channel of the configuration has such a name
FILE_LIMIT: Final = 50 * 1024 * 1024  # bytes; Telegram's bots send none that is larger
AT_ONCE: Final = 6  # uploads of one operator
PER_DAY: Final = 2 * 1024 * 1024 * 1024  # bytes of one operator
DAY: Final = 24 * 3600.0
SILENCE: Final = 30.0  # seconds without a byte
MEGABYTE: Final = 1024 * 1024
NAME_HEADER: Final = "X-File-Name"
NAME_READ: Final = 2000  # characters of a name that are looked at

_STATUS: Final = {"empty": 400, "late": 408, "too-big": 413, "flood": 429, "try-later": 503}


class _Refused(Exception):
    """Why it is not taken: its sentence is `upload-error-<wrong>`."""

    def __init__(self, wrong: str) -> None:
        super().__init__(wrong)
        self.wrong = wrong


class Uploads:
    """The uploads of all operators; who may upload is asked before."""

    def __init__(self, media: MediaStore, clock: Clock) -> None:
        self._media = media
        self._clock = clock
        self._open: Counter[OperatorId] = Counter()
        self._taken: dict[OperatorId, tuple[float, int]] = {}  # since when, and how many bytes

    async def take(self, request: web.Request, operator: OperatorId, words: Catalogue) -> web.Response:
        """Take in a request's body as a file of the operator's."""
        try:
            made = await self._take(request, operator)
        except _Refused as refused:
            limit = FILE_LIMIT // MEGABYTE
            message = words(f"upload-error-{refused.wrong}", seconds=60, limit=limit)
            response = answer({"error": refused.wrong, "message": message}, _STATUS[refused.wrong])
            if refused.wrong in ("late", "too-big"):
                response.force_close()  # what is still to come is not read
            return response
        fields: dict[str, object] = {"id": made.id, "kind": made.kind.value, "name": made.name, "mime": made.mime}
        fields |= {"size": made.size, "width": made.width, "height": made.height}
        return answer({name: value for name, value in fields.items() if value is not None}, 201)

    async def _take(self, request: web.Request, operator: OperatorId) -> MediaFile:
        if (request.content_length or 0) > FILE_LIMIT:
            raise _Refused("too-big")
        if self._open[operator] >= AT_ONCE or self._used(operator) >= PER_DAY:
            raise _Refused("flood")
        self._open[operator] += 1
        try:
            return await self._media.receive(
                self._chunks(request, operator),
                channel=DESK,
                owner=ExternalId(str(operator)),
                name=fit(unquote(request.headers.get(NAME_HEADER, "")[:NAME_READ], errors="replace")),
                limit=FILE_LIMIT,
            )
        except TooBig:
            raise _Refused("too-big") from None
        except (Empty, web.RequestPayloadError):  # nothing in it that can be unpacked
            raise _Refused("empty") from None
        except ConnectionError:  # the operator is gone: nobody will read it
            raise _Refused("late") from None
        except _Refused:
            raise
        except Exception:  # the disk or the database
            log.exception("an operator's upload could not be stored")
            raise _Refused("try-later") from None
        finally:
            self._open[operator] -= 1
            if not self._open[operator]:
                del self._open[operator]

    def _used(self, operator: OperatorId) -> int:
        since, used = self._taken.get(operator, (0.0, 0))
        return used if self._clock.monotonic() - since < DAY else 0

    def _count(self, operator: OperatorId, size: int) -> None:
        used = self._used(operator)
        since = self._taken[operator][0] if used else self._clock.monotonic()
        self._taken[operator] = since, used + size
        if used + size > PER_DAY:
            raise _Refused("flood")

    async def _chunks(self, request: web.Request, operator: OperatorId) -> AsyncIterator[bytes]:
        """The body as it comes; it is never in memory as a whole."""
        while chunk := await self._next(request):
            self._count(operator, len(chunk))
            yield chunk

    async def _next(self, request: web.Request) -> bytes:
        """What has come since; b"" at the end. Raises when nothing comes for too long."""
        reading = asyncio.ensure_future(request.content.readany())
        silence = asyncio.ensure_future(self._clock.sleep(SILENCE))
        try:
            await asyncio.wait({reading, silence}, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                raise _Refused("late")
            return reading.result()
        finally:
            silence.cancel()
            if not reading.done():
                reading.cancel()
                await asyncio.wait([reading])


def answer(body: dict[str, object], status: int = 200) -> web.Response:
    """An answer in JSON that nobody keeps."""
    return web.Response(
        text=dump(body),
        status=status,
        content_type="application/json",
        headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"},
    )
