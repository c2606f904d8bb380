"""Who may connect: the origin of the page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from pydantic_core import PydanticCustomError

from bridge.channels.site.settings import ANY_ORIGIN, origin

ORIGIN_SHOWN: Final = 200  # characters of a foreign origin that go into the log


class Origins:
    """Which pages may open a connection: the configured ones and our own."""

    def __init__(self, allowed: Iterable[str], public_url: str | None) -> None:
        self._allowed = frozenset(allowed)
        self._own = _normal(_origin_of(public_url)) if public_url else None

    def allow(self, request: web.Request) -> bool:
        """Whether the page that asks may connect. Without an Origin header only where all may."""
        if ANY_ORIGIN in self._allowed:
            return True
        asking = _normal(request.headers.get("Origin", ""))
        if asking is None:
            return False
        if asking in self._allowed:
            return True
        if self._own is not None:
            return asking == self._own
        # No public_url: the page that we serve ourselves came from the host that it asks now.
        return asking in {_normal(f"{scheme}://{request.host}") for scheme in ("http", "https")}


def shown(request: web.Request) -> str:
    """The asking origin, fit for the log."""
    return ascii(request.headers.get("Origin", "none")[:ORIGIN_SHOWN])


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _normal(written: str) -> str | None:
    try:
        return origin(written)
    except (PydanticCustomError, ValueError):
        return None
