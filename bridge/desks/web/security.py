"""What browsers are told and asked, so that other people's pages can do nothing with the web desk.

a page of ours     its Origin is ours, and it says X-Otklik: no form, link or picture elsewhere can
the cookie         never read by scripts, never sent along by other sites, bound to the host where there is TLS
local              nobody between us: a loopback peer that asks for a loopback name, and no proxy's marks
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from bridge.web.visitors import ip

MARK: Final = "X-Otklik"  # a header that other origins cannot send without being asked first
COOKIE: Final = "otklik_desk"
HOST_COOKIE: Final = f"__Host-{COOKIE}"  # the browser lets only this very host, with TLS, set it
TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)  # 32 random bytes

# Where Telegram shows a Mini App in a frame; in its other programs it is a window of its own.
TELEGRAM: Final = (
    "https://web.telegram.org",
    "https://weba.telegram.org",
    "https://webk.telegram.org",
    "https://webz.telegram.org",
)

HEADERS: Final[Mapping[str, str]] = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
PRIVATE: Final[Mapping[str, str]] = {**HEADERS, "Cache-Control": "no-store"}

# Whoever stands between a browser and us says so in one of these, besides X-Forwarded-….
_BETWEEN: Final = frozenset(
    {
        "forwarded",
        "via",
        "x-real-ip",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-original-forwarded-for",
        "x-original-host",
        "true-client-ip",
        "fastly-client-ip",
        "cf-connecting-ip",
        "cf-ray",
        "cdn-loop",
    }
)
_PORTS: Final = {"http": 80, "https": 443}
_HOST: Final = re.compile(r"(?P<name>[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?", re.ASCII)


def is_local(request: web.Request) -> bool:
    """Whether whoever asks sits at this machine, for all that can be told.

    The name that is asked for must be a loopback one, too: a stranger's page may have given its own name our
    address (DNS rebinding).
    """
    peer = ip(request.remote or "")
    if peer is None or not peer.is_loopback:
        return False
    names = {name.lower() for name in request.headers}
    if names & _BETWEEN or any(name.startswith("x-forwarded") for name in names):
        return False
    hosts = request.headers.getall("Host", [])
    found = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
    return found is not None and _is_loopback(found["name"])


def origin_of(written: str) -> str | None:
    """The origin of an http(s) address as browsers write it; None if it is none."""
    try:
        parts = urlsplit(written)
        port, host = parts.port, (parts.hostname or "").encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        return None
    if parts.scheme not in _PORTS or not host:
        return None
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + ("" if port in (None, _PORTS[parts.scheme]) else f":{port}")


class Pages:
    """Which pages are ours, and how we talk with them. `local`: this machine may do without Telegram."""

    def __init__(self, public_url: str | None, *, local: bool) -> None:
        self._own = origin_of(public_url) if public_url else None
        self._local = local

    def local(self, request: web.Request) -> bool:
        """Whether local mode is on, and meant for whoever asks."""
        return self._local and is_local(request)

    def same_origin(self, request: web.Request) -> bool:
        """Whether the page that asks is ours. Browsers always say which it is, but for reading."""
        told = request.headers.getall("Origin", [])
        if len(told) != 1:
            return False
        asking = origin_of(told[0])
        if asking is None or asking != told[0]:
            return False
        if self.local(request) or self._own is None:
            # Only its own cookies come along with a name that a stranger gave to our address.
            return asking in {origin_of(f"{scheme}://{request.host}") for scheme in _PORTS}
        return asking == self._own

    def asks(self, request: web.Request) -> bool:
        """Whether it is our own page that wants something done."""
        return self.same_origin(request) and request.headers.get(MARK) == "1"

    def encrypted(self, request: web.Request) -> bool:
        """Whether the browser comes by TLS, as far as can be told where no public_url says it."""
        if self._own is not None and not self.local(request):
            return self._own.startswith("https:")
        return request.secure or (self.same_origin(request) and request.headers["Origin"].startswith("https:"))

    def token(self, request: web.Request) -> str | None:
        """The token in the cookie; None without one, or with two: somebody else has set one of them."""
        found: dict[str, set[str]] = {COOKIE: set(), HOST_COOKIE: set()}
        for part in "; ".join(request.headers.getall("Cookie", [])).split(";"):
            name, _, value = part.strip().partition("=")
            if name in found:
                found[name].add(value)
        names = [HOST_COOKIE, COOKIE]
        if self._own is not None and not self.local(request):
            names = [HOST_COOKIE] if self._own.startswith("https:") else [COOKIE]
        tokens = next((found[name] for name in names if found[name]), set())
        token = tokens.pop() if len(tokens) == 1 else ""
        return token if TOKEN.fullmatch(token) else None

    def policy(self, request: web.Request, *ancestors: str) -> str:
        """The Content-Security-Policy of a page that `ancestors` may show in a frame."""
        files = f"'self' blob: data: {self._own or ''}".rstrip()  # attachments have complete addresses
        return "; ".join(
            (
                "default-src 'none'",
                "script-src 'self'",
                "style-src 'self'",
                f"img-src {files}",
                f"media-src {files}",
                f"connect-src 'self' {self._socket(request)}".rstrip(),
                "manifest-src 'self'",
                "base-uri 'none'",
                "form-action 'none'",
                f"frame-ancestors {' '.join(ancestors) or chr(39) + 'none' + chr(39)}",
            )
        )

    def _socket(self, request: web.Request) -> str:
        """Our origin for WebSockets: not every browser takes it for 'self'."""
        if self._own is not None and not self.local(request):
            return "ws" + self._own.removeprefix("http")
        if not _HOST.fullmatch(request.host):
            return ""
        return f"ws://{request.host} wss://{request.host}"


def set_cookie(response: web.StreamResponse, token: str, seconds: int, *, encrypted: bool, framed: bool) -> None:
    """Give the browser its token, for so long. `framed`: the page is in another site's frame (needs TLS)."""
    _add_cookie(response, HOST_COOKIE if encrypted else COOKIE, token, seconds, encrypted, framed)
    if encrypted:
        _add_cookie(response, COOKIE, "", 0, False, False)  # of a time without TLS


def drop_cookies(response: web.StreamResponse, *, encrypted: bool) -> None:
    """Let the browser forget its token, in whichever jar it is."""
    _add_cookie(response, COOKIE, "", 0, False, False)
    if encrypted:
        for framed in (False, True):
            _add_cookie(response, HOST_COOKIE, "", 0, True, framed)


def _add_cookie(
    response: web.StreamResponse, name: str, value: str, seconds: int, encrypted: bool, framed: bool
) -> None:
    """By hand, because Python's own cookies know nothing of Partitioned."""
    parts = [f"{name}={value}", "Path=/", f"Max-Age={seconds}", "HttpOnly"]
    if encrypted:
        parts.append("Secure")
    # In a frame of another site the cookie is one; Partitioned keeps it to that site's frames.
    parts += ["SameSite=None", "Partitioned"] if encrypted and framed else ["SameSite=Strict"]
    response.headers.add("Set-Cookie", "; ".join(parts))


def _is_loopback(name: str) -> bool:
    host = name.strip("[]").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
