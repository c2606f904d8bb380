"""Writing: neutral `Content` as exactly one call of the Bot API.

What is composed must fit into one message (`bridge.pieces` sees to that). Formatting always goes as entities,
never as markup, so nothing that a stranger wrote can break it. Files that this bot knows go by id; the bytes of
all others must be at hand (`uploads`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from aiogram.methods import (
    EditMessageCaption,
    EditMessageMedia,
    EditMessageText,
    SendMediaGroup,
    SendMessage,
    TelegramMethod,
)
from aiogram.types import InlineKeyboardMarkup, LinkPreviewOptions, Message, ReplyParameters

from bridge.model import Content, Text
from bridge.telegram.client import Sending
from bridge.telegram.formatting import entities, joined
from bridge.telegram.media import CAPTIONED, IN_ALBUM, Files, foreign_files, input_media, kind_for, send_one
from bridge.text import utf16_slice

__all__ = ["Editing", "Files", "Place", "compose", "edit_method", "entities", "foreign_files"]

Editing = TelegramMethod[Message | bool]

QUOTE_LIMIT: Final = 1024  # https://core.telegram.org/bots/api#replyparameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where to: the chat, its topic, and which message is answered there."""

    chat_id: int
    thread_id: int | None = None
    reply_to: int | None = None
    quote: str = ""


def compose(
    content: Content,
    place: Place,
    files: Files,
    *,
    prefix: Text | None = None,
    reply_markup: InlineKeyboardMarkup | None = None,
    preview: bool = False,
    silent: bool = False,
) -> Sending:
    """The one call that sends `content`: a text, one attachment, or an album.

    `prefix` is put before the text or the (first) caption as it is, and left out where nothing can be written.
    `preview`: links may show what is behind them. An album cannot have buttons.
    Raises ValueError for what is not one message (see `bridge.pieces`) and KeyError for a file without its bytes.
    """
    common = _common(place, silent)
    if reply_markup:
        common["reply_markup"] = reply_markup
    match content.attachments:
        case ():
            text = joined(prefix, content.text)
            return SendMessage(
                text=text.plain,
                entities=entities(text),
                parse_mode=None,
                link_preview_options=LinkPreviewOptions(is_disabled=not preview),
                **common,
            )
        case (attachment,):
            return send_one(attachment, files, joined(prefix, attachment.caption), common)
        case attachments:
            common.pop("reply_markup", None)
            if any(kind_for(attachment, files) is not attachment.kind for attachment in attachments):
                files = replace(files, all_as_documents=True)  # an album cannot mix files with photos
            captions = [joined(prefix if index == 0 else None, a.caption) for index, a in enumerate(attachments)]
            media = [input_media(a, files, c) for a, c in zip(attachments, captions, strict=True)]
            return SendMediaGroup(media=media, **common)


def edit_method(
    content: Content,
    chat_id: int,
    message_id: int,
    files: Files,
    *,
    prefix: Text | None = None,
    reply_markup: InlineKeyboardMarkup | None = None,
    preview: bool = False,
    media_changed: bool = False,
) -> Editing | None:
    """The call that makes a message say `content`; None for what Telegram cannot change (stickers, places …).

    `media_changed`: the file may be another one too, not only what is written under it.
    `content` has no attachment (a text message) or one (a message with media; of an album, the item).
    """
    common: dict[str, Any] = {"chat_id": chat_id, "message_id": message_id, "reply_markup": reply_markup}
    if not content.attachments:
        text = joined(prefix, content.text)
        return EditMessageText(
            text=text.plain,
            entities=entities(text),
            parse_mode=None,
            link_preview_options=LinkPreviewOptions(is_disabled=not preview),
            **common,
        )
    (attachment,) = content.attachments
    caption = joined(prefix, attachment.caption)
    if media_changed and attachment.kind in IN_ALBUM:
        return EditMessageMedia(media=input_media(attachment, files, caption), **common)
    if attachment.kind in CAPTIONED:
        return EditMessageCaption(
            caption=caption.plain, caption_entities=entities(caption), parse_mode=None, **common
        )
    return None


def _common(place: Place, silent: bool) -> dict[str, Any]:
    common: dict[str, Any] = {"chat_id": place.chat_id, "message_thread_id": place.thread_id}
    if silent:
        common["disable_notification"] = True
    if place.reply_to is not None:
        common["reply_parameters"] = ReplyParameters(
            message_id=place.reply_to,
            allow_sending_without_reply=True,
            quote=utf16_slice(place.quote, 0, QUOTE_LIMIT) or None,
            quote_parse_mode=None,
        )
    return common
