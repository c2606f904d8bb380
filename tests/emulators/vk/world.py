"""What there is: communities, dialogs, people, settings, events."""

from __future__ import annotations

import asyncio
import copy
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..common.changes import Changes
from ..common.clock import Clock, RealClock
from ..common.failures import Failures
from .attachments import Attachment
from .faults import Faults
from .files import Files
from .journal import Journal
from .messages import Message, shown
from .rules import Rules
from .uploads import Uploads

if TYPE_CHECKING:
    from .callback import Callback
    from .longpoll import LongPoll
    from .people import Person

Shape = dict[str, Any]
Make = Callable[[tuple[int, ...]], Shape]

SCOPES = {"photos": 4, "messages": 4096, "docs": 131072, "manage": 262144}
MESSAGE_EVENTS = (
    "message_new",
    "message_reply",
    "message_edit",
    "message_allow",
    "message_deny",
    "message_typing_state",
    "message_read",
    "message_event",
    "message_reaction_event",
)
OTHER_EVENTS: tuple[str, ...] = (
    "group_join",
    "group_leave",
    "user_block",
    "user_unblock",
    "wall_post_new",
    "wall_reply_new",
)
OTHER_EVENTS += ("photo_new", "video_new", "audio_new", "poll_vote_new", "group_change_settings")
EVENTS = (*MESSAGE_EVENTS, *OTHER_EVENTS)


def version_of(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


@dataclass
class Subscription:
    """The event kinds that one way of delivery tells, and in which shape."""

    api_version: str = "5.199"
    events: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(EVENTS, False))

    def turn(self, params: dict[str, str]) -> None:
        for name in EVENTS:
            if name in params:
                self.events[name] = params[name] == "1"
        self.api_version = params.get("api_version", self.api_version)

    def shown(self) -> dict[str, int]:
        return {name: int(on) for name, on in self.events.items()}


@dataclass(eq=False)
class Dialog:
    """One customer and one community; both directions share the counter of messages."""

    person: Person
    messages: list[Message] = field(default_factory=list)
    allowed: bool = False
    read_by_person: int = 0  # cmid
    read_by_community: int = 0
    by_random_id: dict[int, Message] = field(default_factory=dict)
    activities: list[tuple[str, float]] = field(default_factory=list)  # what the person saw: kind, when

    def find(self, cmid: int) -> Message | None:
        return next((one for one in self.messages if one.cmid == cmid and not one.deleted and not one.gone), None)


@dataclass
class Token:
    scopes: set[str]
    error: int = 5  # once it is dead
    dead: bool = False


class Community:
    """A community with its mailbox, its keys and both ways of telling events."""

    def __init__(self, world: World, number: int, name: str, screen_name: str) -> None:
        from .callback import Callback  # here: both stand on this module
        from .longpoll import LongPoll

        self.world = world
        self.id = number
        self.name = name
        self.screen_name = screen_name
        self.tokens: dict[str, Token] = {}
        self.messages_enabled = True
        self.bots_enabled = True
        self.online = False
        self.dialogs: dict[int, Dialog] = {}
        self.banned: dict[int, Shape] = {}
        self.media: dict[tuple[str, int], Attachment] = {}  # saved by the API: (photo | doc, id)
        self.confirmation_code = secrets.token_hex(4)
        self.long_poll: LongPoll = LongPoll(self)
        self.callback: Callback = Callback(self)
        self.events: list[Shape] = []  # all that happened, told or not
        self.pressed: dict[str, Any] = {}  # presses that wait for an answer
        self._last_id = 5100
        self._last_version = 10_001_000

    # -- keys

    def add_token(self, token: str | None = None, scopes: Iterable[str] = SCOPES) -> str:
        token = token or f"vk1.a.{secrets.token_urlsafe(120)}"
        self.tokens[token] = Token(set(scopes))
        return token

    @property
    def token(self) -> str:
        return next(iter(self.tokens))

    def revoke(self, token: str | None = None, error: int = 5) -> None:
        """From now on this key gets error 5 (or 27, 28, 1117)."""
        known = self.tokens[token or self.token]
        known.dead, known.error = True, error

    # -- dialogs

    def dialog(self, person: Person) -> Dialog:
        return self.dialogs.setdefault(person.id, Dialog(person))

    def add(self, dialog: Dialog, message: Message) -> Message:
        """Number it and keep it."""
        self._last_id += 1
        message.id = self._last_id
        message.cmid = (dialog.messages[-1].cmid if dialog.messages else 0) + 1
        message.peer_id = dialog.person.id
        message.date = self.world.unix()
        message.version = self.next_version()
        message.texts = [message.text]
        dialog.messages.append(message)
        return message

    def next_version(self) -> int:
        self._last_version += 1
        return self._last_version

    def change(self, message: Message) -> None:
        """It was edited."""
        message.texts.append(message.text)
        message.update_time = self.world.unix()
        message.version = self.next_version()
        self.tell_message("message_edit", message)

    def by_id(self, message_id: int) -> Message | None:
        for dialog in self.dialogs.values():
            for message in dialog.messages:
                if message.id == message_id and not message.deleted and not message.gone:
                    return message
        return None

    # -- events

    def tell(self, kind: str, make: Make | Shape) -> str:
        """An event happened; those who subscribed to its kind get it. Answers its id."""
        event_id = secrets.token_hex(20)

        def event(subscription: Subscription) -> Shape:
            made = make(version_of(subscription.api_version)) if callable(make) else copy.deepcopy(make)
            shape = {"group_id": self.id, "type": kind, "event_id": event_id, "v": subscription.api_version}
            return {**shape, "object": made}

        self.events.append(event(Subscription()))
        if self.long_poll.enabled and self.long_poll.subscription.events.get(kind):
            self.long_poll.add(event(self.long_poll.subscription))
        for server in self.callback.servers.values():
            if server.subscription.events.get(kind):
                server.add(event(server.subscription))
        self.world.touch()
        return event_id

    def tell_message(self, kind: str, message: Message) -> str:
        """§7: only message_new is wrapped, and only since 5.103."""

        def make(version: tuple[int, ...]) -> Shape:
            body = shown(self.world, message, whole=False)
            if kind != "message_new" or version < (5, 103):
                return body
            return {"message": body, "client_info": message_client(self, message)}

        return self.tell(kind, make)


def message_client(community: Community, message: Message) -> Shape:
    person = community.dialogs[message.peer_id].person
    return {
        "button_actions": ["text", "vkpay", "open_app", "location", "open_link", "open_photo", "callback"],
        "keyboard": True,
        "inline_keyboard": True,
        "carousel": True,
        "lang_id": person.lang_id,
    }


class World:
    def __init__(self, clock: Clock | None = None, rules: Rules | None = None, scale: float = 1.0) -> None:
        self.clock: Clock = clock or RealClock()
        self.rules = rules or Rules()
        self.scale = scale  # of pauses before retries
        self.url = ""
        self.faults = Faults()
        self.journal = Journal()
        self.files = Files(self)
        self.uploads = Uploads(self)
        self.communities: dict[int, Community] = {}
        self.people: dict[int, Person] = {}
        self.routes: dict[str, str] = {}  # {"https://chat.example.ru": "http://127.0.0.1:8080"}
        self.broken = Failures()  # errors of the emulator itself
        self.up = asyncio.Event()
        self.up.set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.changes = Changes()
        self._number = 457_239_000

    def unix(self) -> int:
        return int(self.clock.now().timestamp())

    def number(self) -> int:
        self._number += 1
        return self._number

    def touch(self) -> None:
        """Wake all who wait for a change."""
        self.changes.touch()

    async def change(self, timeout: float) -> None:
        """Wait for the next change, but not longer."""
        await self.changes.wait(timeout)

    def community_of(self, token: str) -> tuple[Community, Token] | None:
        for community in self.communities.values():
            if token in community.tokens:
                return community, community.tokens[token]
        return None
