"""People: what a test lets them do."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .checks import check_message
from .errors import NotAllowed, Refusal
from .hooks import Event
from .outbox import Heard
from .world import PLACEHOLDER

if TYPE_CHECKING:
    from .emulator import ViberEmulator


@dataclass(frozen=True, slots=True)
class Media:
    """A file that a person sends. `declared`: the size that the event tells, if it is not the true one."""

    data: bytes
    name: str = ""
    content_type: str = ""
    declared: int | None = None
    duration: int | None = None
    thumbnail: bytes | None = None


def _id(token: str, number: int) -> str:
    """Each bot knows a person by another id; some have `+` and `/` in them."""
    return base64.b64encode(hashlib.sha256(f"{token} {number}".encode()).digest()[:16]).decode()


ENDINGS = {"picture": "image.jpg", "video": "video.mp4", "file": "", "sticker": "sticker.png"}


class Person:
    """A customer. Switches: `personal` (shares the name with bots), `nameless` (not even a placeholder is told),
    `devices`, `system` ("ios", "android"), `api_version`, `status` (of get_online)."""

    def __init__(self, emulator: ViberEmulator, name: str, number: int, **about: Any) -> None:
        self._emulator = emulator
        self._world = emulator.world
        self.id = _id(emulator.token, number)
        self.name = name
        self.language: str = about.get("language", "uk")
        self.country: str = about.get("country", "UA")
        self.api_version: int = about.get("api_version", 10)
        self.devices: int = about.get("devices", 1)
        self.system: str = about.get("system", "ios")
        self.personal: bool = about.get("personal", True)
        self.nameless = False
        self.avatar: str = ""
        self.opened = False
        self.subscribed = False
        self.online = True
        self.status = 0
        self.tracking: str | None = None  # of the last message, goes back with the next one
        self.heard: list[Heard] = []
        self.missed: list[Heard] = []  # sent, but nothing was shown
        self.refused_welcomes: list[str] = []
        self.unanswered: deque[float] = deque()
        self.looked_up: deque[float] = deque()
        self.wrote_at: float | None = None

    def __repr__(self) -> str:
        return f"<{self.name} {self.id}>"

    @property
    def hears(self) -> list[str]:
        """The texts that are shown."""
        return [heard.text for heard in self.heard]

    def profile(self) -> dict[str, Any]:
        """`sender` or `user`, as far as the bot may know."""
        hook = self._world.hook
        about: dict[str, Any] = {"id": self.id, "name": PLACEHOLDER}
        if hook.send_name and self.personal:
            about["name"] = self.name
        if self.nameless:
            del about["name"]
        if hook.send_photo and self.personal and self.avatar:
            about["avatar"] = self.avatar
        return about | {"language": self.language, "country": self.country, "api_version": self.api_version}

    # -- coming and going

    async def opens(self, context: str | None = None) -> Event:
        """Open the bot's chat by a link or QR."""
        self._needs_chat()
        self.opened = True
        payload: dict[str, Any] = {"type": "open"}
        if context is not None:
            payload["context"] = context
        payload |= {"user": self.profile(), "subscribed": self.subscribed}
        event = self._emit("conversation_started", payload)
        event.on_answer = self._welcome
        return event

    async def subscribes(self) -> Event:
        self._needs_chat()
        self.opened = self.subscribed = True
        return self._emit("subscribed", {"user": self.profile()})

    async def unsubscribes(self) -> Event:
        """Also what blocking comes to."""
        if not self.subscribed:
            raise NotAllowed(f"{self.name} is not subscribed")
        self.subscribed = False
        return self._emit("unsubscribed", {"user_id": self.id})

    blocks = unsubscribes

    def goes_offline(self) -> None:
        """No device is on: nothing is delivered."""
        self.online = False

    def comes_online(self) -> None:
        self.online = True
        self._emulator.outbox.wake(self)

    # -- writing

    async def write(
        self,
        text: str | None = None,
        *,
        picture: bytes | Media | None = None,
        video: bytes | Media | None = None,
        file: bytes | Media | None = None,
        sticker: int | None = None,
        contact: tuple[str, str] | dict[str, Any] | None = None,
        url: str | None = None,
        location: tuple[float, float] | tuple[float, float, str] | None = None,
        raw: dict[str, Any] | None = None,
        silent: bool = False,
        size_field: str | None = None,
    ) -> Event:
        """One message. `text` is the caption of a picture, a video or a URL. `raw`: the message's own fields,
        for types that the emulator does not know. `size_field`: "file_size" or "size", else file_size for files.

        Opens the chat first, if the person has not; the first message subscribes.
        """
        self._needs_chat()
        if not self.opened:
            await self.opens()
        files = {"picture": picture, "video": video, "file": file}
        given = [(kind, one) for kind, one in files.items() if one is not None]
        message: dict[str, Any]
        if raw is not None:
            message = dict(raw)
        elif given:
            message = self._media(*given[0], size_field)
        elif sticker is not None:
            link = self._emulator.cdn.put(self._emulator.png, ENDINGS["sticker"])
            message = {"type": "sticker", "sticker_id": sticker, "media": link}
        elif contact is not None:
            about = contact if isinstance(contact, dict) else {"name": contact[0], "phone_number": contact[1]}
            message = {"type": "contact", "contact": about}
        elif url is not None:
            message = {"type": "url", "media": url}
        elif location is not None:
            place = dict(zip(("lat", "lon", "address"), location, strict=False))
            message = {"type": "location", "location": place}
        else:
            if not text:
                raise NotAllowed("nothing to say")
            message = {"type": "text"}
        if text is not None:
            message["text"] = text
        elif message["type"] == "picture":
            message["text"] = ""
        return self._say(message, silent)

    async def presses(self, button: str, *, silent: bool = False) -> Event | str:
        """Press a button of the keyboard under the last message, by its text; the URL of an open-url button."""
        keyboard = self.heard[-1].keyboard if self.heard else None
        for one in (keyboard or {}).get("Buttons", []):
            if one.get("Text") != button:
                continue
            action, body = one.get("ActionType", "reply"), one.get("ActionBody", "")
            if action == "none":
                raise NotAllowed("this button does nothing")
            if action == "open-url":
                return str(body)
            if action == "share-phone":
                return await self.write(contact=(self.name, "+380441112233"))
            if action == "location-picker":
                return await self.write(location=(50.45, 30.52))
            return await self.write(body, silent=silent or bool(one.get("Silent")))
        raise NotAllowed(f"no button {button!r} under the last message")

    async def reads(self) -> Event | None:
        """See all that is unread: one `seen`, with the last message's token."""
        unseen = [heard for heard in self.heard if not heard.seen]
        for heard in unseen:
            heard.seen = True
        told = [heard for heard in unseen if not heard.welcome]
        return self._emit("seen", {"user_id": self.id}, told[-1].token) if told else None

    def emits(self, name: str, **payload: Any) -> Event:
        """Any event, also ones that nobody knows."""
        self._world.hook.events = tuple({*self._world.hook.events, name})
        return self._emit(name, payload)

    # -- inside

    def _needs_chat(self) -> None:
        if not self._world.hook.url:
            raise NotAllowed("without a webhook the bot has no chat")

    def _emit(self, name: str, payload: dict[str, Any], token: int | None = None) -> Event:
        return self._emulator.hooks.emit(name, self.id, payload, token)

    def _media(self, kind: str, given: bytes | Media, size_field: str | None) -> dict[str, Any]:
        media = given if isinstance(given, Media) else Media(given, ENDINGS[kind])
        cdn = self._emulator.cdn
        message: dict[str, Any] = {"type": kind, "media": cdn.put(media.data, media.name, media.content_type)}
        if kind != "file":
            message["thumbnail"] = cdn.put(media.thumbnail or self._emulator.png, "thumb.png")
        if media.name and kind != "video":
            message["file_name"] = media.name
        size = media.declared if media.declared is not None else len(media.data)
        message[size_field or ("file_size" if kind == "file" else "size")] = size
        if media.duration is not None or kind == "video":
            message["duration"] = media.duration or 8
        return message

    def _say(self, message: dict[str, Any], silent: bool) -> Event:
        if self.tracking is not None:
            message["tracking_data"] = self.tracking
        first = not self.subscribed
        self.subscribed = True
        self.wrote_at = self._world.clock.monotonic()
        self.unanswered.clear()
        if first and self._emulator.subscribed_with_first_message:
            self._emit("subscribed", {"user": self.profile()})
        return self._emit("message", {"sender": self.profile(), "message": message, "silent": silent})

    def _welcome(self, body: bytes) -> None:
        """The answer to conversation_started may be a message; nobody hears of one that is wrong."""
        if not body.strip():
            return
        try:
            message = json.loads(body)
            if not isinstance(message, dict) or "receiver" in message:
                raise ValueError("a welcome is a message without receiver")
            check_message(message, local=self._world.local, strict=self._world.strict_fields)
        except (ValueError, Refusal) as why:
            self.refused_welcomes.append(str(why))
            return
        self.take(message, self._world.new_token(), welcome=True)

    def take(self, message: dict[str, Any], token: int, *, welcome: bool = False) -> Heard:
        """A message is on its way to this person."""
        kept = {field: value for field, value in message.items() if field != "auth_token"}
        heard = Heard(
            token=token,
            type=message.get("type") or "keyboard",
            text=message.get("text") or "",
            sender=message["sender"]["name"],
            message=kept,
            at=self._world.clock.monotonic(),
            welcome=welcome,
        )
        self.tracking = message.get("tracking_data", self.tracking)
        self._emulator.outbox.put(self, heard)
        return heard
