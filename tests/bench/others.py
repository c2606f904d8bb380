"""Chat widgets that anybody can install, to stand beside Otklik's: fetched from npm, served as a CDN would.

These two come as bundles that show a launcher, and a field to write in after a click, without an account anywhere.
Nothing of them stays: they are unpacked into a temporary folder.
"""

from __future__ import annotations

import gzip
import mimetypes
import shutil
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

FETCHING = 120.0  # seconds that npm may take
MIME = {".css": "text/css", ".mjs": "text/javascript", ".js": "text/javascript"}


@dataclass(frozen=True)
class Other:
    """A widget: `tag` is what its documentation says to put into a page; `launcher` is a selector."""

    package: str
    version: str
    tag: str
    launcher: str

    @property
    def folder(self) -> str:
        return self.package.strip("@").replace("/", "-")


OTHERS: Sequence[Other] = (
    Other(
        "@n8n/chat",
        "1.37.0",
        '<link href="{files}/dist/style.css" rel="stylesheet">'
        '<script type="module">import {{ createChat }} from "{files}/dist/chat.bundle.es.js";'
        'createChat({{ webhookUrl: "{server}/webhook", loadPreviousSession: false }})</script>',
        ".chat-window-toggle",
    ),
    Other(
        "flowise-embed",
        "3.1.6",
        '<script type="module">import Chatbot from "{files}/dist/web.js";'
        'Chatbot.init({{ chatflowid: "bench", apiHost: "{server}" }})</script>',
        "flowise-chatbot button",
    ),
)


class NoOthers(Exception):
    """Says why there is nothing to compare with."""


def fetch(folder: Path) -> Sequence[Other]:
    """Unpack all of them into `folder`. Raises NoOthers where npm or the network is missing."""
    npm = shutil.which("npm")
    if npm is None:
        raise NoOthers("npm is not installed")
    names = [f"{other.package}@{other.version}" for other in OTHERS]
    command = [npm, "pack", "--loglevel=error", "--ignore-scripts", "--pack-destination", str(folder), *names]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=FETCHING)
    except subprocess.TimeoutExpired as error:
        raise NoOthers(f"npm did not answer in {FETCHING:.0f} seconds") from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines()
        raise NoOthers(f"npm could not fetch them: {said[0] if said else error.returncode}") from error
    for other in OTHERS:
        with tarfile.open(folder / f"{other.folder}-{other.version}.tgz") as archive:
            archive.extractall(folder / other.folder, filter="data")
    return OTHERS


class Files:
    """Serves what was unpacked, compressed, to pages of any origin; whatever else is asked for is not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ready: dict[Path, bytes] = {}

    async def __aenter__(self) -> Files:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def tag(self, other: Other) -> str:
        """What the page has to carry."""
        return other.tag.format(server=self.url, files=f"{self.url}/{other.folder}/package")

    async def _answer(self, request: web.Request) -> web.Response:
        headers: Mapping[str, str] = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}
        path = (self._folder / request.match_info["path"]).resolve()
        if not path.is_relative_to(self._folder.resolve()) or not path.is_file():
            return web.Response(status=404, headers=headers)
        if path not in self._ready:
            self._ready[path] = gzip.compress(path.read_bytes())
        kind = MIME.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return web.Response(
            body=self._ready[path], content_type=kind, headers={**headers, "Content-Encoding": "gzip"}
        )
