"""Everything that exists: people, bots, chats, files, the clock; and how a change reaches those who wait."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from ..common.changes import Changes
from ..common.clock import Clock, RealClock, pause
from .accounts import ANONYMOUS, CHANNEL, FLAGS, SERVICE, Bot, User
from .chats import Chat, Member
from .delivery import Delivery
from .errors import bad
from .files import Files
from .posts import Post, message_json

Found = TypeVar("Found")


class World:
    def __init__(self, clock: Clock | None = None) -> None:
        self.clock: Clock = clock or RealClock()
        self.files = Files()
        self.users: dict[int, User] = {user.id: user for user in (ANONYMOUS, CHANNEL, SERVICE)}
        self.bots: dict[str, Bot] = {}  # by token
        self.bots_by_id: dict[int, Bot] = {}
        self.groups: dict[int, Chat] = {}
        self.privates: dict[tuple[int, int], Chat] = {}  # (bot, person)
        self.presses: dict[str, Any] = {}
        self.delivery = Delivery(self)
        self._numbers = itertools.count(1)
        self._changes = Changes()
        # switches
        self.version: tuple[int, int] = (10, 3)
        self.local = False  # a self-hosted server started with --local (§1)
        self.strict_parameters = True  # the real server ignores unknown ones (§20)
        self.poll_brakes = False  # §3: the same offset again within half a second shrinks the batch to one
        self.callback_lifetime = 300.0  # seconds to answer a press; the real number is not documented (§10)
        self.link_lifetime: float | None = None  # seconds; None: links to files never expire
        self.webhook_pause = 1.0
        self.routes: dict[str, str] = {}  # public URL prefix -> where it is served in the test
        self.pages: dict[str, bytes] = {}  # what the server "downloads" when a file is sent by URL
        self.icon_stickers: list[dict[str, Any]] = []

    # -- time and change

    def timestamp(self) -> float:
        return self.clock.now().timestamp()

    def date(self) -> int:
        return int(self.timestamp())

    def when(self) -> datetime:
        return self.clock.now()

    async def sleep(self, seconds: float) -> None:
        await pause(self.clock, seconds)

    def touch(self) -> None:
        """Something changed: wake everybody who waits for a condition."""
        self._changes.touch()

    async def wait_until(self, condition: Callable[[], Found], timeout: float = 20.0) -> Found:
        """Wait for a condition; it is looked at after every change, and now and then for outside ones."""
        return await self._changes.until(
            condition, timeout, lambda: f"nothing came in {timeout} s\n{self.last_words()}"
        )

    def last_words(self) -> str:
        return ""

    # -- who and where

    def number(self) -> int:
        return next(self._numbers)

    def add_bot(self, token: str, username: str, name: str, **flags: bool) -> Bot:
        unknown = flags.keys() - FLAGS.keys()
        if unknown:
            raise TypeError(f"unknown getMe flags: {', '.join(sorted(unknown))}")
        bot_id = int(token.partition(":")[0])
        user = User(bot_id, name, username=username, is_bot=True)
        bot = Bot(self, user, token, {**FLAGS, **flags})
        self.users[bot_id] = user
        self.bots[token] = bot
        self.bots_by_id[bot_id] = bot
        return bot

    def private(self, bot: Bot, person: User) -> Chat:
        key = (bot.id, person.id)
        if key not in self.privates:
            self.privates[key] = Chat(person.id, "private", peer=person, bot=bot)
        return self.privates[key]

    def chat_for(self, bot: Bot, raw: Any) -> Chat:
        """The chat that `chat_id` means to this bot; "chat not found" when it never met it (§2)."""
        text = str(raw).strip() if raw is not None else ""
        if not text:
            raise bad("chat_id is empty")
        if text.startswith("@"):
            wanted = text[1:].lower()
            for chat in self.groups.values():
                if chat.username and chat.username.lower() == wanted:
                    return chat
            raise bad("chat not found")
        try:
            number = int(text)
        except ValueError:
            raise bad("chat not found") from None
        if number > 0:
            person = self.users.get(number)
            if person is None or (number not in bot.known and not person.is_bot):
                raise bad("chat not found")
            return self.private(bot, person)
        found = self.groups.get(number)
        if found is None or (bot.id not in found.members and not found.username):
            raise bad("chat not found")
        return found

    def person_json(self, bot: Bot) -> Callable[[int], dict[str, Any] | None]:
        """For mentions by id: only people that the bot knows (§8)."""

        def shown(user_id: int) -> dict[str, Any] | None:
            user = self.users.get(user_id)
            return user.json() if user is not None and user_id in bot.known else None

        return shown

    def routed(self, url: str) -> str:
        for public, inside in self.routes.items():
            if url.startswith(public):
                return inside + url[len(public) :]
        return url

    # -- messages

    def add_post(self, chat: Chat, author: User, **fields: Any) -> Post:
        """Put a message into the chat, without telling anybody yet."""
        post = Post(chat, chat.next_id(), self.date(), author, **fields)
        if chat.common_ids:
            chat.index[(0, post.number)] = post
        else:
            chat.index[(0, post.number)] = post
            owners = [chat.bot] if chat.bot is not None else list(chat.bots.values())
            for bot in owners:
                post.ids[bot.id] = bot.next_message_id()
                chat.index[(bot.id, post.ids[bot.id])] = post
        self._chain(post)
        if post.ephemeral_id is not None:
            chat.ephemeral[post.ephemeral_id] = post
        chat.posts.append(post)
        if author.is_bot and post.mask is None:
            chat.last_bot = author.id
        self.touch()
        return post

    def _chain(self, post: Post) -> None:
        """Outside topics a reply carries the first message of its chain as thread, unflagged (§11)."""
        target = post.reply_to
        if post.chat.kind == "supergroup" and post.topic is None and target is not None and target.topic is None:
            post.root = target.root or target.number

    def add_service(self, chat: Chat, author: User, kind: str, value: Any, **fields: Any) -> Post:
        post = self.add_post(chat, author, service=kind, content={kind: value}, **fields)
        self.delivery.message(post)
        return post

    def view(self, post: Post, bot: Bot | None) -> dict[str, Any]:
        return message_json(self.files, post, bot)

    def delete(self, post: Post) -> None:
        post.deleted = True
        if post in post.chat.pinned:
            post.chat.pinned.remove(post)
        self.touch()

    def meet(self, chat: Chat, user: User) -> None:
        for bot in chat.bots.values():
            bot.known.add(user.id)
        if user.id in self.bots_by_id:
            self.bots_by_id[user.id].known.update(chat.members)

    def member_of(self, chat: Chat, user: User) -> Member:
        return chat.members.get(user.id) or Member(user, "left")

    def close(self) -> None:
        for bot in self.bots.values():
            bot.queue.interrupt("")
