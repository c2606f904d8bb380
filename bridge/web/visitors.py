"""From where somebody asks: the address that limits count by."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final

from aiohttp import web

LOOPBACK: Final = ("127.0.0.1", "::1")

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class Addresses:
    """Finds a visitor's address behind the proxies that are trusted to tell it."""

    def __init__(self, trusted_proxies: Iterable[str] = LOOPBACK) -> None:
        self._trusted = tuple(ipaddress.ip_network(network, strict=False) for network in trusted_proxies)

    def of(self, request: web.Request) -> str:
        """The address that limits count by: an IPv4 address, or the /64 network of an IPv6 one.

        X-Forwarded-For counts only when a trusted proxy made the connection, and then from the right: what stands
        left of the first address that is not a trusted proxy was written by the visitor and may be invented.
        """
        peer = ip(request.remote or "")
        hops = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
        while peer is not None and self._is_trusted(peer) and hops:
            told = ip(hops.pop())
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


def ip(written: str) -> IpAddress | None:
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
