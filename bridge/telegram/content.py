"""Reading: what a Telegram message says, as neutral `Content`; and which messages say nothing at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from aiogram.types import (
    Animation,
    Audio,
    Contact,
    Dice,
    Document,
    Location,
    Message,
    PhotoSize,
    Poll,
    Sticker,
    Venue,
    Video,
    VideoNote,
    Voice,
)

from bridge.model import Attachment, Content, File, Kind
from bridge.telegram.formatting import read_text

# https://core.telegram.org/bots/api#message: what is told about a chat, not said in it.
SERVICE_FIELDS: Final = (
    "new_chat_members",
    "left_chat_member",
    "chat_owner_left",
    "chat_owner_changed",
    "new_chat_title",
    "new_chat_photo",
    "delete_chat_photo",
    "group_chat_created",
    "supergroup_chat_created",
    "channel_chat_created",
    "message_auto_delete_timer_changed",
    "migrate_to_chat_id",
    "migrate_from_chat_id",
    "pinned_message",
    "successful_payment",
    "refunded_payment",
    "users_shared",
    "user_shared",
    "chat_shared",
    "gift",
    "unique_gift",
    "gift_upgrade_sent",
    "connected_website",
    "write_access_allowed",
    "passport_data",
    "proximity_alert_triggered",
    "boost_added",
    "chat_background_set",
    "checklist_tasks_done",
    "checklist_tasks_added",
    "direct_message_price_changed",
    "forum_topic_created",
    "forum_topic_edited",
    "forum_topic_closed",
    "forum_topic_reopened",
    "general_forum_topic_hidden",
    "general_forum_topic_unhidden",
    "giveaway_created",
    "giveaway_completed",
    "managed_bot_created",
    "paid_message_price_changed",
    "poll_option_added",
    "poll_option_deleted",
    "suggested_post_approved",
    "suggested_post_approval_failed",
    "suggested_post_declined",
    "suggested_post_paid",
    "suggested_post_refunded",
    "video_chat_scheduled",
    "video_chat_started",
    "video_chat_ended",
    "video_chat_participants_invited",
    "web_app_data",
    "community_chat_added",
    "community_chat_removed",
    "community_chat_joined",
)

# Said by somebody, but nothing that we could show; the desk names it.
UNKNOWN_FIELDS: Final = (
    "story",
    "giveaway",
    "giveaway_winners",
    "checklist",
    "paid_media",
    "game",
    "invoice",
    "rich_message",
)


def is_service(message: Message) -> bool:
    """Whether the message only tells of something in the chat (pinned, joined, a topic made …): inert."""
    return any(getattr(message, field) is not None for field in SERVICE_FIELDS)


def read_content(message: Message, origin: str) -> Content:
    """What a message says. `origin` names the bot whose file ids these are (`TelegramClient.origin`)."""
    if message.text is not None:
        return Content(text=read_text(message.text, message.entities))
    attachment = _attachment(message, origin)
    caption = read_text(message.caption or "", message.caption_entities)
    return Content(attachments=(replace(attachment, caption=caption),))


def _attachment(message: Message, origin: str) -> Attachment:
    # An animation also carries `document`, a venue `location`, a live photo `photo`: the first one here counts.
    for field, read in _READERS.items():
        found = getattr(message, field)
        if found:
            return read(found, message, origin)
    what = next((field for field in UNKNOWN_FIELDS if getattr(message, field) is not None), "message")
    return Attachment(kind=Kind.UNKNOWN, data={"what": what})


def _file(found: Any, origin: str) -> File:
    return File(origin=origin, ref=found.file_id)


def _spoiler(message: Message) -> dict[str, Any]:
    return {"spoiler": True} if message.has_media_spoiler else {}


def _photo(sizes: list[PhotoSize], message: Message, origin: str) -> Attachment:
    best = max(sizes, key=lambda size: size.width * size.height)
    return Attachment(
        kind=Kind.PHOTO,
        file=_file(best, origin),
        mime="image/jpeg",
        size=best.file_size,
        width=best.width,
        height=best.height,
        data=_spoiler(message),
    )


def _moving(kind: Kind) -> Callable[[Video | Animation, Message, str], Attachment]:
    def read(found: Video | Animation, message: Message, origin: str) -> Attachment:
        return Attachment(
            kind=kind,
            file=_file(found, origin),
            name=found.file_name or "",
            mime=found.mime_type or "video/mp4",
            size=found.file_size,
            width=found.width,
            height=found.height,
            duration=found.duration,
            data=_spoiler(message),
        )

    return read


def _document(found: Document, message: Message, origin: str) -> Attachment:
    return Attachment(
        kind=Kind.DOCUMENT,
        file=_file(found, origin),
        name=found.file_name or "",
        mime=found.mime_type or "",
        size=found.file_size,
    )


def _audio(found: Audio, message: Message, origin: str) -> Attachment:
    about = {"performer": found.performer, "title": found.title}
    return Attachment(
        kind=Kind.AUDIO,
        file=_file(found, origin),
        name=found.file_name or "",
        mime=found.mime_type or "audio/mpeg",
        size=found.file_size,
        duration=found.duration,
        data={name: value for name, value in about.items() if value},
    )


def _voice(found: Voice, message: Message, origin: str) -> Attachment:
    return Attachment(
        kind=Kind.VOICE,
        file=_file(found, origin),
        mime=found.mime_type or "audio/ogg",
        size=found.file_size,
        duration=found.duration,
    )


def _video_note(found: VideoNote, message: Message, origin: str) -> Attachment:
    return Attachment(
        kind=Kind.VIDEO_NOTE,
        file=_file(found, origin),
        mime="video/mp4",
        size=found.file_size,
        width=found.length,
        height=found.length,
        duration=found.duration,
    )


def _sticker(found: Sticker, message: Message, origin: str) -> Attachment:
    mime = "image/webp"
    if found.is_animated:
        mime = "application/x-tgsticker"
    elif found.is_video:
        mime = "video/webm"
    return Attachment(
        kind=Kind.STICKER,
        file=_file(found, origin),
        mime=mime,
        size=found.file_size,
        width=found.width,
        height=found.height,
        data={"emoji": found.emoji or ""},
    )


def _place(found: Location) -> dict[str, Any]:
    return {"latitude": found.latitude, "longitude": found.longitude}


def _location(found: Location, message: Message, origin: str) -> Attachment:
    return Attachment(kind=Kind.LOCATION, data=_place(found))


def _venue(found: Venue, message: Message, origin: str) -> Attachment:
    return Attachment(
        kind=Kind.VENUE, data={**_place(found.location), "title": found.title, "address": found.address}
    )


def _contact(found: Contact, message: Message, origin: str) -> Attachment:
    return Attachment(
        kind=Kind.CONTACT,
        data={
            "phone": found.phone_number,
            "first_name": found.first_name,
            "last_name": found.last_name or "",
            "vcard": found.vcard or "",
        },
    )


def _poll(found: Poll, message: Message, origin: str) -> Attachment:
    data: dict[str, Any] = {"question": found.question, "options": [option.text for option in found.options]}
    if found.allows_multiple_answers:
        data["multiple"] = True
    return Attachment(kind=Kind.POLL, data=data)


def _dice(found: Dice, message: Message, origin: str) -> Attachment:
    return Attachment(kind=Kind.DICE, data={"emoji": found.emoji, "value": found.value})


_READERS: Final[Mapping[str, Callable[[Any, Message, str], Attachment]]] = {
    "animation": _moving(Kind.ANIMATION),
    "photo": _photo,
    "video": _moving(Kind.VIDEO),
    "document": _document,
    "audio": _audio,
    "voice": _voice,
    "video_note": _video_note,
    "sticker": _sticker,
    "venue": _venue,
    "location": _location,
    "contact": _contact,
    "poll": _poll,
    "dice": _dice,
}
