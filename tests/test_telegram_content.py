"""Every kind of Telegram message is read as neutral content, and composed as exactly one call."""

import json
from dataclasses import replace
from typing import Any

import pytest
from aiogram.methods import (
    EditMessageCaption,
    EditMessageMedia,
    EditMessageText,
    SendDocument,
    SendMediaGroup,
    SendMessage,
    SendPhoto,
    SendPoll,
    SendSticker,
    SendVenue,
    TelegramMethod,
)
from aiogram.types import (
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    Message,
    MessageEntity,
)

from bridge.model import Attachment, Content, File, Kind, Span, Text
from bridge.telegram.compose import Files, Place, compose, edit_method, foreign_files
from bridge.telegram.content import SERVICE_FIELDS, UNKNOWN_FIELDS, is_service, read_content

OWN = "telegram:9001"
HERE = Place(chat_id=500)
FILES = Files(origin=OWN)


def message(**fields: Any) -> Message:
    return Message.model_validate(
        {
            "message_id": 51,
            "from": {"id": 500, "is_bot": False, "first_name": "Пётр"},
            "chat": {"id": 500, "first_name": "Пётр", "type": "private"},
            "date": 1788000300,
            **fields,
        }
    )


def file(ref: str) -> File:
    return File(origin=OWN, ref=ref)


def sent(method: TelegramMethod[Any]) -> dict[str, Any]:
    """The arguments that matter: those that are set, without the ones that every call has."""
    dumped = json.loads(method.model_dump_json(exclude_none=True, exclude_unset=True, by_alias=True))
    shared = {"chat_id", "parse_mode", "entities", "caption_entities", "link_preview_options"}
    return {name: value for name, value in dumped.items() if name not in shared}


ID = {"file_id": "F", "file_unique_id": "u"}
SIZES = [
    {"file_id": "AgAC-x", "file_unique_id": "u1x", "width": 1280, "height": 853, "file_size": 98000},
    {"file_id": "AgAC-s", "file_unique_id": "u1s", "width": 90, "height": 60, "file_size": 1200},
]
VIDEO = {**ID, "width": 640, "height": 360, "duration": 9, "file_name": "a.mp4", "mime_type": "video/mp4"}
PLACE = {"latitude": 55.75, "longitude": 37.62}

# what Telegram gives, how it is read, the method that says it again, and its arguments
KINDS: list[tuple[str, dict[str, Any], Attachment, str, dict[str, Any]]] = [
    (
        "photo",
        {"photo": SIZES, "caption": "два вида", "media_group_id": "13579"},
        Attachment(
            kind=Kind.PHOTO,
            file=file("AgAC-x"),
            caption=Text("два вида"),
            mime="image/jpeg",
            size=98000,
            width=1280,
            height=853,
        ),
        "sendPhoto",
        {"photo": "AgAC-x", "caption": "два вида"},
    ),
    (
        "live photo",
        {
            "photo": SIZES,
            "live_photo": {**ID, "width": 1, "height": 1, "duration": 1},
        },
        Attachment(kind=Kind.PHOTO, file=file("AgAC-x"), mime="image/jpeg", size=98000, width=1280, height=853),
        "sendPhoto",
        {"photo": "AgAC-x"},
    ),
    (
        "video under a spoiler",
        {"video": {**VIDEO, "file_size": 7}, "caption": "как открыть", "has_media_spoiler": True},
        Attachment(
            kind=Kind.VIDEO,
            file=file("F"),
            caption=Text("как открыть"),
            name="a.mp4",
            mime="video/mp4",
            size=7,
            width=640,
            height=360,
            duration=9,
            data={"spoiler": True},
        ),
        "sendVideo",
        {"video": "F", "caption": "как открыть", "has_spoiler": True},
    ),
    (
        "animation, which is also a document",
        {"animation": VIDEO, "document": {**ID, "file_name": "a.mp4"}},
        Attachment(
            kind=Kind.ANIMATION,
            file=file("F"),
            name="a.mp4",
            mime="video/mp4",
            width=640,
            height=360,
            duration=9,
        ),
        "sendAnimation",
        {"animation": "F"},
    ),
    (
        "document",
        {
            "document": {**ID, "file_name": "счёт.pdf", "mime_type": "application/pdf", "file_size": 5},
            "caption": "счёт",
        },
        Attachment(
            kind=Kind.DOCUMENT,
            file=file("F"),
            caption=Text("счёт"),
            name="счёт.pdf",
            mime="application/pdf",
            size=5,
        ),
        "sendDocument",
        {"document": "F", "caption": "счёт"},
    ),
    (
        "audio",
        {"audio": {**ID, "duration": 61, "performer": "П", "title": "Т", "mime_type": "audio/mp4"}},
        Attachment(
            kind=Kind.AUDIO,
            file=file("F"),
            mime="audio/mp4",
            duration=61,
            data={"performer": "П", "title": "Т"},
        ),
        "sendAudio",
        {"audio": "F"},
    ),
    (
        "voice",
        {"voice": {**ID, "duration": 3, "file_size": 4}},
        Attachment(kind=Kind.VOICE, file=file("F"), mime="audio/ogg", size=4, duration=3),
        "sendVoice",
        {"voice": "F"},
    ),
    (
        "round video",
        {"video_note": {**ID, "length": 240, "duration": 5}},
        Attachment(kind=Kind.VIDEO_NOTE, file=file("F"), mime="video/mp4", width=240, height=240, duration=5),
        "sendVideoNote",
        {"video_note": "F"},
    ),
    (
        "sticker",
        {
            "sticker": {
                **ID,
                "type": "regular",
                "width": 512,
                "height": 512,
                "is_animated": True,
                "is_video": False,
                "emoji": "👍",
            }
        },
        Attachment(
            kind=Kind.STICKER,
            file=file("F"),
            mime="application/x-tgsticker",
            width=512,
            height=512,
            data={"emoji": "👍"},
        ),
        "sendSticker",
        {"sticker": "F"},
    ),
    (
        "location",
        {"location": PLACE},
        Attachment(kind=Kind.LOCATION, data=PLACE),
        "sendLocation",
        PLACE,
    ),
    (
        "live location",
        {"location": {**PLACE, "live_period": 600}},
        Attachment(kind=Kind.LOCATION, data=PLACE),
        "sendLocation",
        PLACE,
    ),
    (
        "venue, which is also a location",
        {"location": PLACE, "venue": {"location": PLACE, "title": "Склад", "address": "Мира, 1"}},
        Attachment(kind=Kind.VENUE, data={**PLACE, "title": "Склад", "address": "Мира, 1"}),
        "sendVenue",
        {**PLACE, "title": "Склад", "address": "Мира, 1"},
    ),
    (
        "contact",
        {"contact": {"phone_number": "+79990000000", "first_name": "Пётр", "user_id": 500}},
        Attachment(
            kind=Kind.CONTACT,
            data={"phone": "+79990000000", "first_name": "Пётр", "last_name": "", "vcard": ""},
        ),
        "sendContact",
        {"phone_number": "+79990000000", "first_name": "Пётр"},
    ),
    (
        "poll",
        {
            "poll": {
                "id": "1",
                "question": "Когда?",
                "options": [
                    {"persistent_id": "a", "text": "Утром", "voter_count": 1},
                    {"persistent_id": "b", "text": "Днём", "voter_count": 0},
                ],
                "total_voter_count": 1,
                "is_closed": True,
                "is_anonymous": False,
                "type": "quiz",
                "allows_multiple_answers": True,
                "allows_revoting": False,
                "members_only": False,
            }
        },
        Attachment(kind=Kind.POLL, data={"question": "Когда?", "options": ["Утром", "Днём"], "multiple": True}),
        "sendPoll",
        {
            "question": "Когда?",
            "options": [{"text": "Утром"}, {"text": "Днём"}],
            "allows_multiple_answers": True,
        },
    ),
]


@pytest.mark.parametrize(("payload", "attachment"), [row[1:3] for row in KINDS], ids=[row[0] for row in KINDS])
def test_a_kind_is_read(payload, attachment):
    assert read_content(message(**payload), OWN) == Content(attachments=(attachment,))


@pytest.mark.parametrize(
    ("attachment", "method", "arguments"), [row[2:5] for row in KINDS], ids=[row[0] for row in KINDS]
)
def test_a_kind_is_said_again_by_one_call_and_by_id(attachment, method, arguments):
    call = compose(Content(attachments=(attachment,)), HERE, FILES)
    assert call.__api_method__ == method
    assert sent(call) == arguments


def test_a_dice_is_read_and_never_thrown_again():
    content = read_content(message(dice={"emoji": "🎲", "value": 4}), OWN)
    assert content == Content(attachments=(Attachment(kind=Kind.DICE, data={"emoji": "🎲", "value": 4}),))
    with pytest.raises(ValueError, match="dice"):
        compose(content, HERE, FILES)


UNKNOWN: list[tuple[str, dict[str, Any]]] = [
    ("story", {"story": {"chat": {"id": 1, "type": "private"}, "id": 3}}),
    ("game", {"game": {"title": "t", "description": "d", "photo": SIZES}}),
    (
        "invoice",
        {
            "invoice": {
                "title": "t",
                "description": "d",
                "start_parameter": "",
                "currency": "RUB",
                "total_amount": 1,
            }
        },
    ),
    ("checklist", {"checklist": {"title": "t", "tasks": []}}),
    ("paid_media", {"paid_media": {"star_count": 5, "paid_media": [{"type": "preview"}]}, "caption": "глянь"}),
    ("giveaway", {"giveaway": {"chats": [], "winners_selection_date": 1788000300, "winner_count": 1}}),
    ("message", {"something_of_tomorrow": {"x": 1}}),
    ("message", {}),
]


@pytest.mark.parametrize(("what", "payload"), UNKNOWN, ids=[row[0] for row in UNKNOWN])
def test_what_we_cannot_show_is_named_and_not_dropped(what, payload):
    caption = Text(payload.get("caption", ""))
    assert read_content(message(**payload), OWN).attachments == (
        Attachment(kind=Kind.UNKNOWN, data={"what": what}, caption=caption),
    )


def test_every_field_of_a_message_has_its_place():
    """A field that a new aiogram brings must be sorted: content, service, or nothing to us."""
    read = {
        "text entities animation audio document live_photo photo sticker video video_note voice caption"
        " caption_entities contact dice poll venue location has_media_spoiler"
    }
    about = {
        "message_id date chat message_thread_id direct_messages_topic from_user sender_chat sender_boost_count"
        " sender_business_bot sender_tag guest_query_id business_connection_id forward_origin is_topic_message"
        " is_automatic_forward reply_to_message external_reply quote reply_to_story reply_to_checklist_task_id"
        " reply_to_poll_option_id via_bot guest_bot_caller_user guest_bot_caller_chat edit_date"
        " has_protected_content is_from_offline is_paid_post media_group_id author_signature paid_star_count"
        " link_preview_options suggested_post_info effect_id show_caption_above_media reply_markup receiver_user"
        " ephemeral_message_id forward_date forward_from forward_from_chat forward_from_message_id"
        " forward_sender_name forward_signature"
    }
    known = {*" ".join(read | about).split(), *SERVICE_FIELDS, *UNKNOWN_FIELDS}
    assert set(Message.model_fields) - known == set()


SERVICE: list[dict[str, Any]] = [
    {"pinned_message": {"message_id": 1, "date": 0, "chat": {"id": 1, "type": "private"}}},
    {"forum_topic_created": {"name": "Гость", "icon_color": 7322096}},
    {"forum_topic_edited": {}},
    {"forum_topic_closed": {}},
    {"forum_topic_reopened": {}},
    {"general_forum_topic_hidden": {}},
    {"general_forum_topic_unhidden": {}},
    {"new_chat_members": [{"id": 1, "is_bot": False, "first_name": "А"}]},
    {"left_chat_member": {"id": 1, "is_bot": False, "first_name": "А"}},
    {"new_chat_title": "Новое"},
    {"new_chat_photo": SIZES},
    {"delete_chat_photo": True},
    {"group_chat_created": True},
    {"supergroup_chat_created": True},
    {"message_auto_delete_timer_changed": {"message_auto_delete_time": 86400}},
    {"migrate_to_chat_id": -100},
    {"migrate_from_chat_id": -100},
    {"video_chat_started": {}},
    {"video_chat_ended": {"duration": 1}},
    {"write_access_allowed": {}},
    {"web_app_data": {"data": "x", "button_text": "y"}},
    {"boost_added": {"boost_count": 1}},
]


@pytest.mark.parametrize("payload", SERVICE, ids=[next(iter(row)) for row in SERVICE])
def test_service_messages_are_inert(payload):
    assert is_service(message(**payload))


def test_what_people_say_is_no_service_message():
    for _, payload, *_ in KINDS:
        assert not is_service(message(**payload))
    assert not any(is_service(message(**payload)) for _, payload in UNKNOWN)
    assert not is_service(message(text="привет"))


KEPT = [
    ({"type": "bold", "offset": 0, "length": 2}, Span(kind="bold", offset=0, length=2)),
    ({"type": "italic", "offset": 0, "length": 2}, Span(kind="italic", offset=0, length=2)),
    ({"type": "underline", "offset": 0, "length": 2}, Span(kind="underline", offset=0, length=2)),
    ({"type": "strikethrough", "offset": 0, "length": 2}, Span(kind="strikethrough", offset=0, length=2)),
    ({"type": "spoiler", "offset": 0, "length": 2}, Span(kind="spoiler", offset=0, length=2)),
    ({"type": "blockquote", "offset": 0, "length": 2}, Span(kind="blockquote", offset=0, length=2)),
    ({"type": "code", "offset": 0, "length": 2}, Span(kind="code", offset=0, length=2)),
    (
        {"type": "pre", "offset": 0, "length": 2, "language": "python"},
        Span(kind="pre", offset=0, length=2, language="python"),
    ),
    (
        {"type": "text_link", "offset": 0, "length": 2, "url": "https://example.ru/"},
        Span(kind="text_link", offset=0, length=2, url="https://example.ru/"),
    ),
]
FOUND_ANEW = [
    "mention",
    "hashtag",
    "cashtag",
    "bot_command",
    "url",
    "email",
    "phone_number",
    "text_mention",
    "custom_emoji",
    "date_time",
    "something_of_tomorrow",
]


@pytest.mark.parametrize(("entity", "span"), KEPT, ids=[row[1].kind for row in KEPT])
def test_formatting_is_kept_both_ways(entity, span):
    content = read_content(message(text="👍 да", entities=[entity]), OWN)
    assert content.text == Text("👍 да", (span,))
    call = compose(content, HERE, FILES)
    assert isinstance(call, SendMessage)
    assert call.entities == [MessageEntity.model_validate(entity)]
    assert call.parse_mode is None


@pytest.mark.parametrize("kind", FOUND_ANEW)
def test_what_telegram_finds_by_itself_is_left_to_it(kind):
    entity = {"type": kind, "offset": 0, "length": 2, "custom_emoji_id": "1"}
    assert read_content(message(text="@a", entities=[entity]), OWN).text == Text("@a")


def test_offsets_count_utf16_units_behind_a_header():
    # "👨‍👩‍👧" is eight units and five code points.
    text = "👨‍👩‍👧 жирно"
    content = read_content(message(text=text, entities=[{"type": "bold", "offset": 9, "length": 5}]), OWN)
    header = Text("😀 Анна:\n", (Span(kind="bold", offset=3, length=4),))
    call = compose(content, HERE, FILES, prefix=header)
    assert isinstance(call, SendMessage)
    assert call.text == "😀 Анна:\n" + text
    raw = call.text.encode("utf-16-le")
    parts = [raw[2 * e.offset : 2 * (e.offset + e.length)].decode("utf-16-le") for e in call.entities or []]
    assert parts == ["Анна", "жирно"]


def test_a_header_stands_before_a_caption_and_only_the_first_of_an_album():
    photo = KINDS[0][2]
    album = compose(Content(attachments=(photo, photo)), HERE, FILES, prefix=Text("Анна:\n"))
    assert isinstance(album, SendMediaGroup)
    assert [item.caption for item in album.media] == ["Анна:\nдва вида", "два вида"]
    one = compose(Content(attachments=(photo,)), HERE, FILES, prefix=Text("Анна:\n"))
    assert isinstance(one, SendPhoto)
    assert one.caption == "Анна:\nдва вида"


def test_a_header_is_left_out_where_nothing_can_be_written():
    sticker = next(row[2] for row in KINDS if row[0] == "sticker")
    assert isinstance(compose(Content(attachments=(sticker,)), HERE, FILES, prefix=Text("Анна:\n")), SendSticker)


def test_a_place_in_a_topic_with_a_reply_and_a_quote():
    place = Place(chat_id=-100, thread_id=305, reply_to=7, quote="часть")
    call = compose(Content(text=Text("да")), place, FILES, silent=True)
    assert sent(call) == {
        "text": "да",
        "message_thread_id": 305,
        "disable_notification": True,
        "reply_parameters": {"message_id": 7, "allow_sending_without_reply": True, "quote": "часть"},
    }


def test_a_quote_is_cut_to_what_telegram_takes():
    call = compose(Content(text=Text("да")), Place(chat_id=1, reply_to=7, quote="👍" * 600), FILES)
    assert isinstance(call, SendMessage) and call.reply_parameters
    assert call.reply_parameters.quote == "👍" * 512


def test_links_of_strangers_are_not_unfolded():
    hidden = compose(Content(text=Text("https://example.ru")), HERE, FILES)
    shown = compose(Content(text=Text("https://example.ru")), HERE, FILES, preview=True)
    assert isinstance(hidden, SendMessage) and hidden.link_preview_options
    assert isinstance(shown, SendMessage) and shown.link_preview_options
    assert hidden.link_preview_options.is_disabled is True
    assert shown.link_preview_options.is_disabled is False


BUTTONS = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="Принять", callback_data="a:17")]])


def test_buttons_go_with_everything_but_albums():
    photo = KINDS[0][2]
    assert compose(Content(text=Text("x")), HERE, FILES, reply_markup=BUTTONS).reply_markup == BUTTONS
    assert compose(Content(attachments=(photo,)), HERE, FILES, reply_markup=BUTTONS).reply_markup == BUTTONS
    album = compose(Content(attachments=(photo, photo)), HERE, FILES, reply_markup=BUTTONS)
    assert "reply_markup" not in sent(album)


def foreign(kind: Kind, **fields: Any) -> Attachment:
    return Attachment(kind=kind, file=File(origin="media", ref=f"m-{kind}"), **fields)


def test_a_file_of_somebody_else_is_uploaded_with_its_name():
    document = foreign(Kind.DOCUMENT, name="счёт.pdf")
    content = Content(attachments=(document, KINDS[0][2]))
    assert foreign_files(content, OWN) == (document.file,)
    call = compose(Content(attachments=(document,)), HERE, Files(origin=OWN, uploads={document.file: b"%PDF"}))
    assert isinstance(call, SendDocument)
    assert isinstance(call.document, BufferedInputFile)
    assert (call.document.data, call.document.filename) == (b"%PDF", "счёт.pdf")


def test_an_uploaded_video_says_how_long_and_wide_it_is():
    video = foreign(Kind.VIDEO, width=640, height=360, duration=9)
    call = compose(Content(attachments=(video,)), HERE, Files(origin=OWN, uploads={video.file: b"x"}))
    assert {k: v for k, v in call.model_dump().items() if k in ("width", "height", "duration")} == {
        "width": 640,
        "height": 360,
        "duration": 9,
    }


@pytest.mark.parametrize(
    ("width", "height", "size", "method"),
    [
        (1000, 800, 100, "sendPhoto"),
        (None, None, 100, "sendPhoto"),
        (300, 9000, 100, "sendDocument"),
        (9000, 2000, 100, "sendDocument"),
        (1000, 800, 11 * 1024 * 1024, "sendDocument"),
    ],
)
def test_an_upload_that_cannot_be_a_photo_goes_as_a_file(width, height, size, method):
    picture = foreign(Kind.PHOTO, width=width, height=height)
    files = Files(origin=OWN, uploads={picture.file: bytes(size)})
    assert compose(Content(attachments=(picture,)), HERE, files).__api_method__ == method
    retried = compose(Content(attachments=(picture,)), HERE, replace(files, as_documents=True))
    assert retried.__api_method__ == "sendDocument"


def test_an_album_with_such_a_picture_goes_as_files():
    tall, wide = foreign(Kind.PHOTO, width=300, height=9000), foreign(Kind.VIDEO)
    files = Files(origin=OWN, uploads={tall.file: b"1", wide.file: b"2"})
    album = compose(Content(attachments=(tall, wide)), HERE, files)
    assert isinstance(album, SendMediaGroup)
    assert [item.type for item in album.media] == ["document", "document"]


def test_an_edit_is_the_call_for_what_was_sent():
    photo = KINDS[0][2]
    text = edit_method(Content(text=Text("новое")), 500, 7, FILES)
    caption = edit_method(Content(attachments=(photo,)), 500, 7, FILES, reply_markup=BUTTONS)
    media = edit_method(Content(attachments=(photo,)), 500, 7, FILES, media_changed=True)
    assert isinstance(text, EditMessageText) and sent(text) == {"message_id": 7, "text": "новое"}
    assert isinstance(caption, EditMessageCaption) and caption.caption == "два вида"
    assert caption.reply_markup == BUTTONS
    assert isinstance(media, EditMessageMedia) and media.media.media == "AgAC-x"


@pytest.mark.parametrize("name", ["sticker", "location", "contact", "poll", "round video"])
def test_what_telegram_cannot_change_has_no_edit(name):
    attachment = next(row[2] for row in KINDS if row[0] == name)
    assert edit_method(Content(attachments=(attachment,)), 500, 7, FILES, media_changed=True) is None


def test_a_voice_has_only_its_caption_to_change():
    voice = replace(next(row[2] for row in KINDS if row[0] == "voice"), caption=Text("расшифровка"))
    edit = edit_method(Content(attachments=(voice,)), 500, 7, FILES, media_changed=True)
    assert isinstance(edit, EditMessageCaption)


def test_nothing_is_uploaded_twice_by_mistake():
    """What goes by id holds no bytes, and what is composed names every argument that Telegram requires."""
    for name, _, attachment, _, _ in KINDS:
        call = compose(Content(attachments=(attachment,)), HERE, FILES)
        assert not any(isinstance(value, InputFile) for value in dict(call).values()), name


def test_a_venue_without_a_name_still_goes():
    nameless = Attachment(kind=Kind.VENUE, data={**PLACE, "title": "", "address": ""})
    call = compose(Content(attachments=(nameless,)), HERE, FILES)
    assert isinstance(call, SendVenue) and call.title and call.address


def test_a_poll_is_asked_anew_as_an_ordinary_one():
    poll = next(row[2] for row in KINDS if row[0] == "poll")
    call = compose(Content(attachments=(poll,)), HERE, FILES)
    assert isinstance(call, SendPoll) and call.type is None
