"""A conversation is handed on at another desk: to a colleague, back to the feed, to another group.

The groups follow, and whatever comes in between, nothing is lost and nothing is said twice.
"""

import re

import pytest

from bridge.inbox.accept import accept as accepts
from bridge.model import Conversation
from storage.store import Transaction
from tests.conftest import OpenOffice
from tests.emulators.telegram import Group, Seen, TopicView
from tests.office import Office
from tests.stories.other_desk import OtherDesk
from tests.stories.scenes import accept, hints, quiet
from tests.stories.talk import FIRST, Talk, begin

LAYOUTS = pytest.mark.parametrize("forum", [False, True])


def cards(office: Office, group: Group | None = None) -> list[Seen]:
    """What can be accepted."""
    shown = (group or office.group).messages(by=office.bot)
    return [m for m in shown if any("Принять" in row for row in m.buttons)]


async def card_in(office: Office, group: Group, words: str = "") -> Seen:
    """Wait for the one card there that can be accepted."""

    def found() -> Seen | None:
        (only,) = cards(office, group) or (None,)
        return only if only is not None and words in only.text else None

    return await office.until(found, lambda: "\n\n".join(m.text for m in group.messages()))


def count(where: TopicView | Group, words: str) -> int:
    """How often something is said there."""
    return sum(m.text.count(words) for m in where.messages())


def group_pauses(office: Office, group: Group, method: str = "sendMessage", skip: int = 0) -> None:
    office.telegram.fail_next(method, error=429, retry_after=30, chat=group, skip=skip)


async def refused(office: Office, group: Group) -> None:
    """Wait until Telegram has asked for that pause."""
    await office.until(lambda: office.telegram.calls_of(chat=group.id, ok=False))


# to a colleague


async def test_a_colleague_gets_it_with_a_word(talk: Talk) -> None:
    office = talk.office
    await OtherDesk(office).hands_to(office.ivan, "просит счёт")
    await office.until(lambda: "В работе: Иван" in talk.card.now().text)
    (told,) = await talk.posted(1)
    assert told.text.endswith("📝 Ольга: Передаю: Иван: просит счёт")
    await office.board("Иван — 1 обращение, 1 ждёт ответа")
    assert not [m for m in office.group.messages() if "Ольга — " in m.text]
    await office.ivan.says(office.group, "Счёт отправил", **talk.place)
    await talk.customer.will_see("Счёт отправил")
    await office.board("Иван — 1 обращение")
    await quiet(office)
    assert len(talk.posts) == 1 and cards(office) == []


async def test_a_colleague_gets_it_while_the_program_stops(talk: Talk) -> None:
    office = talk.office
    group_pauses(office, office.group, "editMessageText")
    await OtherDesk(office).hands_to(office.ivan)
    await refused(office, office.group)
    await office.stop()
    await office.start()
    await office.until(lambda: "В работе: Иван" in talk.card.now().text)
    await talk.posted(1)
    await quiet(office)
    assert len(talk.posts) == 1 and talk.customer.sees == []


# back to the feed


async def test_back_in_the_feed_it_is_announced_anew_and_another_accepts_it(talk: Talk) -> None:
    office, desk = talk.office, OtherDesk(talk.office)
    await talk.answers("Сейчас узнаю")
    await talk.customer.writes("Жду")
    await office.until(lambda: count(talk.topic or office.group, "Жду") == 1)
    await desk.returns("ухожу на обед")
    card = await card_in(office, office.group, "Жду")
    assert card.id > talk.card.id and "Вернулось во входящие: Ольга" in card.text
    await office.until(lambda: "Снова во входящих" in talk.card.now().text)
    assert talk.card.now().buttons == [] and card.thread is None
    await office.finds("Ольга: Возвращаю во входящие: ухожу на обед")
    await office.board("📥 Входящие: 1   💬 В работе с новыми: 0")
    await talk.customer.writes("Вы где?")
    await office.until(lambda: "Вы где?" in card.now().text)
    await office.ivan.says(
        office.group, "Я ещё не принял", **({**talk.place, "reply_to": card} if not talk.topic else talk.place)
    )
    await office.until(lambda: any("принять" in hint for hint in hints(office, office.ivan)))
    await accept(office, card.now(), office.ivan)
    await office.board("Иван — 1 обращение, 1 ждёт ответа")
    await office.ivan.says(office.group, "Я за неё", **(talk.place if talk.topic else {"reply_to": card}))
    await talk.customer.will_see("Сейчас узнаю", "Я за неё")
    await quiet(office)
    assert cards(office) == [] and len(office.group.topics()) == (1 if talk.topic else 0)
    if talk.topic:
        for words in (FIRST, "Жду", "ухожу на обед", "Вы где?", "Я за неё"):
            assert count(talk.topic, words) == 1, words


async def test_an_answer_to_the_old_card_goes_where_it_is_meant(open_office: OpenOffice) -> None:
    talk = await begin(await open_office(posts_per_minute=600))
    office, desk = talk.office, OtherDesk(talk.office)
    await desk.returns()
    card = await card_in(office, office.group)
    await accept(office, card, office.ivan)
    await office.ivan.says(office.group, "Здравствуйте!", reply_to=talk.card)
    await talk.customer.will_see("Здравствуйте!")


async def test_words_on_the_card_are_shown_once_and_edited_there(open_office: OpenOffice) -> None:
    talk = await begin(await open_office(posts_per_minute=600))
    office, desk = talk.office, OtherDesk(talk.office)
    await desk.returns()
    card = await card_in(office, office.group)
    sent = await talk.customer.writes("Пятнадцать штук")
    await office.until(lambda: "Пятнадцать штук" in card.now().text)
    await talk.customer.human.edits(sent, "Двадцать штук")
    await office.until(lambda: "Двадцать штук" in card.now().text)
    await quiet(office)
    assert count(office.group, "Двадцать штук") == 1 and count(office.group, "Пятнадцать") == 0


async def test_edits_and_photos_of_a_waiting_one_stand_in_its_topic(open_office: OpenOffice) -> None:
    talk = await begin(await open_office(forum=True, posts_per_minute=600))
    office, desk = talk.office, OtherDesk(talk.office)
    assert talk.topic is not None
    await desk.returns()
    card = await card_in(office, office.group)
    await talk.customer.writes(photo=True, caption="Вот такой")
    sent = await talk.customer.writes("Пятнадцать штук")
    await office.until(lambda: "Пятнадцать штук" in talk.topic.texts())
    await talk.customer.human.edits(sent, "Двадцать штук")
    await office.until(lambda: any("Двадцать штук" in text for text in talk.topic.texts()))
    await accept(office, card.now(), office.ivan)
    await quiet(office)
    assert count(talk.topic, "Двадцать штук") == count(talk.topic, "Вот такой") == 1
    assert "Вот такой" not in "".join(m.text for m in office.group.messages(topic="General") if m.id != card.id)


async def test_accepted_and_returned_in_one_breath_it_keeps_its_card(open_office: OpenOffice) -> None:
    office = await open_office(posts_per_minute=600)
    await office.customer("Анна").writes("Есть чайник?")
    card = await office.card("Есть чайник?")
    await quiet(office)
    desk = OtherDesk(office)

    def both(tx: Transaction) -> Conversation:
        accepts(tx, desk.conversation(tx), desk.operator())
        return desk.returned(tx)

    await desk.does(both)
    await office.finds("Возвращаю во входящие")
    await quiet(office)
    assert [each.id for each in cards(office)] == [card.id]


@LAYOUTS
@pytest.mark.parametrize("method", ["editMessageText", "sendMessage"])
async def test_a_stop_on_its_way_back_to_the_feed_loses_and_repeats_nothing(
    open_office: OpenOffice, forum: bool, method: str
) -> None:
    talk = await begin(await open_office(forum=forum, posts_per_minute=600))
    office, desk = talk.office, OtherDesk(talk.office)
    await quiet(office)
    group_pauses(office, office.group, method)
    await desk.returns("ухожу")
    await refused(office, office.group)
    await office.stop()
    await office.start()
    card = await card_in(office, office.group, FIRST)
    await office.until(lambda: "Снова во входящих" in talk.card.now().text)
    await office.finds("ухожу")
    await quiet(office)
    await accept(office, card, office.ivan)
    await quiet(office)
    said = [m for m in office.group.messages() if "ухожу" in m.text and m.id != card.id]
    assert len(said) == (1 if forum else 0)  # on the card, where there is no topic
    if talk.topic:
        assert count(talk.topic, FIRST) == 1


async def test_the_old_card_deleted_by_hand_is_no_hindrance(talk: Talk) -> None:
    office, desk = talk.office, OtherDesk(talk.office)
    office.telegram.world.delete(talk.card.post)
    await desk.returns()
    card = await card_in(office, office.group, FIRST)
    await accept(office, card, office.ivan)
    await quiet(office)
    assert cards(office) == []


async def test_in_the_list_of_those_who_wait_it_leads_to_its_card(open_office: OpenOffice) -> None:
    talk = await begin(await open_office(forum=True))
    office, desk = talk.office, OtherDesk(talk.office)
    await desk.returns()
    card = await card_in(office, office.group)
    await quiet(office)
    await office.olga.says(office.group, "/open")
    told = await office.until(lambda: next(iter(office.olga.hints(office.group)), None))
    links = [entity["url"] for entity in told["entities"] if entity["type"] == "text_link"]
    assert links == [f"https://t.me/c/{str(office.group.id).removeprefix('-100')}/{card.id}"]


async def test_a_helpers_card_goes_back_to_the_feed(open_office: OpenOffice) -> None:
    office = await open_office(helpers=1)
    (helper,) = office.helpers
    await office.until(lambda: office.telegram.calls_of("getChatMember", bot=helper.id))
    await quiet(office)
    for number in range(8):
        await office.customer(f"Анна{number}").writes(f"Вопрос {number}")
        card = await office.card(f"Вопрос {number}")
        await accept(office, card)
        if card.author_id == helper.id:
            break
    assert card.author_id == helper.id
    await OtherDesk(office).returns()
    await office.until(lambda: "Снова во входящих" in card.now().text)
    words = f"Вопрос {number}"
    again = await office.until(
        lambda: next((m for m in office.posts if words in m.text and "Принять" in str(m.buttons)), None)
    )
    await office.ivan.presses(again, "Принять")
    await office.until(lambda: "В работе: Иван" in again.now().text)


# to another group


@pytest.fixture(params=["replies", "topics"])
async def two(open_office: OpenOffice, request: pytest.FixtureRequest) -> Talk:
    """A conversation in work in one group, beside another one, both in either layout."""
    forum = request.param == "topics"
    return await begin(await open_office(forum=forum, other={"forum": forum}, posts_per_minute=600))


async def said_and_answered(talk: Talk) -> None:
    """More is said on both sides."""
    await talk.answers("Сейчас узнаю")
    await talk.customer.writes("Жду ответа")
    await talk.office.until(lambda: count(talk.topic or talk.office.group, "Жду ответа") == 1)
    await talk.customer.will_see("Сейчас узнаю")
    await quiet(talk.office)


EVERYTHING = (FIRST, "Сейчас узнаю", "Жду ответа", "Передаю в другую группу: это к вам")


async def test_another_group_gets_all_of_it_and_this_one_is_told(two: Talk) -> None:
    office, desk = two.office, OtherDesk(two.office)
    await said_and_answered(two)
    await desk.moves("support", "это к вам")
    card = await card_in(office, office.other)
    assert "Из другой группы: Ольга" in card.text and "Telegram" in card.text
    for words in EVERYTHING:
        await office.until(lambda words=words: count(office.other, words) == 1, lambda words=words: words)
    await office.until(lambda: "Передано в группу «Поддержка»" in two.card.now().text)
    assert two.card.now().buttons == []
    if two.topic:
        await office.until(lambda: two.topic is None or two.topic.closed)
        assert two.topic.texts()[-1] == "➡️ Передано в группу «Поддержка»"
    await quiet(office)
    before = len(office.group.messages())
    await two.customer.writes("А теперь?")
    await office.until(lambda: count(office.other, "А теперь?") == 1)
    await office.petr.presses(card.now(), "Принять")
    await office.until(lambda: "В работе: Пётр" in card.now().text)
    place = {"reply_to": card}
    if two.topic:
        topic = await office.until(lambda: next(iter(office.other.topics()), None))
        await office.until(lambda: count(topic, "А теперь?") == 1)
        for words in (*EVERYTHING, "А теперь?"):
            assert count(topic, words) == 1, words
        place = {"topic": topic.id}
    await office.petr.says(office.other, "Теперь я", **place)
    await two.customer.will_see("Сейчас узнаю", "Теперь я")
    await quiet(office)
    assert len(office.group.messages()) == before


async def test_nobody_answers_where_it_no_longer_is(two: Talk) -> None:
    office, desk = two.office, OtherDesk(two.office)
    office.group.promote(office.olga)
    said = await two.answers("Сейчас узнаю")
    await two.receives(1)
    await desk.moves("support")
    card = await card_in(office, office.other)
    await office.petr.presses(card, "Принять")
    await office.until(lambda: "В работе: Пётр" in card.now().text)
    await quiet(office)
    await two.answers("Вдогонку")
    await office.until(lambda: any("передано в другую группу" in hint for hint in hints(office)))
    for command in ("/close", "/unsend"):
        await office.olga.says(office.group, command, **{**two.place, "reply_to": said})
    await two.answers("// заметка вдогонку")
    await quiet(office)
    assert sum("передано в другую группу" in hint for hint in hints(office)) == 3
    assert two.customer.sees == ["Сейчас узнаю"] and count(office.other, "вдогонку") == 0
    assert "В работе: Пётр" in card.now().text
    await office.olga.edits(said, "Уже узнаю")  # her own words stay hers to mend
    await two.customer.will_see("Уже узнаю")


async def test_a_stop_on_its_way_to_another_group_loses_and_repeats_nothing(two: Talk) -> None:
    office, desk = two.office, OtherDesk(two.office)
    await said_and_answered(two)
    group_pauses(office, office.group, "editMessageText")
    group_pauses(office, office.other)
    await desk.moves("support", "это к вам")
    await refused(office, office.group)
    await refused(office, office.other)
    await office.stop()
    await office.start()
    await card_in(office, office.other)
    await office.until(lambda: "Передано в группу «Поддержка»" in two.card.now().text)
    if two.topic:
        await office.until(lambda: two.topic is None or two.topic.closed)
    await quiet(office)
    for words in EVERYTHING:
        assert count(office.other, words) == 1, words
    assert count(office.group, "Передано в группу") == (2 if two.topic else 1)


async def test_it_comes_back_to_what_was_left_standing(two: Talk) -> None:
    office, desk = two.office, OtherDesk(two.office)
    await said_and_answered(two)
    await desk.moves("support", "это к вам")
    there = await card_in(office, office.other)
    await office.until(lambda: "Передано в группу" in two.card.now().text)
    await quiet(office)
    await two.customer.writes("Ау?")
    await office.until(lambda: count(office.other, "Ау?") == 1)
    await office.petr.presses(there, "Принять")
    await office.until(lambda: "В работе: Пётр" in there.now().text)
    await quiet(office)
    await desk.moves("sales", "нет, к вам", by=office.petr)
    card = await card_in(office, office.group)
    await office.until(lambda: "Передано в группу «Продажи»" in there.now().text)
    await accept(office, card, office.ivan)
    await quiet(office)
    where = two.topic or office.group
    for words in ("Сейчас узнаю", "нет, к вам", *(("Ау?", FIRST) if two.topic else ())):
        assert count(where, words) == 1, words
    if two.topic:
        assert not two.topic.closed and len(office.group.topics()) == 1
    await office.ivan.says(office.group, "Мы опять тут", **(two.place if two.topic else {"reply_to": card}))
    await two.customer.will_see("Сейчас узнаю", "Мы опять тут")


async def test_there_and_back_before_anybody_looked_changes_nothing_there(two: Talk) -> None:
    office, desk = two.office, OtherDesk(two.office)
    await said_and_answered(two)

    def both(tx: Transaction) -> Conversation:
        desk.moved(tx, "support", "это к вам")
        return desk.moved(tx, "sales", "ошибка")

    await desk.does(both)
    card = await card_in(office, office.group)
    await quiet(office)
    assert count(office.other, FIRST) == 0 and cards(office, office.other) == []
    await accept(office, card)
    await quiet(office)
    where = two.topic or office.group
    for words in ("Сейчас узнаю", "ошибка"):
        assert count(where, words) == 1, words


async def test_a_request_that_nobody_had_accepted_moves(open_office: OpenOffice) -> None:
    office = await open_office(other={"forum": True}, posts_per_minute=600)
    anna = office.customer("Анна")
    await anna.writes("Не работает")
    old = await office.card("Не работает")
    await quiet(office)
    desk = OtherDesk(office)
    await desk.moves("support")
    card = await card_in(office, office.other, "Не работает")
    await office.until(lambda: "Передано в группу" in old.now().text)
    await office.petr.presses(card, "Принять")
    topic = await office.until(lambda: next(iter(office.other.topics()), None))
    await office.until(lambda: count(topic, "Не работает") == 1)
    await desk.closes()
    await office.until(lambda: topic.closed)
    await anna.writes("Ещё вопрос")
    await office.card("Ещё вопрос")  # the channel's own group has the next one
    await quiet(office)
    assert count(office.other, "Ещё вопрос") == 0


async def test_the_customers_next_request_has_its_topic_again(open_office: OpenOffice) -> None:
    talk = await begin(await open_office(forum=True, other={"forum": True}, posts_per_minute=600))
    office, desk = talk.office, OtherDesk(talk.office)
    assert talk.topic is not None
    await desk.moves("support")
    await office.until(lambda: talk.topic is None or talk.topic.closed)
    await card_in(office, office.other)
    await quiet(office)
    await desk.closes()
    await quiet(office)
    await talk.customer.writes("Новый вопрос")
    again = await office.card("Новый вопрос")
    await accept(office, again)
    await office.until(lambda: talk.topic is not None and count(talk.topic, "Новый вопрос") == 1)
    assert not talk.topic.closed and len(office.group.topics()) == 1


async def test_a_failure_is_told_in_the_group_that_has_it_now(two: Talk) -> None:
    office, desk = two.office, OtherDesk(two.office)
    gate = office.telegram.hold_next("sendMessage", chat=two.customer.human.id)
    await two.answers("Не дойдёт")
    await gate.reached()
    await two.customer.human.blocks(office.bot)
    await desk.moves("support")
    await office.until(lambda: count(office.other, "Не дойдёт") == 1)
    gate.release()
    notice = await office.until(
        lambda: next((m for m in office.other.messages() if m.text.startswith("Не доставлено")), None)
    )
    assert re.search("Не дойдёт", notice["reply_to_message"]["text"])
    await quiet(office)
    assert count(office.group, "Не доставлено") == 0


async def test_what_had_failed_before_is_told_there_too(two: Talk) -> None:
    office, desk = two.office, OtherDesk(two.office)
    office.telegram.fail_next("sendMessage", error=(400, "Bad Request: PEER_FLOOD"), chat=two.customer.human.id)
    lost = await two.answers("Не дойдёт")
    await office.reaction(lost, "💔")
    await desk.moves("support")
    notice = await office.until(
        lambda: next((m for m in office.other.messages() if m.text.startswith("Не доставлено")), None)
    )
    await office.petr.presses(notice, "Повторить")
    await two.customer.will_see("Не дойдёт")
    await office.until(lambda: count(office.other, "Не доставлено") == 0)


async def test_what_is_on_its_way_into_one_group_is_shown_in_the_other(two: Talk) -> None:
    office, desk = two.office, OtherDesk(two.office)
    gate = office.telegram.hold_next("sendMessage", chat=office.group.id, before=False)
    await two.customer.writes("Вдогонку")
    await gate.reached()
    await desk.moves("support")
    await card_in(office, office.other)
    gate.release()
    await office.until(lambda: count(office.other, "Вдогонку") == 1)
    await office.until(lambda: "Передано в группу" in two.card.now().text)
    await quiet(office)
    assert count(office.other, "Вдогонку") == 1


async def test_a_card_on_its_way_into_one_group_says_that_it_has_moved(
    open_office: OpenOffice,
) -> None:
    office = await open_office(other={}, posts_per_minute=600)
    await office.board("")
    gate = office.telegram.hold_next("sendMessage", chat=office.group.id, before=False)
    await office.customer("Анна").writes("Не работает")
    await gate.reached()
    await OtherDesk(office).moves("support")
    await card_in(office, office.other, "Не работает")
    gate.release()
    await office.until(lambda: count(office.group, "Передано в группу") == 1)
    await quiet(office)
    assert cards(office) == []
