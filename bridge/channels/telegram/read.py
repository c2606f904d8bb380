"""Updates of private chats, translated: what a customer wrote, changed, or did to the bot. Pure functions."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from aiogram.enums import ChatMemberStatus, ChatType
from aiogram.types import ChatMemberUpdated, Message, User

from bridge.model import ChannelName, ExternalId, Incoming, IncomingEdit, Profile
from bridge.telegram.content import is_service, read_content

ALLOWED_UPDATES: Final = frozenset({"message", "edited_message", "my_chat_member"})
_START: Final = re.compile(r"/start(@\w+)?(\s|$)")


def from_customer(message: Message | None) -> Message | None:
    """The message, if a person wrote it to the bot in private (and Telegram did not, as a service message)."""
    if message is None or message.chat.type != ChatType.PRIVATE or message.from_user is None:
        return None
    if message.from_user.is_bot or message.business_connection_id or is_service(message):
        return None
    return message


def is_start(message: Message) -> bool:
    """Whether the customer pressed «Start» (https://core.telegram.org/bots/features#deep-linking)."""
    return bool(message.text and _START.match(message.text))


def start_token(message: Message) -> str:
    """What a deep link handed over with «Start»; empty where there was none."""
    words = (message.text or "").split(maxsplit=1)
    return words[1].strip() if len(words) > 1 else ""


def incoming(message: Message, channel: ChannelName, origin: str) -> Incoming:
    """What the customer of a private chat wrote."""
    assert message.from_user is not None
    target = message.reply_to_message
    quote = message.quote.text if message.quote and message.quote.is_manual else ""
    return Incoming(
        channel=channel,
        customer=customer_id(message.from_user),
        external_id=message_id(message.chat.id, message.message_id),
        written_at=message.date,
        content=read_content(message, origin),
        profile=profile(message.from_user),
        reply_to=message_id(target.chat.id, target.message_id) if target else None,
        quote=quote,
        album=message.media_group_id or "",
    )


def incoming_edit(message: Message, channel: ChannelName, origin: str) -> IncomingEdit | None:
    """What the customer changed; None for a live place that moved, which comes every few seconds."""
    if message.location is not None:
        return None
    assert message.from_user is not None
    return IncomingEdit(
        channel=channel,
        customer=customer_id(message.from_user),
        external_id=message_id(message.chat.id, message.message_id),
        content=read_content(message, origin),
        edited_at=datetime.fromtimestamp(message.edit_date, UTC) if message.edit_date else message.date,
    )


def blocked(update: ChatMemberUpdated) -> bool | None:
    """Whether a person has blocked the bot (True), or unblocked it (False); None for other chats and changes.

    https://core.telegram.org/bots/api#update, my_chat_member: "for private chats, this update is received only when
    the bot is blocked or unblocked by the user".
    """
    if update.chat.type != ChatType.PRIVATE:
        return None
    return {ChatMemberStatus.KICKED: True, ChatMemberStatus.MEMBER: False}.get(
        ChatMemberStatus(update.new_chat_member.status)
    )


def customer_id(user: User) -> ExternalId:
    """A customer's id: their user id, which is also the id of their private chat with the bot."""
    return ExternalId(str(user.id))


def chat_of(customer: ExternalId) -> int:
    """The private chat of a customer."""
    return int(customer)


def message_id(chat: int, message: int) -> ExternalId:
    """A message's id over all chats."""
    return ExternalId(f"{chat}:{message}")


def message_in(chat: int, external_id: ExternalId | None) -> int | None:
    """The number that a message has in its chat; None when it is of another one."""
    at, _, number = (external_id or "").partition(":")
    return int(number) if at == str(chat) and number.isdecimal() else None


def profile(user: User) -> Profile:
    """What Telegram says about a person."""
    username = user.username or ""
    return Profile(
        name=user.full_name,
        username=username,
        language=user.language_code or "",
        link=f"https://t.me/{username}" if username else "",
    )
