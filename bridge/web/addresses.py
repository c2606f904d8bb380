"""Which addresses a stranger's URL may lead to: only what is public, unicast, and somebody else's."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

# https://www.iana.org/assignments/iana-ipv4-special-registry, and what is not unicast. A list of our own, because
# what Python calls global differs between its versions.
_NOT_PUBLIC_4: Final = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
)
# https://www.iana.org/assignments/iana-ipv6-special-registry. Only 2000::/3 is given out as public unicast; in it
# stand Teredo and others (2001::/23), documentation, and 6to4, which leads to an IPv4 address through a stranger.
_PUBLIC_6: Final = IPv6Network("2000::/3")
_NOT_PUBLIC_6: Final = tuple(
    IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
_NAT64: Final = IPv6Network("64:ff9b::/96")  # how a host without IPv4 reaches it: the last 32 bits are the address


def is_public(written: str) -> bool:
    """Whether a numeric address, with or without a zone behind %, is public unicast. False for what is none."""
    try:
        address = ip_address(written.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped
        if inner is None and address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is None:
            return address in _PUBLIC_6 and not any(address in network for network in _NOT_PUBLIC_6)
        address = inner
    return not any(address in network for network in _NOT_PUBLIC_4)


def literal(host: str) -> str | None:
    """The address that a URL's host is by itself, in plain form; None where it is a name.

    Decimal, octal, hexadecimal and short forms (2130706433, 0177.1, 0x7f.1) count, as most systems take them.
    """
    text = host.strip("[]").rstrip(".")
    try:
        return str(ip_address(text.partition("%")[0]))
    except ValueError:
        pass
    try:
        return str(IPv4Address(socket.inet_aton(text)))
    except (OSError, ValueError):
        return None


def is_local_name(host: str) -> bool:
    """Whether a name can only mean something in a network of its own: no dot, or an ending kept for such."""
    name = host.lower().rstrip(".")
    return "." not in name or name.endswith((".localhost", ".local", ".internal", ".home.arpa", ".lan"))
