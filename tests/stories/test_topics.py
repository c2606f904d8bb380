"""A forum group: the feed in General, a topic for each customer who was accepted."""

import pytest

from tests.conftest import OpenOffice
from tests.emulators.telegram import Limits
from tests.office import Office
from tests.stories.scenes import accept, accepted, hints, in_topic, quiet


async def test_a_request_gets_a_topic_and_everything_typed_there_reaches_the_customer(forum: Office) -> None:
    anna = forum.customer("Анна Петрова")
    await anna.writes("Есть ли в наличии?")
    card = await forum.card("Есть ли в наличии?")
    assert card.thread is None
    await forum.olga.presses(card, "Принять")
    topic = await forum.until(lambda: next(iter(forum.group.topics()), None))
    assert "Анна Петрова" in topic.name and "Telegram" in topic.name
    await forum.until(lambda: any("Есть ли в наличии?" in text for text in topic.texts()))
    await forum.until(lambda: "В работе: Ольга" in forum.group.message(card.id).text)
    said = await forum.olga.says(forum.group, "Да, две штуки", topic=topic.id)
    await anna.will_see("Да, две штуки")
    await forum.reaction(said, "👌")
    await forum.olga.says(forum.group, "// спросить у склада", topic=topic.id)
    await anna.writes("Беру")
    await forum.until(lambda: topic.texts()[-1] == "Беру")
    assert anna.sees == ["Да, две штуки"]
    await forum.olga.presses(forum.group.message(card.id), "Закрыть")
    await forum.until(lambda: forum.group.topic(topic.id).closed)
    await anna.writes("А доставка?")
    again = await forum.card("А доставка?")
    await forum.ivan.presses(again, "Принять")
    await forum.until(lambda: not forum.group.topic(topic.id).closed)
    await forum.until(lambda: any("А доставка?" in text for text in topic.texts()))
    assert len(forum.group.topics()) == 1


async def test_accepting_costs_a_toast_and_three_calls_at_most(forum: Office) -> None:
    anna = forum.customer("Анна")
    for text in ("Добрый день", "Сколько стоит?", "И доставка?"):
        await anna.writes(text)
    card = await forum.card("И доставка?")
    await quiet(forum)
    before = len(forum.telegram.calls)
    await accept(forum, card)
    await quiet(forum)
    made = [c for c in forum.telegram.calls[before:] if "Входящие" not in str(c.params.get("text"))]
    ours = [c.method for c in made if c.units and c.method != "pinChatMessage"]  # the board's pin may come late
    assert ours == ["createForumTopic", "sendMessage", "editMessageText"]
    assert len([c for c in made if c.method == "answerCallbackQuery"]) == 1
    topic = forum.group.topics()[0]
    assert "Добрый день" in topic.texts()[0] and "И доставка?" in topic.texts()[0]


async def test_the_first_accept_wins_and_only_one_topic_is_made(forum: Office) -> None:
    anna = forum.customer("Анна")
    await anna.writes("Кто поможет?")
    card = await forum.card("Кто поможет?")
    first, second = forum.olga.begins_to_press(card, "Принять"), forum.ivan.begins_to_press(card, "Принять")
    assert not (await first.wait()).show_alert
    late = await second.wait()
    assert late.show_alert and "Ольга" in late.text
    await forum.until(lambda: "В работе: Ольга" in card.now().text)
    await quiet(forum)
    assert len(forum.group.topics()) == 1


async def test_only_what_is_meant_for_the_customer_leaves_the_topic(forum: Office) -> None:
    anna, _card, topic = await in_topic(forum)
    for text in (
        "// заметка",
        "//и так",
        "/help",
        "/mine@desk_bot",
        "/status@other_bot",
        "/unknown слово",
    ):
        await forum.olga.says(forum.group, text, topic=topic.id)
    await forum.olga.says(forum.group, photo=True, caption="// снимок склада", topic=topic.id)
    await forum.olga.says(forum.group, "Это общий разговор")
    await forum.olga.says(forum.group, "Первый ответ", topic=topic.id)
    await forum.olga.says(forum.group, "/привет это не команда", topic=topic.id)
    await anna.will_see("Первый ответ", "/привет это не команда")


async def test_an_unknown_command_in_a_topic_is_not_lost_in_silence(forum: Office) -> None:
    anna, _card, topic = await in_topic(forum)
    await forum.olga.says(forum.group, "/etc лежит конфиг", topic=topic.id)
    await forum.until(lambda: any("Такой команды нет" in hint for hint in hints(forum)))
    assert anna.sees == []


async def test_only_an_explicit_reply_in_a_topic_quotes(forum: Office) -> None:
    anna, _card, topic = await in_topic(forum)
    first = await anna.writes("Какой цвет?")
    mirrored = await forum.until(lambda: next((m for m in topic.messages() if m.text == "Какой цвет?"), None))
    await anna.writes("И размер?")
    await forum.olga.says(forum.group, "Добрый день", topic=topic.id)
    await anna.will_see("Добрый день")
    assert "reply_to_message" not in anna.human.sees(forum.bot)[-1]
    await forum.olga.says(forum.group, "Синий", topic=topic.id, reply_to=mirrored)
    await anna.will_see("Добрый день", "Синий")
    assert anna.human.sees(forum.bot)[-1]["reply_to_message"]["message_id"] == first.id


async def test_replies_in_general_are_talk_or_get_a_hint(forum: Office) -> None:
    anna, card, _topic = await in_topic(forum)
    talk = await forum.ivan.says(forum.group, "Кто взял Анну?")
    chain = await forum.olga.says(forum.group, "Я взяла", reply_to=talk)
    await forum.ivan.says(forum.group, "Хорошо", reply_to=chain)
    await forum.olga.says(forum.group, "Ответ не туда", reply_to=card)
    hint = await forum.until(lambda: next(iter(hints(forum)), None))
    assert "Отвечайте в теме клиента" in hint
    boris = forum.customer("Борис")
    await boris.writes("А мне?")
    other = await forum.card("А мне?")
    await forum.olga.says(forum.group, "Сейчас", reply_to=other)
    await forum.until(lambda: any("нужно принять" in hint for hint in hints(forum)))
    await quiet(forum)
    assert anna.sees == [] and boris.sees == []


@pytest.mark.parametrize("error", [None, (400, "Bad Request: TOPIC_DELETED")])
async def test_a_topic_deleted_by_hand_is_made_anew_with_the_conversation_so_far(
    forum: Office, error: tuple[int, str] | None
) -> None:
    anna, card, topic = await in_topic(forum, "Анна", "Начало разговора")
    await forum.olga.says(forum.group, "Ответ сотрудника", topic=topic.id)
    await forum.olga.says(forum.group, "// тайная заметка", topic=topic.id)
    await anna.will_see("Ответ сотрудника")
    await quiet(forum)
    if error:
        forum.telegram.fail_next("sendMessage", error=error, chat=forum.group)
    else:
        await forum.olga.deletes_topic(forum.group, topic.id)
    await anna.writes("Вы ещё здесь?")
    new = await forum.until(lambda: next((t for t in forum.group.topics() if t.id != topic.id), None))
    await forum.until(lambda: "Вы ещё здесь?" in "\n".join(new.texts()))
    told = "\n".join(new.texts())
    assert "Начало разговора" in told
    assert "Ольга: Ответ сотрудника" in told
    assert "📝 Ольга: тайная заметка" in told  # nobody may take it for the customer's words
    await forum.olga.says(forum.group, "Здесь", topic=new.id)
    await anna.will_see("Ответ сотрудника", "Здесь")
    await forum.until(lambda: str(new.id) in str(card.now()["reply_markup"]))


async def test_a_failure_in_a_topic_that_is_gone_is_still_told_once(forum: Office) -> None:
    anna, _card, topic = await in_topic(forum)
    await anna.human.blocks(forum.bot)
    gate = forum.telegram.hold_next("sendMessage", chat=anna.human.id)
    await forum.olga.says(forum.group, "Не дойдёт", topic=topic.id)
    await gate.reached()
    await forum.olga.deletes_topic(forum.group, topic.id)
    gate.release()
    notice = await forum.finds("Не доставлено")
    await quiet(forum)
    living = forum.group.topics()
    assert len(living) == 1 and notice.thread == living[0].id


async def test_a_topic_closed_by_hand_is_opened_when_the_customer_writes(forum: Office) -> None:
    forum.group.promote(forum.olga)
    anna, _card, topic = await in_topic(forum)
    await forum.olga.closes_topic(forum.group, topic.id)
    await quiet(forum)
    assert topic.closed  # nobody quarrels with the operator
    await anna.writes("Ещё вопрос")
    await forum.until(lambda: "Ещё вопрос" in topic.texts()[-1])
    assert not topic.closed


async def test_opening_a_conversation_again_opens_its_topic(forum: Office) -> None:
    anna, card, topic = await in_topic(forum)
    await forum.olga.presses(card.now(), "Закрыть")
    await forum.until(lambda: topic.closed)
    await forum.ivan.presses(card.now(), "Открыть снова")
    await forum.until(lambda: not topic.closed)
    await forum.ivan.says(forum.group, "Продолжим", topic=topic.id)
    await anna.will_see("Продолжим")


async def test_words_in_a_closed_customers_topic_get_a_hint(forum: Office) -> None:
    forum.group.promote(forum.olga)
    anna, card, topic = await in_topic(forum)
    await forum.olga.presses(card.now(), "Закрыть")
    await forum.until(lambda: topic.closed)
    await forum.olga.says(forum.group, "Вдогонку", topic=topic.id)
    hint = await forum.until(lambda: next(iter(hints(forum)), None))
    assert "закрыто" in hint and "Открыть снова" in hint
    await anna.writes("Новый вопрос")
    await forum.card("Новый вопрос")
    await forum.olga.says(forum.group, "Вдогонку", topic=topic.id)
    await forum.until(lambda: any("нужно принять" in hint for hint in hints(forum)))
    await quiet(forum)
    assert anna.sees == []


async def test_a_topic_renamed_by_hand_keeps_its_name_and_works(forum: Office) -> None:
    forum.group.promote(forum.olga)
    anna, _card, topic = await in_topic(forum)
    await forum.olga.renames_topic(forum.group, topic.id, "Важный клиент")
    await anna.writes("Ещё")
    await forum.until(lambda: "Ещё" in topic.texts()[-1])
    await forum.olga.says(forum.group, "Да", topic=topic.id)
    await anna.will_see("Да")
    assert topic.name == "Важный клиент"


async def test_a_guest_who_gets_a_name_later_renames_the_topic_and_the_card(forum: Office) -> None:
    guest, card, topic = await in_topic(forum, "\u200b", "Я пока никто", title="Гость №1")
    assert topic.name.startswith("⚪ Гость №1")
    guest.human.user.first_name = "Мария"
    await guest.writes("Я теперь Мария")
    await forum.until(lambda: "Мария" in topic.name and "⚪" not in topic.name)
    await forum.until(lambda: "Мария" in card.now().text)
    assert len(forum.telegram.calls_of("editForumTopic")) == 1


def spent(forum: Office, before: int) -> list[str]:
    """Calls of the group's budget since then, but for the board's."""
    calls = forum.telegram.calls[before:]
    return [c.method for c in calls if c.units and "Входящие" not in str(c.params) and c.method != "pinChatMessage"]


async def test_a_second_conversation_goes_on_in_the_same_topic(forum: Office) -> None:
    anna, card, topic = await in_topic(forum, "Анна", "Первый вопрос")
    await forum.olga.presses(card.now(), "Закрыть")
    await forum.until(lambda: topic.closed)
    await anna.writes("Второй вопрос")
    again = await forum.card("Второй вопрос")
    await quiet(forum)
    before = len(forum.telegram.calls)
    await accept(forum, again, forum.ivan)
    await forum.until(lambda: "Второй вопрос" in topic.texts()[-1])
    await quiet(forum)
    assert len(spent(forum, before)) == 3 and not topic.closed
    assert sum("Первый вопрос" in text for text in topic.texts()) == 1
    assert len(forum.group.topics()) == 1


async def test_closing_in_the_topic_by_button_and_by_command(forum: Office) -> None:
    anna, card, topic = await in_topic(forum)
    await forum.olga.presses(topic.messages()[0], "Закрыть")
    await forum.until(lambda: topic.closed and "Закрыто: Ольга" in card.now().text)
    await anna.writes("Второй вопрос")
    again = await forum.card("Второй вопрос")
    await accept(forum, again)
    await forum.until(lambda: not topic.closed)
    await forum.olga.says(forum.group, "/close", topic=topic.id)
    await forum.until(lambda: topic.closed and "Закрыто: Ольга" in again.now().text)
    assert anna.sees == []


async def test_the_feed_stands_in_a_named_topic(open_office: OpenOffice) -> None:
    office = await open_office(forum=True)
    await office.stop()
    feed = await office.olga.creates_topic(office.group, "Входящие")
    office.feed_topic = feed.id
    await office.start()
    anna, card, topic = await in_topic(office)
    assert card.thread == feed.id and topic.id != feed.id
    await office.until(lambda: any("📥" in m.text and m.thread == feed.id for m in office.group.messages()))
    await office.olga.says(office.group, "Разговор во входящих", topic=feed.id)
    await office.olga.says(office.group, "Не туда", topic=feed.id, reply_to=card)
    await office.until(lambda: any("в теме клиента" in hint for hint in hints(office)))
    assert anna.sees == []
    await office.olga.deletes_topic(office.group, feed.id)
    boris = office.customer("Борис")
    await boris.writes("А теперь?")
    moved = await office.card("А теперь?")  # in General: better there than nowhere
    assert moved.thread is None
    assert topic.exists and len(office.group.topics()) == 1


async def test_customers_with_equal_ids_on_two_channels_are_two_people(open_office: OpenOffice) -> None:
    more = '[[channel]]\nkind = "telegram"\nname = "second"\ntitle = "Второй бот"\ngroup = "sales"\n'
    office = await open_office(forum=True, more=more + 'token = "9002:OTHER"\napi_url = "{telegram}"\n')
    second = office.telegram.add_bot("9002:OTHER", username="second_bot", name="Second")
    anna = office.customer("Анна")
    await anna.writes("В первый бот")
    await anna.human.says(second, "Во второй бот")
    one, two = await office.card("В первый бот"), await office.card("Во второй бот")
    assert one.id != two.id and "Второй бот" in two.text
    await accept(office, two)
    topic = await office.until(lambda: next(iter(office.group.topics()), None))
    await office.olga.says(office.group, "Только второму", topic=topic.id)
    await office.until(lambda: anna.human.hears(second) == ["Только второму"])
    assert anna.sees == []
    await accept(office, one, office.ivan)
    await office.until(lambda: len(office.group.topics()) == 2)
    other = next(t for t in office.group.topics() if t.id != topic.id)
    await office.ivan.says(office.group, "Только первому", topic=other.id)
    await anna.will_see("Только первому")
    assert anna.human.hears(second) == ["Только второму"]


async def test_without_the_right_to_make_topics_it_works_with_replies(open_office: OpenOffice) -> None:
    office = await open_office(forum=True)
    office.group.promote(office.bot, can_manage_topics=False)
    await quiet(office)
    anna, card = await accepted(office)
    await office.olga.says(office.group, "Отвечаю на карточку", reply_to=card)
    await anna.will_see("Отвечаю на карточку")
    office.group.promote(office.bot)
    await quiet(office)
    await anna.writes("Ещё вопрос")
    topic = await office.until(lambda: next(iter(office.group.topics()), None))
    await office.until(lambda: "Ещё вопрос" in "\n".join(topic.texts()))


async def test_topics_switched_on_and_off_are_noticed(office: Office) -> None:
    anna, _card = await accepted(office)
    office.group.turn_topics()
    await office.ivan.says(office.group, "Включил темы")
    await anna.writes("Ещё вопрос")
    topic = await office.until(lambda: next(iter(office.group.topics()), None))
    await office.until(lambda: "Ещё вопрос" in "\n".join(topic.texts()))
    await office.olga.says(office.group, "Уже в теме", topic=topic.id)
    await anna.will_see("Уже в теме")
    office.group.turn_topics(False)
    await office.ivan.says(office.group, "Выключил темы")
    await anna.writes("А теперь?")
    back = await office.finds("А теперь?")
    await office.olga.says(office.group, "Снова ответом", reply_to=back)
    await anna.will_see("Уже в теме", "Снова ответом")


async def test_steady_work_meets_no_flood_limit(forum: Office) -> None:
    forum.telegram.limits = Limits.real()
    customers = [forum.customer(f"Клиент{n}") for n in range(5)]
    for customer in customers:
        await customer.writes("Здравствуйте")
    for customer in customers:
        await accept(forum, await forum.card(customer.human.name))
    forum.clock.passes(120)
    for customer in customers:
        name = customer.human.name
        topic = await forum.until(lambda name=name: next((t for t in forum.group.topics() if name in t.name), None))
        await forum.until(lambda topic=topic: any("Здравствуйте" in text for text in topic.texts()))
        await forum.olga.says(forum.group, "Ответ", topic=topic.id)
        await customer.will_see("Ответ")
    await quiet(forum)
    assert [call for call in forum.telegram.calls if call.code == 429] == []
    assert forum.telegram.units(forum.group.id) <= 20


@pytest.mark.parametrize("method", ["createForumTopic", "sendMessage", "editMessageText"])
async def test_a_lost_answer_while_accepting_costs_at_most_a_repeat(forum: Office, method: str) -> None:
    anna = forum.customer("Анна")
    await anna.writes("Есть ли в наличии?")
    card = await forum.card("Есть ли в наличии?")
    await quiet(forum)
    forum.telegram.fail_next(method, error="drop_after", chat=forum.group)
    await accept(forum, card)
    await quiet(forum)
    made = [c for c in forum.telegram.calls_of(method, chat=forum.group.id) if "Входящие" not in str(c.params)]
    assert len(made) <= 3
    linked = next(b["url"] for row in card.now()["reply_markup"]["inline_keyboard"] for b in row if "url" in b)
    topic = forum.group.topic(int(linked.rsplit("/", 1)[1]))
    assert any("Есть ли в наличии?" in text for text in topic.texts())
    await forum.olga.says(forum.group, "Да", topic=topic.id)
    await anna.will_see("Да")


@pytest.mark.parametrize("method", ["createForumTopic", "sendMessage", "editMessageText"])
async def test_a_stop_between_a_call_and_its_record_loses_nothing(forum: Office, method: str) -> None:
    anna = forum.customer("Анна")
    await anna.writes("Есть ли в наличии?")
    card = await forum.card("Есть ли в наличии?")
    await quiet(forum)
    gate = forum.telegram.hold_next(method, chat=forum.group, before=False)
    await forum.olga.presses(card, "Принять")
    await gate.reached()
    await forum.stop()
    gate.release()
    await forum.start()
    await forum.until(lambda: "В работе: Ольга" in card.now().text)
    await quiet(forum)
    linked = next(b["url"] for row in card.now()["reply_markup"]["inline_keyboard"] for b in row if "url" in b)
    topic = forum.group.topic(int(linked.rsplit("/", 1)[1]))
    await forum.olga.says(forum.group, "Да", topic=topic.id)
    await anna.will_see("Да")
    assert any("Есть ли в наличии?" in text for text in topic.texts())


async def test_accepting_a_photo_costs_no_more_than_accepting_a_text(forum: Office) -> None:
    """The topic's head stands in the photo's caption, and stays there when the customer edits it."""
    anna = forum.customer("Анна Петрова")
    photo = await anna.writes(photo=True, caption="Вот такой")
    card = await forum.card("Вот такой")
    await forum.until(lambda: len([m for m in forum.group.messages(by=forum.bot) if m.get("photo")]) == 1)
    await quiet(forum)
    before = len(forum.telegram.calls)
    await forum.olga.presses(card, "Принять")
    await forum.until(lambda: "В работе: Ольга" in forum.group.message(card.id).text)
    (topic,) = forum.group.topics()
    (shown,) = topic.messages()
    await quiet(forum)
    assert sorted(spent(forum, before)) == ["createForumTopic", "editMessageText", "sendPhoto"]
    assert "Анна Петрова" in shown["caption"] and shown["caption"].endswith("Вот такой")
    assert shown.buttons
    await anna.human.edits(photo, caption="Вот такой, но синий")
    await forum.until(lambda: "но синий" in forum.group.message(shown.id)["caption"])
    edited = forum.group.message(shown.id)
    assert "Анна Петрова" in edited["caption"] and edited.buttons == shown.buttons
