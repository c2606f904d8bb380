"""Who is in a group now: asked of Telegram, remembered for minutes, corrected by what Telegram tells."""

from __future__ import annotations

from aiogram.methods import GetChatMember
from aiogram.types import ChatMemberRestricted, ChatMemberUpdated, ResultChatMemberUnion

from bridge.clock import Clock
from bridge.telegram.client import TelegramClient
from bridge.telegram.errors import NotMember

REMEMBER = 300.0  # seconds
REMEMBER_STRANGERS = 10.0  # whoever has just joined should not have to wait
INSIDE = frozenset({"creator", "administrator", "member"})


class Members:
    """Membership of the operators' groups, for one bot (which must be an admin there)."""

    def __init__(self, client: TelegramClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[tuple[int, int], tuple[bool, float]] = {}

    async def is_member(self, chat_id: int, user_id: int) -> bool | None:
        """Whether the user is in the chat; None when Telegram could not be asked."""
        known = self._known.get((chat_id, user_id))
        if known and known[1] > self._clock.monotonic():
            return known[0]
        found = await self._client.call(GetChatMember(chat_id=chat_id, user_id=user_id), timeout=10)
        newer = self._known.get((chat_id, user_id))
        if newer is not None and newer is not known:
            return newer[0]  # somebody came or went while we asked
        if isinstance(found, NotMember):
            return self._remember(chat_id, user_id, False)
        if isinstance(found, ResultChatMemberUnion):
            return self._remember(chat_id, user_id, inside(found))
        return None

    def changed(self, update: ChatMemberUpdated) -> None:
        """Telegram says that somebody came or went."""
        self._remember(update.chat.id, update.new_chat_member.user.id, inside(update.new_chat_member))

    def _remember(self, chat_id: int, user_id: int, is_inside: bool) -> bool:
        now = self._clock.monotonic()
        if len(self._known) > 10_000:
            self._known = {key: value for key, value in self._known.items() if value[1] > now}
        self._known[chat_id, user_id] = is_inside, now + (REMEMBER if is_inside else REMEMBER_STRANGERS)
        return is_inside


def inside(member: ResultChatMemberUnion) -> bool:
    """Whether that is somebody who is in the chat."""
    if isinstance(member, ChatMemberRestricted):
        return member.is_member
    return member.status in INSIDE
