"""What went wrong with a call to Telegram, as a small closed set of values.

    failure = classify(error)      # error: whatever aiogram or the network under it raised
    match failure:
        case RetryAfter(seconds): ...

The server words its errors in prose that drifts, so they are recognised by parts of the sentence, whatever the case
(https://core.telegram.org/bots/api#making-requests: "its contents are subject to change in the future").
Details are for the log: no tokens, no addresses, nothing that was quoted from a message.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """A flood limit: nothing more to this chat before so many seconds have passed."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Transient:
    """Worth another try: the network, a server in trouble. A send may or may not have happened."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Blocked:
    """The person blocked the bot, deleted the account, or has never written to the bot."""


@dataclass(frozen=True, slots=True)
class ChatGone:
    """The bot is no longer in the chat, or there is no such chat."""

    reason: str


@dataclass(frozen=True, slots=True)
class Migrated:
    """The group became a supergroup with this id."""

    chat_id: int


@dataclass(frozen=True, slots=True)
class BadToken:
    """The token is not (or no longer) that of a bot on this server."""


@dataclass(frozen=True, slots=True)
class NoRights:
    """The bot may not do this in the chat."""

    detail: str


@dataclass(frozen=True, slots=True)
class NotForum:
    """Topics are switched off in the group."""


@dataclass(frozen=True, slots=True)
class TopicGone:
    """The topic was deleted (or can no longer be reached)."""


@dataclass(frozen=True, slots=True)
class TopicClosed:
    """The topic is closed and the bot may not write there."""


@dataclass(frozen=True, slots=True)
class PostGone:
    """The message is gone or cannot be edited; for a deletion this is success."""


@dataclass(frozen=True, slots=True)
class NotModified:
    """It already is as wished: success."""


@dataclass(frozen=True, slots=True)
class ReplyGone:
    """The message to reply to is gone."""


@dataclass(frozen=True, slots=True)
class QuoteInvalid:
    """What is quoted is not a part of the message that is replied to."""


@dataclass(frozen=True, slots=True)
class CantParse:
    """Markup that the server does not understand: a bug of ours."""


@dataclass(frozen=True, slots=True)
class Empty:
    """There is nothing to see in the text."""


@dataclass(frozen=True, slots=True)
class TooLong:
    """The text or caption is longer than a message can be."""


@dataclass(frozen=True, slots=True)
class TooBig:
    """The file is bigger than the server takes or gives."""


@dataclass(frozen=True, slots=True)
class FileGone:
    """The file cannot be had under this id."""


@dataclass(frozen=True, slots=True)
class PhotoInvalid:
    """The server cannot make a photo of it; it may go as a document."""


@dataclass(frozen=True, slots=True)
class NotMember:
    """The user is not known in the chat."""


@dataclass(frozen=True, slots=True)
class QueryTooOld:
    """The button press can no longer be answered (or was answered)."""


@dataclass(frozen=True, slots=True)
class ReactionInvalid:
    """This reaction is not possible there."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody else takes this bot's updates; `webhook`: an address that was set for them does."""

    detail: str
    webhook: bool = False


@dataclass(frozen=True, slots=True)
class NotFoundMethod:
    """The server does not know the method: it is older than we are."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Refused for a reason of its own; the same call will be refused again."""

    detail: str


Failure = (
    RetryAfter
    | Transient
    | Blocked
    | ChatGone
    | Migrated
    | BadToken
    | NoRights
    | NotForum
    | TopicGone
    | TopicClosed
    | PostGone
    | NotModified
    | ReplyGone
    | QuoteInvalid
    | CantParse
    | Empty
    | TooLong
    | TooBig
    | FileGone
    | PhotoInvalid
    | NotMember
    | QueryTooOld
    | ReactionInvalid
    | Conflict
    | NotFoundMethod
    | Rejected
)

_RETRY_AFTER: Final = re.compile(r"retry after (\d+)", re.IGNORECASE)

# The first line of which a part occurs in the (lower-cased) description decides, so the order matters.
_SENTENCES: Final[tuple[tuple[Callable[[str], Failure], tuple[str, ...]], ...]] = (
    (lambda _: NotModified(), ("is not modified", "topic_not_modified", "message_not_modified")),
    (lambda _: ReplyGone(), ("message to be replied not found", "reply message not found")),
    (lambda _: QuoteInvalid(), ("quote_text_invalid",)),
    (
        lambda _: TopicGone(),
        ("message thread not found", "topic_deleted", "topic_id_invalid", "message_thread_id_invalid"),
    ),
    (lambda _: TopicClosed(), ("topic_closed",)),
    (lambda _: NotForum(), ("the chat is not a forum", "channel_forum_missing")),
    (
        lambda _: PostGone(),
        (
            "message to edit not found",
            "message to delete not found",
            "message to copy not found",
            "message to forward not found",
            "message to pin not found",
            "message to unpin not found",
            "message to react not found",
            "message_id_invalid",
            "message can't be edited",
            "there is no text in the message to edit",
            "there is no caption in the message to edit",
        ),
    ),
    (lambda _: QueryTooOld(), ("query is too old", "query id is invalid", "query_id_invalid")),
    (lambda _: ReactionInvalid(), ("reaction_invalid", "reactions_too_many", "reaction_empty")),
    (
        lambda _: Blocked(),
        (
            "bot was blocked by the user",
            "user_is_blocked",
            "user is deactivated",
            "input_user_deactivated",
            "bot can't initiate conversation",
            "can't send messages to bots",
            "can't send messages to the bot",
        ),
    ),
    (
        ChatGone,
        (
            "chat not found",
            "peer_id_invalid",
            "group chat was deleted",
            "group chat was upgraded",
            "bot was kicked",
            "bot is not a member",
            "channel_private",
        ),
    ),
    (
        lambda _: NotMember(),
        ("user not found", "member not found", "participant_id_invalid"),
    ),
    (
        NoRights,
        (
            "not enough rights",
            "have no rights",
            "need administrator rights",
            "have no write access",
            "chat_write_forbidden",
            "chat_restricted",
            "chat_admin_required",
            "_forbidden",
            "member list is inaccessible",
        ),
    ),
    (lambda _: CantParse(), ("can't parse entities",)),
    (lambda _: Empty(), ("message text is empty", "text must be non-empty", "message_empty")),
    (
        lambda _: TooLong(),
        (
            "text is too long",
            "message is too long",
            "message_too_long",
            "caption is too long",
            "caption_too_long",
            "entities too long",
            "entities_too_long",
        ),
    ),
    (lambda _: TooBig(), ("file is too big", "request entity too large", "file_parts_invalid")),
    (
        lambda _: PhotoInvalid(),
        ("photo_invalid_dimensions", "image_process_failed", "photo_save_file_invalid", "photo_ext_invalid"),
    ),
    (
        lambda _: FileGone(),
        (
            "wrong file identifier",
            "wrong remote file",
            "failed to get http url content",
            "wrong type of the web page content",
            "invalid file_id",
            "wrong file_id",
            "file_id not specified",
            "file_reference_",
        ),
    ),
    (lambda _: BadToken(), ("logged out",)),
)


def classify(error: BaseException) -> Failure:
    """What an exception of aiogram, or of the network under it, means. Unknown ones are worth another try."""
    match error:
        case TelegramRetryAfter():
            return RetryAfter(float(error.retry_after))
        case TelegramMigrateToChat():
            return Migrated(error.migrate_to_chat_id)
        case TelegramUnauthorizedError():
            return BadToken()
        case TelegramConflictError():
            return Conflict(_detail(error.message), webhook="webhook is active" in error.message.lower())
        case TelegramEntityTooLarge():
            return TooBig()
        case TelegramNetworkError():
            return Transient(_detail(error.message))
        case TelegramNotFound() if "method not found" in error.message.lower():
            return NotFoundMethod()
        case ClientDecodeError():
            return _unreadable(error)
        case TelegramAPIError():
            return _by_sentence(error)
        case _:
            return Transient(type(error).__name__)


def _by_sentence(error: TelegramAPIError) -> Failure:
    text = error.message.lower()
    flood = _RETRY_AFTER.search(text)  # may be inside the failure of an album's item
    if flood:
        return RetryAfter(float(flood[1]))
    if "was immediately deleted" in text:  # a 500, but another bot would delete the next one too
        return Rejected(_detail(error.message))
    if not isinstance(error, TelegramBadRequest | TelegramForbiddenError):
        return Transient(_detail(error.message))
    for make, parts in _SENTENCES:
        if any(part in text for part in parts):
            return make(_detail(error.message))
    if isinstance(error, TelegramForbiddenError):
        return ChatGone(_detail(error.message))
    return Rejected(_detail(error.message))


def _unreadable(error: ClientDecodeError) -> Failure:
    """What stands before the server answers in HTML, also for a refusal that is final."""
    page = error.data[:1000].lower() if isinstance(error.data, str) else ""
    if "request entity too large" in page:
        return TooBig()
    return Transient(f"the server's answer is not readable ({type(error.original).__name__})")


def _detail(message: str) -> str:
    """The description without what it quotes, addresses and tokens."""
    text = re.sub(r"\b\w+://\S+", "<address>", message)
    text = re.sub(r"\d+:[\w-]{20,}", "<token>", text)
    text = re.sub(r"\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)|«[^»]*»", "<…>", text)
    return " ".join(text.split())[:200]
