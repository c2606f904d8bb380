"""What hangs on a message (https://dev.vk.com/ru/reference/objects/attachments-message), translated. Pure.

photo, doc, voice, graffiti, sticker    an attachment with the address of its bytes
video, wall, market, poll …             words and a link, since a community is given no bytes
what nobody knows                       an attachment of unknown kind, never nothing
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bridge.catalogue import Catalogue
from bridge.messenger import remote
from bridge.model import Attachment, ChannelName, Content, File, Kind, Text
from bridge.text import cut

Body = Mapping[str, Any]
Part = Text | Attachment

SITE: Final = "https://vk.com"
EXCERPT: Final = 500  # units of a post's text that are shown
STICKER_SIDE: Final = 512
_CROPS: Final = frozenset("opqr")  # sizes of a photo that show only a part of it
_LETTERS: Final = "smxyzw"  # of the others, the smallest first


class Attachments:
    """Reads the attachments of messages to one channel."""

    def __init__(self, channel: ChannelName, catalogue: Catalogue) -> None:
        self._channel = channel
        self._say = catalogue

    def read(self, raw: object, said: str) -> Iterator[Part]:
        """Words and attachments, in order; `said`: the message's own text, whose links need not be said again."""
        for one in raw if isinstance(raw, list) else ():
            kind = str(one.get("type") or "?") if isinstance(one, Mapping) else "?"
            try:
                parts = list(self._one(kind, one, said))
            except Exception:  # whatever shape it has: the message is more than this
                parts = [unknown(kind)]
            yield from parts

    def _one(self, kind: str, one: Body, said: str) -> Iterator[Part]:
        body = one.get(kind)
        reader = READERS.get(kind)
        if reader is None or not isinstance(body, Mapping):
            yield unknown(kind)
            return
        yield from reader(self, body, said)

    def geo(self, geo: object) -> Attachment | None:
        """The place of a message."""
        if not isinstance(geo, Mapping):
            return None
        point, place = geo.get("coordinates"), geo.get("place")
        if isinstance(point, str):  # "59.9 30.3", as it was before 5.81
            latitude, _, longitude = point.partition(" ")
            point = {"latitude": latitude, "longitude": longitude}
        try:
            data: dict[str, Any] = {name: float(point[name]) for name in ("latitude", "longitude")}  # type: ignore[index]
        except (KeyError, TypeError, ValueError):
            return unknown("geo")
        if isinstance(place, Mapping) and place.get("title"):
            data["title"] = str(place["title"])
        return Attachment(kind=Kind.LOCATION, data=data)

    def photo(self, body: Body, _: str) -> Iterator[Part]:
        best = best_size(body)
        if best is None:
            yield unknown("photo")
            return
        yield Attachment(
            kind=Kind.PHOTO,
            file=self._file(best["url"], "photo", body),
            caption=Text(str(body.get("text") or "")),
            mime="image/jpeg",
            width=number(best.get("width")),
            height=number(best.get("height")),
        )

    def doc(self, body: Body, _: str) -> Iterator[Part]:
        """A GIF moves by itself; all else is a file, as whoever sent it meant it."""
        url, ext = str(body.get("url") or ""), str(body.get("ext") or "").lower()
        name = str(body.get("title") or "") or self._say("piece-file-unnamed")
        if ext and not name.lower().endswith(f".{ext}"):
            name = f"{name}.{ext}"
        if not url:
            yield self._shared("doc", name)
            return
        yield Attachment(
            kind=Kind.ANIMATION if ext == "gif" else Kind.DOCUMENT,
            file=self._file(url, "doc", body),
            name=name,
            mime=mimetypes.guess_type(f"file.{ext}")[0] or "",
            size=number(body.get("size")),
        )

    def audio_message(self, body: Body, _: str) -> Iterator[Part]:
        url = str(body.get("link_ogg") or "") or str(body.get("link_mp3") or "")
        if not url:
            yield unknown("audio_message")
            return
        yield Attachment(
            kind=Kind.VOICE,
            file=self._file(url, "audio_message", body),
            mime="audio/ogg" if body.get("link_ogg") else "audio/mpeg",
            duration=number(body.get("duration")),
        )
        if body.get("transcript") and body.get("transcript_state", "done") == "done":
            yield Text(self._say("vk-transcript", text=str(body["transcript"])))

    def graffiti(self, body: Body, _: str) -> Iterator[Part]:
        yield Attachment(
            kind=Kind.PHOTO,
            file=self._file(str(body["url"]), "graffiti", body),
            mime="image/png",
            width=number(body.get("width")),
            height=number(body.get("height")),
        )

    def sticker(self, body: Body, _: str) -> Iterator[Part]:
        """The picture of 512 points, or the nearest there is; those that move stand still here."""
        images = pictures(body.get("images")) or pictures(body.get("images_with_background"))
        best = min(images, key=lambda one: abs((number(one.get("width")) or 0) - STICKER_SIDE), default=None)
        if best is None:
            yield unknown("sticker")
            return
        yield Attachment(
            kind=Kind.STICKER,
            file=self._file(
                best["url"], "sticker", {"owner_id": body.get("product_id"), "id": body.get("sticker_id")}
            ),
            mime="image/png",
            width=number(best.get("width")),
            height=number(best.get("height")),
        )

    def video(self, body: Body, _: str, *, kind: str = "video") -> Iterator[Part]:
        """A community is given no file of it: words, the link, and a picture of it."""
        title = " ".join(filter(None, (str(body.get("title") or ""), lasts(body.get("duration")))))
        yield self._shared(kind, title, linked("video", body))
        if thumbnail := largest(pictures(body.get("image")) or pictures(body.get("first_frame"))):
            yield Attachment(
                kind=Kind.PHOTO,
                file=self._file(thumbnail["url"], "video", body),
                mime="image/jpeg",
                width=number(thumbnail.get("width")),
                height=number(thumbnail.get("height")),
            )

    def video_message(self, body: Body, said: str) -> Iterator[Part]:
        return self.video(body, said, kind="video-message")

    def audio(self, body: Body, _: str) -> Iterator[Part]:
        song = " — ".join(filter(None, (str(body.get("artist") or ""), str(body.get("title") or ""))))
        yield self._shared("audio", " ".join(filter(None, (song, lasts(body.get("duration"))))))

    def link(self, body: Body, said: str) -> Iterator[Part]:
        """A preview of a link that stands in the text says nothing new."""
        url = str(body.get("url") or "")
        if not url or bare(url) in bare(said):
            return
        yield self._shared("link", str(body.get("title") or body.get("caption") or ""), url)

    def wall(self, body: Body, _: str, *, kind: str = "wall") -> Iterator[Part]:
        owner = body.get("owner_id") or body.get("to_id") or body.get("from_id")
        yield self._shared(kind, str(body.get("text") or ""), linked("wall", {**body, "owner_id": owner}))

    def textpost(self, body: Body, said: str) -> Iterator[Part]:
        return self.wall(body, said, kind="textpost")

    def wall_reply(self, body: Body, _: str) -> Iterator[Part]:
        post = number(body.get("post_id"))
        link = f"{linked('wall', {**body, 'id': post})}?reply={body.get('id')}" if post else ""
        yield self._shared("wall-reply", str(body.get("text") or ""), link)

    def market(self, body: Body, _: str) -> Iterator[Part]:
        price = body.get("price")
        price = str(price.get("text") or "") if isinstance(price, Mapping) else ""
        title = " — ".join(filter(None, (str(body.get("title") or ""), price)))
        yield self._shared("market", title, linked("market", body))

    def market_album(self, body: Body, _: str) -> Iterator[Part]:
        link = f"{SITE}/market{body.get('owner_id')}?section=album_{body.get('id')}"
        yield self._shared("market-album", str(body.get("title") or ""), link)

    def poll(self, body: Body, _: str) -> Iterator[Part]:
        answers = body.get("answers")
        options = [
            self._say("piece-option", option=str(one.get("text") or ""))
            for one in (answers if isinstance(answers, list) else ())
            if isinstance(one, Mapping)
        ]
        question = "\n".join([str(body.get("question") or ""), *options])
        yield self._shared("poll", question, linked("poll", body))

    def gift(self, body: Body, _: str) -> Iterator[Part]:
        yield self._shared("gift")
        if url := next((str(body[name]) for name in ("thumb_256", "thumb_96", "thumb_48") if body.get(name)), ""):
            yield Attachment(kind=Kind.PHOTO, file=remote(self._channel, url), mime="image/jpeg")

    def call(self, body: Body, _: str) -> Iterator[Part]:
        yield self._shared("call", lasts(body.get("duration")))

    def mini_app(self, body: Body, _: str) -> Iterator[Part]:
        app = body.get("app")
        number_of = body.get("app_id") or (app.get("id") if isinstance(app, Mapping) else None)
        yield self._shared("mini-app", str(body.get("title") or ""), f"{SITE}/app{number_of}" if number_of else "")

    def event(self, body: Body, _: str) -> Iterator[Part]:
        yield self._shared(
            "event", str(body.get("text") or ""), f"{SITE}/event{body['id']}" if body.get("id") else ""
        )

    def playlist(self, body: Body, _: str) -> Iterator[Part]:
        link = linked("music/playlist/", body)
        yield self._shared("audio-playlist", str(body.get("title") or ""), link)

    def _file(self, url: object, kind: str, body: Body) -> File:
        """The bytes at an address. What it is goes behind the #, which no server is told: addresses change.

        Raises TypeError for what is no address.
        """
        if not isinstance(url, str):
            raise TypeError(kind)
        owner, own = number(body.get("owner_id")), number(body.get("id"))
        return remote(self._channel, f"{url}#{kind}{owner}_{own}" if owner and own and "#" not in url else url)

    def _shared(self, kind: str, title: str = "", link: str = "") -> Text:
        """«A post on a wall: its text», and its link on a line of its own."""
        what = self._say(f"vk-{kind}")
        first = f"{what}: {cut(title.strip(), EXCERPT)}" if title.strip() else what
        return Text("\n".join(filter(None, (first, link))))


def paged(kind: str, path: str) -> Callable[[Attachments, Body, str], Iterator[Part]]:
    """A reader of what has a title and a page of its own."""

    def reader(attachments: Attachments, body: Body, _: str) -> Iterator[Part]:
        link = str(body.get("view_url") or body.get("url") or "") or linked(path, body)
        yield attachments._shared(kind, str(body.get("title") or body.get("text") or ""), link)

    return reader


READERS: Final[Mapping[str, Callable[[Attachments, Body, str], Iterator[Part]]]] = {
    "photo": Attachments.photo,
    "doc": Attachments.doc,
    "audio_message": Attachments.audio_message,
    "graffiti": Attachments.graffiti,
    "sticker": Attachments.sticker,
    "video": Attachments.video,
    "video_message": Attachments.video_message,
    "audio": Attachments.audio,
    "link": Attachments.link,
    "wall": Attachments.wall,
    "textpost": Attachments.textpost,
    "wall_reply": Attachments.wall_reply,
    "market": Attachments.market,
    "market_album": Attachments.market_album,
    "poll": Attachments.poll,
    "gift": Attachments.gift,
    "call": Attachments.call,
    "mini_app": Attachments.mini_app,
    "event": Attachments.event,
    "audio_playlist": Attachments.playlist,
    "story": paged("story", "story"),
    "article": paged("article", "article"),
    "podcast": paged("podcast", "podcast"),
    "narrative": paged("narrative", "narrative"),
    "donut_link": paged("donut-link", ""),
}


def with_known_files(content: Content, known: Content) -> Content:
    """The content with the addresses of `known` for what is the same: each look at a message gives new ones."""
    files = {one.file.ref.partition("#")[2]: one.file for one in known.attachments if one.file}
    kept = [
        replace(one, file=files.get(one.file.ref.partition("#")[2] or "-", one.file)) if one.file else one
        for one in content.attachments
    ]
    return replace(content, attachments=tuple(kept))


def unknown(what: str) -> Attachment:
    """The place of something that cannot be shown."""
    return Attachment(kind=Kind.UNKNOWN, data={"what": cut(what, 64)})


def best_size(photo: Body) -> Body | None:
    """The original, or else the largest that shows all of it."""
    original = photo.get("orig_photo")
    if isinstance(original, Mapping) and original.get("url"):
        return original
    sizes = pictures(photo.get("sizes"))
    whole = [one for one in sizes if str(one.get("type")) not in _CROPS]
    return largest(whole or sizes)


def largest(images: Sequence[Body]) -> Body | None:
    """By points; old photos have no sizes, and then their letters tell."""
    return max(images, key=lambda one: (_points(one), _LETTERS.find(str(one.get("type")))), default=None)


def _points(image: Body) -> int:
    return (number(image.get("width")) or 0) * (number(image.get("height")) or 0)


def pictures(images: object) -> list[Body]:
    """Those of a list of images that have an address."""
    listed = images if isinstance(images, list) else ()
    return [one for one in listed if isinstance(one, Mapping) and str(one.get("url") or "")]


def linked(path: str, body: Body) -> str:
    """The page of a thing that has an owner and a number; '' for one that lacks them."""
    owner, own = number(body.get("owner_id")), number(body.get("id"))
    return f"{SITE}/{path}{owner}_{own}" if path and owner and own else ""


def bare(url: str) -> str:
    """An address as people write it: without the scheme and the slash at its end."""
    return url.lower().removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")


def lasts(seconds: object) -> str:
    """A duration for people: «(3:20)»."""
    count = number(seconds)
    return f"({count // 60}:{count % 60:02})" if count and count > 0 else ""


def number(value: object) -> int | None:
    """A whole number that VKontakte wrote as a number or as text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.lstrip("-").isdecimal() else None
