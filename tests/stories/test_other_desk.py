"""Operators also work at another desk: what they do there shows in the group as theirs, in either layout."""

import io
import re
from dataclasses import replace

import pytest

from bridge.inbox.accept import Operator
from bridge.model import Direction, OperatorId, Text
from tests.conftest import OpenOffice
from tests.emulators.telegram import Limits, Seen
from tests.office import Office
from tests.some_files import drawing
from tests.stories.other_desk import OtherDesk
from tests.stories.scenes import accept, accepted, quiet
from tests.stories.talk import Talk, begin
from tests.stories.test_failures import notices


def edits(office: Office, seen: Seen) -> list[str]:
    """The edits of a post that Telegram has accepted."""
    return [
        call.method
        for call in office.telegram.calls
        if call.method.startswith("editMessage") and call.params.get("message_id") == seen.id and call.code == 200
    ]


async def group_pauses(talk: Talk) -> None:
    """Nothing can be posted in the group for a while; private chats go on."""
    talk.office.telegram.fail_next("sendMessage", error=429, retry_after=30, chat=talk.office.group)


# answers


async def test_an_answer_stands_in_the_group_as_the_operators_words(talk: Talk) -> None:
    await OtherDesk(talk.office).says("Есть, две штуки")
    await talk.customer.will_see("Есть, две штуки")
    (shown,) = await talk.posted(1)
    assert shown.text.endswith("Ольга: Есть, две штуки") and shown.author_id == talk.office.bot.id
    if talk.topic:
        assert shown.text == "Ольга: Есть, две штуки"
    else:
        assert shown["reply_to_message"]["message_id"] == talk.card.id and "Анна" in shown.text
    await talk.office.reaction(shown, "👌")
    await quiet(talk.office)
    assert len(talk.posts) == 1 and talk.customer.sees == ["Есть, две штуки"]


async def test_an_answer_to_a_post_of_an_answer_goes_to_the_customer(talk: Talk) -> None:
    await OtherDesk(talk.office).says("Есть, две штуки")
    (shown,) = await talk.posted(1)
    await talk.answers("Отложить?", reply_to=shown)
    await talk.customer.will_see("Есть, две штуки", "Отложить?")


async def test_an_answer_quotes_what_it_answers(talk: Talk) -> None:
    await talk.customer.writes("Какой цвет?")
    (asked,) = await talk.posted(1)
    desk = OtherDesk(talk.office)
    await quiet(talk.office)
    chat = talk.office.group.id
    post = await desk.looks(lambda tx: tx.post(chat, asked.id))
    assert post is not None
    await desk.says("Синий", reply_to=post.messages[0])
    shown = (await talk.posted(2))[1]
    assert shown["reply_to_message"]["message_id"] == asked.id


async def test_answers_at_once_are_one_post_that_nobody_marks(talk: Talk) -> None:
    gate = talk.office.telegram.hold_next("sendMessage", chat=talk.office.group.id)
    await talk.customer.writes("Ау")
    await gate.reached()
    desk = OtherDesk(talk.office)
    await desk.says("Раз")
    await desk.says("Два", by=talk.office.ivan)
    gate.release()
    shown = (await talk.posted(2))[1]
    assert "Ольга: Раз" in shown.text and "Иван: Два" in shown.text
    await talk.customer.will_see("Раз", "Два")
    await quiet(talk.office)
    assert shown.now().reactions == {}


async def test_an_answer_while_the_program_stops_is_shown_and_sent_once(talk: Talk) -> None:
    await group_pauses(talk)
    await OtherDesk(talk.office).says("Есть")
    await talk.office.until(
        lambda: talk.office.telegram.calls_of("sendMessage", chat=talk.office.group.id, ok=False)
    )
    await talk.office.stop()
    await talk.office.start()
    await talk.customer.will_see("Есть")
    await talk.posted(1)
    await quiet(talk.office)
    assert len(talk.posts) == 1 and talk.customer.sees == ["Есть"]


async def test_somebody_without_telegram_is_named_and_not_mentioned(open_office: OpenOffice) -> None:
    office = await open_office()
    await office.customer("Анна").writes("Есть чайник?")
    card = await office.card("Есть чайник?")
    petr, desk = Operator(OperatorId(-7), "Пётр"), OtherDesk(office)
    await desk.accepts(petr)
    await office.until(lambda: "В работе: Пётр" in card.now().text)
    await desk.says("Есть", by=petr)
    shown = await office.finds("Пётр: Есть")
    assert "→ Пётр" in shown.text
    assert not [each for each in shown.get("entities", ()) if each["type"] == "text_mention"]
    await office.board("Пётр")


# changes


async def test_an_edit_changes_the_post_with_one_call(talk: Talk) -> None:
    desk = OtherDesk(talk.office)
    said = await desk.says("Сто рублей")
    (shown,) = await talk.posted(1)
    await talk.office.reaction(shown, "👌")
    await desk.edits(said, "Двести рублей")
    await talk.customer.will_see("Двести рублей")
    await talk.office.until(lambda: shown.now().text.endswith("Ольга: Двести рублей (изменено)"))
    await quiet(talk.office)
    assert edits(talk.office, shown) == ["editMessageText"] and len(talk.posts) == 1


async def test_an_edit_of_what_was_typed_in_the_group_is_said_anew_there(talk: Talk) -> None:
    said = await talk.answers("Сто рублей")
    await talk.receives(1)
    await talk.office.reaction(said, "👌")
    desk = OtherDesk(talk.office)
    message = await desk.typed(said.id)
    await desk.edits(message, "Двести рублей")
    await talk.customer.will_see("Двести рублей")
    (shown,) = await talk.posted(1)
    assert shown.text.endswith("Ольга: Двести рублей (изменено)")
    assert shown["reply_to_message"]["message_id"] == said.id
    await desk.edits(message, "Триста рублей")
    await talk.office.until(lambda: shown.now().text.endswith("Триста рублей (изменено)"))
    await talk.office.olga.edits(said, "Четыреста рублей")
    await talk.customer.will_see("Четыреста рублей")
    await talk.office.until(lambda: shown.now().text.endswith("Четыреста рублей (изменено)"))
    await quiet(talk.office)
    assert len(talk.posts) == 1


async def test_an_edit_while_the_program_stops_is_shown_once(talk: Talk) -> None:
    said = await talk.answers("Сто рублей")
    await talk.receives(1)
    await talk.office.reaction(said, "👌")
    desk = OtherDesk(talk.office)
    message = await desk.typed(said.id)
    await group_pauses(talk)
    await desk.edits(message, "Двести рублей")
    await talk.office.until(
        lambda: talk.office.telegram.calls_of("sendMessage", chat=talk.office.group.id, ok=False)
    )
    await talk.office.stop()
    await talk.office.start()
    await talk.posted(1)
    await quiet(talk.office)
    assert len(talk.posts) == 1 and talk.customer.sees == ["Двести рублей"]


async def test_an_answer_taken_back_says_so_in_its_post(talk: Talk) -> None:
    desk = OtherDesk(talk.office)
    said = await desk.says("Это не вам")
    (received,) = await talk.receives(1)
    (shown,) = await talk.posted(1)
    await talk.office.reaction(shown, "👌")
    await desk.unsends(said)
    await talk.office.until(lambda: received.deleted)
    await talk.office.until(lambda: shown.now().text.endswith("Ольга: Это не вам (отозвано)"))
    await talk.office.reaction(shown, "🙈")
    await quiet(talk.office)
    assert edits(talk.office, shown) == ["editMessageText"] and len(talk.posts) == 1


async def test_what_was_typed_in_the_group_and_taken_back_elsewhere_is_only_marked(talk: Talk) -> None:
    said = await talk.answers("Это не вам")
    (received,) = await talk.receives(1)
    await talk.office.reaction(said, "👌")
    desk = OtherDesk(talk.office)
    await desk.unsends(await desk.typed(said.id))
    await talk.office.until(lambda: received.deleted)
    await talk.office.reaction(said, "🙈")
    await quiet(talk.office)
    assert talk.posts == []


# failures


async def test_a_failure_is_told_at_the_post_and_tried_again_from_there(talk: Talk) -> None:
    office = talk.office
    office.telegram.fail_next("sendMessage", error=(400, "Bad Request: PEER_FLOOD"), chat=talk.customer.human.id)
    await OtherDesk(office).says("Есть")
    notice = await office.finds("Не доставлено: канал не принял это сообщение")
    shown = next(post for post in talk.posts if "Ольга: Есть" in post.text)
    assert notice["reply_to_message"]["message_id"] == shown.id and notice.thread == shown.thread
    await office.reaction(shown, "💔")
    await office.olga.presses(notice, "Повторить")
    await talk.customer.will_see("Есть")
    await office.reaction(shown, "👌")
    await office.until(lambda: not notices(office))


async def test_where_a_post_shows_several_answers_the_notice_quotes_the_one_that_failed(talk: Talk) -> None:
    office = talk.office
    office.telegram.fail_next(
        "sendMessage", error=(400, "Bad Request: PEER_FLOOD"), chat=talk.customer.human.id, skip=1
    )
    gate = office.telegram.hold_next("sendMessage", chat=office.group.id)
    await talk.customer.writes("Ау")
    await gate.reached()
    desk = OtherDesk(office)
    await desk.says("Первый")
    await desk.says("Второй")
    await talk.customer.will_see("Первый")
    gate.release()
    notice = await office.finds("Не доставлено")
    assert notice["quote"]["text"] == "Второй"
    await quiet(office)
    assert len(notices(office)) == 1


# notes


async def test_a_note_stays_among_the_operators(talk: Talk) -> None:
    desk = OtherDesk(talk.office)
    await desk.notes("Спросить у склада", by=talk.office.ivan)
    (shown,) = await talk.posted(1)
    assert shown.text.endswith("📝 Иван: Спросить у склада")
    await talk.office.ivan.says(talk.office.group, "Спросил", **{**talk.place, "reply_to": shown})
    await talk.office.stop()
    await talk.office.start()
    await quiet(talk.office)
    assert len(talk.posts) == 1
    assert not any("склада" in text for text in talk.customer.sees)


# accepting and closing


@pytest.mark.parametrize("forum", [False, True])
async def test_what_is_accepted_and_closed_elsewhere_shows_on_the_card(
    open_office: OpenOffice, forum: bool
) -> None:
    office = await open_office(forum=forum)
    await office.customer("Анна").writes("Есть чайник?")
    card = await office.card("Есть чайник?")
    desk = OtherDesk(office)
    await desk.accepts(office.ivan)
    await office.until(lambda: "В работе: Иван" in card.now().text)
    if forum:
        topic = await office.until(lambda: next(iter(office.group.topics()), None))
        await office.until(lambda: any("Есть чайник?" in text for text in topic.texts()))
    await desk.closes()
    await office.until(lambda: "Закрыто" in card.now().text)


# helpers


async def test_a_helpers_post_of_an_answer_gets_its_marks_and_its_notice_from_the_helper(
    open_office: OpenOffice,
) -> None:
    office = await open_office(helpers=1)
    (helper,) = office.helpers
    await office.until(lambda: office.telegram.calls_of("getChatMember", bot=helper.id))
    await quiet(office)
    desk = OtherDesk(office)
    for number in range(6):  # until one of them is the helper's
        anna, card = await accepted(office, f"Анна{number}", f"Вопрос {number}")
        if card.author_id == helper.id:
            break
    assert card.author_id == helper.id
    await desk.says("Есть")
    shown = await office.finds("Ольга: Есть", by=helper)
    await office.until(lambda: shown.now().reactions == {helper.id: ["👌"]})
    office.telegram.fail_next("sendMessage", error=(400, "Bad Request: PEER_FLOOD"), chat=anna.human.id)
    await desk.says("Ещё одно")
    notice = await office.finds("Не доставлено", by=helper)
    assert notice["reply_to_message"]["text"].endswith("Ольга: Ещё одно")


async def test_a_note_from_the_group_has_no_sign_at_another_desk(talk: Talk) -> None:
    note = await talk.answers("//  спросить у склада", reply_to=talk.card if not talk.topic else None)
    desk = OtherDesk(talk.office)
    kept = await desk.typed(note.id)
    assert kept.direction is Direction.NOTE and kept.content.text.plain == "спросить у склада"
    await desk.edits_note(kept, "спросить у шефа")
    (shown,) = await talk.posted(1)
    assert shown.text.endswith("📝 Ольга: спросить у шефа (изменено)")
    assert shown["reply_to_message"]["message_id"] == note.id
    await quiet(talk.office)
    assert len(talk.posts) == 1 and talk.customer.sees == []


async def test_a_photo_from_another_desk_stands_in_the_group(talk: Talk) -> None:
    desk, picture = OtherDesk(talk.office), io.BytesIO()
    drawing().save(picture, "JPEG")
    photo = await desk.uploads(picture.getvalue(), "Чайник.jpg")
    await desk.says("", replace(photo, caption=Text("Вот он")))
    (shown,) = await talk.posted(1)
    assert "photo" in shown and shown.text.endswith("Ольга: Вот он")
    (received,) = await talk.receives(1)
    assert "photo" in received and received.text == "Вот он"
    await talk.office.reaction(shown, "👌")


async def test_notes_and_changes_after_the_end_are_still_shown(talk: Talk) -> None:
    office, desk = talk.office, OtherDesk(talk.office)
    said = await desk.says("Сто рублей")
    (shown,) = await talk.posted(1)
    await talk.receives(1)
    await office.reaction(shown, "👌")
    await desk.closes()
    await office.until(lambda: "Закрыто" in talk.card.now().text and (talk.topic is None or talk.topic.closed))
    await desk.notes("Перезвонит в мае")
    await desk.edits(said, "Двести рублей")
    await office.until(lambda: "Двести рублей (изменено)" in shown.now().text)
    note = (await talk.posted(2))[1]
    assert note.text.endswith("📝 Ольга: Перезвонит в мае")
    await quiet(office)
    assert len(talk.posts) == 2 and (talk.topic is None or talk.topic.closed)


@pytest.mark.parametrize("forum", [False, True])
async def test_a_note_to_a_request_that_waits_stands_on_its_card(open_office: OpenOffice, forum: bool) -> None:
    office = await open_office(forum=forum)
    await office.customer("Анна").writes("Есть чайник?")
    card = await office.card("Есть чайник?")
    await quiet(office)
    desk = OtherDesk(office)
    await desk.notes("Это наш дилер", by=office.ivan)
    await office.until(lambda: "📝 Иван: Это наш дилер" in card.now().text)
    await accept(office, card.now())
    if forum:
        topic = await office.until(lambda: next(iter(office.group.topics()), None))
        await office.until(lambda: any("📝 Иван: Это наш дилер" in text for text in topic.texts()))
    await quiet(office)
    assert sum("Это наш дилер" in m.text for m in office.group.messages()) == (2 if forum else 1)


async def test_what_a_visitor_has_seen_is_marked_at_the_post(office: Office) -> None:
    visitor = await office.visitor()
    await visitor.say("Есть чайник?")
    await accept(office, await office.card("Есть чайник?"))
    await OtherDesk(office).says("Есть")
    await visitor.until_texts("Есть чайник?", "Есть")
    shown = await office.finds("Ольга: Есть")
    await office.reaction(shown, "👌")
    await visitor.send("seen", cursor=visitor.cursor)
    await office.reaction(shown, "👀")


@pytest.mark.parametrize("forum", [False, True])
async def test_what_was_over_before_the_group_knew_of_it_is_not_told(open_office: OpenOffice, forum: bool) -> None:
    """The group was connected later, or could not be reached: it shows what is to be done, not what was."""
    office = await open_office(forum=forum, posts_per_minute=600)
    await office.board("")
    office.telegram.fail_next("sendMessage", error=429, retry_after=30, chat=office.group)
    anna = office.customer("Анна")
    await anna.writes("Есть чайник?")
    await office.until(lambda: office.telegram.calls_of("sendMessage", chat=office.group.id, ok=False))
    desk = OtherDesk(office)
    await desk.accepts(office.ivan)
    await desk.says("Есть", by=office.ivan)
    await desk.closes()
    await anna.will_see("Есть")
    await anna.writes("А красный?")
    await office.card("А красный?")
    await quiet(office)
    assert not any("Есть" in m.text for m in office.group.messages())


@pytest.mark.parametrize("forum", [False, True])
async def test_a_busy_desk_elsewhere_meets_no_flood_limit(open_office: OpenOffice, forum: bool) -> None:
    office = await open_office(forum=forum)
    office.telegram.limits = Limits.real()
    office.clock.speed = 100
    office.patience = 60
    names = [f"Клиент{number}" for number in range(6)]
    talks = [await begin(office, name, f"Вопрос от {name}") for name in names]
    desks = [OtherDesk(office, number) for number in range(1, len(talks) + 1)]
    for number in range(10):
        for name, desk in zip(names, desks, strict=True):
            await desk.says(f"{name} слышит {number}.")
    await talks[0].customer.writes("Клиент0 ещё здесь")
    await office.finds("Клиент0 ещё здесь")
    for desk in desks[3:]:
        await desk.returns("пусть ответит другой")

    def told(name: str) -> list[str]:
        return [n for m in office.group.messages() for n in re.findall(rf"{name} слышит (\d+)\.", m.text)]

    wanted = [str(number) for number in range(10)]
    await office.until(lambda: all(told(name) == wanted for name in names), lambda: str([told(n) for n in names]))
    cards = await office.until(
        lambda: found if len(found := [m for m in office.posts if "Принять" in str(m.buttons)]) == 3 else None
    )
    assert all("Вернулось во входящие" in card.text for card in cards)
    for talk, name in zip(talks, names, strict=True):
        await talk.customer.will_see(*(f"{name} слышит {number}." for number in range(10)))
    assert not [str(call) for call in office.telegram.calls if call.code == 429]
    assert office.telegram.units(office.group.id) <= 20
