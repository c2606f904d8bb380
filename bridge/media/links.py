"""Addresses of files that carry their own permission: signed, good for some days, the same for a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final
from urllib.parse import quote

from itsdangerous import BadData, URLSafeSerializer

from bridge.clock import Clock
from bridge.media.names import fit
from bridge.model import MessageId

DAYS: Final = 7
DAY: Final = timedelta(days=1)
_SALT: Final = b"otklik media"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Expired(Enum):
    """The address was good once."""

    EXPIRED = "expired"


EXPIRED: Final = Expired.EXPIRED


class MediaLinks:
    """Makes and reads addresses below `base` (the server's own address; '' makes them relative to any)."""

    def __init__(self, key: bytes, base: str, clock: Clock) -> None:
        self._signer = URLSafeSerializer(key, salt=_SALT)
        self._base = base.rstrip("/")
        self._clock = clock

    def url(self, message: MessageId, item: int, name: str, version: int = 0) -> str:
        """Where attachment number `item` of a message can be had for a week to come.

        The same all day, so that browsers keep what they have loaded. `version` (the message's revision) gives an
        attachment that took another's place an address of its own.
        """
        token = self._signer.dumps([message, item, self._today(), version])
        return f"{self._base}/media/{token}/{quote(fit(name) or 'file', safe='')}"

    def file_url(self, id: str, name: str, *, days: int = DAYS) -> str:
        """Where a file of the media store can be had for `days` to come: for platforms that fetch what we send."""
        token = self._signer.dumps([id, self._today() + days])
        return f"{self._base}/media/{token}/{quote(fit(name) or 'file', safe='')}"

    def read_file(self, token: str) -> str | Expired | None:
        """The file's id, of a token that `file_url` made; None for any other."""
        try:
            id, last_day = self._signer.loads(token)
        except (BadData, ValueError, TypeError):
            return None
        if not isinstance(id, str) or not isinstance(last_day, int):
            return None
        return EXPIRED if self._today() > last_day else id

    def read(self, token: str) -> tuple[MessageId, int] | Expired | None:
        """The message and the attachment's number; None for what we never signed."""
        try:
            message, item, day, _ = self._signer.loads(token)
        except (BadData, ValueError, TypeError):
            return None
        if self._today() > day + DAYS:
            return EXPIRED
        return MessageId(message), item

    @property
    def lifetime(self) -> int:
        """Seconds for which what an address leads to may be kept."""
        return int((DAYS * DAY).total_seconds())

    def _today(self) -> int:
        return (self._clock.now() - _EPOCH) // DAY
