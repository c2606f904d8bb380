"""photos.* and docs.*: the first and the last of the three steps of an upload (§10)."""

from __future__ import annotations

import json
from typing import Any

from ..attachments import Attachment, shape
from ..errors import VkError, bad
from ..params import Ask

Shape = dict[str, Any]
DOC_KINDS = {"doc", "audio_message", "graffiti"}


def photo_server(ask: Ask) -> Shape:
    _check_peer(ask)
    url = ask.world.uploads.ticket(ask.community, "photo")
    return {"upload_url": url, "album_id": -64, "user_id": 0, "group_id": ask.community.id}


def doc_server(ask: Ask) -> Shape:
    _check_peer(ask)
    kind = ask.text("type") or "doc"
    if kind not in DOC_KINDS:
        raise bad("type is invalid")
    return {"upload_url": ask.world.uploads.ticket(ask.community, kind)}


def _check_peer(ask: Ask) -> None:
    """0 works, too."""
    peer = ask.number("peer_id", 0)
    if peer:
        ask.recipient(peer)


def save_photo(ask: Ask) -> list[Shape]:
    """What the upload answered, as it is: each only once."""
    if not ask.text("photo") or ask.text("photo") == "[]":
        raise bad("photo is undefined")
    try:
        tokens = [one["photo"] for one in json.loads(ask.text("photo"))]
    except (ValueError, TypeError, KeyError):
        raise VkError(129) from None
    uploads = ask.world.uploads
    kept = uploads.results.get(ask.text("hash"))
    if kept is None or kept.community is not ask.community:
        raise VkError(121)
    if ask.text("server") != str(kept.server):
        raise VkError(118)
    if [one.token for one in kept.files] != tokens:
        raise VkError(129)
    del uploads.results[ask.text("hash")]
    shapes = []
    for file in kept.files:
        photo = _keep(ask, Attachment("photo", file.data, file.name))
        shapes.append({**shape(ask.world, photo)["photo"], "album_id": -64})
    return shapes


def save_doc(ask: Ask) -> Shape:
    if not ask.text("file"):
        raise bad("file is undefined")
    uploads = ask.world.uploads
    kept = uploads.results.get(ask.text("file"))
    if kept is None or kept.community is not ask.community:
        raise VkError(105)
    del uploads.results[ask.text("file")]
    (file,) = kept.files
    fields: Shape = {"duration": 4, "waveform": [0, 3, 7, 4]} if kept.kind == "audio_message" else {}
    if kept.kind == "doc":
        fields["title"] = ask.text("title") or file.name
    saved = _keep(ask, Attachment(kept.kind, file.data, file.name, fields))
    return shape(ask.world, saved)


def _keep(ask: Ask, made: Attachment) -> Attachment:
    made.owner_id = -ask.community.id
    made.id = ask.world.number()
    kind = "photo" if made.kind == "photo" else "doc"
    ask.community.media[kind, made.id] = made
    return made


METHODS: dict[str, Any] = {
    "photos.getMessagesUploadServer": ("photos", photo_server),
    "photos.saveMessagesPhoto": ("photos", save_photo),
    "docs.getMessagesUploadServer": ("docs", doc_server),
    "docs.save": ("docs", save_doc),
}
