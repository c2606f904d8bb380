"""What a browser wants to hear before a page of one origin may read what another serves."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

PREFLIGHT_GOOD_FOR = 86_400  # seconds


def shared(request: web.Request) -> Mapping[str, str]:
    """Headers that let the page that asks read the answer. For origins that have been let in, and only those."""
    headers = {"Vary": "Origin", "Cache-Control": "no-store"}
    asking = request.headers.get("Origin")
    if asking:
        headers |= {"Access-Control-Allow-Origin": asking, "Access-Control-Expose-Headers": "Retry-After"}
    return headers


def preflight(request: web.Request, *headers: str) -> web.Response:
    """The answer to a browser that asks whether it may POST, also with these request headers."""
    allowed = {
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": ", ".join(("Content-Type", *headers)),
        "Access-Control-Max-Age": str(PREFLIGHT_GOOD_FOR),
    }
    return web.Response(status=204, headers={**shared(request), **allowed})
