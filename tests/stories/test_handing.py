"""«Передать…» on the card and in the topic: the one who presses is asked to whom, and the answer does it."""

from tests.conftest import OpenOffice
from tests.emulators.telegram import Human, Seen
from tests.office import Office
from tests.stories.scenes import accept, accepted, hints, quiet
from tests.stories.talk import Talk, begin

OLD = (10, 1)


async def asked(office: Office, on: Seen, by: Human | None = None) -> Seen:
    """What somebody is asked who presses the button."""
    operator = by or office.olga
    before = len(operator.hints(office.group))
    answer = await operator.presses(on.now(), "Передать…")
    assert not answer.text
    await office.until(lambda: len(operator.hints(office.group)) > before)
    return operator.hints(office.group)[-1]


async def works(office: Office, operator: Human) -> None:
    """Somebody says something in the group, and so is known there."""
    await operator.says(office.group, "Всем привет")
    await quiet(office)


async def test_a_colleague_gets_it(talk: Talk) -> None:
    office = talk.office
    await works(office, office.ivan)
    question = await asked(office, talk.topic.messages()[0] if talk.topic else talk.card)
    assert question.text == "Кому передать обращение: Анна?"
    assert question.buttons == [["👤 Иван"], ["↩️ Во «Входящие»"]]
    answer = await office.olga.presses(question, "Иван")
    assert answer.text == "Передано." and not answer.show_alert
    await office.until(lambda: "В работе: Иван" in talk.card.now().text)
    await office.finds("📝 Ольга: Передаю обращение. Теперь оно у сотрудника Иван")
    assert talk.customer.sees == []
    again = await office.olga.presses(question, "Иван")
    assert again.show_alert


async def test_the_feed_gets_it(talk: Talk) -> None:
    office = talk.office
    question = await asked(office, talk.card)
    await office.olga.presses(question, "Во «Входящие»")
    await office.until(lambda: "Снова во входящих" in talk.card.now().text)
    await accept(office, await office.card("Вернулось во входящие"), office.ivan)
    again = await office.olga.presses(question, "Во «Входящие»")  # whoever presses, as with all buttons
    assert again.text == "Передано."


async def test_another_group_gets_it(open_office: OpenOffice) -> None:
    talk = await begin(await open_office(other={}, posts_per_minute=600))
    office = talk.office
    question = await asked(office, talk.card)
    assert question.buttons == [["➡️ Поддержка"], ["↩️ Во «Входящие»"]]
    await office.olga.presses(question, "Поддержка")
    await office.until(lambda: "Передано в группу «Поддержка»" in talk.card.now().text)
    await office.until(
        lambda: any("Передаю обращение в группу «Поддержка»" in m.text for m in office.other.messages())
    )
    late = await office.olga.presses(question, "Поддержка")
    assert late.show_alert and "не действует" in late.text


async def test_who_has_left_gets_nothing(open_office: OpenOffice) -> None:
    talk = await begin(await open_office(posts_per_minute=600))
    office = talk.office
    await works(office, office.ivan)
    question = await asked(office, talk.card)
    await office.ivan.leaves(office.group)
    await quiet(office)
    answer = await office.olga.presses(question, "Иван")
    assert answer.show_alert and "больше нет" in answer.text
    assert "В работе: Ольга" in talk.card.now().text


async def test_only_what_is_in_work_can_be_handed_to_a_colleague(office: Office) -> None:
    await office.customer("Анна").writes("Есть чайник?")
    card = await office.card("Есть чайник?")
    refused = await office.olga.forges_press(card, "t:1").wait()
    assert refused.show_alert and "в работе" in refused.text
    for data in ("t:1:2", "g:1", "g:1:x", "m:1:", "f:1:1", "g:1:1:1"):
        refused = await office.olga.forges_press(card, data).wait()
        assert refused.show_alert
    assert hints(office) == []


async def test_where_everybody_sees_the_question_talk_about_it_stays_inside(open_office: OpenOffice) -> None:
    office = await open_office(version=OLD)
    anna, card = await accepted(office)
    await office.olga.presses(card.now(), "Передать…")
    question = await office.finds("Кому передать обращение: Анна?")
    await office.ivan.says(office.group, "Не мне, я на обеде", reply_to=question)
    await quiet(office)
    assert anna.sees == []
