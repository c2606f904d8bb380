"""Every kind of message both ways between a Telegram customer and the group, in both layouts."""

from typing import Any

import pytest

from tests.conftest import OpenOffice
from tests.emulators.telegram import Attachment, Seen
from tests.office import Office
from tests.stories.talk import Talk, begin

OWN_BOT = """
[[channel]]
kind = "telegram"
name = "own"
title = "Свой бот"
token = "9002:TEST"
group = "sales"
"""

# What a person says, and the field in which it arrives on the other side as what it is.
AS_IT_IS: dict[str, dict[str, Any]] = {
    "photo": {"photo": True, "caption": "Вот фото"},
    "video": {"video": True, "caption": "Вот видео"},
    "animation": {"animation": True},
    "document": {"document": Attachment(b"%PDF-1.4", name="Счёт №5.pdf"), "caption": "Счёт"},
    "audio": {"audio": True},
    "voice": {"voice": True},
    "video_note": {"video_note": True},
    "sticker": {"sticker": Attachment(emoji="🔥")},
    "location": {"location": (55.75, 37.61)},
    "venue": {"venue": (55.75, 37.61, "Склад", "Тверская, 1")},
    "contact": {"contact": ("+79991234567", "Борис")},
}
FILES = ("photo", "video", "animation", "document", "audio", "voice", "video_note", "sticker")


def file_of(message: Any, kind: str) -> str:
    """Which file a message shows: the same on both sides when it was never downloaded."""
    found = message[kind][-1] if kind == "photo" else message[kind]
    return str(found["file_unique_id"])


def no_file_was_moved(office: Office) -> bool:
    return not office.telegram.calls_of("getFile") and not any(call.files for call in office.telegram.calls)


async def test_every_kind_of_a_customer_is_shown_in_the_group(talk: Talk) -> None:
    for number, (kind, what) in enumerate(AS_IT_IS.items(), 1):
        sent = await talk.customer.writes(**what)
        shown = (await talk.posted(number))[-1]
        assert kind in shown, kind
        assert what.get("caption", "") in shown.text, kind
        if kind in FILES:
            assert file_of(shown, kind) == file_of(sent, kind), kind
        if kind in ("location", "venue"):
            assert shown["location"] == sent["location"]
    assert talk.posts[-1]["contact"]["phone_number"] == "+79991234567"
    assert no_file_was_moved(talk.office)


async def test_every_kind_of_an_operator_reaches_the_customer(talk: Talk) -> None:
    kinds = {**AS_IT_IS, "poll": {"poll": ("Когда?", ["Сегодня", "Завтра"])}}
    for number, (kind, what) in enumerate(kinds.items(), 1):
        sent = await talk.answers(**what)
        got = (await talk.receives(number))[-1]
        assert kind in got, kind
        assert got.text == what.get("caption", ""), kind
        if kind in FILES:
            assert file_of(got, kind) == file_of(sent, kind), kind
        await talk.office.reaction(sent, "👌")
    assert [option["text"] for option in talk.received[-1]["poll"]["options"]] == ["Сегодня", "Завтра"]
    assert no_file_was_moved(talk.office)


async def test_what_cannot_be_copied_is_told_in_words(talk: Talk) -> None:
    await talk.customer.writes(poll=("Какой цвет?", ["Белый", "Чёрный"]))
    (poll,) = await talk.posted(1)
    assert "Какой цвет?" in poll.text and "Чёрный" in poll.text
    await talk.customer.writes(dice=4)
    assert "🎲 4" in (await talk.posted(2))[-1].text
    await talk.answers(dice=6)
    assert (await talk.receives(1))[0].text == "🎲 6"


async def test_an_unknown_kind_is_named_and_not_dropped(talk: Talk) -> None:
    human = talk.customer.human
    person = {"id": human.id, "is_bot": False, "first_name": human.name}
    talk.office.bot.push_raw_update(
        {
            "message": {
                "message_id": 900,
                "date": 1_790_000_000,
                "from": person,
                "chat": {"id": human.id, "type": "private", "first_name": human.name},
                "story": {"id": 1, "chat": {"id": human.id, "type": "private", "first_name": human.name}},
            }
        }
    )
    (shown,) = await talk.posted(1)
    assert "вложение, которое Otklik не умеет показать (story)" in shown.text


async def test_formatting_keeps_its_place_between_emoji(talk: Talk) -> None:
    text = "👍🏽 жирно и ссылка 🇷🇺!"
    entities = [
        {"type": "bold", "offset": 5, "length": 5},
        {"type": "text_link", "offset": 13, "length": 6, "url": "https://example.ru/"},
        {"type": "italic", "offset": 20, "length": 4},
    ]
    await talk.customer.writes(text, entities=entities)
    (shown,) = await talk.posted(1)
    at = len(shown.text.encode("utf-16-le")) // 2 - len(text.encode("utf-16-le")) // 2
    kept = [entity for entity in shown["entities"] if entity["offset"] >= at]
    assert kept == [{**entity, "offset": entity["offset"] + at} for entity in entities]
    await talk.answers(text, entities=entities)
    (got,) = await talk.receives(1)
    assert got.text == text and got["entities"] == entities


async def test_markup_in_words_stays_words(talk: Talk) -> None:
    text = "<b>не жирно</b> & [ссылка](http://x) *звёзды* _черта_ `код`"
    await talk.customer.writes(text)
    (shown,) = await talk.posted(1)
    assert text in shown.text
    await talk.answers(text)
    assert (await talk.receives(1))[0].text == text


@pytest.mark.parametrize("kind", ["photo", "document"])
async def test_an_album_stays_an_album_both_ways(talk: Talk, kind: str) -> None:
    album = await talk.customer.human.album(talk.office.bot, [True, True, True], caption="Три", kind=kind)
    shown = await talk.posted(3)
    assert len({post["media_group_id"] for post in shown}) == 1
    assert [file_of(post, kind) for post in shown] == [file_of(sent, kind) for sent in album]
    assert "Три" in shown[0].text and not shown[1].text and not shown[2].text
    answer = await talk.answers_album([True, True], caption="Две", kind=kind)
    got = await talk.receives(2)
    assert len({each["media_group_id"] for each in got}) == 1
    assert [each.text for each in got] == ["Две", ""]
    await talk.office.reaction(answer[0], "👌")
    assert len(talk.office.telegram.calls_of("sendMediaGroup", ok=True)) == 2
    assert no_file_was_moved(talk.office)


async def test_a_mixed_album_of_photos_and_videos(talk: Talk) -> None:
    await talk.customer.human.album(talk.office.bot, [True, ("video", True)])
    shown = await talk.posted(2)
    assert "photo" in shown[0] and "video" in shown[1] and shown[0]["media_group_id"] == shown[1]["media_group_id"]


async def test_an_album_that_comes_in_parts_is_waited_for(talk: Talk) -> None:
    office = talk.office
    office.clock.speed = 0.001  # the second for which an album may grow lasts as long as the test wants
    first = await talk.customer.human.album(office.bot, [True], caption="Начало")
    await office.until(lambda: not office.bot.queue.pending)
    await talk.customer.human.album(office.bot, [True, True], more_of=first[0])
    await office.until(lambda: not office.bot.queue.pending)
    assert not talk.posts
    office.clock.speed = 20
    shown = await talk.posted(3)
    assert len({post["media_group_id"] for post in shown}) == 1
    answer = await talk.answers_album([True], caption="Ответ")
    await talk.answers_album([True], more_of=answer[0])
    assert len({each["media_group_id"] for each in await talk.receives(2)}) == 1


async def test_a_part_of_an_album_that_comes_late_is_shown_behind_it(talk: Talk) -> None:
    first = await talk.customer.human.album(talk.office.bot, [True, True], caption="Начало")
    await talk.posted(2)
    late = await talk.customer.human.album(talk.office.bot, [True], more_of=first[0])
    shown = await talk.posted(3)
    assert file_of(shown[2], "photo") == file_of(late[0], "photo")
    answer = await talk.answers_album([True, True])
    await talk.receives(2)
    await talk.answers_album([True], more_of=answer[0])
    await talk.receives(3)


async def test_a_caption_that_is_too_long_goes_on_as_text(talk: Talk) -> None:
    caption = "Слово. " * 250 + "Конец"  # a premium account writes up to 2048 under a photo
    sent = await talk.answers(photo=True, caption=caption)
    photo, rest = await talk.receives(2)
    assert "photo" in photo and len(photo.text) <= 1024
    assert f"{photo.text} {rest.text}".split() == caption.split()
    await talk.office.reaction(sent, "👌")
    await talk.customer.writes(photo=True, caption=caption)
    shown = await talk.posted(2)
    assert "photo" in shown[0] and caption in shown[1].text
    assert len([post for post in talk.posts if "Конец" in post.text]) == 1


async def test_long_texts_lose_nothing(talk: Talk) -> None:
    text = " ".join(f"слово{number}" for number in range(460))
    assert 3500 < len(text) < 4096
    await talk.customer.writes(text)
    shown = await talk.posted(2)
    words = " ".join(post.text for post in shown).split()
    assert [word for word in words if word.startswith("слово")] == text.split()
    await talk.answers(text)
    assert (await talk.receives(1))[0].text == text


async def test_photos_and_texts_in_quick_succession_keep_their_order(talk: Talk) -> None:
    for number in range(4):
        await talk.customer.writes(f"текст {number}")
        await talk.customer.writes(photo=True, caption=f"фото {number}")
    shown = await talk.posted(8)
    said = [post.text.splitlines()[-1] for post in shown]
    assert said == [f"{kind} {number}" for number in range(4) for kind in ("текст", "фото")]
    for number in range(3):
        await talk.answers(f"ответ {number}")
        await talk.answers(photo=True, caption=f"снимок {number}")
    await talk.receives(6)
    assert talk.customer.sees == [f"{kind} {number}" for number in range(3) for kind in ("ответ", "снимок")]


async def test_replies_point_to_the_same_message_on_the_other_side(talk: Talk) -> None:
    answer = await talk.answers("Какой размер нужен, большой или малый?")
    (got,) = await talk.receives(1)
    await talk.customer.writes("Большой", reply_to=got)
    (shown,) = await talk.posted(1)
    assert shown["reply_to_message"]["message_id"] == answer.id
    asked = await talk.customer.writes("И сколько стоит малый?")
    shown = (await talk.posted(2))[1]
    await talk.customer.writes("А доставка?")
    await talk.posted(3)
    await talk.answers("Сто рублей", reply_to=shown)
    reply = (await talk.receives(2))[1]
    assert reply["reply_to_message"]["message_id"] == asked.id


async def test_quotes_point_to_the_same_words_on_the_other_side(talk: Talk) -> None:
    answer = await talk.answers("Какой размер нужен, большой или малый?")
    (got,) = await talk.receives(1)
    await talk.customer.writes("Он", reply_to=got, quote="большой")
    (shown,) = await talk.posted(1)
    assert shown["reply_to_message"]["message_id"] == answer.id and shown["quote"]["text"] == "большой"
    asked = await talk.customer.writes("Сколько стоит и когда привезёте?")
    shown = (await talk.posted(2))[1]
    await talk.answers("Завтра", reply_to=shown, quote="когда привезёте")
    reply = (await talk.receives(2))[1]
    assert reply["reply_to_message"]["message_id"] == asked.id and reply["quote"]["text"] == "когда привезёте"


@pytest.mark.parametrize("forum", [False, True])
async def test_the_first_message_may_be_a_photo_or_an_album(open_office: OpenOffice, forum: bool) -> None:
    office = await open_office(forum=forum, posts_per_minute=600)

    def photos_below(card: Seen) -> int:
        below = [m for m in office.group.messages(by=office.bot) if "photo" in m and "reply_to_message" in m]
        return len([m for m in below if m["reply_to_message"]["message_id"] == card.id])

    anna, boris = office.customer("Анна"), office.customer("Борис")
    await anna.writes(photo=True, caption="Такой есть?")
    await boris.human.album(office.bot, [True, True], caption="А таких два?")
    for name, words, photos in (("Анна", "Такой есть?", 1), ("Борис", "А таких два?", 2)):
        card = await office.card(words)
        assert name in card.text and card.text.count("📷 Фото") == photos
        await office.until(lambda card=card, photos=photos: photos_below(card) == photos)
        await office.olga.presses(card, "Принять")
    if forum:
        await office.until(
            lambda: sorted(sum("photo" in m for m in t.messages()) for t in office.group.topics()) == [1, 2]
        )
    cards = [call for call in office.telegram.calls_of("sendMessage") if "⏳" in call.params["text"]]
    assert len(cards) == 2 and no_file_was_moved(office)


async def test_a_channel_with_its_own_bot_carries_files_by_their_bytes(open_office: OpenOffice) -> None:
    office = await open_office(posts_per_minute=600, more=OWN_BOT)
    own = office.telegram.add_bot("9002:TEST", username="own_bot", name="Own")
    anna = office.telegram.person("Анна")
    await anna.says(own, photo=Attachment(data=Attachment().data), caption="Через своего бота")
    card = await office.card("Через своего бота")
    assert "Свой бот" in card.text
    await office.olga.presses(card, "Принять")
    shown = await office.finds("Через своего бота", by=office.bot)
    await office.until(lambda: any("photo" in m for m in office.group.messages(by=office.bot)))
    for what in ({"document": b"%PDF-1.4 bytes"}, {"sticker": True}, {"voice": True}):
        (kind,) = what
        await anna.says(own, **what)
        shown = await office.until(
            lambda kind=kind: next((m for m in office.group.messages(by=office.bot) if kind in m), None)
        )
        assert shown.file_bytes
    await anna.album(own, [True, True], caption="Два")
    await office.until(lambda: sum("media_group_id" in m for m in office.group.messages(by=office.bot)) == 2)
    await office.olga.says(office.group, photo=True, caption="Ответ", reply_to=card)
    await office.until(lambda: "Ответ" in anna.hears(own))
    assert office.telegram.calls_of("getFile", bot=own.id) and office.telegram.calls_of(
        "getFile", bot=office.bot.id
    )


async def test_a_file_too_big_to_carry_between_bots_is_told_in_words(open_office: OpenOffice) -> None:
    office = await open_office(posts_per_minute=600, more=OWN_BOT)
    own = office.telegram.add_bot("9002:TEST", username="own_bot", name="Own")
    anna = office.telegram.person("Анна")
    big = Attachment(b"x", name="фильм.mp4", size=30 * 1024 * 1024)
    await anna.says(own, video=big, caption="Смотрите")
    card = await office.card("Смотрите")
    told = await office.finds("Показать здесь не получилось")
    assert "🎬 Видео: фильм.mp4" in told.text and "Смотрите" in told.text
    await office.olga.presses(card, "Принять")
    sent = await office.olga.says(office.group, video=big, reply_to=card)
    notice = await office.finds("Не доставлено")
    assert "20 МБ" in notice.text and notice["reply_to_message"]["message_id"] == sent.id
    await office.reaction(sent, "💔")
    await office.olga.says(office.group, "Пришлите частями", reply_to=card)
    await office.until(lambda: anna.hears(own) == ["Пришлите частями"])


@pytest.mark.parametrize("forum", [False, True])
async def test_customers_with_equal_names_are_not_mixed(open_office: OpenOffice, forum: bool) -> None:
    office = await open_office(forum=forum, posts_per_minute=600)
    talks = [await begin(office, "Анна", f"Вопрос {number}") for number in range(2)]
    for number, talk in enumerate(talks):
        await talk.answers(f"Ответ {number}")
    for number, talk in enumerate(talks):
        await talk.customer.will_see(f"Ответ {number}")
