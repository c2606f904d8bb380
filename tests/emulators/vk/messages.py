"""Messages: one record for both sides, and the JSON that the community sees of it (§7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .attachments import Attachment, made, shape

if TYPE_CHECKING:
    from .world import World

Shape = dict[str, Any]


@dataclass(eq=False)
class Message:
    """`out`: from the community to the customer. Lives on: an edit changes it, `deleted` says it is gone."""

    from_id: int
    text: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    forwarded: list[Message] = field(default_factory=list)
    quoted: Message | None = None
    id: int = 0
    cmid: int = 0
    date: int = 0
    peer_id: int = 0
    out: bool = False
    version: int = 0
    random_id: int = 0
    payload: str | None = None
    ref: str | None = None
    ref_source: str | None = None
    geo: Shape | None = None
    keyboard: Shape | None = None
    template: Shape | None = None
    format_data: Shape | None = None
    admin_author_id: int | None = None
    update_time: int = 0
    links_parsed: bool = True
    cropped: bool = False  # events show only a part of it
    deleted: bool = False  # for everybody
    gone: bool = False  # only for the community
    seen: bool = False  # by the other side
    texts: list[str] = field(default_factory=list)  # all there was, the first one first
    reactions: dict[int, int] = field(default_factory=dict)  # who: which

    @property
    def edited(self) -> bool:
        return bool(self.update_time)

    @property
    def kinds(self) -> list[str]:
        return [one.kind for one in self.attachments]

    @property
    def conversation_message_id(self) -> int:
        return self.cmid

    def __repr__(self) -> str:
        way = "to" if self.out else "from"
        return f"<{self.cmid} {way} {self.peer_id}: {self.text!r} {self.kinds}{' deleted' if self.deleted else ''}>"


def forwarded(
    text: str = "",
    from_id: int = 501_000_777,
    *,
    attachments: Iterable[Attachment | str] = (),
    forwards: Iterable[Message] = (),
    reply_to: Message | None = None,
    date: int = 1_780_000_000,
) -> Message:
    """A message from some other dialog, to be forwarded by a person."""
    things = [made(one) for one in attachments]
    for number, one in enumerate(things):
        one.owner_id, one.id = one.owner_id or from_id, one.id or 700 + number
    return Message(from_id, text, things, list(forwards), reply_to, date=date, peer_id=from_id)


def shown(world: World, message: Message, *, whole: bool = True) -> Shape:
    """As the API and events show it; whole=False: what is left of a cropped one."""
    body: Shape = {
        "id": message.id,
        "conversation_message_id": message.cmid,
        "date": message.date,
        "peer_id": message.peer_id,
        "from_id": message.from_id,
        "out": int(message.out),
        "version": message.version,
        "text": message.text,
        "attachments": [shape(world, one) for one in message.attachments],
        "fwd_messages": [_foreign(world, one) for one in message.forwarded],
        "important": False,
        "is_hidden": False,
        "random_id": message.random_id,
    }
    if message.quoted is not None:
        body["reply_message"] = _quoted(world, message.quoted)
    for name in ("payload", "ref", "ref_source", "geo", "keyboard", "template", "format_data", "admin_author_id"):
        value = getattr(message, name)
        if value is not None:
            body[name] = value
    if message.update_time:
        body["update_time"] = message.update_time
    if message.deleted:
        body["deleted"] = 1
    if message.cropped and not whole:
        body.update(text=message.text[:20], attachments=[], fwd_messages=[], is_cropped=True)
        body.pop("reply_message", None)
    return body


def _foreign(world: World, message: Message) -> Shape:
    body: Shape = {
        "date": message.date,
        "from_id": message.from_id,
        "text": message.text,
        "attachments": [shape(world, one) for one in message.attachments],
        "conversation_message_id": message.cmid,
        "id": message.id,
        "peer_id": message.peer_id,
    }
    if message.forwarded:
        body["fwd_messages"] = [_foreign(world, one) for one in message.forwarded]
    if message.quoted is not None:
        body["reply_message"] = _foreign(world, message.quoted)
    if message.geo is not None:
        body["geo"] = message.geo
    return body


def _quoted(world: World, message: Message) -> Shape:
    return {**_foreign(world, message), "out": int(message.out)}


def depth(messages: Iterable[Message]) -> int:
    return max((1 + depth(one.forwarded) for one in messages), default=0)


def total(messages: Iterable[Message]) -> int:
    return sum(1 + total(one.forwarded) for one in messages)


def location(lat: float, long: float, title: str = "") -> Shape:
    geo: Shape = {"type": "point", "coordinates": {"latitude": lat, "longitude": long}}
    if title:
        geo["place"] = {"title": title}
    return geo
