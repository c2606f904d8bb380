"""Photos, files, voices…: uploads, ids and links; getFile (§9)."""

from __future__ import annotations

from typing import Any

from ..arguments import Upload
from ..errors import bad
from ..files import (
    DOWNLOAD_LIMIT,
    PHOTO_LIMIT,
    UPLOAD_LIMIT,
    Attachment,
    Media,
    dimensions,
    is_picture,
    is_sound,
)
from .place import caption_content, keyboard, place, publish
from .registry import Ask, method

WITHOUT_CAPTION = frozenset({"sticker", "video_note"})
WRONG_ID = "wrong file identifier/HTTP URL specified"
TITLES = {
    "photo": "Photo",
    "video": "Video",
    "document": "Document",
    "audio": "Audio",
    "voice": "VoiceNote",
    "video_note": "VideoNote",
    "animation": "Animation",
    "sticker": "Sticker",
}


def find_media(ask: Ask, kind: str, given: str, *, field: str) -> Media:
    """By id, by URL, or uploaded (`attach://name`, or the field itself)."""
    if field in ask.args.uploads:
        return upload(ask, kind, ask.args.uploads[field])
    if given.startswith("attach://"):
        found = ask.args.uploads.get(given.removeprefix("attach://"))
        if found is None:
            raise bad("there is no file in the request with the specified name")
        return upload(ask, kind, found)
    if not given:
        raise bad(f"there is no {kind.replace('_', ' ')} in the request")
    if given.startswith(("http://", "https://")):
        return from_url(ask, kind, given)
    return by_id(ask, kind, given)


def by_id(ask: Ask, kind: str, file_id: str) -> Media:
    """A file_id belongs to one bot (§9)."""
    found = ask.world.files.find(file_id)
    if found is None or found[0] != ask.bot.id:
        raise bad(WRONG_ID)
    media = ask.world.files.media_of(found[1])
    if media is None:
        raise bad(WRONG_ID)
    if media.kind != kind and not (kind == "document" and media.kind == "animation"):
        raise bad(f"can't use file of type {TITLES[media.kind]} as {TITLES[kind]}")
    return media


def from_url(ask: Ask, kind: str, url: str) -> Media:
    data = ask.world.pages.get(url)
    if data is None or kind in ("video_note", "voice"):
        raise bad("failed to get HTTP URL content")
    if len(data) > (5 if kind == "photo" else 20) * 1024 * 1024:
        raise bad("failed to get HTTP URL content")
    if kind == "photo" and not is_picture(data):
        raise bad("wrong type of the web page content")
    return ask.world.files.make(kind, Attachment(data, name=url.rsplit("/", 1)[1] if kind == "document" else None))


def upload(ask: Ask, kind: str, given: Upload) -> Media:
    if not given.data:
        raise bad("file must be non-empty")
    limit = 2000 * 1024 * 1024 if ask.world.local else UPLOAD_LIMIT
    if len(given.data) > limit:
        raise bad("file is too big")
    if kind == "photo":
        _check_photo(given.data)
    if kind == "voice" and not is_sound(given.data):
        kind = "document"  # what is no sound arrives as a file
    number = ask.args.whole
    attachment = Attachment(
        given.data,
        name=given.name or None,
        mime=given.mime if given.mime != "application/octet-stream" else None,
        duration=number("duration") or None,
        width=(number("length") if kind == "video_note" else number("width")) or None,
        height=number("height") or None,
        emoji=ask.args.text("emoji") or None,
        title=ask.args.text("title") or None,
    )
    return ask.world.files.make(kind, attachment)


def _check_photo(data: bytes) -> None:
    if len(data) > PHOTO_LIMIT:
        raise bad(f"file of size {len(data)} bytes is too big for a photo; the maximum size is {PHOTO_LIMIT} bytes")
    if not is_picture(data):
        raise bad("IMAGE_PROCESS_FAILED")
    size = dimensions(data)
    if size and (sum(size) > 10_000 or min(size) == 0 or max(size) / min(size) > 20):
        raise bad("PHOTO_INVALID_DIMENSIONS")


def input_media(ask: Ask, item: dict[str, Any], kind: str) -> Media:
    if kind not in ("photo", "video", "document", "audio", "animation"):
        raise bad("type of file is invalid")
    return find_media(ask, kind, str(item.get("media") or ""), field="")


def _send(ask: Ask, kind: str) -> dict[str, Any]:
    where = place(ask, kind)
    content: dict[str, Any] = {}
    if kind not in WITHOUT_CAPTION:
        content = caption_content(ask)
        if ask.args.flag("show_caption_above_media"):
            content["show_caption_above_media"] = True
        if ask.args.flag("has_spoiler"):
            content["has_media_spoiler"] = True
    media = find_media(ask, kind, ask.args.text(kind), field=kind)
    buttons = keyboard(ask, where.chat)
    return ask.world.view(publish(ask, where, content, buttons=buttons, media=media), ask.bot)


@method
def send_photo(ask: Ask) -> dict[str, Any]:
    return _send(ask, "photo")


@method
def send_video(ask: Ask) -> dict[str, Any]:
    return _send(ask, "video")


@method
def send_document(ask: Ask) -> dict[str, Any]:
    return _send(ask, "document")


@method
def send_audio(ask: Ask) -> dict[str, Any]:
    return _send(ask, "audio")


@method
def send_voice(ask: Ask) -> dict[str, Any]:
    return _send(ask, "voice")


@method
def send_video_note(ask: Ask) -> dict[str, Any]:
    return _send(ask, "video_note")


@method
def send_animation(ask: Ask) -> dict[str, Any]:
    return _send(ask, "animation")


@method
def send_sticker(ask: Ask) -> dict[str, Any]:
    return _send(ask, "sticker")


@method
def get_file(ask: Ask) -> dict[str, Any]:
    """At most 20 MB from the cloud; with `--local` without a limit (§9)."""
    file_id = ask.args.text("file_id")
    if not file_id:
        raise bad("file_id not specified")
    found = ask.world.files.find(file_id)
    if found is None:
        raise bad("invalid file_id")
    owner, file = found
    if owner != ask.bot.id:
        raise bad("wrong file_id or the file is temporarily unavailable")
    if file.size > DOWNLOAD_LIMIT and not ask.world.local:
        raise bad("file is too big")
    ask.bot.links[file.path] = (file, ask.world.clock.monotonic())
    return {"file_id": file_id, "file_unique_id": file.unique, "file_size": file.size, "file_path": file.path}
