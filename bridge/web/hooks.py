"""What every webhook does before it knows what it was told: read, check the sender, parse, answer for the store.

    hook = Hook(channel, refused)
    body = await hook.body(request)                                    # 413, 408
    hook.admit(same(header, hmac_sha256_hex(secret, body)))            # 403
    event = hook.parse(body)                                           # 400
    with hook.storing():                                               # 503
        await inbox.write(...)

Refusals are raised as aiohttp's HTTP errors, which a handler lets pass.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import logging
import sqlite3
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any, Final

from aiohttp import web

from bridge.model import ChannelName
from storage.store import StoreError

log = logging.getLogger(__name__)

BODY_LIMIT: Final = 1024 * 1024  # bytes; what platforms post is far smaller
BODY_SECONDS: Final = 30.0  # for a whole body to arrive
SAY_AGAIN: Final = 60.0  # seconds after which the log says once more that calls are refused
_OF_THE_WORK: Final = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError, sqlite3.InterfaceError)

Refusals = Callable[[ChannelName, str], None]  # told of each refused call: the channel, and one word for the reason


class Hook:
    """One address that a platform posts to, of the channel `channel`; `refused` counts what was not taken."""

    def __init__(self, channel: ChannelName, refused: Refusals, *, limit: int = BODY_LIMIT) -> None:
        self._channel = channel
        self._refused = refused
        self._limit = limit
        self._unsaid = 0  # refused calls that the log says nothing of
        self._said_at = float("-inf")

    async def body(self, request: web.Request) -> bytes:
        """The raw bytes, which signatures are made of.

        413 for too many, 408 when they take too long, 400 when they are not what their headers say.
        """
        if (request.content_length or 0) > self._limit:
            self._too_big()
        body = bytearray()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while chunk := await request.content.readany():
                    body += chunk
                    if len(body) > self._limit:
                        self._too_big()
        except TimeoutError:
            self._refused(self._channel, "slow")
            raise web.HTTPRequestTimeout from None
        except (web.RequestPayloadError, ConnectionError):  # not packed as they say, or cut off
            self._refused(self._channel, "body")
            raise web.HTTPBadRequest from None
        return bytes(body)

    def admit(self, known: bool, reason: str = "signature") -> None:
        """Refuse a sender who is not `known` with 403. However many there are, the log has a line a minute."""
        if not known:
            self._say_refused(reason)
            self._refused(self._channel, reason)
            raise web.HTTPForbidden

    def parse(self, body: bytes) -> dict[str, Any]:
        """The JSON object in a body; 400 for everything else, also for what is nested too deep to be read."""
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            self._refused(self._channel, "body")
            raise web.HTTPBadRequest
        return found

    @contextlib.contextmanager
    def storing(self) -> Iterator[None]:
        """Around what must be on disk before the platform hears 200; 503 when the store fails: it comes again.

        What is wrong with this one piece of work is raised as it is: it would come again for ever.
        """
        try:
            yield
        except Exception as error:
            if not of_the_store(error):
                raise
            log.error("%s: the store failed: %s", self._channel, error)
            raise web.HTTPServiceUnavailable from error

    def _say_refused(self, reason: str) -> None:
        now = monotonic()
        if now - self._said_at < SAY_AGAIN:
            self._unsaid += 1
            return
        more = f" ({self._unsaid} more before it)" if self._unsaid else ""
        log.warning("%s: a webhook call was refused: %s%s", self._channel, reason, more)
        self._said_at, self._unsaid = now, 0

    def _too_big(self) -> None:
        self._refused(self._channel, "size")
        raise web.HTTPRequestEntityTooLarge(max_size=self._limit, actual_size=self._limit + 1)


def hmac_sha256_hex(secret: str, body: bytes) -> str:
    """The signature of raw bytes, in lower-case hex."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def same(told: str, known: str) -> bool:
    """Whether two secrets or signatures are equal, in a time that tells nothing of where they differ.

    Nothing is the same as an empty one: what is not configured admits nobody.
    """
    equal = hmac.compare_digest(told.encode("utf-8", "surrogatepass"), known.encode("utf-8", "surrogatepass"))
    return equal and bool(known)


def of_the_store(error: Exception) -> bool:
    """Whether the store as a whole is in trouble (a full disk, a broken file), not this one piece of work."""
    if isinstance(error, _OF_THE_WORK):
        return False
    return isinstance(error, sqlite3.Error | StoreError | OSError)
