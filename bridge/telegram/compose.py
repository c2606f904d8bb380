"""Writing: neutral `Content` as exactly one call of the Bot API.

What is composed must fit into one message (`bridge.pieces` sees to that). Formatting always goes as entities,
never as markup, so nothing that a stranger wrote can break it. Files that this bot knows go by id; the bytes of
all others must be at hand (`uploads`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from aiogram.methods import (
    EditMessageCaption,
    EditMessageMedia,
    EditMessageText,
    SendAnimation,
    SendAudio,
    SendContact,
    SendDocument,
    SendLocation,
    SendMediaGroup,
    SendMessage,
    SendPhoto,
    SendPoll,
    SendSticker,
    SendVenue,
    SendVideo,
    SendVideoNote,
    SendVoice,
    TelegramMethod,
)
from aiogram.types import (
    BufferedInputFile,
    InlineKeyboardMarkup,
    InputMediaAnimation,
    InputMediaAudio,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    InputPollOption,
    LinkPreviewOptions,
    Message,
    MessageEntity,
    ReplyParameters,
    User,
)

from bridge.model import Attachment, Content, File, Kind, Span, Text
from bridge.telegram.client import MEGABYTE, Sending
from bridge.telegram.content import KEPT_ENTITIES
from bridge.text import shifted, units, utf16_slice

Editing = TelegramMethod[Message | bool]

WRITTEN_ENTITIES: Final = frozenset({"text_mention", "date_time"})
QUOTE_LIMIT: Final = 1024  # https://core.telegram.org/bots/api#replyparameters
PHOTO_LIMIT: Final = 10 * MEGABYTE  # https://core.telegram.org/bots/api#sendphoto, also the two below
PHOTO_SIDES: Final = 10_000
PHOTO_RATIO: Final = 20
CAPTIONED: Final = frozenset(
    {Kind.PHOTO, Kind.VIDEO, Kind.ANIMATION, Kind.DOCUMENT, Kind.AUDIO, Kind.VOICE}
)  # under all others nothing can be written

_SENDING: Final[Mapping[Kind, tuple[Any, str]]] = {
    Kind.PHOTO: (SendPhoto, "photo"),
    Kind.VIDEO: (SendVideo, "video"),
    Kind.ANIMATION: (SendAnimation, "animation"),
    Kind.DOCUMENT: (SendDocument, "document"),
    Kind.AUDIO: (SendAudio, "audio"),
    Kind.VOICE: (SendVoice, "voice"),
    Kind.VIDEO_NOTE: (SendVideoNote, "video_note"),
    Kind.STICKER: (SendSticker, "sticker"),
}
_IN_ALBUM: Final[Mapping[Kind, Any]] = {
    Kind.PHOTO: InputMediaPhoto,
    Kind.VIDEO: InputMediaVideo,
    Kind.ANIMATION: InputMediaAnimation,  # only for editing
    Kind.DOCUMENT: InputMediaDocument,
    Kind.AUDIO: InputMediaAudio,
}
_NAMES: Final[Mapping[Kind, str]] = {
    Kind.PHOTO: "photo.jpg",
    Kind.VIDEO: "video.mp4",
    Kind.ANIMATION: "animation.mp4",
    Kind.AUDIO: "audio.mp3",
    Kind.VOICE: "voice.ogg",
    Kind.VIDEO_NOTE: "video.mp4",
    Kind.STICKER: "sticker.webp",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """How attachments get to the server: `origin`'s by id, all others from `uploads`.

    `as_documents`: uploaded photos go as files, for a server that cannot make photos of them; `all_as_documents`:
    so does everything else, for an album that has such a photo.
    """

    origin: str
    uploads: Mapping[File, bytes] = field(default_factory=dict)
    as_documents: bool = False
    all_as_documents: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where to: the chat, its topic, and which message is answered there."""

    chat_id: int
    thread_id: int | None = None
    reply_to: int | None = None
    quote: str = ""


def foreign_files(content: Content, origin: str) -> tuple[File, ...]:
    """The files whose bytes must be fetched before the content can go out through the bot of `origin`."""
    found = (attachment.file for attachment in content.attachments)
    return tuple(dict.fromkeys(file for file in found if file and file.origin != origin))


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
            return _one(attachment, files, joined(prefix, attachment.caption), common)
        case attachments:
            common.pop("reply_markup", None)
            if any(_kind_for(attachment, files) is not attachment.kind for attachment in attachments):
                files = replace(files, all_as_documents=True)  # an album cannot mix files with photos
            captions = [joined(prefix if index == 0 else None, a.caption) for index, a in enumerate(attachments)]
            media = [_input_media(a, files, c) for a, c in zip(attachments, captions, strict=True)]
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
    if media_changed and attachment.kind in _IN_ALBUM:
        return EditMessageMedia(media=_input_media(attachment, files, caption), **common)
    if attachment.kind in CAPTIONED:
        return EditMessageCaption(
            caption=caption.plain, caption_entities=entities(caption), parse_mode=None, **common
        )
    return None


def joined(prefix: Text | None, text: Text) -> Text:
    """`text` behind `prefix`, each with its formatting."""
    if not prefix:
        return text
    return Text(prefix.plain + text.plain, prefix.spans + shifted(text.spans, units(prefix.plain)))


def entities(text: Text) -> list[MessageEntity]:
    """A text's formatting as the Bot API takes it; kinds that a bot cannot send are left out.

    Two kinds are only ever written, never read, and carry what they need in `Span.url`: `text_mention`
    (tg://user?id=77) and `date_time` (unix seconds, a colon, the format).
    """
    return [_entity(span) for span in text.spans if span.kind in KEPT_ENTITIES | WRITTEN_ENTITIES]


def _entity(span: Span) -> MessageEntity:
    if span.kind == "text_mention":
        user = User(id=int(span.url.rpartition("=")[2]), is_bot=False, first_name="")
        return MessageEntity(type=span.kind, offset=span.offset, length=span.length, user=user)
    if span.kind == "date_time":
        unix, _, shape = span.url.partition(":")
        return MessageEntity(
            type=span.kind,
            offset=span.offset,
            length=span.length,
            unix_time=int(unix),
            date_time_format=shape,
        )
    return MessageEntity(
        type=span.kind,
        offset=span.offset,
        length=span.length,
        url=span.url or None,
        language=span.language or None,
    )


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


def _one(attachment: Attachment, files: Files, caption: Text, common: dict[str, Any]) -> Sending:
    data = attachment.data
    match attachment.kind:
        case Kind.LOCATION:
            return SendLocation(latitude=data["latitude"], longitude=data["longitude"], **common)
        case Kind.VENUE:
            return SendVenue(
                latitude=data["latitude"],
                longitude=data["longitude"],
                title=data.get("title") or "—",
                address=data.get("address") or "—",
                **common,
            )
        case Kind.CONTACT:
            return SendContact(
                phone_number=data["phone"],
                first_name=data.get("first_name") or data["phone"],
                last_name=data.get("last_name") or None,
                vcard=data.get("vcard") or None,
                **common,
            )
        case Kind.POLL:
            return SendPoll(
                question=data["question"],
                options=[InputPollOption(text=option) for option in data["options"]],
                allows_multiple_answers=bool(data.get("multiple")) or None,
                **common,
            )
        case Kind.DICE | Kind.UNKNOWN:
            raise ValueError(f"{attachment.kind} cannot be sent as what it is")
    kind = _kind_for(attachment, files)
    method, name = _SENDING[kind]
    about = _about(attachment, kind, files)
    if kind in CAPTIONED:
        about |= {"caption": caption.plain or None, "caption_entities": entities(caption), "parse_mode": None}
    sending: Sending = method(**{name: _source(attachment, files)}, **about, **common)
    return sending


def _input_media(attachment: Attachment, files: Files, caption: Text) -> Any:
    kind = _kind_for(attachment, files)
    if kind not in _IN_ALBUM:
        raise ValueError(f"{attachment.kind} cannot be in an album")
    return _IN_ALBUM[kind](
        media=_source(attachment, files),
        caption=caption.plain or None,
        caption_entities=entities(caption),
        parse_mode=None,
        **_about(attachment, kind, files),
    )


def _about(attachment: Attachment, kind: Kind, files: Files) -> dict[str, Any]:
    """What Telegram should know beside the bytes; of its own files it knows all but the spoiler."""
    about: dict[str, Any] = {}
    if attachment.data.get("spoiler") and kind in (Kind.PHOTO, Kind.VIDEO, Kind.ANIMATION):
        about["has_spoiler"] = True
    if attachment.file is None or attachment.file.origin == files.origin:
        return about
    if kind in (Kind.VIDEO, Kind.ANIMATION):
        about |= {"width": attachment.width, "height": attachment.height, "duration": attachment.duration}
    elif kind is Kind.VIDEO_NOTE:
        about |= {"length": attachment.width, "duration": attachment.duration}
    elif kind is Kind.AUDIO:
        about |= {"duration": attachment.duration}
        about |= {name: attachment.data[name] for name in ("performer", "title") if name in attachment.data}
    elif kind is Kind.VOICE:
        about |= {"duration": attachment.duration}
    return about


def _kind_for(attachment: Attachment, files: Files) -> Kind:
    """Its kind; a photo that Telegram would refuse to make one of goes as a file."""
    if files.all_as_documents:
        return Kind.DOCUMENT
    if attachment.kind is not Kind.PHOTO or (attachment.file and attachment.file.origin == files.origin):
        return attachment.kind
    size = len(files.uploads[attachment.file]) if attachment.file else 0
    sides = sorted((attachment.width or 1, attachment.height or 1))
    too_much = size > PHOTO_LIMIT or sum(sides) > PHOTO_SIDES or sides[1] > sides[0] * PHOTO_RATIO
    known = attachment.width and attachment.height
    return Kind.DOCUMENT if files.as_documents or size > PHOTO_LIMIT or (known and too_much) else Kind.PHOTO


def _source(attachment: Attachment, files: Files) -> str | BufferedInputFile:
    if attachment.file is None:
        raise ValueError(f"{attachment.kind} without a file")
    if attachment.file.origin == files.origin:
        return attachment.file.ref
    return BufferedInputFile(files.uploads[attachment.file], attachment.name or _NAMES.get(attachment.kind, "file"))
