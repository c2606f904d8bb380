"""What the world does to messages: refusals, floods, lost answers, outages, kills. Nothing is lost or reordered."""

from typing import Any

import pytest

from tests.conftest import OpenOffice
from tests.emulators.telegram import Seen
from tests.office import Office
from tests.stories.scenes import accepted, quiet
from tests.stories.talk import Talk, begin
from tests.stories.test_content import OWN_BOT

NETWORK: list[dict[str, Any]] = [
    {"error": 500},
    {"error": "html502"},
    {"error": "drop_before"},
    {"error": "garbage"},
    {"slow": 0.3},
    {"error": 429, "retry_after": 5},
]


def notices(office: Office) -> list[Seen]:
    return [m for m in office.group.messages(by=office.bot) if m.text.startswith("Не доставлено")]


# a customer who blocked the bot


async def test_a_blocked_customer_is_told_at_the_message_and_on_the_card(talk: Talk) -> None:
    office = talk.office
    await talk.customer.human.blocks(office.bot)
    await office.until(lambda: "заблокировал бота" in talk.card.now().text)
    sent = await talk.answers("Готово, забирайте")
    notice = await office.finds("Не доставлено: клиент заблокировал бота")
    assert notice["reply_to_message"]["message_id"] == sent.id and notice.thread == sent.thread
    await office.reaction(sent, "💔")
    await office.olga.presses(notice, "Повторить")
    await office.until(lambda: notices(office) and notices(office)[0].id != notice.id)
    await quiet(office)
    assert len(notices(office)) == 1
    await talk.customer.human.unblocks(office.bot)
    await office.until(lambda: "заблокировал" not in talk.card.now().text)
    await office.olga.presses(notices(office)[0], "Повторить")
    await talk.customer.will_see("Готово, забирайте")
    await office.reaction(sent, "👌")
    await office.until(lambda: not notices(office))


async def test_a_failure_is_shown_once_and_later_answers_go_on(talk: Talk) -> None:
    office = talk.office
    office.telegram.fail_next("sendMessage", error=(400, "Bad Request: PEER_FLOOD"), chat=talk.customer.human.id)
    lost = await talk.answers("Раз")
    await talk.answers("Два")
    await talk.customer.will_see("Два")
    notice = await office.finds("Не доставлено: канал не принял это сообщение")
    await office.reaction(lost, "💔")
    await quiet(office)
    assert len(notices(office)) == 1
    await office.olga.presses(notice, "Повторить")
    await talk.customer.will_see("Два", "Раз")
    await office.until(lambda: not notices(office))


async def test_a_notice_too_old_to_be_deleted_says_that_it_is_over(office: Office) -> None:
    talk = await begin(office)
    office.telegram.fail_next("sendMessage", error=(400, "Bad Request: PEER_FLOOD"), chat=talk.customer.human.id)
    sent = await talk.answers("Раз")
    notice = await office.finds("Не доставлено")
    await office.reaction(sent, "💔")
    office.clock.passes(50 * 3600)
    await office.olga.presses(notice, "Повторить")
    await talk.customer.will_see("Раз")
    await office.until(lambda: notice.now().text == "Сообщение отправлено ещё раз." and not notice.now().buttons)


async def test_retry_pressed_twice_sends_once(talk: Talk) -> None:
    office = talk.office
    office.telegram.fail_next("sendMessage", error=(400, "Bad Request: PEER_FLOOD"), chat=talk.customer.human.id)
    await talk.answers("Раз")
    notice = await office.finds("Не доставлено")
    gate = office.telegram.hold_next("sendMessage", chat=talk.customer.human.id)
    first = await office.olga.presses(notice, "Повторить")
    assert first.text == "Отправляем ещё раз."
    await gate.reached()
    if not notice.deleted:
        second = office.ivan.forges_press(notice, notice["reply_markup"]["inline_keyboard"][0][0]["callback_data"])
        assert "Повторять нечего" in (await second.wait()).text
    gate.release()
    await talk.customer.will_see("Раз")
    await quiet(office)
    assert talk.customer.sees == ["Раз"]


# what became of an answer


async def test_an_answer_that_waits_says_so_and_one_that_leaves_at_once_does_not(talk: Talk) -> None:
    office, person = talk.office, talk.customer.human.id
    await office.reaction(await talk.answers("Сразу"), "👌")
    emoji = [call.params["reaction"] for call in office.telegram.calls_of("setMessageReaction")]
    assert len(emoji) == 1
    office.telegram.fail_next("sendMessage", error=429, retry_after=60, chat=person)
    waits = await talk.answers("Позже")
    await office.reaction(waits, "✍")
    office.clock.passes(61)
    await office.reaction(waits, "👌")
    await talk.customer.will_see("Сразу", "Позже")


async def test_a_group_without_reactions_works_without_them(talk: Talk) -> None:
    talk.office.group.allow_reactions([])
    await talk.answers("Раз")
    await talk.customer.will_see("Раз")
    await talk.customer.human.blocks(talk.office.bot)
    await talk.answers("Два")
    await talk.office.finds("Не доставлено")
    await quiet(talk.office)
    assert len(talk.office.telegram.calls_of("setMessageReaction")) <= 3


# transient faults


@pytest.mark.parametrize("fault", NETWORK, ids=lambda fault: str(fault.get("error", "slow")))
async def test_a_fault_on_the_way_to_the_group_loses_nothing(talk: Talk, fault: dict[str, Any]) -> None:
    office = talk.office
    for _ in range(2):
        office.telegram.fail_next("sendMessage", chat=office.group.id, **fault)
    office.telegram.fail_next("sendPhoto", chat=office.group.id, **fault)
    for number in range(3):
        await talk.customer.writes(f"текст {number}")
        await talk.customer.writes(photo=True, caption=f"фото {number}")
    said = [f"{kind} {number}" for number in range(3) for kind in ("текст", "фото")]
    await office.until(
        lambda: [p.text.splitlines()[-1] for p in talk.posts] == said, lambda: str([p.text for p in talk.posts])
    )


@pytest.mark.parametrize("fault", NETWORK, ids=lambda fault: str(fault.get("error", "slow")))
async def test_a_fault_on_the_way_to_the_customer_loses_nothing(talk: Talk, fault: dict[str, Any]) -> None:
    person = talk.customer.human.id
    talk.office.telegram.fail_next("sendMessage", chat=person, **fault)
    talk.office.telegram.fail_next("sendPhoto", chat=person, **fault)
    for number in range(2):
        await talk.answers(f"текст {number}")
        sent = await talk.answers(photo=True, caption=f"фото {number}")
    await talk.customer.will_see(*[f"{kind} {number}" for number in range(2) for kind in ("текст", "фото")])
    await talk.office.reaction(sent, "👌")
    assert not notices(talk.office)


async def test_an_answer_of_telegram_that_is_lost_repeats_only_that_call(talk: Talk) -> None:
    office = talk.office
    office.telegram.fail_next("sendMessage", error="drop_after", chat=office.group.id)
    office.telegram.fail_next("sendMessage", error="drop_after", chat=talk.customer.human.id)
    for number in range(3):
        await talk.customer.writes(photo=True, caption=f"фото {number}")
        await talk.answers(f"ответ {number}")
    await talk.customer.writes("текст")
    await talk.posted(5)  # the text twice
    await talk.receives(4)
    assert [p.text.splitlines()[-1] for p in talk.posts] == ["фото 0", "фото 1", "фото 2", "текст", "текст"]
    assert talk.customer.sees == ["ответ 0", "ответ 0", "ответ 1", "ответ 2"]


async def test_a_pause_of_the_group_is_obeyed_while_customers_are_answered(talk: Talk) -> None:
    office, telegram = talk.office, talk.office.telegram
    await quiet(office)  # service messages are still being tidied away
    telegram.fail_next("sendMessage", error=429, retry_after=40, chat=office.group.id)
    await talk.customer.writes("текст")
    (refused,) = await office.until(lambda: telegram.calls_of("sendMessage", chat=office.group.id, ok=False))
    said = await talk.answers("ответ")
    await talk.customer.will_see("ответ")
    office.clock.passes(30)
    await quiet(office)
    assert not [
        call for call in telegram.calls_of(chat=office.group.id) if call.at > refused.at
    ]  # not even reactions
    office.clock.passes(11)
    await office.finds("текст")
    await office.reaction(said, "👌")
    after = [call.at for call in telegram.calls_of(chat=office.group.id) if call.at > refused.at]
    assert min(after) >= refused.at + 40


async def test_a_pause_of_one_customer_is_obeyed_while_the_others_are_answered(talk: Talk) -> None:
    office, telegram, person = talk.office, talk.office.telegram, talk.customer.human.id
    boris = await begin(office, "Борис", "Другой вопрос")
    telegram.fail_next("sendMessage", error=429, retry_after=40, chat=person)
    await talk.answers("ответ")
    (refused,) = await office.until(lambda: telegram.calls_of("sendMessage", chat=person, ok=False))
    await talk.answers("ещё ответ")
    await boris.answers("ответ Борису")
    await boris.customer.will_see("ответ Борису")
    office.clock.passes(30)
    await quiet(office)
    assert telegram.calls_of(chat=person)[-1] is refused
    office.clock.passes(11)
    await talk.customer.will_see("ответ", "ещё ответ")
    assert telegram.calls_of(chat=person)[1].at >= refused.at + 40


async def test_an_hour_without_telegram_loses_nothing(open_office: OpenOffice) -> None:
    office = await open_office(posts_per_minute=600)
    talk = await begin(office)
    visitor = await office.visitor()
    await visitor.say("До перерыва")
    await office.card("До перерыва")
    office.telegram.down = True
    for number in range(4):
        await visitor.close()  # the clock jumps: its pings would have timed out
        await visitor.connect()
        assert (await visitor.say(f"вопрос {number}"))["type"] == "ack"
        office.clock.passes(900)
    other = await office.visitor()
    await other.say("Новый гость")
    calls = len(office.telegram.calls)
    office.telegram.down = False
    office.clock.passes(60)
    card = await office.card("Новый гость")
    shown = await office.finds("вопрос 3")
    assert [line.split()[-1] for line in shown.text.splitlines() if "вопрос" in line] == ["0", "1", "2", "3"]
    assert card.id != shown.id and len(office.telegram.calls) - calls < 12
    await talk.answers("Мы снова здесь")
    await talk.customer.will_see("Мы снова здесь")


# the process stops and starts


async def test_a_restart_in_the_middle_of_everything(talk: Talk) -> None:
    office, person = talk.office, talk.customer.human.id
    group = office.telegram.hold_next("sendMessage", chat=office.group.id)
    private = office.telegram.hold_next("sendMessage", chat=person)
    for number in range(3):
        await talk.customer.writes(photo=True, caption=f"фото {number}")
        await talk.customer.writes(f"текст {number}")
        await talk.answers(f"ответ {number}")
    await group.reached()
    await private.reached()
    await office.stop()
    group.release()
    private.release()
    await talk.customer.writes("после")
    await talk.answers("после всего")
    await office.start()
    said = [f"{kind} {number}" for number in range(3) for kind in ("фото", "текст")]
    await office.until(lambda: "после" in (talk.posts or [talk.card])[-1].text)
    lines = [
        line for p in talk.posts for line in p.text.splitlines() if line.split()[-2:-1] in (["фото"], ["текст"])
    ]
    shown = [" ".join(line.split()[-2:]) for line in lines]
    assert [line for n, line in enumerate(shown) if line not in shown[:n]] == said and len(shown) <= len(said) + 1
    await office.until(lambda: talk.customer.sees[-1:] == ["после всего"])
    got = [text for n, text in enumerate(talk.customer.sees) if text not in talk.customer.sees[:n]]
    assert got == ["ответ 0", "ответ 1", "ответ 2", "после всего"] and len(talk.customer.sees) <= 5


@pytest.mark.parametrize("method", ["sendMessage", "editMessageText", "sendPhoto", "createForumTopic"])
async def test_a_kill_between_a_call_and_its_record_repeats_at_most_that_call(
    open_office: OpenOffice, method: str
) -> None:
    office = await open_office(forum=True, posts_per_minute=600)
    gate = office.telegram.hold_next(method, chat=office.group.id, before=False)
    anna = office.customer("Анна")
    await anna.writes("Вопрос")
    await anna.writes(photo=True, caption="Фото")
    if method in ("editMessageText", "createForumTopic"):
        card = await office.card("Вопрос")
        await office.olga.presses(card, "Принять")
    await gate.reached()
    await office.stop()
    gate.release()
    await office.start()
    if method not in ("editMessageText", "createForumTopic"):
        await office.until(lambda: any("photo" in m for m in office.group.messages()))
        cards = [m for m in office.group.messages(by=office.bot) if "Вопрос" in m.text]
        await office.olga.presses(cards[-1], "Принять")
    topic = await office.until(
        lambda: next((t for t in office.group.topics() if any("photo" in m for m in t.messages())), None)
    )
    await office.olga.says(office.group, "Ответ", topic=topic.id)
    await anna.will_see("Ответ")
    assert len(office.group.topics()) <= (2 if method == "createForumTopic" else 1)
    photos = [m for m in office.group.messages() if "photo" in m]
    assert 1 <= len(photos) <= (3 if method == "sendPhoto" else 2)


# one bad thing does not hold up the others


async def test_a_post_that_telegram_refuses_holds_up_nobody(office: Office) -> None:
    await office.board("")
    telegram, error = office.telegram, (400, "Bad Request: SOMETHING_NEW")
    await office.board("Входящие: 0")
    telegram.fail_next("sendMessage", error=error, chat=office.group.id, times=2)  # with formatting and without
    await office.customer("Анна").writes("Вопрос Анны")
    await office.until(lambda: len(telegram.calls_of("sendMessage", ok=False)) == 2)
    office.clock.speed = 4
    await office.customer("Борис").writes("Вопрос Бориса")
    await office.card("Вопрос Бориса")
    assert not any("Вопрос Анны" in text for text in office.group.texts())
    office.clock.speed = 20
    await office.card("Вопрос Анны")
    tries = [call.at for call in telegram.calls_of("sendMessage") if "Вопрос Анны" in call.params["text"]]
    assert len(tries) == 3 and tries[2] - tries[1] >= 5  # not again and again at once


async def test_photos_that_may_not_be_sent_are_told_in_words(open_office: OpenOffice) -> None:
    office = await open_office(posts_per_minute=600)
    talk = await begin(office)
    error = (400, "Bad Request: not enough rights to send photos to the chat")
    office.telegram.fail_next("sendPhoto", error=error, chat=office.group.id, times=99)
    await talk.customer.writes(photo=True, caption="Вот")
    (told,) = await talk.posted(1)
    assert "Вот" in told.text and "📷 Фото" in told.text
    await talk.customer.writes("И слова")
    assert "И слова" in (await talk.posted(2))[1].text


async def test_a_photo_that_is_refused_is_told_in_words_and_its_edit_does_not_flood(talk: Talk) -> None:
    error = (400, "Bad Request: wrong file identifier/HTTP URL specified")
    talk.office.telegram.fail_next("sendPhoto", error=error, chat=talk.office.group.id, times=999)
    sent = await talk.customer.writes(photo=True, caption="Вот")
    await talk.posted(1)
    await talk.customer.human.edits(sent, caption="Вот он")
    await talk.office.finds("Вот он")
    await quiet(talk.office)
    assert len(talk.posts) <= 3


async def test_formatting_that_telegram_refuses_goes_without(talk: Talk) -> None:
    error = (400, "Bad Request: ENTITIES_TOO_LONG")
    talk.office.telegram.fail_next("sendMessage", error=error, chat=talk.office.group.id)
    await talk.customer.writes("Важно", entities=[{"type": "bold", "offset": 0, "length": 5}])
    (shown,) = await talk.posted(1)
    assert "Важно" in shown.text and "entities" not in shown


async def test_a_failure_in_a_topic_that_is_gone_is_told_in_the_new_one(open_office: OpenOffice) -> None:
    office = await open_office(forum=True, posts_per_minute=600)
    talk = await begin(office)
    assert talk.topic is not None
    gate = office.telegram.hold_next("sendMessage", chat=talk.customer.human.id)
    await talk.answers("Готово")
    await gate.reached()
    await talk.customer.human.blocks(office.bot)
    await office.olga.deletes_topic(office.group, talk.topic.id)
    gate.release()
    notice = await office.finds("Не доставлено: клиент заблокировал бота")
    assert notice.thread not in (None, talk.topic.id)
    await talk.customer.human.unblocks(office.bot)
    await office.olga.presses(notice, "Повторить")
    await talk.customer.will_see("Готово")


async def test_a_slow_source_of_files_holds_up_only_its_message(open_office: OpenOffice) -> None:
    office = await open_office(posts_per_minute=600, more=OWN_BOT)
    own = office.telegram.add_bot("9002:TEST", username="own_bot", name="Own")
    boris = office.telegram.person("Борис")
    await boris.says(own, "Вопрос")
    await office.card("Вопрос")
    gate = office.telegram.hold_next("getFile", bot=own)
    await boris.says(own, photo=True, caption="Фото Бориса")
    await gate.reached()
    await accepted(office, "Анна", "Вопрос Анны")
    gate.release()
    shown = await office.finds("Фото Бориса")
    assert "photo" in shown


async def test_a_file_that_cannot_be_fetched_is_told_in_words_after_some_tries(open_office: OpenOffice) -> None:
    office = await open_office(posts_per_minute=600, more=OWN_BOT)
    own = office.telegram.add_bot("9002:TEST", username="own_bot", name="Own")
    boris = office.telegram.person("Борис")
    await boris.says(own, "Вопрос")
    await office.card("Вопрос")
    office.telegram.fail_next("getFile", error=500, bot=own, times=99)
    await boris.says(own, photo=True, caption="Фото Бориса")
    for tries in (1, 2, 3):
        await office.until(lambda tries=tries: len(office.telegram.calls_of("getFile")) == tries)
        await quiet(office)
        office.clock.passes(120)
    told = await office.finds("Показать здесь не получилось")
    assert "Фото Бориса" in told.text
    assert len(office.telegram.calls_of("getFile")) == 4
