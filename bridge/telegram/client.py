"""The connection of one bot to a Bot API server: calls whose failures are values, and files."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any, Final, TypeVar

import aiohttp
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import AiogramError, ClientDecodeError
from aiogram.methods import DeleteEphemeralMessage, GetChatMember, GetFile, GetMe, TelegramMethod
from aiogram.methods.base import Response
from aiogram.types import Chat, Message, ResultChatMemberUnion, User
from pydantic import TypeAdapter, ValidationError

from bridge import contracts
from bridge.budget import Rate
from bridge.catalogue import Catalogue
from bridge.clock import Clock
from bridge.model import File
from bridge.telegram.errors import (
    BadToken,
    Failure,
    NotFoundMethod,
    RetryAfter,
    TooBig,
    Transient,
    classify,
)
from bridge.telegram.older import whole_member

log = logging.getLogger(__name__)

T = TypeVar("T")
Sending = TelegramMethod[Message] | TelegramMethod[list[Message]]

TIMEOUT: Final = 60.0  # seconds for a whole request
FILE_TIMEOUT: Final = 300.0  # seconds for an upload or a download; 50 MB take their time
MEGABYTE: Final = 1024 * 1024
DOWNLOAD_LIMIT: Final = 20 * MEGABYTE  # https://core.telegram.org/bots/api#getfile
UPLOAD_LIMIT: Final = 50 * MEGABYTE  # https://core.telegram.org/bots/api#sending-files
_MEMBER: Final[TypeAdapter[ResultChatMemberUnion]] = TypeAdapter(ResultChatMemberUnion)
_ANSWERS: Final[dict[type, object]] = {}  # see `_keep_answer`
_FLOODED_TOGETHER: Final = 1.0  # seconds: two chats refused within them means that the whole bot is
# What is likely to count as a message (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this).
_COUNTED: Final = ("Send", "Edit", "Copy", "Forward", "Create", "Close", "Reopen", "Pin")


def _keep_answer(method: type[TelegramMethod[Any]]) -> None:
    """Keep the class of a method's answers: pydantic forgets it when nobody has it, and making it takes long."""
    if method not in _ANSWERS:
        _ANSWERS[method] = Response.__class_getitem__(method.__returning__)


def make_bot(token: str, api_url: str, proxy: str = "") -> Bot:
    """A bot of `token` at the server `api_url`, through `proxy` (http://…, socks5://…) if given.

    Texts are sent as they are: no default parse mode. Nothing is asked of the server yet.
    Raises aiogram's TokenValidationError for what cannot be a token.
    """
    kind = AiohttpSession if api_url.startswith("https:") else PlainSession
    session = kind(api=TelegramAPIServer.from_base(api_url.rstrip("/")), proxy=proxy or None, timeout=TIMEOUT)
    return Bot(token, session=session)


class PlainSession(AiohttpSession):
    """A session with a server near by, without TLS: nothing to wait for when it is closed."""

    async def close(self) -> None:
        """Let go of the connections; aiogram's own pause here is for TLS."""
        if self._session is not None and not self._session.closed:
            await self._session.close()


class TelegramClient:
    """One bot. Its calls never raise for what the network or the server do; they return a `Failure`.

    It is also the `FileOpener` of the files that this bot has received.
    """

    def __init__(self, bot: Bot, clock: Clock, catalogue: Catalogue, rate: Rate | None = None) -> None:
        """`rate`: what the bot may do in all its chats together; calls wait for it. None: as fast as they come."""
        self.rate = rate
        self._bot = bot
        self._clock = clock
        self._catalogue = catalogue
        self._me: User | None = None
        self._ephemeral: bool | None = None
        self._flooded: tuple[object, float] | None = None  # the chat that was refused last, and when
        self._paused: dict[object, float] = {}  # until when nothing goes to a chat; None: to any

    @property
    def bot_id(self) -> int:
        """The bot's user id (known from the token)."""
        return self._bot.id

    @property
    def origin(self) -> str:
        """The `File.origin` of this bot's file ids, which no other bot can use."""
        return f"telegram:{self._bot.id}"

    async def call(self, method: TelegramMethod[T], timeout: float | None = None) -> T | Failure:
        """Call the server; `timeout` seconds for all of it (60 by default)."""
        chat = getattr(method, "chat_id", None)
        pause = self._pause(chat)
        if pause > 0:
            return RetryAfter(pause)
        _keep_answer(type(method))
        async with self._at_the_rate(_units(method)):
            done = await self._try(method, timeout)
        if isinstance(done, RetryAfter) and chat is not None:
            self._refused(chat, done)
        return done

    async def _try(self, method: TelegramMethod[T], timeout: float | None) -> T | Failure:
        try:
            # aiogram types the time-out as int; aiohttp takes any number
            return await self._bot(method, request_timeout=timeout)  # type: ignore[arg-type]
        except ClientDecodeError as error:
            done = _done(method, error)
            return done if done is not None else classify(error)
        except (AiogramError, aiohttp.ClientError, OSError) as error:
            return classify(error)
        except Exception as error:  # a proxy's own kind of exception, broken bytes
            log.warning("telegram: %s failed with %s", type(method).__name__, type(error).__name__)
            return classify(error)

    async def send(self, method: Sending, timeout: float | None = None) -> tuple[Message, ...] | Failure:
        """`call` for what makes a message or an album: the messages that it made."""
        sent: Message | list[Message] | Failure = await self.call(method, timeout)  # type: ignore[arg-type]
        if isinstance(sent, Message):
            return (sent,)
        return tuple(sent) if isinstance(sent, list) else sent

    async def me(self) -> User | Failure:
        """The bot itself; asked of the server once."""
        if self._me is None:
            me = await self.call(GetMe())
            if not isinstance(me, User):
                return me
            self._me = me
        return self._me

    async def supports_ephemeral(self) -> bool:
        """Whether the server knows ephemeral messages (Bot API 10.2). An older one would show them to all.

        Asked once, by a deletion that cannot succeed; while the server cannot be reached the answer is no.
        """
        if self._ephemeral is None:
            probe = DeleteEphemeralMessage(chat_id=self.bot_id, receiver_user_id=1, ephemeral_message_id=1)
            answer = await self.call(probe)
            if isinstance(answer, Transient | RetryAfter | BadToken):
                return False
            self._ephemeral = not isinstance(answer, NotFoundMethod)
        return self._ephemeral

    async def fetch(self, file: File, *, most: int = DOWNLOAD_LIMIT) -> bytes:
        """The bytes of a file that this bot has received. Raises contracts.FileGone, or OSError for later."""
        if file.origin != self.origin:
            raise contracts.FileGone(f"a file of {file.origin} asked of {self.origin}")
        most = min(most, DOWNLOAD_LIMIT)
        found = await self.call(GetFile(file_id=file.ref))
        match found:
            case TooBig():
                raise self._too_big(DOWNLOAD_LIMIT)
            case Transient() | RetryAfter() | BadToken():
                raise OSError(f"getFile: {found}")
            case _ if isinstance(found, Failure):
                raise contracts.FileGone(f"getFile: {found}")
        if (found.file_size or 0) > most:
            raise self._too_big(most)
        if not found.file_path:
            raise contracts.FileGone("getFile gave no path")
        return await self._download(found.file_path, most)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._bot.session.close()

    async def _download(self, path: str, most: int) -> bytes:
        url = self._bot.session.api.file_url(self._bot.token, path)
        stream = self._bot.session.stream_content(url, timeout=int(FILE_TIMEOUT))
        data = bytearray()
        try:
            async for chunk in stream:
                data += chunk
                if len(data) > most:
                    raise self._too_big(most)
        except aiohttp.ClientResponseError as error:  # its text has the address, and that has the token
            if error.status in (400, 404, 410):
                raise contracts.FileGone(f"download: {error.status}") from None
            raise OSError(f"download: {error.status}") from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise OSError(f"download: {type(error).__name__}") from None
        finally:
            await stream.aclose()
        return bytes(data)

    def _too_big(self, limit: int) -> contracts.FileGone:
        return contracts.FileGone("too big", limit=self._catalogue("megabytes", count=limit // MEGABYTE))

    @contextlib.asynccontextmanager
    async def _at_the_rate(self, units: int) -> AsyncIterator[None]:
        """Make a call inside, once the bot's overall limit has room for it."""
        rate = self.rate
        if rate is None or not units:
            yield
            return
        while (wait := rate.wait(self._clock.monotonic(), units)) > 0:
            await self._clock.sleep(wait)
        rate.begin(units)
        try:
            yield
        finally:
            rate.end(self._clock.monotonic(), units)

    def _pause(self, chat: object) -> float:
        """Seconds for which nothing may go to a chat: whoever calls must not make a flood worse."""
        if chat is None or not self._paused:
            return 0.0
        until = max(self._paused.get(chat, 0.0), self._paused.get(None, 0.0))
        return until - self._clock.monotonic()

    def _refused(self, chat: object, failure: RetryAfter) -> None:
        """One chat's limit is that chat's matter; two chats at once means the whole bot."""
        now = self._clock.monotonic()
        self._paused = {paused: until for paused, until in self._paused.items() if until > now}
        self._paused[chat] = max(self._paused.get(chat, 0.0), now + failure.seconds)
        before, self._flooded = self._flooded, (chat, now)
        if before and before[0] != chat and now - before[1] <= _FLOODED_TOGETHER:
            self._paused[None] = max(self._paused.get(None, 0.0), now + failure.seconds)
            log.warning(
                "telegram: bot %s is at its overall limit: all calls wait %s s", self.bot_id, failure.seconds
            )


def _units(method: TelegramMethod[Any]) -> int:
    """What a call costs of the bot's overall limit: an album counts for each of its items."""
    name = type(method).__name__
    if getattr(method, "chat_id", None) is None:
        return 0
    if not name.startswith(_COUNTED) or name == "SendChatAction":
        return 0
    media = getattr(method, "media", None)
    return len(media) if isinstance(media, list) else 1


def _done(method: TelegramMethod[T], error: ClientDecodeError) -> T | None:
    """The result of a call that succeeded, but whose answer has a part that aiogram does not understand.

    Without this a send to a server of another version would be repeated for ever. Only what made messages.
    """
    answer: Any = error.data
    if not isinstance(answer, dict) or answer.get("ok") is not True:
        return None
    result: Any = answer.get("result")
    try:
        if isinstance(method, GetChatMember):
            made: Any = _MEMBER.validate_python(whole_member(result))
        elif isinstance(result, list):
            made = [_bare(item) for item in result]
        else:
            made = _bare(result)
    except (KeyError, TypeError, ValidationError):
        return None
    log.warning("telegram: %s succeeded, but its answer was not understood", type(method).__name__)
    return made  # type: ignore[no-any-return]


def _bare(message: Any) -> Message:
    chat = message["chat"]
    return Message(
        message_id=message["message_id"],
        date=message["date"],
        chat=Chat(id=chat["id"], type=chat["type"]),
        message_thread_id=message.get("message_thread_id"),
    )
