"""A plain group: cards, replies to them, and everything that must not reach a customer."""

from tests.emulators.telegram import Limits, Seen
from tests.office import Office
from tests.stories.scenes import accept, accepted, hints, quiet, shown_to_all


async def test_a_request_is_accepted_answered_and_closed(office: Office) -> None:
    anna = office.customer("Анна Петрова")
    await anna.writes("Есть ли в наличии?")
    card = await office.card("Анна Петрова")
    assert "Есть ли в наличии?" in card.text
    await office.board("📥 Входящие: 1")
    first, second = office.olga.begins_to_press(card, "Принять"), office.ivan.begins_to_press(card, "Принять")
    answer, late = await first.wait(), await second.wait()
    assert answer.text == "Принято. Отвечайте." and not answer.show_alert
    assert late.text == "Обращение уже в работе: Ольга." and late.show_alert
    await office.until(lambda: "В работе: Ольга" in office.group.message(card.id).text)
    said = await office.olga.says(office.group, "Да, две штуки", reply_to=card)
    await anna.will_see("Да, две штуки")
    await office.reaction(said, "👌")
    await office.board("💬 В работе с новыми: 0")
    await anna.writes("Беру")
    mirrored = await office.finds("Беру")
    assert mirrored["reply_to_message"]["message_id"] == card.id
    await office.board("💬 В работе с новыми: 1")
    await office.olga.says(office.group, "Оформил", reply_to=mirrored)
    await anna.will_see("Да, две штуки", "Оформил")
    await office.olga.presses(office.group.message(card.id), "Закрыть")
    await office.until(lambda: "Закрыто: Ольга" in office.group.message(card.id).text)
    await anna.writes("А доставка?")
    again = await office.card("А доставка?")
    assert again.id != card.id and "Прошлое обращение: Ольга" in again.text


async def test_many_press_accept_at_once_and_one_of_them_has_it(office: Office) -> None:
    crowd = [office.telegram.person(f"Сотрудник {n}") for n in range(8)]
    for person in crowd:
        office.group.add(person)
    anna = office.customer("Анна")
    await anna.writes("Кто поможет?")
    card = await office.card("Кто поможет?")
    presses = [person.begins_to_press(card, "Принять") for person in crowd]
    answers = [await press.wait() for press in presses]
    winners = [person.name for person, answer in zip(crowd, answers, strict=True) if not answer.show_alert]
    assert len(winners) == 1
    assert all(winners[0] in answer.text for answer in answers if answer.show_alert)
    await office.until(lambda: f"В работе: {winners[0]}" in card.now().text)
    again = next(person for person in crowd if person.name == winners[0])
    answer = await again.presses(card.now(), "Закрыть")
    assert answer.text == "Обращение закрыто."


async def test_the_one_who_has_it_is_told_so(office: Office) -> None:
    _, card = await accepted(office)
    answer = await office.olga.forges_press(card, "a:1").wait()
    assert answer.text == "Это обращение уже у вас." and answer.show_alert


async def test_an_answer_before_acceptance_goes_nowhere_and_is_explained_once(office: Office) -> None:
    anna, boris = office.customer("Анна"), office.customer("Борис")
    await anna.writes("Вопрос Анны")
    await boris.writes("Вопрос Бориса")
    card, other = await office.card("Вопрос Анны"), await office.card("Вопрос Бориса")
    for _ in range(3):
        await office.olga.says(office.group, "Сейчас", reply_to=card)
    await office.until(lambda: hints(office))
    await quiet(office)
    assert len(hints(office)) == 1 and "нужно принять его в работу" in hints(office)[0]
    await office.ivan.says(office.group, "И я", reply_to=card)  # another operator has not been told yet
    await office.until(lambda: hints(office, office.ivan))
    await office.olga.says(office.group, "Сейчас", reply_to=other)  # another conversation
    await office.until(lambda: len(hints(office)) == 2)
    await accept(office, other)  # something done right
    await office.olga.says(office.group, "И вам", reply_to=card)
    await office.until(lambda: len(hints(office)) == 3)
    await quiet(office)
    assert anna.sees == [] and boris.sees == []


async def test_words_between_acceptance_and_answer_arrive_in_order(office: Office) -> None:
    anna, card = await accepted(office)
    for text in ("раз", "два", "три", "четыре"):
        await anna.writes(text)
    await office.finds("четыре")
    below = "\n".join(m.text for m in office.group.messages(by=office.bot) if m.id > card.id)
    assert below.index("раз") < below.index("два") < below.index("три") < below.index("четыре")


async def test_quick_words_of_one_customer_cost_few_posts_and_none_is_lost(office: Office) -> None:
    anna, _ = await accepted(office)
    await quiet(office)
    before = len(office.telegram.calls)
    for number in range(10):
        await anna.writes(f"строка {number}.")
    await office.finds("строка 9.")
    posts = [c for c in office.telegram.calls[before:] if c.method in ("sendMessage", "editMessageText")]
    told = [c for c in posts if "строка" in str(c.params.get("text"))]
    assert 1 <= len(told) <= 4
    said = "\n".join(str(call.params["text"]) for call in told)
    places = [said.index(f"строка {number}.") for number in range(10)]
    assert places == sorted(places)
    assert all(said.count(f"строка {number}.") == 1 for number in range(10))


async def test_quick_words_before_acceptance_stand_on_the_card(office: Office) -> None:
    anna = office.customer("Анна")
    for number in range(10):
        await anna.writes(f"строка {number}.")
    card = await office.card("строка 9.")
    assert [n for n in range(10) if f"строка {n}." in card.text] == list(range(10))
    assert "10 сообщений" in card.text
    units = [c for c in office.telegram.calls if c.units and "строка" in str(c.params.get("text"))]
    assert len(units) <= 4


async def test_accepting_costs_a_toast_and_one_call(office: Office) -> None:
    anna = office.customer("Анна")
    await anna.writes("Сколько стоит?")
    card = await office.card("Сколько стоит?")
    await quiet(office)
    before = len(office.telegram.calls)
    await accept(office, card)
    await quiet(office)
    made = [c for c in office.telegram.calls[before:] if "Входящие" not in str(c.params.get("text"))]
    assert [c.method for c in made if c.units] == ["editMessageText"]
    assert len([c for c in made if c.method == "answerCallbackQuery"]) == 1


async def test_answers_to_any_post_of_the_conversation_reach_its_customer(office: Office) -> None:
    anna, card = await accepted(office, "Анна", "Первый вопрос")
    boris, other = await accepted(office, "Борис", "Другой вопрос")
    await anna.writes("вот ещё")
    mirrored = await office.finds("вот ещё")
    await anna.writes(photo=True, caption="и снимок")
    photo = await office.finds("и снимок")
    answer = await office.olga.says(office.group, "к карточке", reply_to=card)
    await anna.will_see("к карточке")
    await office.olga.says(office.group, "к сообщению", reply_to=mirrored)
    await office.olga.says(office.group, "к снимку", reply_to=photo)
    await office.olga.says(office.group, "к ответу", reply_to=answer)
    await office.ivan.says(office.group, "к ответу коллеги", reply_to=answer)
    await anna.will_see("к карточке", "к сообщению", "к снимку", "к ответу", "к ответу коллеги")
    await office.olga.says(office.group, "Борису", reply_to=other)
    await boris.will_see("Борису")
    assert len(anna.sees) == 5


async def test_an_answer_to_a_merged_post_reaches_its_customer(office: Office) -> None:
    anna, _ = await accepted(office)
    gate = office.telegram.hold_next("sendMessage", chat=office.group)
    await anna.writes("первая")
    await gate.reached()
    for text in ("вторая", "третья"):
        await anna.writes(text)
    await quiet(office)
    gate.release()
    merged = await office.finds("третья")
    assert "вторая" in merged.text
    await office.olga.says(office.group, "Понял", reply_to=merged)
    await anna.will_see("Понял")


async def test_what_is_not_an_answer_to_a_customer_stays_in_the_group(office: Office) -> None:
    anna, card = await accepted(office)
    board = await office.board("Входящие")
    note = await office.olga.says(office.group, "// спросить у склада", reply_to=card)
    talk = await office.olga.says(office.group, "Кто сегодня дежурит?")
    await office.ivan.says(office.group, "Я", reply_to=talk)
    await office.ivan.says(office.group, "Склад молчит", reply_to=note)
    await office.ivan.says(office.group, "Много сегодня", reply_to=board)
    await office.ivan.says(office.group, "// и ответ-заметка", reply_to=card)
    await office.ivan.says(office.group, photo=True, caption="// снимок для своих", reply_to=card)
    await office.ivan.says(office.group, "/nosuch команда", reply_to=card)
    await office.ivan.says(office.group, "/help@other_bot", reply_to=card)
    other = office.telegram.add_bot("9002:OTHER", username="other_bot", name="Other")
    office.group.add(other)
    await quiet(office)
    assert anna.sees == []


async def test_an_answer_to_a_notice_of_failure_stays_in_the_group(office: Office) -> None:
    anna, card = await accepted(office)
    await anna.human.blocks(office.bot)
    await office.olga.says(office.group, "Вы здесь?", reply_to=card)
    notice = await office.finds("Не доставлено")
    await anna.human.unblocks(office.bot)
    await office.ivan.says(office.group, "Ну вот", reply_to=notice)
    await quiet(office)
    assert anna.sees == []


async def test_an_answer_to_an_earlier_message_quotes_it_at_the_customers(office: Office) -> None:
    anna, _ = await accepted(office)
    first = await anna.writes("Первый вопрос про цвет")
    earlier = await office.finds("Первый вопрос")
    await anna.writes("Второй вопрос")
    newest = await office.finds("Второй вопрос")
    await office.olga.says(office.group, "Синий", reply_to=earlier)
    await anna.will_see("Синий")
    assert anna.human.sees(office.bot)[-1]["reply_to_message"]["message_id"] == first.id
    await office.olga.says(office.group, "И второй", reply_to=newest)
    await anna.will_see("Синий", "И второй")
    assert "reply_to_message" not in anna.human.sees(office.bot)[-1]
    await office.olga.says(office.group, "Про цвет", reply_to=earlier, quote="про цвет")
    await office.until(lambda: len(anna.sees) == 3)
    assert anna.human.sees(office.bot)[-1]["quote"]["text"] == "про цвет"
    await office.olga.says(
        office.group, "По заголовку", reply_to=earlier, quote="Telegram"
    )  # our words, not theirs
    await office.until(lambda: len(anna.sees) == 4)
    assert "quote" not in anna.human.sees(office.bot)[-1]


async def test_a_customers_quote_points_at_the_right_post(office: Office) -> None:
    anna, card = await accepted(office)
    said = await office.olga.says(office.group, "Есть синий и красный", reply_to=card)
    await anna.will_see("Есть синий и красный")
    await anna.writes("Этот", reply_to=anna.human.sees(office.bot)[-1])
    mirrored = await office.finds("Этот")
    assert mirrored["reply_to_message"]["message_id"] == said.id


async def test_an_answer_to_an_old_closed_conversation_goes_to_the_new_one(office: Office) -> None:
    anna, old = await accepted(office, "Анна", "Старый вопрос")
    await office.olga.presses(old.now(), "Закрыть")
    await office.until(lambda: "Закрыто" in old.now().text)
    await office.olga.says(office.group, "Ещё вот что", reply_to=old)
    await office.until(lambda: any("уже закрыто" in hint for hint in hints(office)))
    await anna.writes("Новый вопрос")
    new = await office.card("Новый вопрос")
    await office.olga.says(office.group, "Рано", reply_to=old)
    await office.until(lambda: any("нужно принять" in hint for hint in hints(office)))
    await accept(office, new)
    await office.olga.says(office.group, "Теперь можно", reply_to=old)
    await anna.will_see("Теперь можно")


async def test_a_closed_conversation_is_opened_again_by_who_presses(office: Office) -> None:
    anna, card = await accepted(office)
    await office.olga.presses(card.now(), "Закрыть")
    await office.until(lambda: card.now().buttons == [["Открыть снова"]])
    answer = await office.ivan.presses(card.now(), "Открыть снова")
    assert answer.text == "Обращение снова открыто, оно у вас."
    await office.until(lambda: "В работе: Иван" in card.now().text)
    await office.ivan.says(office.group, "Продолжим", reply_to=card)
    await anna.will_see("Продолжим")


async def test_no_second_open_conversation_can_be_made_by_opening_an_old_one(office: Office) -> None:
    anna, old = await accepted(office, "Анна", "Старый вопрос")
    await office.olga.presses(old.now(), "Закрыть")
    await office.until(lambda: old.now().buttons == [["Открыть снова"]])
    await anna.writes("Новый вопрос")
    await office.card("Новый вопрос")
    answer = await office.olga.presses(old.now(), "Открыть снова")
    assert answer.show_alert and "уже есть новое обращение" in answer.text


async def test_a_request_is_closed_without_an_answer(office: Office) -> None:
    anna = office.customer("Анна")
    await anna.writes("Купите рекламу")
    card = await office.card("Купите рекламу")
    await office.olga.presses(card, "Закрыть без ответа")
    await office.until(lambda: "Закрыто без ответа" in card.now().text)
    await office.board("📥 Входящие: 0")
    late = await office.ivan.forges_press(card, "a:1").wait()
    assert late.show_alert and "закрыто" in late.text
    assert anna.sees == []


async def test_old_and_forged_buttons_do_nothing_but_say_so(office: Office) -> None:
    anna = office.customer("Анна")
    await anna.writes("Вопрос")
    card = await office.card("Вопрос")
    for data in ("", "a:", "a:x", "a:-1", "a:99999", f"a:{'9' * 40}", "a:1:2", "z:1", "r:77", "⚡", "a:１", "n:1"):
        answer = await office.olga.forges_press(card, data).wait()
        assert answer.show_alert and answer.text, data
    await quiet(office)
    assert "Принять" in str(card.now().buttons)
    assert office.telegram.unanswered == []


async def test_the_card_is_made_anew_when_somebody_deleted_it(office: Office) -> None:
    anna = office.customer("Анна")
    await anna.writes("Первое слово")
    card = await office.card("Первое слово")
    office.group.promote(office.olga)
    await office.olga.deletes(card)
    await anna.writes("Второе слово")
    again = await office.card("Второе слово")
    assert again.id != card.id and "Первое слово" in again.text
    await accept(office, again)
    await office.olga.says(office.group, "Вижу оба", reply_to=again)
    await anna.will_see("Вижу оба")


async def test_a_name_learned_later_changes_the_card(office: Office) -> None:
    guest = await office.visitor()
    await guest.say("Я пока никто")
    card = await office.card("Гость №1")
    assert card.text.startswith("⚪")
    person = office.customer("Анна Петрова")
    await person.writes("Меня зовут Анна")
    named = await office.card("Меня зовут Анна")
    person.human.user.first_name = "Мария"
    person.human.user.last_name = "Сидорова"
    await person.writes("Уже Мария")
    await office.until(lambda: "Мария" in named.now().text)


async def test_steady_work_meets_no_flood_limit(office: Office) -> None:
    office.telegram.limits = Limits.real()
    customers = [office.customer(f"Клиент{n}") for n in range(6)]
    for customer in customers:
        await customer.writes("Здравствуйте")
    for customer in customers:
        card = await office.card(customer.human.name)
        await accept(office, card)
        await customer.writes("Ещё вопрос")
        await office.olga.says(office.group, "Ответ", reply_to=card)
    office.clock.passes(120)
    for customer in customers:
        await customer.will_see("Ответ")
    await quiet(office)
    assert [call for call in office.telegram.calls if call.code == 429] == []
    assert office.telegram.units(office.group.id) <= 20
    assert len(shown_to_all(office)) >= 12


async def test_talk_of_the_operators_costs_nothing(office: Office) -> None:
    anna, _ = await accepted(office)
    await quiet(office)
    before = len(office.telegram.calls)
    said = await office.olga.says(office.group, "Начали")
    for number in range(100):
        said = await office.ivan.says(office.group, f"Разговор {number}", reply_to=said)
    await quiet(office)
    made = {call.method for call in office.telegram.calls[before:] if "Входящие" not in str(call.params)}
    assert made <= {"getChatMember", "getMe"} and anna.sees == []


async def test_an_answer_to_a_card_whose_record_was_lost_reaches_its_customer(office: Office) -> None:
    """Telegram posted it, but we never learned so and posted another: both cards are the customer's."""
    await office.board("Входящие: 0")
    office.telegram.fail_next("sendMessage", error="drop_after", chat=office.group.id)
    anna = office.customer("Анна")
    await anna.writes("Есть ли в наличии?")

    def cards() -> list[Seen]:
        return [m for m in office.group.messages(by=office.bot) if "Есть ли в наличии?" in (m.text or "")]

    await office.until(lambda: len(cards()) == 2)
    orphan, card = cards()
    await office.olga.presses(orphan, "Принять")
    await office.until(lambda: "В работе: Ольга" in office.group.message(card.id).text)
    await office.olga.says(office.group, "Да, две штуки", reply_to=orphan)
    await anna.will_see("Да, две штуки")
