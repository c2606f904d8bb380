"""Who may act in a group, and who is asked to show their face first."""

import pytest

from tests.conftest import OpenOffice
from tests.office import Office
from tests.stories.scenes import accept, accepted, hints, in_topic, quiet


async def test_somebody_who_never_was_a_member_can_press_nothing(open_office: OpenOffice) -> None:
    office = await open_office(public="sales_desk")
    anna = office.customer("Анна")
    await anna.writes("Вопрос")
    card = await office.card("Вопрос")
    stranger = office.telegram.person("Чужой")
    for data in ("a:1", "c:1", "n:1", "o:1", "r:1"):
        answer = await stranger.forges_press(card, data).wait()
        assert answer.show_alert and answer.text == "С обращениями работают только участники этой группы."
    await quiet(office)
    assert "Принять" in str(card.now().buttons) and "сообщение" in card.now().text


@pytest.mark.parametrize("how", ["remove", "kick", "restrict"])
async def test_leaving_takes_effect_at_once(office: Office, how: str) -> None:
    anna, card = await accepted(office)
    await office.olga.says(office.group, "Ответ участника", reply_to=card)
    await anna.will_see("Ответ участника")
    if how == "restrict":
        office.group.restrict(office.olga, is_member=False)
    else:
        getattr(office.group, how)(office.olga)
    answer = await office.olga.forges_press(card, "c:1").wait()
    assert answer.show_alert and "только участники" in answer.text
    await quiet(office)
    assert "В работе: Ольга" in card.now().text
    office.group.add(office.olga)
    answer = await office.olga.forges_press(card, "c:1").wait()
    assert answer.text == "Обращение закрыто."


async def test_the_words_of_a_non_member_in_a_public_group_go_nowhere(open_office: OpenOffice) -> None:
    office = await open_office(public="sales_desk")
    anna, card = await accepted(office)
    passer = office.telegram.person("Прохожий")
    office.group.add(passer)
    office.group.restrict(passer, is_member=False)  # may write in a public group without having joined
    update = {
        "message": {
            "message_id": 9001,
            "date": int(office.clock.now().timestamp()),
            "from": {"id": passer.id, "is_bot": False, "first_name": "Прохожий"},
            "chat": {"id": office.group.id, "type": "supergroup", "title": "Продажи"},
            "text": "Не верьте им",
            "reply_to_message": {
                "message_id": card.id,
                "date": 1,
                "chat": {"id": office.group.id, "type": "supergroup", "title": "Продажи"},
            },
        }
    }
    office.bot.push_raw_update(update)
    await quiet(office)
    await office.olga.says(office.group, "Здравствуйте", reply_to=card)
    await anna.will_see("Здравствуйте")


async def test_a_restricted_member_is_a_member(office: Office) -> None:
    anna, card = await accepted(office)
    office.group.restrict(office.ivan, can_send_photos=False)
    await office.ivan.says(office.group, "Я ещё здесь", reply_to=card)
    await anna.will_see("Я ещё здесь")


async def test_membership_that_cannot_be_asked_is_taken_for_granted_in_a_closed_group(office: Office) -> None:
    anna = office.customer("Анна")
    await anna.writes("Вопрос")
    card = await office.card("Вопрос")
    office.telegram.fail_next("getChatMember", error=500, times=5)
    await accept(office, card)


async def test_membership_that_cannot_be_asked_refuses_in_a_public_group(open_office: OpenOffice) -> None:
    office = await open_office(public="sales_desk")
    anna = office.customer("Анна")
    await anna.writes("Вопрос")
    card = await office.card("Вопрос")
    office.telegram.fail_next("getChatMember", error=500)
    answer = await office.olga.presses(card, "Принять")
    assert answer.show_alert and "Не удалось проверить" in answer.text
    await accept(office, card)  # and the next time it can be asked


async def test_an_anonymous_admin_is_told_what_to_switch(office: Office) -> None:
    office.group.promote(office.olga)
    anna, card = await accepted(office)
    said = await office.olga.says(office.group, "Отвечаю без лица", reply_to=card, as_anonymous=True)
    told = await office.finds("Вы пишете анонимно")
    assert told["reply_to_message"]["message_id"] == said.id and "Клиенту ничего не отправлено" in told.text
    await office.olga.says(office.group, "Просто объявление", as_anonymous=True)
    await office.olga.says(office.group, "// заметка", reply_to=card, as_anonymous=True)
    await quiet(office)
    assert sum("Вы пишете анонимно" in m.text for m in office.group.messages()) == 1
    assert anna.sees == []


async def test_who_writes_as_a_channel_is_told_what_to_choose(office: Office) -> None:
    anna, card = await accepted(office)
    await office.olga.says(office.group, "Отвечаю каналом", reply_to=card, as_channel="Новости")
    await office.finds("Вы пишете от имени канала")
    await office.olga.says(office.group, "Пост канала", as_channel="Новости")
    await quiet(office)
    assert sum("от имени канала" in m.text for m in office.group.messages()) == 1
    assert anna.sees == []


async def test_disguises_in_a_topic(forum: Office) -> None:
    forum.group.promote(forum.olga)
    anna, _, topic = await in_topic(forum)
    await forum.olga.says(forum.group, "Без лица", topic=topic.id, as_anonymous=True)
    told = await forum.finds("Вы пишете анонимно")
    assert told.thread == topic.id
    await forum.olga.says(forum.group, "Каналом", topic=topic.id, as_channel="Новости")
    told = await forum.finds("Вы пишете от имени канала")
    assert told.thread == topic.id
    await forum.olga.says(forum.group, "В общем", as_anonymous=True)
    await quiet(forum)
    assert anna.sees == [] and sum("Вы пишете" in m.text for m in forum.group.messages()) == 2


async def test_posts_of_the_linked_channel_and_bots_are_ignored(office: Office) -> None:
    anna, card = await accepted(office)
    await quiet(office)  # the board may come after the card
    before = len(office.group.messages(by=office.bot))
    office.group.linked_channel_posts("Новость канала")
    robot = office.telegram.add_bot("9002:OTHER", username="robot", name="Robot")
    office.group.add(robot)
    update = {
        "message": {
            "message_id": 9002,
            "date": int(office.clock.now().timestamp()),
            "from": {"id": robot.id, "is_bot": True, "first_name": "Robot"},
            "chat": {"id": office.group.id, "type": "supergroup", "title": "Продажи"},
            "text": "Я робот",
            "reply_to_message": {
                "message_id": card.id,
                "date": 1,
                "chat": {"id": office.group.id, "type": "supergroup", "title": "Продажи"},
            },
        }
    }
    office.bot.push_raw_update(update)
    await quiet(office)
    assert anna.sees == [] and hints(office) == []
    assert len(office.group.messages(by=office.bot)) == before


async def test_a_person_may_answer_through_an_inline_bot(office: Office) -> None:
    anna, card = await accepted(office)
    gif = office.telegram.add_bot("9003:GIF", username="gif", name="Gif")
    await office.olga.says(office.group, "Нашла через бота", reply_to=card, via_bot=gif)
    await anna.will_see("Нашла через бота")
