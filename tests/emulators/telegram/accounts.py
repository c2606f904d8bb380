"""Users and bots."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .updates import UpdateQueue
from .webhook import Webhook

if TYPE_CHECKING:
    from .world import World

GROUP_ANONYMOUS_BOT = 1087968824
CHANNEL_BOT = 136817688
TELEGRAM = 777000


@dataclass(slots=True, eq=False)
class User:
    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language: str | None = None
    is_bot: bool = False
    bio: str | None = None
    deactivated: bool = False
    avatar: Any = None  # Media of the profile photo

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name or ''}".strip()

    def json(self, *, language: bool = True) -> dict[str, Any]:
        shown: dict[str, Any] = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        if self.last_name:
            shown["last_name"] = self.last_name
        if self.username:
            shown["username"] = self.username
        if self.language and language:
            shown["language_code"] = self.language
        return shown


ANONYMOUS = User(GROUP_ANONYMOUS_BOT, "Group", username="GroupAnonymousBot", is_bot=True)
CHANNEL = User(CHANNEL_BOT, "Channel", username="Channel_Bot", is_bot=True)
SERVICE = User(TELEGRAM, "Telegram")

FLAGS = {
    "can_join_groups": True,
    "can_read_all_group_messages": False,
    "supports_inline_queries": False,
    "can_connect_to_business": False,
    "has_main_web_app": False,
    "has_topics_enabled": False,
    "allows_users_to_create_topics": False,
    "can_manage_bots": False,
    "supports_guest_queries": False,
    "supports_join_request_queries": False,
}


@dataclass(eq=False)
class Bot:
    """A bot: its account, its settings, its queue of updates."""

    world: World
    user: User
    token: str
    flags: dict[str, bool]
    queue: UpdateQueue = field(init=False)
    webhook: Webhook = field(init=False)
    settings: dict[str, Any] = field(default_factory=dict)  # name, description, … by (what, language)
    commands: dict[tuple[str, str], list[dict[str, str]]] = field(default_factory=dict)
    links: dict[str, tuple[Any, float]] = field(default_factory=dict)  # file path -> file, when it was asked
    known: set[int] = field(default_factory=set)  # users the bot has met
    _messages: int = 0

    def __post_init__(self) -> None:
        self.queue = UpdateQueue(self.world)
        self.webhook = Webhook(self.world, self.queue)

    @property
    def id(self) -> int:
        return self.user.id

    @property
    def username(self) -> str:
        return self.user.username or ""

    def next_message_id(self) -> int:
        """Private chats and basic groups share one count of the account (§7)."""
        self._messages += 1
        return self._messages

    def push_raw_update(self, update: dict[str, Any]) -> int:
        """An update as it is, poisoned if you like; gets the next `update_id` unless it has one."""
        return self.queue.push_raw(update)

    def redeliver_last(self, count: int = 1) -> list[int]:
        """The last delivered updates come once more, with their old ids (§4: delivery is at least once)."""
        return self.queue.redeliver(count)
