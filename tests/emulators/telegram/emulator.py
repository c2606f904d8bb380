"""The emulator as a test sees it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, Self, TypeVar

from ..common.clock import Clock
from ..common.emulator import Emulator
from ..common.gates import Gate
from .accounts import Bot, User
from .chats import Chat, Member
from .faults import Fault, Faults
from .files import Attachment
from .flood import Flood, Limits
from .groups import Group, Private
from .humans import Human
from .journal import Call, Journal
from .presses import Press
from .server import Server
from .world import World

Found = TypeVar("Found")
OWNER = "Хозяйка"
OWNERS_FROM = 700_000


class TelegramEmulator(Emulator):
    """A Bot API server in this process, on a loopback port; see the package's page for the whole of it."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.world = World(clock)
        self.journal = Journal()
        self.faults = Faults()
        self.flood = Flood()
        self.server = Server(self.world, self.journal, self.faults, self.flood)
        self.world.last_words = self._last_words  # type: ignore[method-assign]
        self._people = 500
        self._groups = 0

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> Self:
        await self.server.start(host, port)
        return self

    async def stop(self) -> None:
        await self.server.stop()

    @property
    def url(self) -> str:
        return self.server.listener.url

    # -- who is there

    def add_bot(
        self, token: str = "9001:TEST", username: str = "desk_bot", name: str = "Desk", **flags: bool
    ) -> Bot:
        return self.world.add_bot(token, username, name, **flags)

    def revoke(self, bot: Bot) -> None:
        """Its owner took the token back: whoever has it gets 401 from now on, whoever polls with it too."""
        self.world.bots.pop(bot.token, None)
        bot.queue.interrupt("")

    def restore(self, bot: Bot) -> None:
        """The same token works again."""
        self.world.bots[bot.token] = bot

    def person(
        self,
        name: str,
        *,
        id: int | None = None,
        username: str | None = None,
        language: str | None = "ru",
        bio: str | None = None,
        avatar: bytes | bool | None = None,
    ) -> Human:
        if id is None:
            id = next(n for n in itertools.count(self._people + 1) if n not in self.world.users)
            self._people = id
        if id in self.world.users:
            raise ValueError(f"user {id} is there already: {self.world.users[id].name}")
        first, _, last = name.partition(" ")
        user = User(id, first, last or None, username, language, bio=bio)
        if avatar:
            user.avatar = self.world.files.make("photo", Attachment(avatar if isinstance(avatar, bytes) else b""))
        self.world.users[id] = user
        return Human(self.world, user)

    def group(
        self,
        title: str,
        *,
        forum: bool = False,
        kind: str = "supergroup",
        id: int | None = None,
        public: bool | str = False,
        owner: Human | None = None,
    ) -> Group:
        if kind not in ("supergroup", "group") or (forum and kind == "group"):
            raise ValueError("a forum is a supergroup; other kinds: group")
        self._groups += 1
        if id is None:
            id = (-1001234567000 if kind == "supergroup" else -4100) - self._groups
        chat = Chat(id, kind, title, forum=forum)
        if public:
            chat.username = public if isinstance(public, str) else f"group{self._groups}"
        self.world.groups[id] = chat
        head = owner or self.person(OWNER, id=OWNERS_FROM + self._groups)
        chat.members[head.id] = Member(head.user, "creator")
        return Group(self.world, chat, head)

    def private(self, human: Human, bot: Bot) -> Private:
        return Private(self.world, self.world.private(bot, human.user))

    # -- what happened

    @property
    def calls(self) -> list[Call]:
        """Every call but getUpdates, in order of arrival."""
        return self.journal.calls

    def calls_of(self, method: str | None = None, **which: Any) -> list[Call]:
        return self.journal.of(method, **which)

    def units(self, chat: Any, window: float = 60.0, bot: Bot | None = None) -> int:
        """The most that one bot spent in this chat within any such window."""
        chat_id = chat if isinstance(chat, int) else chat.id
        return self.journal.units(chat_id, window, bot.id if bot else None)

    @property
    def unanswered(self) -> list[Press]:
        return [press for press in self.world.presses.values() if not press.answered]

    async def wait_until(self, condition: Callable[[], Found], timeout: float = 20.0) -> Found:
        return await self.world.wait_until(condition, timeout)

    def _last_words(self) -> str:
        lines = [str(call) for call in self.journal.calls[-15:]]
        return "the last calls:\n  " + "\n  ".join(lines or ["none"])

    # -- what goes wrong

    @property
    def limits(self) -> Limits:
        return self.flood.limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        self.flood.limits = limits

    def fail_next(
        self,
        method: str = "*",
        *,
        error: Any = None,
        retry_after: int | None = None,
        migrate_to: int | None = None,
        slow: float = 0.0,
        chat: Any = None,
        bot: Bot | None = None,
        times: int = 1,
        skip: int = 0,
    ) -> Fault:
        """error: a code, (code, description), "html502", "html504", "html413", "drop_before" (nothing is done),
        "drop_after" (done, but no answer), "garbage"; slow: seconds before anything. method "*": any,
        "file": downloads."""
        return self.faults.add(
            Fault(
                method,
                error,
                retry_after,
                migrate_to,
                slow,
                _id(chat),
                bot.id if bot else None,
                times=times,
                skip=skip,
            )
        )

    def hold_next(
        self, method: str = "*", *, chat: Any = None, bot: Bot | None = None, before: bool = True, skip: int = 0
    ) -> Gate:
        """Hold the next such call, before or after its work, until `gate.release()`."""
        gate = Gate(before)
        self.faults.add(Fault(method, chat=_id(chat), bot=bot.id if bot else None, skip=skip, gate=gate))
        return gate

    @property
    def down(self) -> bool:
        return self.server.down

    @down.setter
    def down(self, down: bool) -> None:
        self.server.down = down

    # -- switches

    @property
    def version(self) -> tuple[int, int]:
        return self.world.version

    @version.setter
    def version(self, version: tuple[int, int]) -> None:
        """An older server ignores unknown parameters and answers 404 to unknown methods (§18)."""
        self.world.version = version


def _id(chat: Any) -> int | None:
    return chat if chat is None or isinstance(chat, int) else int(chat.id)
