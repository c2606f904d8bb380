"""Files on their way to VKontakte: an address is asked for, the file is posted there, what came of it is saved.

https://dev.vk.com/ru/api/upload/overview. An address is good for one file and for a short while: whatever goes
wrong begins with a new one.
"""

from __future__ import annotations

import asyncio
import logging
import mimetypes
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bridge.catalogue import Catalogue
from bridge.channels.vk.abilities import FILE_LIMIT, PHOTO_LIMIT, REFUSED_TYPES
from bridge.channels.vk.api import Denied, NoAnswer, VkApi
from bridge.channels.vk.errors import UPLOAD, outcome
from bridge.media import convert, names
from bridge.media.store import MediaStore
from bridge.messenger import on_disk
from bridge.model import Attachment, File, Kind, MediaFile, Outcome, Refused, Text, TryLater, Why
from bridge.pieces import megabytes

log = logging.getLogger(__name__)

TRIES: Final = 3
REMEMBERED: Final = 500  # files that are at VKontakte
PHOTO_TYPES: Final = frozenset({"image/jpeg", "image/png", "image/gif"})
PICTURE_TYPES: Final = PHOTO_TYPES | {"image/webp"}
OGG_HEAD: Final = 4096  # bytes
SIDES_MOST: Final = 14_000  # width and height of a photo together
RATIO_MOST: Final = 20
_AGAIN: Final = UPLOAD | {100}  # 100: what the upload answered was not what is wanted

Carried = str | Text  # its name at VKontakte, or words in its place


@dataclass(frozen=True, slots=True)
class _Form:
    """One way to send a file. `kind` is VKontakte's word: photo, doc, audio_message, graffiti."""

    kind: str
    path: Path
    name: str
    mime: str


@dataclass(frozen=True, slots=True)
class _NotTaken:
    """VKontakte does not want it in this form."""

    detail: str


class Uploads:
    """Brings files to VKontakte, each to each dialog once."""

    def __init__(self, api: VkApi, media: MediaStore, catalogue: Catalogue) -> None:
        self._api = api
        self._media = media
        self._say = catalogue
        self._known: dict[tuple[int, File, Kind], str] = {}

    async def carry(self, peer: int, attachment: Attachment) -> Carried | Outcome:
        """What to name in the call, or why that cannot be had."""
        key = (peer, attachment.file, attachment.kind) if attachment.file else None
        if key and key in self._known:
            return self._known[key]
        found = await on_disk(self._media, attachment)
        if not isinstance(found, tuple):
            return found
        path, file = found
        if attachment.kind is Kind.STICKER and file.mime not in PICTURE_TYPES:  # they move, here they cannot
            return Text(str(attachment.data.get("emoji") or "") or self._say("piece-sticker"))
        made: str | _NotTaken | Outcome = _NotTaken("no way to send it")
        async for form in self._forms(attachment, path, file):
            made = await self._upload(peer, form)
            if not isinstance(made, _NotTaken):
                break
            log.info("a file was not taken as %s: %s", form.kind, made.detail)
        if isinstance(made, _NotTaken):
            return Refused(Why.REJECTED, made.detail)
        if isinstance(made, str) and key:
            if len(self._known) >= REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[key] = made
        return made

    def forget(self, peer: int) -> bool:
        """What was uploaded into a dialog is no longer there; False when nothing was."""
        gone = [key for key in self._known if key[0] == peer]
        for key in gone:
            del self._known[key]
        return bool(gone)

    async def _forms(self, attachment: Attachment, path: Path, file: MediaFile) -> AsyncIterator[_Form]:
        """The ways to send a file, the best one first; the last one is a document."""
        name = wire_name(attachment, file)
        stem = name.rpartition(".")[0] or name
        match attachment.kind:
            case Kind.PHOTO if _fits(file):
                picture = (path, file.mime) if file.mime in PHOTO_TYPES else await self._png(path, file)
                if picture:
                    ending = mimetypes.guess_extension(picture[1]) or ".jpg"
                    yield _Form("photo", picture[0], stem + ending, picture[1])
            case Kind.VOICE:
                voice = await self._voice(path, file)
                if voice:
                    yield _Form("audio_message", voice, f"{stem}.ogg", "audio/ogg")
            case Kind.STICKER:
                picture = (path, file.mime) if file.mime == "image/png" else await self._png(path, file)
                if picture:
                    yield _Form("graffiti", picture[0], f"{stem}.png", "image/png")
                    yield _Form("photo", picture[0], f"{stem}.png", "image/png")
        yield _Form("doc", path, name, file.mime or "application/octet-stream")

    async def _png(self, path: Path, file: MediaFile) -> tuple[Path, str] | None:
        try:
            made = await self._media.derived(file, "png", lambda: asyncio.to_thread(convert.png, path))
        except (OSError, ValueError) as error:
            log.warning("a picture cannot be made a PNG: %s", type(error).__name__)
            return None
        place = (await self._media.by_id(made.id))[0]
        return (place, "image/png") if place else None

    async def _voice(self, path: Path, file: MediaFile) -> Path | None:
        """OGG Opus: the file itself, or what an ffmpeg makes of it; None without one."""
        if await asyncio.to_thread(_is_ogg_opus, path):
            return path

        async def make() -> bytes:
            voice = await convert.voice_ogg(path)
            if voice is None:
                raise ValueError("no ffmpeg, or no sound")
            try:
                return await asyncio.to_thread(voice.read_bytes)
            finally:
                voice.unlink(missing_ok=True)

        try:
            made = await self._media.derived(file, "voice", make)
        except (OSError, ValueError) as error:
            log.warning("sound cannot be made voice: %s", type(error).__name__)
            return None
        return (await self._media.by_id(made.id))[0]

    async def _upload(self, peer: int, form: _Form) -> str | _NotTaken | Outcome:
        """1. an address  2. the file  3. what to call it; from the beginning when one of them fails."""
        ending = form.name.rpartition(".")[2].lower()
        if ending in REFUSED_TYPES:
            return Refused(Why.FILE_TYPE, ending, f".{ending}")
        failed: _NotTaken | Outcome = TryLater()
        for _ in range(TRIES):
            url = await self._address(peer, form)
            if isinstance(url, Denied | NoAnswer):
                return outcome(url, self._say)
            try:
                posted = await self._api.upload(url, form.path, field=_field(form), name=form.name, mime=form.mime)
            except FileNotFoundError:
                return Refused(Why.FILE_GONE, "deleted")
            except OSError as error:
                return TryLater(detail=type(error).__name__)
            if isinstance(posted, NoAnswer):
                failed = TryLater(posted.after, f"upload: {posted.detail}")
                continue
            refused = self._refusal(posted, form, ending)
            if isinstance(refused, Refused):
                return refused
            if refused:
                failed = refused
                if form.kind == "photo":
                    return failed  # the same picture would be refused again
                continue
            made = await self._save(form, posted)
            if not isinstance(made, Denied | NoAnswer):
                return made
            failed = outcome(made, self._say)
            if isinstance(made, Denied) and made.code not in _AGAIN:
                return failed
            if isinstance(made, Denied):
                failed = _NotTaken(f"error {made.code}")
        return failed

    async def _address(self, peer: int, form: _Form) -> str | Denied | NoAnswer:
        if form.kind == "photo":
            found = await self._api.call("photos.getMessagesUploadServer", peer_id=peer)
        else:
            found = await self._api.call("docs.getMessagesUploadServer", peer_id=peer, type=form.kind)
        if isinstance(found, Denied | NoAnswer):
            return found
        url = found.get("upload_url") if isinstance(found, Mapping) else None
        return str(url) if url else NoAnswer("no address for an upload")

    def _refusal(self, posted: Mapping[str, Any], form: _Form, ending: str) -> Refused | _NotTaken | None:
        """Whether the upload itself was refused."""
        error = f"{posted.get('error') or ''} {posted.get('error_descr') or ''}".lower()
        if error.strip():
            if "ext" in error:
                return Refused(Why.FILE_TYPE, ending, f".{ending}")
            if "too big" in error or "too_big" in error:
                limit = PHOTO_LIMIT if form.kind == "photo" else FILE_LIMIT
                return Refused(Why.TOO_BIG, limit=megabytes(limit, self._say))
            return _NotTaken(error.strip()[:100])
        if form.kind == "photo" and posted.get("photo") in (None, "", "[]"):
            return _NotTaken("no picture for VKontakte")
        return None

    async def _save(self, form: _Form, posted: Mapping[str, Any]) -> str | Denied | NoAnswer:
        if form.kind == "photo":
            params: dict[str, Any] = {name: str(posted.get(name, "")) for name in ("server", "photo", "hash")}
            saved = await self._api.call("photos.saveMessagesPhoto", **params)
        else:
            saved = await self._api.call("docs.save", file=str(posted.get("file", "")), title=form.name)
        if isinstance(saved, Denied | NoAnswer):
            return saved
        return _named("photo" if form.kind == "photo" else "doc", saved) or NoAnswer("nothing was saved")


def wire_name(attachment: Attachment, file: MediaFile) -> str:
    """What the file is called; always with an ending, without which no document is taken."""
    name = names.some(attachment.name or file.name, attachment.kind, file.mime)
    return name if "." in name else name + (mimetypes.guess_extension(file.mime) or ".bin")


def _field(form: _Form) -> str:
    return "photo" if form.kind == "photo" else "file"


def _fits(file: MediaFile) -> bool:
    """Whether VKontakte takes a picture of this shape as a photo."""
    sides = (file.width or 1, file.height or 1)
    known = file.mime in PICTURE_TYPES and file.size <= PHOTO_LIMIT
    return known and sum(sides) <= SIDES_MOST and max(sides) <= RATIO_MOST * min(sides)


def _is_ogg_opus(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return convert.is_ogg_opus(file.read(OGG_HEAD))
    except OSError:
        return False


def _named(kind: str, saved: Any) -> str | None:
    """«doc-1_9_key», of a list or of an object with its kind's name."""
    if isinstance(saved, list):
        saved = saved[0] if saved else None
    if isinstance(saved, Mapping) and isinstance(inner := saved.get(str(saved.get("type"))), Mapping):
        saved = inner
    if not isinstance(saved, Mapping) or "id" not in saved or "owner_id" not in saved:
        return None
    key = f"_{saved['access_key']}" if saved.get("access_key") else ""
    return f"{kind}{saved['owner_id']}_{saved['id']}{key}"
