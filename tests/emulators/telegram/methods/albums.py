"""Albums: several messages with one `media_group_id` (§7)."""

from __future__ import annotations

from typing import Any

from ..errors import Refusal, bad
from .media import input_media
from .place import caption_content, place, publish
from .registry import Ask, method

ALONE = frozenset({"document", "audio"})


@method
def send_media_group(ask: Ask) -> list[dict[str, Any]]:
    items = ask.args.structure("media")
    if not isinstance(items, list) or not items:
        raise bad("there are no messages to send")
    if len(items) > 10:
        raise bad("too many messages to send as an album")
    if len(items) < 2:
        raise bad("emulator: an album has 2 to 10 items")  # the docs' rule; the server lets one pass
    kinds = [str(item.get("type")) if isinstance(item, dict) else "" for item in items]
    for kind in kinds:
        if kind not in ("photo", "video", "document", "audio"):
            raise bad("can't parse InputMedia: unsupported type in an album")
        if kind in ALONE and set(kinds) != {kind}:
            raise bad(f"{kind}s can't be mixed with other media types")
    where = place(ask, kinds[0])
    prepared = []
    for number, (item, kind) in enumerate(zip(items, kinds, strict=True), 1):
        try:
            prepared.append((input_media(ask, item, kind), caption_content(ask, item)))
        except Refusal as refusal:
            text = refusal.description.removeprefix("Bad Request: ")
            raise bad(f'failed to send message #{number} with the error message "{text}"') from None
    album = str(13_000_000 + ask.world.number())
    posts = [publish(ask, where, content, media=media, album=album) for media, content in prepared]
    return [ask.world.view(post, ask.bot) for post in posts]
