"""What can hang on a message (§8): made by the functions below, shaped as VK shows it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .files import picture, size_of

if TYPE_CHECKING:
    from .world import World

Shape = dict[str, Any]

OGG_OPUS = (
    b"OggS\x00\x02"
    + bytes(8)
    + b"OTKL"
    + bytes(8)
    + b"\x01\x13OpusHead\x01\x01\x38\x01\x80\x3e\x00\x00\x00\x00\x00"
)
ALONE = ("sticker", "audio_message", "graffiti", "gift", "video_message")
WITH_A_PAGE = ("wall", "wall_reply", "market", "market_album", "poll", "story", "article", "podcast", "narrative")
DOC_TYPES = {
    1: "txt pdf doc docx xls xlsx ppt pptx odt rtf csv",
    2: "zip rar 7z gz tar",
    3: "gif",
    4: "jpg jpeg png webp bmp psd",
    5: "ogg wav flac m4a",
    6: "mp4 mov avi mkv webm",
    7: "epub fb2 djvu",
}
MIMES = {
    "pdf": "application/pdf",
    "txt": "text/plain",
    "zip": "application/zip",
    "gif": "image/gif",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "ogg": "audio/ogg",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "json": "application/json",
}


@dataclass(eq=False)
class Attachment:
    """`data` are the bytes that VK keeps of it; `fields` go into its object as they are."""

    kind: str
    data: bytes | None = None
    name: str = ""
    fields: Shape = field(default_factory=dict)
    owner_id: int = 0
    id: int = 0
    access_key: str = field(default_factory=lambda: secrets.token_hex(9))
    original: bool = True  # a photo has `orig_photo`
    bare: bool = False  # of an unknown kind, without an object

    @property
    def bytes(self) -> bytes:
        return self.data or b""

    @property
    def ref(self) -> str:
        """As `messages.send` names it."""
        return f"{'doc' if self.kind == 'audio_message' else self.kind}{self.owner_id}_{self.id}_{self.access_key}"


def photo(data: bytes | None = None, *, original: bool = True, **fields: Any) -> Attachment:
    return Attachment("photo", data or picture(), "photo.jpg", fields, original=original)


def doc(
    data: bytes = b"%PDF-1.4", name: str = "invoice.pdf", *, title: str | None = None, **fields: Any
) -> Attachment:
    """`title`: what people see, which may lack the extension."""
    return Attachment("doc", data, name, {"title": name if title is None else title, **fields})


def voice(data: bytes = OGG_OPUS, *, duration: int = 4, **fields: Any) -> Attachment:
    return Attachment(
        "audio_message", data, "voice.ogg", {"duration": duration, "waveform": [0, 3, 7, 4], **fields}
    )


def graffiti(data: bytes | None = None, **fields: Any) -> Attachment:
    return Attachment("graffiti", data or picture("white", (640, 480), "PNG"), "graffiti.png", fields)


def sticker(
    sticker_id: int = 9008, data: bytes | None = None, *, animated: bool = False, **fields: Any
) -> Attachment:
    fields = {"sticker_id": sticker_id, "product_id": 279, "animated": animated, **fields}
    return Attachment("sticker", data or picture("yellow", (512, 512), "PNG"), f"{sticker_id}.png", fields)


def video(title: str = "clip", *, duration: int = 12, **fields: Any) -> Attachment:
    """Its bytes are the thumbnail: VK gives no others to a community."""
    return Attachment(
        "video", picture("black", (320, 240)), "p.jpg", {"title": title, "duration": duration, **fields}
    )


def video_message(**fields: Any) -> Attachment:
    return Attachment("video_message", picture("black", (240, 240)), "p.jpg", {"duration": 7, **fields})


def audio(artist: str = "Artist", title: str = "Song", **fields: Any) -> Attachment:
    return Attachment("audio", None, "", {"artist": artist, "title": title, "duration": 200, "url": "", **fields})


def link(url: str = "https://example.org/page", title: str = "Example", **fields: Any) -> Attachment:
    return Attachment(
        "link", None, "", {"url": url, "title": title, "description": "", "is_favorite": False, **fields}
    )


def wall(text: str = "post", **fields: Any) -> Attachment:
    return Attachment("wall", None, "", {"text": text, "attachments": [], **fields})


def market(title: str = "Teapot", price: str = "1 200 ₽", **fields: Any) -> Attachment:
    return Attachment("market", None, "", {"title": title, "description": "", "price": {"text": price}, **fields})


def poll(question: str = "Tea or coffee?", *answers: str, **fields: Any) -> Attachment:
    options = [
        {"id": n, "text": text, "votes": 0, "rate": 0} for n, text in enumerate(answers or ("Tea", "Coffee"), 1)
    ]
    return Attachment("poll", None, "", {"question": question, "answers": options, "votes": 0, **fields})


def gift(**fields: Any) -> Attachment:
    return Attachment("gift", picture("red", (256, 256)), "gift.jpg", fields)


def story(**fields: Any) -> Attachment:
    return Attachment("story", None, "", {"type": "photo", "can_see": 1, **fields})


def other(kind: str, *, bare: bool = False, **fields: Any) -> Attachment:
    """Any other kind, known to VK or not; bare: without its object."""
    return Attachment(kind, None, "", fields, bare=bare)


MAKERS: dict[str, Callable[[], Attachment]] = {
    "photo": photo,
    "doc": doc,
    "audio_message": voice,
    "voice": voice,
    "graffiti": graffiti,
    "sticker": sticker,
    "video": video,
    "video_message": video_message,
    "audio": audio,
    "link": link,
    "wall": wall,
    "market": market,
    "poll": poll,
    "gift": gift,
    "story": story,
}


def made(what: Attachment | str) -> Attachment:
    """An attachment, or the name of a kind: one with usual contents."""
    if isinstance(what, Attachment):
        return what
    return MAKERS[what]() if what in MAKERS else other(what)


def extension(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


# -- shapes


def shape(world: World, it: Attachment) -> Shape:
    """`{"type": T, T: {...}}`; each look has fresh addresses."""
    if it.bare:
        return {"type": it.kind}
    shaper = SHAPERS.get(it.kind)
    return {"type": it.kind, it.kind: shaper(world, it) if shaper else _plain(world, it)}


def _plain(world: World, it: Attachment) -> Shape:
    if it.kind in WITH_A_PAGE:
        return {"id": it.id, "owner_id": it.owner_id, "date": world.unix(), **it.fields}
    return dict(it.fields)


def _photo(world: World, it: Attachment) -> Shape:
    width, height = size_of(it.bytes) or (1280, 960)
    small = world.files.link(picture("gray", (75, 56)), "s.jpg", "image/jpeg")
    best = world.files.link(it.bytes, it.name or "w.jpg", MIMES.get(extension(it.name), "image/jpeg"))
    sizes = [
        {"type": "s", "url": small, "width": min(75, width), "height": min(56, height)},
        {"type": "r", "url": small, "width": min(510, width), "height": min(340, height)},
    ]
    body: Shape = {"id": it.id, "owner_id": it.owner_id, "album_id": -3, "date": world.unix(), "text": ""}
    body.update(access_key=it.access_key, has_tags=False, sizes=sizes)
    if it.original:
        sizes.append({"type": "w", "url": small, "width": width, "height": height})
        body["orig_photo"] = {"type": "base", "url": best, "width": width, "height": height}
    else:
        sizes.insert(1, {"type": "w", "url": best, "width": max(width, 600), "height": max(height, 400)})
    body.update(it.fields)
    return body


def _doc(world: World, it: Attachment) -> Shape:
    ext = extension(it.name)
    kind = next((number for number, names in DOC_TYPES.items() if ext in names.split()), 8)
    url = world.files.doc_link(it.owner_id, it.id, it.bytes, it.name, MIMES.get(ext, "application/octet-stream"))
    body: Shape = {"id": it.id, "owner_id": it.owner_id, "title": it.name, "size": len(it.bytes), "ext": ext}
    body.update(date=world.unix(), type=kind, url=url, access_key=it.access_key)
    body.update(it.fields)
    return body


def _voice(world: World, it: Attachment) -> Shape:
    body: Shape = {"id": it.id, "owner_id": it.owner_id, "access_key": it.access_key}
    body["link_ogg"] = world.files.link(it.bytes, "audio.ogg", "audio/ogg")
    body["link_mp3"] = world.files.link(b"ID3" + it.bytes, "audio.mp3", "audio/mpeg")
    body.update(it.fields)
    return body


def _graffiti(world: World, it: Attachment) -> Shape:
    width, height = size_of(it.bytes) or (640, 480)
    url = world.files.doc_link(it.owner_id, it.id, it.bytes, it.name, "image/png")
    body: Shape = {"id": it.id, "owner_id": it.owner_id, "url": url, "width": width, "height": height}
    return {**body, "access_key": it.access_key, **it.fields}


def _sticker(world: World, it: Attachment) -> Shape:
    fields = dict(it.fields)
    small = world.files.link(picture("yellow", (64, 64), "PNG"), "64.png", "image/png")
    best = world.files.link(it.bytes, it.name, "image/png")
    images = [{"url": small, "width": 64, "height": 64}, {"url": best, "width": 512, "height": 512}]
    body: Shape = {"inner_type": "base_sticker_new", "is_allowed": True, "images": images}
    body["images_with_background"] = [dict(image) for image in images]
    if fields.pop("animated", False):
        body["animation_url"] = world.files.link(b'{"v":"5.5.2","layers":[]}', "animation.json", "application/json")
    return {**body, **fields}


def _video(world: World, it: Attachment) -> Shape:
    small = world.files.link(picture("gray", (130, 96)), "p0.jpg", "image/jpeg")
    best = world.files.link(it.bytes, it.name, "image/jpeg")
    images = [{"url": small, "width": 130, "height": 96}, {"url": best, "width": 320, "height": 240}]
    body: Shape = {"id": it.id, "owner_id": it.owner_id, "width": 720, "height": 1280, "image": images}
    return {**body, "access_key": it.access_key, **it.fields}


def _wall(world: World, it: Attachment) -> Shape:
    body: Shape = {"id": it.id, "from_id": it.owner_id, "to_id": it.owner_id, "date": world.unix()}
    return {**body, **it.fields}


def _gift(world: World, it: Attachment) -> Shape:
    url = world.files.link(it.bytes, it.name, "image/jpeg")
    return {"id": it.id, "thumb_256": url, "thumb_96": url, "thumb_48": url, **it.fields}


def _audio(_world: World, it: Attachment) -> Shape:
    return {"id": it.id, "owner_id": it.owner_id, **it.fields}


def _link(_world: World, it: Attachment) -> Shape:
    return dict(it.fields)


SHAPERS = {
    "photo": _photo,
    "doc": _doc,
    "audio_message": _voice,
    "graffiti": _graffiti,
    "sticker": _sticker,
    "video": _video,
    "video_message": _video,
    "wall": _wall,
    "gift": _gift,
    "audio": _audio,
    "link": _link,
}
