"""Who may connect, and from where: the origin of the page and the address of the visitor."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from pydantic_core import PydanticCustomError

from bridge.channels.site.settings import ANY_ORIGIN, origin

LOOPBACK: Final = ("127.0.0.1", "::1")
ORIGIN_SHOWN: Final = 200  # characters of a foreign origin that go into the log

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


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


class Addresses:
    """Finds a visitor's address behind the proxies that are trusted to tell it."""

    def __init__(self, trusted_proxies: Iterable[str] = LOOPBACK) -> None:
        self._trusted = tuple(ipaddress.ip_network(network, strict=False) for network in trusted_proxies)

    def of(self, request: web.Request) -> str:
        """The address that limits count by: an IPv4 address, or the /64 network of an IPv6 one.

        X-Forwarded-For counts only when a trusted proxy made the connection, and then from the right: what stands
        left of the first address that is not a trusted proxy was written by the visitor and may be invented.
        """
        peer = _ip(request.remote or "")
        hops = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
        while peer is not None and self._is_trusted(peer) and hops:
            told = _ip(hops.pop())
            if told is None:
                break
            peer = told
        if peer is None:
            return "unknown"
        if isinstance(peer, ipaddress.IPv6Address):
            return str(ipaddress.ip_network((peer, 64), strict=False))
        return str(peer)

    def _is_trusted(self, address: IpAddress) -> bool:
        return any(address in network for network in self._trusted)


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


def _ip(written: str) -> IpAddress | None:
    """The address that a proxy wrote, with or without port and brackets; None if it is none."""
    text = written.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
