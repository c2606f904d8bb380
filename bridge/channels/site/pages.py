"""What browsers load: the widget's one script, and the page to try it on."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from aiohttp import web

from bridge.catalogue import LANGUAGES, Catalogue
from bridge.channels.site.bundle import Asset, app, loader
from bridge.channels.site.channel import SiteChannel
from bridge.channels.site.settings import SiteSettings

STATIC: Final = Path(__file__).with_name("static")
FRESH: Final = 600  # seconds that a browser may use the loader without asking again
HEADERS: Final[Mapping[str, str]] = {
    "Vary": "Accept-Encoding",
    "Access-Control-Allow-Origin": "*",  # modules are fetched with CORS
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}
FOR_EVER: Final = 31_536_000  # seconds: the address of an app changes with what is in it


def widget_routes(channels: Iterable[SiteSettings]) -> Sequence[web.AbstractRouteDef]:
    """`GET /widget.js`, the same for every site channel, and the app that it fetches."""
    script = loader({channel.name: launch(channel) for channel in channels})
    etag = script.digest[:32]

    async def widget(request: web.Request) -> web.Response:
        if any(tag.value in (etag, "*") for tag in request.if_none_match or ()):
            response = web.Response(status=304, headers=HEADERS)
        else:
            response = _script(request, script)
        response.headers["Cache-Control"] = f"public, max-age={FRESH}"
        response.etag = etag
        return response

    async def chat(request: web.Request) -> web.Response:
        """The app; another version's address gives the present one, for pages that were open across an upgrade."""
        response = _script(request, app().scripts[request.match_info["language"]])
        known = request.match_info["hash"] == app().hash
        response.headers["Cache-Control"] = f"public, max-age={FOR_EVER}, immutable" if known else "no-store"
        return response

    languages = "|".join(LANGUAGES)
    return [
        web.get("/widget.js", widget),
        web.get(f"/widget/app.{{hash:[0-9a-f]+}}.{{language:{languages}}}.js", chat),
    ]


def launch(channel: SiteSettings) -> dict[str, object]:
    """What the loader must know of a channel before it asks the server anything."""
    settings: dict[str, object] = {"color": channel.color}
    if channel.position != "right":
        settings["position"] = channel.position
    if channel.theme != "auto":
        settings["theme"] = channel.theme
    if channel.invitation:
        invitation = {"text": channel.invitation.text, "after": channel.invitation.after}
        pages = [_pattern(page) for page in channel.invitation.pages]
        settings["invitation"] = {**invitation, "pages": pages} if pages else invitation
    return settings


def _pattern(page: str) -> str:
    """A path with `*` as a regular expression of JavaScript's."""
    return re.sub(r"[^\w/*-]", lambda sign: f"\\{sign[0]}", page).replace("*", ".*")


def _script(request: web.Request, script: Asset) -> web.Response:
    taken = {part.partition(";")[0].strip() for part in request.headers.get("Accept-Encoding", "").split(",")}
    coding = next(coding for coding in script.bodies if not coding or coding in taken)
    response = web.Response(headers=HEADERS, content_type="text/javascript", charset="utf-8")
    if coding:
        response.headers["Content-Encoding"] = coding
    response.body = script.bodies[coding]
    return response


def try_page_routes(
    channel: SiteChannel, path: str = "/", *, framed: bool = False
) -> Sequence[web.AbstractRouteDef]:
    """`GET /`: a page that carries the widget of `channel`, to try it.

    `framed`: pages of ours may show it in a frame; then it speaks the language that is asked for (`?language=`),
    and has the chat open already.
    """
    pages = {language: _try_page(channel, language, is_open=framed) for language in LANGUAGES}
    style = re.search(r"<style>(.*?)</style>", pages[channel.language], re.DOTALL)
    digest = base64.b64encode(hashlib.sha256((style[1] if style else "").encode()).digest()).decode()
    files = f"'self' blob: {channel.public_url or ''}".rstrip()  # their addresses are complete
    policy = (
        "default-src 'none'; script-src 'self'; connect-src 'self' ws: wss:;"
        f" img-src {files} data:; media-src {files};"
        f" style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none';"
        f" frame-ancestors {chr(39)}{'self' if framed else 'none'}{chr(39)}"
    )

    async def index(request: web.Request) -> web.Response:
        headers = {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-cache",
            "Referrer-Policy": "same-origin",
        }
        asked = request.query.get("language", "") if framed else ""
        page = pages[asked if asked in LANGUAGES else channel.language]
        return web.Response(text=page, content_type="text/html", charset="utf-8", headers=headers)

    return [web.get(path, index)]


def _try_page(channel: SiteChannel, language: str, *, is_open: bool) -> str:
    say = Catalogue(language)
    values = {
        "language": language,
        "channel": channel.name,
        "base": channel.public_url or "",
        "title": say("widget-try-title"),
        "lead": say("widget-try-lead"),
        "tag": say("widget-try-tag"),
    }
    page = (STATIC / "try.html").read_text(encoding="utf-8")
    if is_open:
        page = page.replace(" async></script>\n</body>", " data-open async></script>\n</body>")
    return re.sub(r"\{\{(\w+)\}\}", lambda place: html.escape(values[place[1]]), page)
