"""Edits both ways: wherever a message stands, it comes to say what its author wants; nothing is called twice."""

from dataclasses import replace
from typing import Any

import pytest

from bridge.channels.telegram.channel import TelegramChannel
from tests.conftest import OpenOffice
from tests.emulators.telegram import Seen
from tests.office import Office
from tests.stories.scenes import quiet
from tests.stories.talk import Talk, begin


def edits(office: Office, message: Seen | None = None) -> list[Any]:
    """The edits that were called, of one message or of any but the board."""
    found = [call for call in office.telegram.calls if call.method.startswith("editMessage")]
    if message is not None:
        return [call for call in found if call.params.get("message_id") == message.id]
    return [call for call in found if "Входящие:" not in str(call.params.get("text", ""))]


# a customer's edits


async def test_an_edit_shows_on_the_card(office: Office) -> None:
    anna = office.customer("Анна")
    first = await anna.writes("Здравствуте")
    await anna.writes("Есть чайник?")
    card = await office.card("Есть чайник?")
    await anna.human.edits(first, "Здравствуйте")
    await office.until(lambda: "Здравствуйте (изменено)" in card.now().text)
    assert "Есть чайник?" in card.now().text and "Здравствуте" not in card.now().text
    await anna.human.loads_preview(first)
    await quiet(office)
    assert len([call for call in edits(office, card) if call.ok]) == 1


async def test_an_edit_shows_in_the_mirror(talk: Talk) -> None:
    sent = await talk.customer.writes("Беру два")
    (shown,) = await talk.posted(1)
    await talk.customer.human.edits(sent, "Беру три")
    await talk.office.until(lambda: "Беру три (изменено)" in shown.now().text)
    await talk.customer.human.loads_preview(sent)
    await quiet(talk.office)
    assert len(edits(talk.office, shown)) == 1 and len(talk.posts) == 1


async def test_an_edit_of_the_first_words_keeps_the_topics_head(open_office: OpenOffice) -> None:
    office = await open_office(forum=True, posts_per_minute=600)
    anna = office.customer("Анна")
    sent = await anna.writes("Здравствуте")
    card = await office.card("Здравствуте")
    await office.olga.presses(card, "Принять")
    topic = await office.until(lambda: next(iter(office.group.topics()), None))
    head = await office.until(lambda: next(iter(topic.messages()), None))
    await anna.human.edits(sent, "Здравствуйте")
    await office.until(lambda: "Здравствуйте" in head.now().text and "Здравствуйте" in card.now().text)
    assert "В работе: Ольга" in head.now().text and head.now().buttons == head.buttons
    assert len(topic.messages()) == 1


async def test_an_edit_in_a_merged_post_changes_only_its_line(talk: Talk) -> None:
    gate = talk.office.telegram.hold_next("sendMessage", chat=talk.office.group.id)
    await talk.customer.writes("Ещё вопрос")
    await gate.reached()
    sent = [await talk.customer.writes(f"строка {number}") for number in range(3)]
    await talk.office.until(lambda: not talk.office.bot.queue.pending)
    gate.release()
    merged = (await talk.posted(2))[1]
    assert all(f"строка {number}" in merged.text for number in range(3))
    await talk.customer.human.edits(sent[1], "другое")
    await talk.office.until(lambda: "другое (изменено)" in merged.now().text)
    lines = merged.now().text.splitlines()[-3:]
    assert "строка 0" in lines[0] and "другое" in lines[1] and "строка 2" in lines[2]
    assert len(talk.posts) == 2


async def test_an_edit_that_a_merged_post_cannot_hold_is_posted_anew(talk: Talk) -> None:
    gate = talk.office.telegram.hold_next("sendMessage", chat=talk.office.group.id)
    await talk.customer.writes("Ещё вопрос")
    await gate.reached()
    sent = [await talk.customer.writes(f"строка {number} " + "и так далее " * 100) for number in range(2)]
    await talk.office.until(lambda: not talk.office.bot.queue.pending)
    gate.release()
    merged = (await talk.posted(2))[1]
    assert "строка 0" in merged.text and "строка 1" in merged.text
    await talk.customer.human.edits(sent[1], "строка 2 " + "и так далее " * 280)
    again = (await talk.posted(3))[2]
    assert "строка 2" in again.text
    await quiet(talk.office)
    assert len(talk.posts) == 3 and not [call for call in talk.office.telegram.calls if call.code == 400]


async def test_an_edit_that_no_longer_fits_is_posted_anew(talk: Talk) -> None:
    sent = await talk.customer.writes("коротко")
    await talk.posted(1)
    long = " ".join(f"слово{number}" for number in range(460))
    await talk.customer.human.edits(sent, long)
    shown = await talk.posted(3)
    words = " ".join(post.text for post in shown[1:]).split()
    assert [word for word in words if word.startswith("слово")] == long.split()
    await talk.customer.human.edits(sent, long + " конец")
    await talk.office.until(lambda: any("конец" in post.text for post in talk.posts))
    await quiet(talk.office)
    assert len(talk.posts) == 3


async def test_an_edit_of_a_caption_and_of_the_file_itself(talk: Talk) -> None:
    sent = await talk.customer.writes(photo=True, caption="Такой")
    (shown,) = await talk.posted(1)
    await talk.customer.human.edits(sent, caption="Вот такой")
    await talk.office.until(lambda: "Вот такой (изменено)" in shown.now().text)
    other = await talk.customer.human.edits(sent, photo=True)
    await talk.office.until(
        lambda: shown.now()["photo"][-1]["file_unique_id"] == other["photo"][-1]["file_unique_id"]
    )
    assert "Вот такой" in shown.now().text
    assert [call.method for call in edits(talk.office, shown)] == ["editMessageCaption", "editMessageMedia"]
    await talk.customer.human.edits(sent, video=True)
    await talk.office.until(lambda: "video" in shown.now())
    assert len(talk.posts) == 1 and not talk.office.telegram.calls_of("getFile")


async def test_an_edit_of_one_item_of_an_album(talk: Talk) -> None:
    album = await talk.customer.human.album(talk.office.bot, [True, True], caption="Оба")
    shown = await talk.posted(2)
    await talk.customer.human.edits(album[1], caption="Этот лучше")
    await talk.office.until(lambda: "Этот лучше" in shown[1].now().text)
    await talk.customer.human.edits(album[0], caption="")
    await talk.office.until(lambda: "Оба" not in shown[0].now().text)
    assert "Этот лучше" in shown[1].now().text and len(talk.posts) == 2


async def test_a_caption_that_outgrows_its_photo_is_said_below(talk: Talk) -> None:
    sent = await talk.customer.writes(photo=True, caption="Коротко")
    await talk.posted(1)
    caption = "Слово. " * 250 + "Конец"
    await talk.customer.human.edits(sent, caption=caption)
    shown = await talk.posted(3)
    assert "photo" in shown[1] and caption in shown[2].text
    await talk.customer.human.edits(sent, caption=caption + "!")
    await talk.office.until(lambda: caption + "!" in shown[2].now().text)
    await quiet(talk.office)
    assert len(talk.posts) == 3


async def test_an_edit_before_it_was_shown_shows_once(talk: Talk) -> None:
    gate = talk.office.telegram.hold_next("sendMessage", chat=talk.office.group.id)
    await talk.customer.writes("Раз")
    await gate.reached()
    sent = await talk.customer.writes("Двo")
    await talk.customer.human.edits(sent, "Два")
    await talk.office.until(lambda: not talk.office.bot.queue.pending)
    gate.release()
    shown = (await talk.posted(2))[1]
    assert "Два (изменено)" in shown.text
    await quiet(talk.office)
    assert not edits(talk.office, shown)


async def test_an_edit_while_it_is_being_posted_is_not_lost(talk: Talk) -> None:
    gate = talk.office.telegram.hold_next("sendMessage", chat=talk.office.group.id, before=False)
    sent = await talk.customer.writes("Беру два")
    await gate.reached()
    await talk.customer.human.edits(sent, "Беру три")
    await talk.office.until(lambda: not talk.office.bot.queue.pending)
    gate.release()
    (shown,) = await talk.posted(1)
    await talk.office.until(lambda: "Беру три" in shown.now().text)


async def test_an_edit_between_the_pieces_of_a_long_text(talk: Talk) -> None:
    long = " ".join(f"слово{number}" for number in range(460))
    gate = talk.office.telegram.hold_next("sendMessage", chat=talk.office.group.id, before=False)
    sent = await talk.customer.writes(long)
    await gate.reached()
    await talk.customer.human.edits(sent, long.replace("слово7 ", "число7 "))
    await talk.office.until(lambda: not talk.office.bot.queue.pending)
    gate.release()
    await talk.posted(2)
    await talk.office.until(lambda: "число7 " in talk.posts[0].text)
    assert len(talk.posts) == 2


async def test_a_mirror_deleted_by_hand_is_shown_again_when_it_changes(talk: Talk) -> None:
    sent = await talk.customer.writes("Беру два")
    (shown,) = await talk.posted(1)
    talk.office.telegram.world.delete(shown.post)
    await talk.customer.human.edits(sent, "Беру три")
    again = await talk.office.finds("Беру три")
    assert again.id > shown.id


async def test_a_card_deleted_by_hand_comes_back_with_its_words(office: Office) -> None:
    anna = office.customer("Анна")
    await anna.writes("Есть чайник?")
    card = await office.card("Есть чайник?")
    office.telegram.world.delete(card.post)
    await anna.writes("Красный")
    again = await office.card("Красный")
    assert again.id != card.id and "Есть чайник?" in again.text


# an operator's edits


async def test_an_operators_edit_reaches_the_customer(talk: Talk) -> None:
    sent = await talk.answers("Сто рублей")
    await talk.receives(1)
    await talk.office.reaction(sent, "👌")
    await talk.office.olga.edits(sent, "Двести рублей")
    await talk.customer.will_see("Двести рублей")
    await talk.office.olga.loads_preview(sent)
    await quiet(talk.office)
    assert len(edits(talk.office)) - len(edits(talk.office, talk.card)) == 1
    assert [call.method for call in talk.office.telegram.calls_of("editMessageText", chat=talk.customer.human.id)]


async def test_an_edit_in_the_queue_is_sent_once_as_it_became(talk: Talk) -> None:
    person = talk.customer.human.id
    talk.office.telegram.fail_next("sendMessage", error=429, retry_after=30, chat=person)
    sent = await talk.answers("Сто рублей")
    await talk.office.until(lambda: talk.office.telegram.calls_of("sendMessage", chat=person, ok=False))
    await talk.office.olga.edits(sent, "Двести рублей")
    await talk.office.until(lambda: not talk.office.bot.queue.pending)
    talk.office.clock.passes(31)
    await talk.customer.will_see("Двести рублей")
    assert not talk.office.telegram.calls_of("editMessageText", chat=person)


async def test_an_edit_in_flight_follows_the_message(talk: Talk) -> None:
    gate = talk.office.telegram.hold_next("sendMessage", chat=talk.customer.human.id, before=False)
    sent = await talk.answers("Сто рублей")
    await gate.reached()
    await talk.office.olga.edits(sent, "Двести рублей")
    await talk.office.until(lambda: not talk.office.bot.queue.pending)
    gate.release()
    await talk.customer.will_see("Двести рублей")


async def test_an_operators_edit_of_a_caption_and_of_an_album_item(talk: Talk) -> None:
    photo = await talk.answers(photo=True, caption="Такой")
    album = await talk.answers_album([True, True], caption="Или такие")
    await talk.receives(3)
    await talk.office.reaction(album[0], "👌")
    await talk.office.olga.edits(photo, caption="Вот такой")
    await talk.office.olga.edits(album[1], caption="Этот дороже")
    await talk.customer.will_see("Вот такой", "Или такие", "Этот дороже")
    replaced = await talk.office.olga.edits(photo, photo=True)
    await talk.office.until(
        lambda: talk.received[0]["photo"][-1]["file_unique_id"] == replaced["photo"][-1]["file_unique_id"]
    )


async def test_an_edit_of_plain_talk_or_of_a_note_stays_inside(talk: Talk) -> None:
    if talk.topic:
        note = await talk.answers("// спросить у склада")
        await talk.office.olga.edits(note, "// спросить у шефа")
    chat = await talk.office.olga.says(talk.office.group, "Обедать?")
    await talk.office.olga.edits(chat, "Идём обедать?")
    await quiet(talk.office)
    assert talk.customer.sees == [] and not talk.office.telegram.calls_of(chat=talk.customer.human.id)


async def test_an_edit_for_a_channel_that_cannot_edit_is_told(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert talk.office.otklik is not None
    (channel,) = [c for c in talk.office.otklik._channels.values() if isinstance(c, TelegramChannel)]
    monkeypatch.setattr(channel, "abilities", replace(channel.abilities, edits=False))
    sent = await talk.answers("Сто рублей")
    await talk.receives(1)
    await talk.office.reaction(sent, "👌")
    await talk.office.olga.edits(sent, "Двести рублей")
    await talk.office.until(lambda: any("не умеет править" in hint.text for hint in hints_for(talk)))
    assert talk.customer.sees == ["Сто рублей"]


def hints_for(talk: Talk) -> list[Seen]:
    return talk.office.olga.hints(talk.office.group)


async def test_an_edit_that_the_customer_cannot_get_any_more_is_told(talk: Talk) -> None:
    sent = await talk.answers("Сто рублей")
    (got,) = await talk.receives(1)
    await talk.office.reaction(sent, "👌")
    talk.office.telegram.world.delete(got.post)
    await talk.office.olga.edits(sent, "Двести рублей")
    notice = await talk.office.finds("Не доставлено: правка не дошла")
    assert notice["reply_to_message"]["message_id"] == sent.id
    await talk.office.reaction(sent, "💔")


async def test_edits_of_both_sides_at_once(open_office: OpenOffice) -> None:
    talk = await begin(await open_office(posts_per_minute=600))
    asked = await talk.customer.writes("Сколькo")
    (shown,) = await talk.posted(1)
    said = await talk.answers("Сто", reply_to=shown)
    await talk.receives(1)
    for number in range(5):
        await talk.customer.human.edits(asked, f"Сколько {number}?")
        await talk.office.olga.edits(said, f"Сто {number}")
    await talk.customer.will_see("Сто 4")
    await talk.office.until(lambda: "Сколько 4?" in shown.now().text)
