"""The second step of an upload: a POST to a one-time address (§10)."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import BodyPartReader, web

from .attachments import extension
from .files import size_of
from .journal import Upload

if TYPE_CHECKING:
    from .world import Community, World

PHOTO_NAMES = {"jpg", "jpeg", "png", "gif"}
REFUSED = {"mp3", "exe", "com", "bat", "cmd", "msi", "scr", "dll", "apk", "ipa", "jar", "sh", "vbs", "js", "dmg"}
CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Ticket:
    community: Community
    kind: str
    at: float


@dataclass(frozen=True, slots=True)
class File:
    token: str
    data: bytes
    name: str


@dataclass(frozen=True, slots=True)
class Result:
    """What was uploaded and waits to be saved."""

    community: Community
    kind: str
    files: list[File]
    server: int = 611_204


class BadUpload(Exception):
    """`{"error": …, "error_descr": …}`"""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.body = {"error": error, "error_descr": description}


class Uploads:
    def __init__(self, world: World) -> None:
        self._world = world
        self._tickets: dict[str, Ticket] = {}
        self.results: dict[str, Result] = {}  # by the hash of a photo, by the text of a document

    def ticket(self, community: Community, kind: str) -> str:
        token = secrets.token_urlsafe(24)
        self._tickets[token] = Ticket(community, kind, self._world.clock.monotonic())
        return f"{self._world.url}/upload/{kind}/{token}"

    async def take(self, request: web.Request, *, rejected: bool = False) -> dict[str, Any]:
        """The answer to the POST; an address is good for one, and not for long."""
        ticket = self._tickets.pop(request.match_info["token"], None)
        life = self._world.rules.upload_life
        if ticket is None or self._world.clock.monotonic() - ticket.at > life:
            raise BadUpload("ERR_UPLOAD_BAD_URL", "upload_url is invalid or expired")
        if not request.content_type.startswith("multipart/form-data"):
            raise BadUpload("ERR_UPLOAD_FILE_NOT_UPLOADED", "no file")
        files = await self._read(request, ticket)
        answer = self._photo(ticket, files, rejected) if ticket.kind == "photo" else self._doc(ticket, files)
        self._world.journal.uploads[-1].answer = answer
        return answer

    async def _read(self, request: web.Request, ticket: Ticket) -> list[File]:
        rules = self._world.rules
        limit = rules.photo_limit if ticket.kind == "photo" else rules.doc_limit
        known = r"photo|file\d*" if ticket.kind == "photo" else r"file"
        files: list[File] = []
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name is None or part.filename is None:
                continue
            data = bytearray()
            while chunk := await part.read_chunk(CHUNK):
                data += chunk
                if len(data) > limit:
                    raise BadUpload("ERR_UPLOAD_FILE_TOO_BIG", f"file is too big: maximum is {limit} bytes")
            at = self._world.clock.monotonic()
            self._world.journal.uploads.append(Upload(ticket.kind, part.name, part.filename, len(data), at))
            if re.fullmatch(known, part.name):
                files.append(File(secrets.token_hex(16), bytes(data), part.filename))
        if not files or not files[0].data:
            raise BadUpload("ERR_UPLOAD_FILE_NOT_UPLOADED", "no file")
        return files

    def _photo(self, ticket: Ticket, files: list[File], rejected: bool) -> dict[str, Any]:
        good = [one for one in files if not rejected and _photo_is_good(one)]
        digest = secrets.token_hex(16)
        result = Result(ticket.community, "photo", good)
        if good:
            self.results[digest] = result
        photo = json.dumps([{"photo": one.token, "sizes": [], "kid": secrets.token_hex(16)} for one in good])
        return {"server": result.server, "photo": photo, "hash": digest}

    def _doc(self, ticket: Ticket, files: list[File]) -> dict[str, Any]:
        file = files[0]
        ext = extension(file.name)
        if ext in REFUSED or not ext:
            raise BadUpload("ERR_UPLOAD_BAD_FILE_EXT", "Error: wrong file extension")
        if ticket.kind == "audio_message" and not (file.data[:4] == b"OggS" and b"OpusHead" in file.data[:200]):
            raise BadUpload("ERR_UPLOAD_BAD_AUDIO", "Error: audio message must be OGG Opus")
        if ticket.kind == "graffiti" and size_of(file.data) is None:
            raise BadUpload("ERR_UPLOAD_BAD_IMAGE", "Error: graffiti must be an image")
        token = f"{-ticket.community.id}|0|-1|611204|{secrets.token_hex(8)}|{ext}|{len(file.data)}|{file.token}"
        self.results[token] = Result(ticket.community, ticket.kind, [file])
        return {"file": token}


def _photo_is_good(file: File) -> bool:
    """A picture of a known kind, not too large and not too narrow: width + height, and 1:20."""
    size = size_of(file.data)
    if size is None or extension(file.name) not in PHOTO_NAMES:
        return False
    return sum(size) <= 14_000 and max(size) <= 20 * min(size)
