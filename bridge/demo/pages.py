"""The demo's pages: customer and operator side by side, and the way to a real configuration."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from aiohttp import web

from bridge.catalogue import LANGUAGES, Catalogue

STATIC: Final = Path(__file__).with_name("static")
PLACE: Final = "/demo"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; img-src data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
TYPES: Final[Mapping[str, str]] = {".css": "text/css", ".js": "text/javascript"}


def page_routes(language: str) -> Sequence[web.AbstractRouteDef]:
    """`/` and `/connect`, in the language asked for (`?language=`) or else `language`; their styles and modules."""
    return [
        web.get("/", _page("index.html", language)),
        web.get("/connect", _page("connect.html", language)),
        web.get(f"{PLACE}/{{file}}", _file),
    ]


def _page(name: str, language: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def page(request: web.Request) -> web.Response:
        asked = request.query.get("language", "")
        chosen = asked if asked in LANGUAGES else language
        headers = {**HEADERS, "Content-Security-Policy": POLICY, "X-Frame-Options": "DENY"}
        text = rendered(name, chosen)
        return web.Response(text=text, content_type="text/html", charset="utf-8", headers=headers)

    return page


@cache
def rendered(name: str, language: str) -> str:
    """A page with the words of a language in their places (`{{demo-title}}`)."""
    say = Catalogue(language)
    others = {"language": language, "other": next(each for each in LANGUAGES if each != language), "place": PLACE}
    text = (STATIC / name).read_text(encoding="utf-8")

    def word(place: re.Match[str]) -> str:
        return html.escape(others[place[1]] if place[1] in others else say(place[1]))

    return re.sub(r"\{\{([\w-]+)\}\}", word, text)


async def _file(request: web.Request) -> web.Response:
    path = STATIC / request.match_info["file"]
    kind = TYPES.get(path.suffix)
    if kind is None or path.parent != STATIC or not path.is_file():
        raise web.HTTPNotFound
    body = path.read_bytes()
    response = web.Response(body=body, content_type=kind, charset="utf-8", headers=HEADERS)
    response.etag = hashlib.sha256(body).hexdigest()[:32]
    return response
