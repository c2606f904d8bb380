"""What browsers load: the widget's one script, and the page to try it on."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from aiohttp import web

from bridge.catalogue import LANGUAGES, Catalogue
from bridge.channels.site.channel import SiteChannel

STATIC: Final = Path(__file__).with_name("static")
TEXTS_PLACE: Final = "/* texts */ {}"
STYLE_PLACE: Final = "/* style */ ''"
FRESH: Final = 600  # seconds that a browser may use the script without asking again

# The widget's words; `{name}` in one is filled in by the widget.
TEXTS: Final = (
    "open",
    "close",
    "title",
    "hint",
    "log",
    "write",
    "send",
    "connecting",
    "offline",
    "stored",
    "sending",
    "failed",
    "retry",
    "discard",
    "edited",
    "today",
    "yesterday",
    "operator",
    "too-long",
    "unread",
    "new-tab",
)


def texts(language: str) -> dict[str, str]:
    """The widget's words in one language."""
    say = Catalogue(language)
    return {name: say(f"widget-{name}", count="{count}", limit="{limit}") for name in TEXTS}


def script() -> str:
    """`widget.js` with its looks and its words in every language."""
    source = (STATIC / "widget.js").read_text(encoding="utf-8")
    style = json.dumps((STATIC / "widget.css").read_text(encoding="utf-8"))
    words = json.dumps({language: texts(language) for language in LANGUAGES}, ensure_ascii=False)
    return source.replace(STYLE_PLACE, style, 1).replace(TEXTS_PLACE, words, 1)


def widget_routes() -> Sequence[web.AbstractRouteDef]:
    """`GET /widget.js`, the same for every site channel."""
    plain = script().encode()
    packed = gzip.compress(plain, mtime=0)
    etag = hashlib.sha256(plain).hexdigest()[:32]

    async def widget(request: web.Request) -> web.Response:
        headers = {
            "Cache-Control": f"public, max-age={FRESH}",
            "Vary": "Accept-Encoding",
            "Access-Control-Allow-Origin": "*",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "X-Content-Type-Options": "nosniff",
        }
        response = web.Response(headers=headers, content_type="text/javascript", charset="utf-8")
        response.etag = etag
        known = request.if_none_match or ()
        if any(tag.value in (etag, "*") for tag in known):
            response.set_status(304)
            return response
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            response.headers["Content-Encoding"] = "gzip"
            response.body = packed
        else:
            response.body = plain
        return response

    return [web.get("/widget.js", widget)]


def try_page_routes(channel: SiteChannel) -> Sequence[web.AbstractRouteDef]:
    """`GET /`: a page that carries the widget of `channel`, to try it."""
    page = _try_page(channel)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256((style[1] if style else "").encode()).digest()).decode()
    policy = (
        "default-src 'none'; script-src 'self'; connect-src 'self' ws: wss:;"
        f" style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )

    async def index(_: web.Request) -> web.Response:
        headers = {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-cache",
            "Referrer-Policy": "no-referrer",
        }
        return web.Response(text=page, content_type="text/html", charset="utf-8", headers=headers)

    return [web.get("/", index)]


def _try_page(channel: SiteChannel) -> str:
    say = Catalogue(channel.language)
    values = {
        "language": channel.language,
        "channel": channel.name,
        "base": channel.public_url or "",
        "title": say("widget-try-title"),
        "lead": say("widget-try-lead"),
        "tag": say("widget-try-tag"),
    }
    page = (STATIC / "try.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda place: html.escape(values[place[1]]), page)
