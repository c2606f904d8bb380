"""A stand-in for the Bot API that is as fast as Python allows, so that it is not what a benchmark measures.

It knows what the desk and a bare bot need to work, believes everything, and limits nothing; the strict one, in
`tests/emulators/telegram`, would be what is measured. It runs in the process that measures.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections import deque
from collections.abc import Callable
from typing import Any

from tests.emulators.telegram.words import words

GROUP = -1001000000002
UPDATES_AT_ONCE = 100  # https://core.telegram.org/bots/api#getupdates
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_OFFSET = re.compile(rb"offset=(\d+)")
_SECONDS = re.compile(rb"timeout=(\d+)")
_USER = re.compile(rb"user_id=(\d+)")
RIGHTS = words(
    "can_be_edited can_manage_chat can_delete_messages can_manage_video_chats can_restrict_members"
    " can_promote_members can_change_info can_invite_users can_pin_messages can_manage_topics can_post_stories"
    " can_edit_stories can_delete_stories"
)
CHAT = {"id": GROUP, "type": "supergroup", "title": "Sales"}
FULL_CHAT = {
    **CHAT,
    "accent_color_id": 0,
    "max_reaction_count": 11,
    "accepted_gift_types": dict.fromkeys(
        (
            "unlimited_gifts",
            "limited_gifts",
            "unique_gifts",
            "premium_subscription",
            "gifts_from_channels",
        ),
        True,
    ),
}


class Bot:
    """One bot: the updates that wait for it, and who is told of its calls."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.user = {"id": number, "is_bot": True, "first_name": "Desk", "username": f"desk_{number}_bot"}
        self.called: Callable[[str, bytes, int], None] = lambda method, body, message_id: None
        self._ids = itertools.count(1)
        self._waiting: deque[tuple[int, bytes]] = deque()
        self._poll: Connection | None = None
        self._polls = 0

    @property
    def token(self) -> str:
        return f"{self.number}:TEST"

    def push(self, update: dict[str, Any]) -> None:
        """Something happened."""
        number = next(self._ids)
        self._waiting.append((number, json.dumps({"update_id": number, **update}).encode()))
        if self._poll is not None:
            poll, self._poll = self._poll, None
            poll.answer(self._batch())

    def poll(self, connection: Connection, body: bytes) -> None:
        """getUpdates: at once if there is something."""
        offset = _OFFSET.search(body)
        while offset and self._waiting and self._waiting[0][0] < int(offset[1]):
            self._waiting.popleft()
        seconds = _SECONDS.search(body)
        if self._waiting or not seconds:
            connection.answer(self._batch())
            return
        self._poll = connection
        self._polls += 1
        asyncio.get_running_loop().call_later(int(seconds[1]), self._nothing_came, self._polls)

    def _nothing_came(self, poll: int) -> None:
        if self._poll is not None and self._polls == poll:
            self._poll.answer(b"[]")
            self._poll = None

    def left(self, connection: Connection) -> None:
        """Whoever waited has hung up."""
        if self._poll is connection:
            self._poll = None

    def _batch(self) -> bytes:
        return b"[" + b",".join(update for _, update in itertools.islice(self._waiting, UPDATES_AT_ONCE)) + b"]"


class FastApi:
    """The server, and the bots that it knows."""

    def __init__(self) -> None:
        self._bots: dict[bytes, Bot] = {}
        self._message_ids = itertools.count(1)
        self._from: dict[int, bytes] = {}

    def bot(self, number: int) -> Bot:
        """A new bot."""
        bot = self._bots[str(number).encode()] = Bot(number)
        return bot

    async def start(self) -> None:
        self._server = await asyncio.get_running_loop().create_server(lambda: Connection(self), "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        self._server.close()

    def serve(self, connection: Connection, path: bytes, body: bytes) -> None:
        """POST /bot<number>:<secret>/<method>."""
        who, _, name = path.partition(b"/")
        bot = self._bots[who.partition(b":")[0]]
        method = name.decode().lower()
        if method == "getupdates":
            connection.bot = bot
            bot.poll(connection, body)
            return
        message_id = next(self._message_ids)
        connection.answer(self._result(bot, method, body, message_id))
        bot.called(method, body, message_id)

    def _result(self, bot: Bot, method: str, body: bytes, message_id: int) -> bytes:
        if method in ("sendmessage", "editmessagetext"):
            return b'{"message_id":%d,"date":1790000000,"chat":%b,"from":%b,"text":"Something was said"}' % (
                message_id,
                _CHAT,
                self._from.setdefault(bot.number, json.dumps(bot.user).encode()),
            )
        found: Any = True
        if method == "getme":
            found = bot.user
        elif method == "getwebhookinfo":
            found = {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
        elif method == "getchat":
            found = FULL_CHAT
        elif method == "getchatmember":
            user = _USER.search(body)
            if user and int(user[1]) == bot.number:
                found = {"status": "administrator", "user": bot.user, "is_anonymous": False}
                found |= dict.fromkeys(RIGHTS, True)
            else:
                person = {"id": int(user[1]) if user else 1, "is_bot": False, "first_name": "Olga"}
                found = {"status": "member", "user": person}
        return json.dumps(found).encode()


class Connection(asyncio.Protocol):
    """HTTP/1.1, kept alive; the bodies are short and have a length."""

    def __init__(self, api: FastApi) -> None:
        self._api = api
        self._buffer = b""
        self.bot: Bot | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        if self.bot is not None:
            self.bot.left(self)

    def data_received(self, data: bytes) -> None:
        self._buffer = buffer = self._buffer + data if self._buffer else data
        while (end := buffer.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(buffer, 0, end)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(buffer) < whole:
                break
            path = buffer[: buffer.index(b" ", 5)].rpartition(b"/bot")[2]
            body = buffer[end + 4 : whole]
            self._buffer = buffer = buffer[whole:]
            self._api.serve(self, path, body)

    def answer(self, result: bytes) -> None:
        """{"ok": true, "result": …}."""
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            b'{"ok":true,"result":%b}' % (len(result) + 21, result)
        )


_CHAT = json.dumps(CHAT).encode()
