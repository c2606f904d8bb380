"""Customers: they do what VK's own applications let people do, and hear what reaches them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .attachments import ALONE, Attachment, link, made
from .errors import NotAllowed
from .files import picture
from .messages import Message, depth, location, total

if TYPE_CHECKING:
    from .world import Community, Dialog, World

Shape = dict[str, Any]


@dataclass(eq=False)
class Press:
    """A press of a callback button: the button spins until it is answered, for a minute."""

    person: Person
    event_id: str
    at: float
    message: Message
    answered: bool = False
    answer: Shape | None = None  # {"type": "show_snackbar", "text": …}


@dataclass(eq=False)
class Person:
    """A customer. Methods act on the first community unless `to` says another."""

    world: World = field(repr=False)
    id: int
    first_name: str
    last_name: str
    screen_name: str
    names: dict[str, tuple[str, str]] = field(default_factory=dict)  # in other alphabets: {"ru": ("Анна", "Ли")}
    lang_id: int = 0  # 0 ru, 1 uk, 2 be, 3 en
    sex: int = 0
    city: str = ""
    deactivated: str = ""  # "deleted" or "banned"
    closed: bool = False
    privacy: bool = False  # privacy settings forbid messages: 902
    avatar: bytes | None = field(default_factory=lambda: picture("navy", (200, 200)), repr=False)

    # -- what the person sees

    def dialog(self, to: Community | None = None) -> Dialog:
        return (to or next(iter(self.world.communities.values()))).dialog(self)

    @property
    def heard(self) -> list[Message]:
        """What came from the community, the deleted too."""
        return self.hears()

    def hears(self, to: Community | None = None) -> list[Message]:
        return [one for one in self.dialog(to).messages if one.out]

    @property
    def texts(self) -> list[str]:
        return [one.text for one in self.heard if not one.deleted]

    @property
    def activities(self) -> list[str]:
        """«is typing», «records a voice message», … as they came."""
        return [kind for kind, _ in self.dialog().activities]

    # -- what the person does

    def write(
        self,
        text: str = "",
        *,
        attachments: Iterable[Attachment | str] = (),
        reply_to: Message | None = None,
        forwards: Iterable[Message] = (),
        payload: Any = None,
        ref: str | None = None,
        ref_source: str | None = None,
        geo: tuple[float, float] | tuple[float, float, str] | None = None,
        cropped: bool = False,
        to: Community | None = None,
    ) -> Message:
        """A message to the community: it allows answers by that."""
        community = to or self._first()
        self._may_write(community)
        things = [self._owned(made(one)) for one in attachments]
        forwarded = list(forwards)
        self._check(text, things, forwarded, geo, reply_to)
        dialog = community.dialog(self)
        dialog.allowed = True
        message = Message(
            self.id, text, things, forwarded, reply_to, cropped=cropped, ref=ref, ref_source=ref_source
        )
        if payload is not None:
            message.payload = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
        if geo is not None:
            message.geo = location(*geo)
        self._reads_all(community)
        community.add(dialog, message)
        community.tell_message("message_new", message)
        return message

    def starts(self, ref: str | None = None, to: Community | None = None) -> Message:
        """Presses «Start», as after a link `vk.me/shop?ref=…`."""
        return self.write("Начать", payload={"command": "start"}, ref=ref, to=to)

    def edit(
        self,
        message: Message,
        text: str | None = None,
        *,
        attachments: Iterable[Attachment | str] | None = None,
    ) -> None:
        community = self._own(message)
        if self.world.unix() - message.date > self.world.rules.edit_window:
            raise NotAllowed("only for 24 hours")
        if text is not None:
            message.text = text
        if attachments is not None:
            message.attachments = [self._owned(made(one)) for one in attachments]
        community.change(message)

    def loads_preview(self, message: Message, url: str = "https://example.org/page") -> None:
        """A preview was hung on a link: an event of an edit, with the same text."""
        community = self._own(message)
        message.attachments.append(link(url))
        community.change(message)

    def delete(self, message: Message) -> None:
        """For everybody. VK tells the community nothing."""
        self._own(message)
        message.deleted = True
        self.world.touch()

    def react(self, message: Message, reaction: int | None = 1) -> None:
        """reaction=None takes it back."""
        community = self._community_of(message)
        if reaction is None:
            message.reactions.pop(self.id, None)
        else:
            message.reactions[self.id] = reaction
        shape: Shape = {"reacted_id": self.id, "peer_id": self.id, "cmid": message.cmid}
        if reaction is not None:
            shape["reaction_id"] = reaction
        community.tell("message_reaction_event", shape)

    def read(self, upto: Message | None = None, to: Community | None = None) -> None:
        """All that the community wrote, up to this message."""
        community = self._community_of(upto) if upto is not None else to or self._first()
        dialog = community.dialog(self)
        seen = [one for one in dialog.messages if one.out and (upto is None or one.cmid <= upto.cmid)]
        if not seen:
            return
        for message in seen:
            message.seen = True
        dialog.read_by_person = max(dialog.read_by_person, seen[-1].cmid)
        shape = {"from_id": self.id, "peer_id": self.id, "read_message_id": seen[-1].id}
        community.tell("message_read", {**shape, "conversation_message_id": seen[-1].cmid})

    def type(self, to: Community | None = None) -> None:
        community = to or self._first()
        self._may_write(community)
        community.tell("message_typing_state", {"state": "typing", "from_id": self.id, "to_id": -community.id})

    def allow(self, key: str = "", to: Community | None = None) -> None:
        community = to or self._first()
        community.dialog(self).allowed = True
        community.tell("message_allow", {"user_id": self.id, "key": key})

    def deny(self, to: Community | None = None) -> None:
        community = to or self._first()
        community.dialog(self).allowed = False
        community.tell("message_deny", {"user_id": self.id})

    block, unblock = deny, allow

    def joins(self, to: Community | None = None) -> None:
        (to or self._first()).tell("group_join", {"user_id": self.id, "join_type": "join"})

    def leaves(self, to: Community | None = None) -> None:
        (to or self._first()).tell("group_leave", {"user_id": self.id, "self": 1})

    def presses(self, message: Message, label: str) -> Message | Press | str:
        """A button of a keyboard: a text one writes, a callback one is told of, a link is opened (its address)."""
        community = self._community_of(message)
        rows = (message.keyboard or {}).get("buttons", [])
        found = [one["action"] for row in rows for one in row if one["action"].get("label") == label]
        if not found:
            raise NotAllowed(f"there is no button {label!r}")
        action = found[0]
        if action["type"] == "text":
            return self.write(label, payload=action.get("payload"), to=community)
        if action["type"] == "open_link":
            return str(action["link"])
        if action["type"] != "callback":
            raise NotAllowed(f"a button of the type {action['type']}")
        press = Press(self, secrets.token_hex(6), self.world.clock.monotonic(), message)
        community.pressed[press.event_id] = press
        payload = action.get("payload", "{}")
        shape: Shape = {"user_id": self.id, "peer_id": self.id, "event_id": press.event_id}
        shape["payload"] = json.loads(payload) if isinstance(payload, str) else payload
        community.tell("message_event", {**shape, "conversation_message_id": message.cmid})
        return press

    # -- inside

    def _first(self) -> Community:
        return next(iter(self.world.communities.values()))

    def _community_of(self, message: Message) -> Community:
        for community in self.world.communities.values():
            if community.dialog(self).find(message.cmid) is message:
                return community
        raise NotAllowed("the person does not see this message")

    def _own(self, message: Message) -> Community:
        community = self._community_of(message)
        if message.from_id != self.id:
            raise NotAllowed("a message of somebody else")
        return community

    def _may_write(self, community: Community) -> None:
        if self.deactivated:
            raise NotAllowed("the account is gone")
        if not community.messages_enabled:
            raise NotAllowed("the community takes no messages")
        if self.id in community.banned:
            raise NotAllowed("the community put the person on its blacklist")

    def _check(
        self, text: str, things: list[Attachment], forwards: list[Message], geo: Any, reply_to: Message | None
    ) -> None:
        if not (text.strip() or things or forwards or geo):
            raise NotAllowed("nothing to send")
        if len(text) > 9000:
            raise NotAllowed("too long")
        if len(things) > 10:
            raise NotAllowed("up to 10 attachments")
        if len(things) > 1 and any(one.kind in ALONE for one in things):
            raise NotAllowed("it goes alone")
        if depth(forwards) > 45 or total(forwards) > 500 or len(forwards) > 100:
            raise NotAllowed("too many forwarded messages")
        if reply_to is not None and reply_to.deleted:
            raise NotAllowed("the quoted message is gone")

    def _owned(self, thing: Attachment) -> Attachment:
        thing.owner_id = thing.owner_id or self.id
        thing.id = thing.id or self.world.number()
        return thing

    def _reads_all(self, community: Community) -> None:
        """Who writes has seen what came before."""
        for message in community.dialog(self).messages:
            if message.out and not message.seen:
                self.read(to=community)
                return

    def profile(self, fields: set[str], lang: str) -> Shape:
        """users.get (§11)."""
        first, last = self.names.get(lang, (self.first_name, self.last_name))
        if self.deactivated:
            return {"id": self.id, "first_name": "DELETED", "last_name": "", "deactivated": self.deactivated}
        shape: Shape = {"id": self.id, "first_name": first, "last_name": last}
        shape.update(can_access_closed=not self.closed, is_closed=self.closed)
        if "screen_name" in fields:
            shape["screen_name"] = self.screen_name
        if "has_photo" in fields:
            shape["has_photo"] = int(self.avatar is not None)
        if "sex" in fields:
            shape["sex"] = self.sex
        if "city" in fields and self.city:
            shape["city"] = {"id": 2, "title": self.city}
        for name in ("photo_50", "photo_100", "photo_200", "photo_max"):
            if name in fields:
                data = self.avatar or picture("silver", (200, 200))
                shape[name] = self.world.files.link(data, "camera.jpg", "image/jpeg")
        return shape
