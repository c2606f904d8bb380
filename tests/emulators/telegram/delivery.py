"""Which bot is told of what (§3, §14, §15)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .accounts import Bot, User
from .chats import Chat, Member
from .posts import OWN_SERVICE_TOLD, Post, message_json

if TYPE_CHECKING:
    from .world import World

_COMMAND = re.compile(r"/\w+(@\w+)?")


class Delivery:
    def __init__(self, world: World) -> None:
        self._world = world

    def message(self, post: Post, kind: str = "message") -> None:
        for bot in self._bots(post.chat):
            if self.sees(bot, post):
                bot.known.add(post.author.id)
                bot.queue.push(kind, message_json(self._world.files, post, bot), f"chat{post.chat.id}")
        self._world.touch()

    def sees(self, bot: Bot, post: Post) -> bool:
        """Own messages never come, except service ones; others' depend on admin status and privacy mode."""
        if post.ephemeral_id is not None:
            return False
        if post.author is bot.user:
            return post.service in OWN_SERVICE_TOLD
        if post.service is not None or post.chat.private:
            return True
        if post.author.is_bot:
            return False
        if post.chat.is_admin(bot.id) or bot.flags["can_read_all_group_messages"]:
            return True
        return self._meant_for(bot, post)

    def _meant_for(self, bot: Bot, post: Post) -> bool:
        """What a plain member with privacy mode gets (§14)."""
        if post.via is bot.user:
            return True
        if post.reply_to is not None and post.reply_to.author is bot.user:
            return True
        match = _COMMAND.match(post.text)
        if match is None:
            return False
        if match.group(1):
            return match.group(1)[1:].lower() == bot.username.lower()
        return post.chat.last_bot == bot.id or len(post.chat.bots) == 1

    def reaction(self, post: Post, user: User, old: list[Any], new: list[Any], *, anonymous: bool) -> None:
        """Administrators that asked for `message_reaction` (§13); carries no topic."""
        chat = post.chat
        for bot in self._bots(chat):
            if not (chat.private or chat.is_admin(bot.id)):
                continue
            body: dict[str, Any] = {
                "chat": chat.json(),
                "message_id": post.id_for(bot),
                "date": self._world.date(),
                "old_reaction": old,
                "new_reaction": new,
            }
            if anonymous:
                body["actor_chat"] = chat.json()
            else:
                body["user"] = user.json()
            bot.queue.push("message_reaction", body, f"reaction{chat.id}")
        self._world.touch()

    def membership(self, chat: Chat, by: User, old: dict[str, Any], new: Member) -> None:
        """`my_chat_member` to the bot itself, `chat_member` to administrators that asked for it (§14)."""
        changed = new.user
        body = {
            "chat": chat.json(),
            "from": by.json(),
            "date": self._world.date(),
            "old_chat_member": old,
            "new_chat_member": new.json(chat, self._world.version),
        }
        for bot in {**chat.bots, **self._itself(changed)}.values():
            if bot.id == changed.id:
                bot.known.update(member.user.id for member in chat.members.values())
                bot.known.add(by.id)
                bot.queue.push("my_chat_member", body, f"member{chat.id}")
            elif chat.is_admin(bot.id):
                bot.known.add(changed.id)
                bot.queue.push("chat_member", body, f"member{chat.id}")
        self._world.touch()

    def blocked(self, chat: Chat, *, blocked: bool) -> None:
        """In private chats only blocking and unblocking are told (§14)."""
        assert chat.bot is not None and chat.peer is not None
        user = chat.bot.user.json()
        inside, outside = {"status": "member", "user": user}, {"status": "kicked", "user": user, "until_date": 0}
        body = {
            "chat": chat.json(),
            "from": chat.peer.json(),
            "date": self._world.date(),
            "old_chat_member": inside if blocked else outside,
            "new_chat_member": outside if blocked else inside,
        }
        chat.bot.queue.push("my_chat_member", body, f"member{chat.id}")
        self._world.touch()

    def _itself(self, user: User) -> dict[int, Bot]:
        bot = self._world.bots_by_id.get(user.id)
        return {bot.id: bot} if bot is not None else {}

    @staticmethod
    def _bots(chat: Chat) -> list[Bot]:
        if chat.bot is not None:
            return [] if chat.blocked else [chat.bot]
        return list(chat.bots.values())
