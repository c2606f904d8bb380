"""What messages carry: files both ways, quotes, what stands for places, what was taken back, the second tick."""

import pytest

from bridge.catalogue import Catalogue
from bridge.channels.site.abilities import ABILITIES
from bridge.channels.site.views import Looks, Views
from bridge.contracts import FileGone
from bridge.inbox.unsend import unsend
from bridge.model import (
    Attachment,
    Content,
    Direction,
    File,
    Kind,
    Message,
    MessageId,
    Outgoing,
    Refused,
    Sent,
    Span,
    Text,
    TryLater,
    Why,
)
from bridge.pieces import pieces
from tests.site_client import PollClient, SiteClient
from tests.site_office import TELEGRAM, SiteOffice
from tests.some_files import photo
from tests.turned_clock import START


@pytest.fixture(params=[SiteClient, PollClient])
async def office(tmp_path, request):
    async with SiteOffice(tmp_path, way=request.param) as office:
        yield office


async def upload(office: SiteOffice, visitor, data: bytes = b"some words", name: str = "note.txt") -> str:
    (welcome,) = [frame for frame in visitor.frames if frame["type"] == "welcome"][-1:]
    headers = {
        "Authorization": f"Bearer {welcome['upload']['token']}",
        "X-File-Name": name,
        "Origin": "https://shop.example.ru",
    }
    async with office.http.post(office.url + "/site/shop/upload", data=data, headers=headers) as response:
        assert response.status == 201
        return (await response.json())["file"]


async def said(visitor, **message: object) -> dict:
    await visitor.send("message", **{"id": "message-1", "text": "", **message})
    while True:
        frame = await visitor.next()
        if frame["type"] in ("ack", "error"):
            return frame


# --- a visitor's files


async def test_a_file_comes_back_with_its_message(office):
    visitor = await office.visitor()
    file = await upload(office, visitor, photo(), "кот.jpg")
    ack = await said(visitor, files=[file], text="Вот")
    await visitor.until_texts("Вот")
    (shown,) = visitor.messages[ack["message"]]["attachments"]
    assert (shown["kind"], shown["mime"], shown["width"]) == ("photo", "image/jpeg", 60)
    async with office.http.get(office.url + shown["url"]) as response:
        assert response.status == 200
        assert response.content_length == shown["size"]
    (stored,) = await office.stored()
    assert stored.content.attachments[0].file == File(origin="media", ref=file)


async def test_files_need_no_text(office):
    visitor = await office.visitor()
    files = [await upload(office, visitor) for _ in range(2)]
    ack = await said(visitor, files=[*files, files[0]], text=" \u200b")
    await visitor.until_texts("")
    assert len(visitor.messages[ack["message"]]["attachments"]) == 2


async def test_a_file_can_be_sent_once(office):
    visitor = await office.visitor()
    file = await upload(office, visitor)
    first = await said(visitor, files=[file])
    assert await said(visitor, files=[file]) == first  # the same message again
    assert (await said(visitor, files=[file], id="message-2"))["code"] == "file-gone"
    assert len(await office.stored()) == 1


async def test_only_who_uploaded_a_file_can_send_it(office):
    visitor, other = await office.visitor(), await office.visitor()
    file = await upload(office, visitor)
    for files in ([file], ["0" * 32]):
        error = await said(other, files=files, text="Отдай")
        assert (error["code"], error["id"]) == ("file-gone", "message-1")
    assert await office.conversations() == []
    assert (await said(visitor, files=[file]))["type"] == "ack"


async def test_more_than_ten_files_are_too_many(office):
    visitor = await office.visitor(language="en")
    error = await said(visitor, files=[f"file-{number}" for number in range(11)])
    assert (error["code"], error["id"]) == ("too-many-files", "message-1")
    assert "10" in error["message"]


# --- quotes


async def test_a_visitor_answers_an_answer_and_their_own_message(office):
    visitor = await office.visitor()
    own = await visitor.say("Вопрос")
    answer = await office.answers("Ответ")
    await visitor.until_texts("Вопрос", "Ответ")
    for number, quoted in enumerate((answer.id, own["message"])):
        ack = await said(visitor, id=f"message-{number}", text="Про это", reply_to=quoted)
        assert (await office.message(ack["message"])).reply_to == quoted
    await visitor.until_texts("Вопрос", "Ответ", "Про это", "Про это")
    assert visitor.messages[ack["message"]]["reply_to"] == own["message"]


async def test_what_is_not_the_visitors_to_quote_is_ignored(office):
    one, other = await office.visitor(), await office.visitor()
    foreign = await one.say("Тайна")
    for number, quoted in enumerate((foreign["message"], 999)):
        ack = await said(other, id=f"message-{number}", text="Что там?", reply_to=quoted)
        assert (await office.message(ack["message"])).reply_to is None


# --- the second tick, and what was taken back


async def test_what_operators_have_seen_is_shown_as_seen(office):
    visitor = await office.visitor()
    ack = await visitor.say("Вопрос")
    await visitor.until_texts("Вопрос")
    assert "shown" not in visitor.messages[ack["message"]]
    await office.inbox.write(lambda tx: tx.mark_shown(MessageId(ack["message"]), 1, 0))
    while "shown" not in visitor.messages[ack["message"]]:
        await visitor.next()
    assert visitor.messages[ack["message"]]["seq"] > ack["seq"]


async def test_an_answer_that_was_taken_back_has_nothing_but_its_author(office):
    visitor = await office.visitor()
    await visitor.say("Вопрос")
    answer = await office.answers("Ответ с ошибкой", Span(kind="bold", offset=0, length=5))
    await visitor.until_texts("Вопрос", "Ответ с ошибкой")
    await office.inbox.write(lambda tx: unsend(tx, answer.id, channel_unsends=ABILITIES.unsends))
    await visitor.until_texts("Вопрос", "")
    shown = visitor.messages[answer.id]
    assert shown == {"id": answer.id, "seq": shown["seq"], "from": "operator", "text": "", "at": shown["at"]} | {
        "deleted": True,
        "name": "Анна",
    }


# --- what operators send


def telegram(kind: Kind, ref: str = "AgAC", **about: object) -> Attachment:
    return Attachment(kind=kind, file=File(origin=TELEGRAM, ref=ref), **about)


def outgoing(*attachments: Attachment, text: str = "") -> Outgoing:
    content = Content(text=Text(text), attachments=attachments)
    return Outgoing(message=MessageId(5), piece=0, customer="x", content=content)


async def test_a_file_is_here_before_its_message_is_sent(office):
    office.files["AgAC"] = photo()
    attachment = telegram(Kind.PHOTO, name="кот.jpg")
    assert await office.channel.send(outgoing(attachment)) == Sent(("m5",))
    path, _ = await office.media.local(attachment.file, attachment)
    assert path.exists()
    assert await office.channel.edit(outgoing(attachment), ["m5"]) == Sent()
    assert await office.channel.unsend("x", ["m5"]) == Sent()


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (FileGone("too old"), Refused(Why.FILE_GONE, "too old")),
        (FileGone("big", limit="20 МБ"), Refused(Why.TOO_BIG, "big", "20 МБ")),
        (ConnectionResetError(), TryLater(detail="ConnectionResetError")),
        (b"", Refused(Why.FILE_GONE, "empty")),
    ],
)
async def test_a_file_that_cannot_be_had(tmp_path, failure, outcome):
    async with SiteOffice(tmp_path) as office:
        office.files["AgAC"] = failure
        assert await office.channel.send(outgoing(telegram(Kind.DOCUMENT))) == outcome


async def test_what_is_shown_in_words_needs_no_file(office):
    sticker = telegram(Kind.STICKER, mime="application/x-tgsticker", data={"emoji": "👍"})
    place = Attachment(kind=Kind.LOCATION, data={"latitude": 1.0, "longitude": 2.0})
    assert await office.channel.send(outgoing(sticker, place)) == Sent(("m5",))


async def test_a_photo_of_an_operator_arrives(office):
    visitor = await office.visitor()
    await visitor.say("Покажите")
    office.files["AgAC"] = photo()
    caption = Text("Красный", (Span(kind="bold", offset=0, length=7),))
    answer = await office.answers("", telegram(Kind.PHOTO, caption=caption, width=60, height=40, size=2000))
    await visitor.until_texts("Покажите", "Красный")
    message = visitor.messages[answer.id]
    assert message["spans"] == [{"kind": "bold", "offset": 0, "length": 7}]
    (shown,) = message["attachments"]
    assert {**shown, "url": ""} == {"kind": "photo", "url": "", "width": 60, "height": 40, "size": 2000}
    async with office.http.get(office.url + shown["url"]) as response:
        assert response.content_type == "image/jpeg"


# --- views of single messages

VIEWS = Views(Looks(), lambda message, item, name, version: f"/{message}/{item}/{name}/{version}")


def view(*attachments: Attachment, text: str = "", **more: object) -> dict:
    content = Content(text=Text(text), attachments=attachments)
    message = Message(
        **{
            "id": 5,
            "conversation": 1,
            "customer": 1,
            "direction": Direction.OUT,
            "content": content,
            "written_at": START,
            "seq": 9,
            "author_name": "Анна",
            "revision": 3,
            **more,
        }
    )
    return VIEWS.view(message, Catalogue("ru"))


@pytest.mark.parametrize("kind", sorted(ABILITIES.kinds))
def test_every_kind_of_file_is_shown_as_what_it_is(kind):
    shown = view(telegram(kind, name="a", mime="video/mp4", duration=5))
    assert shown["attachments"] == [
        {"kind": kind.value, "url": "/5/0/a/3", "name": "a", "mime": "video/mp4", "duration": 5}
    ]
    assert shown["text"] == ""


def test_text_and_captions_are_one_text():
    first = telegram(Kind.PHOTO, caption=Text("один", (Span(kind="bold", offset=0, length=4),)))
    second = telegram(Kind.PHOTO, caption=Text("два", (Span(kind="italic", offset=1, length=2),)))
    shown = view(first, second, text="Смотрите:")
    assert shown["text"] == "Смотрите:\nодин\nдва"
    assert [(span["kind"], span["offset"]) for span in shown["spans"]] == [("bold", 10), ("italic", 16)]
    assert [attachment["url"] for attachment in shown["attachments"]] == ["/5/0//3", "/5/1//3"]


@pytest.mark.parametrize(
    ("attachment", "words"),
    [
        (Attachment(kind=Kind.LOCATION, data={"latitude": 55.5, "longitude": 37.5}), "q=55.5,37.5"),
        (Attachment(kind=Kind.CONTACT, data={"phone": "+7", "first_name": "Анна"}), "Анна +7"),
        (Attachment(kind=Kind.DICE, data={"emoji": "🎲", "value": 6}), "🎲 6"),
        (Attachment(kind=Kind.POLL, data={"question": "Когда?", "options": ["Завтра", "Сейчас"]}), "• Сейчас"),
        (telegram(Kind.STICKER, mime="application/x-tgsticker", data={"emoji": "👍"}), "👍"),
        (telegram(Kind.STICKER, mime="application/x-tgsticker"), "[стикер]"),
    ],
)
def test_what_browsers_do_not_show_comes_in_words(attachment, words):
    shown = view(attachment)
    assert words in shown["text"]
    assert "attachments" not in shown


def test_a_large_file_is_shown_once_it_is_here():
    shown = view(telegram(Kind.VIDEO, size=100 * 1024 * 1024, caption=Text("Обзор")))
    assert (shown["text"], len(shown["attachments"])) == ("Обзор", 1)


def test_only_visitors_messages_have_a_second_tick():
    assert view(direction=Direction.IN, on_desk=True)["shown"] is True
    assert "shown" not in view(on_desk=True)


@pytest.mark.parametrize("length", [10, 4096])
def test_a_message_is_one_piece(length):
    content = Content(
        text=Text("я" * length),
        attachments=(
            telegram(Kind.PHOTO),
            telegram(Kind.VOICE),
            telegram(Kind.DOCUMENT, caption=Text("и" * length)),
        ),
    )
    assert len(pieces(content, ABILITIES, Catalogue("ru"))) == 1


def test_a_file_that_a_bot_cannot_fetch_is_refused():
    content = Content(attachments=(telegram(Kind.VIDEO, size=21 * 1024 * 1024),))
    refused = pieces(content, ABILITIES, Catalogue("ru"))
    assert (refused.why, refused.limit) == (Why.TOO_BIG, "20 МБ")
