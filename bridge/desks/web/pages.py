"""What browsers load: the page, and its modules and styles under an address that changes with what is in them.

`static/index.html` has places: `{{static}}` (where its files are), `{{language}}`, and any of the words.
`static/*`, `static/app/*` and `bridge/web/shared/*` lie side by side at `/desk/static/<hash>/<language>/`, with
`words.js`, which exports `words` and `language`.
"""

from __future__ import annotations

import gzip
import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Final

import brotli
from aiohttp import web

from bridge.catalogue import LANGUAGES
from bridge.desks.web.security import HEADERS, TELEGRAM, Pages
from bridge.desks.web.texts import words
from bridge.web import shared

STATIC: Final = Path(__file__).with_name("static")
FOLDERS: Final = (STATIC, STATIC / "app", Path(shared.__file__).parent)
PLACE: Final = "/desk/static"
WORDS: Final = "words.js"
HASH_LENGTH: Final = 12
FOR_EVER: Final = 31_536_000  # seconds
TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".webmanifest": "application/manifest+json; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".png": "image/png",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".wav": "audio/wav",
}
PRESSED: Final = frozenset({".png", ".webp", ".mp3", ".ogg"})  # nothing to gain
NOT_ASKED_FOR: Final = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
# Whatever is opened by itself, a drawing too, may do nothing at all.
ALONE: Final = "default-src 'none'; sandbox"


class Asset:
    """A file as it is sent: by the content codings that browsers take, best first, "" for none."""

    def __init__(self, name: str, body: bytes) -> None:
        self.type = TYPES[Path(name).suffix]
        self._plain = body
        self._pressed = Path(name).suffix in PRESSED

    @cached_property
    def bodies(self) -> Mapping[str, bytes]:
        """Made when first asked for."""
        if self._pressed:
            return {"": self._plain}
        pressed = brotli.compress(self._plain, quality=9)
        return {"br": pressed, "gzip": gzip.compress(self._plain, mtime=0), "": self._plain}


class Bundle:
    """All files by language and name. `hash` changes with any of them."""

    def __init__(self, files: Mapping[str, bytes], spoken: Mapping[str, Mapping[str, object]], index: str) -> None:
        """`spoken`: the words of each language. Raises KeyError where the page has a place for none of them."""
        digest = hashlib.sha256()
        self.files: dict[str, dict[str, Asset]] = {}
        common = {name: Asset(name, body) for name, body in files.items()}
        for language, said in spoken.items():
            module = _words(language, said)
            self.files[language] = {**common, WORDS: Asset(WORDS, module)}
            digest.update(module)
        for name, body in sorted(files.items()):
            digest.update(f"{name}\0{len(body)}\0".encode() + body)
        self.hash = digest.hexdigest()[:HASH_LENGTH]
        self.pages = {language: self._page(index, language, said) for language, said in spoken.items()}

    def _page(self, index: str, language: str, said: Mapping[str, object]) -> str:
        place = f"{PLACE}/{self.hash}/{language}"
        values = {**said, "static": place, "language": language}
        page = re.sub(r"\{\{([\w-]+)\}\}", lambda found: html.escape(str(values[found[1]])), index)
        modules = sorted(name for name in self.files[language] if name.endswith(".js"))
        early = "".join(f'<link rel="modulepreload" href="{place}/{name}">\n' for name in modules)
        return page.replace("</head>", f"{early}</head>", 1)


@cache
def bundle() -> Bundle:
    """What lies in the folders, read once. Raises ValueError where two files have one name."""
    files: dict[str, bytes] = {}
    for folder in FOLDERS:
        for path in sorted(folder.glob("*")):
            if path.suffix not in TYPES:
                continue
            if path.name in files or path.name == WORDS:
                raise ValueError(f"{path}: there is another {path.name}")
            files[path.name] = path.read_bytes()
    spoken = {language: words(language) for language in LANGUAGES}
    return Bundle(files, spoken, (STATIC / "index.html").read_text(encoding="utf-8"))


def page_routes(pages: Pages, language: str) -> Sequence[web.AbstractRouteDef]:
    """`/desk` for a tab, `/desk/app` for Telegram's frame, and their files."""

    def page(request: web.Request, *ancestors: str) -> web.Response:
        asked = request.query.get("language", "")
        text = bundle().pages[asked if asked in LANGUAGES else language]
        headers = {
            **HEADERS,
            "Cache-Control": "no-cache",
            "Content-Security-Policy": pages.policy(request, *ancestors),
            "Permissions-Policy": NOT_ASKED_FOR,
        }
        return web.Response(text=text, content_type="text/html", charset="utf-8", headers=headers)

    async def tab(request: web.Request) -> web.Response:
        local = pages.local(request)  # the page of the demo has the desk beside the widget
        response = page(request, *(["'self'"] if local else []))
        response.headers["X-Frame-Options"] = "SAMEORIGIN" if local else "DENY"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        return response

    async def mini_app(request: web.Request) -> web.Response:
        return page(request, *TELEGRAM)  # X-Frame-Options cannot say it

    return [
        web.get("/desk", tab),
        web.get("/desk/", tab),
        web.get("/desk/app", mini_app),
        web.get(f"{PLACE}/{{hash:[0-9a-f]+}}/{{language:{'|'.join(LANGUAGES)}}}/{{file}}", _file),
    ]


async def _file(request: web.Request) -> web.Response:
    """A file; another version's address gives the present one, for pages that were open across an upgrade."""
    asset = bundle().files[request.match_info["language"]].get(request.match_info["file"])
    if asset is None:
        raise web.HTTPNotFound(headers={**HEADERS, "Cache-Control": "no-store"})
    known = request.match_info["hash"] == bundle().hash
    headers = {
        **HEADERS,
        "Content-Type": asset.type,
        "Content-Security-Policy": ALONE,
        "Cache-Control": f"public, max-age={FOR_EVER}, immutable" if known else "no-store",
        "Vary": "Accept-Encoding",
    }
    taken = {part.partition(";")[0].strip() for part in request.headers.get("Accept-Encoding", "").split(",")}
    coding = next(coding for coding in asset.bodies if not coding or coding in taken)
    if coding:
        headers["Content-Encoding"] = coding
    return web.Response(body=asset.bodies[coding], headers=headers)


def _words(language: str, said: Mapping[str, object]) -> bytes:
    """The module of a language. U+2028 and U+2029, which ended a line in older JavaScript, do not stand in it."""
    written = json.dumps(said, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    written = written.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f"export const words = {written};\nexport const language = {json.dumps(language)};\n".encode()
