"""/unsend: an operator takes an answer back, in either layout, from a Telegram customer and from a visitor."""

from tests.office import Office
from tests.stories.scenes import accept, hints, quiet
from tests.stories.talk import Talk


async def test_an_answer_is_taken_back_from_a_telegram_customer(talk: Talk) -> None:
    said = await talk.answers("Ой, это не вам")
    (received,) = await talk.receives(1)
    await talk.office.reaction(said, "👌")
    await talk.office.olga.says(talk.office.group, "/unsend", **{**talk.place, "reply_to": said})
    await talk.office.until(lambda: received.deleted)
    await talk.office.reaction(said, "🙈")
    await quiet(talk.office)
    assert hints(talk.office) == ["Отозвано: у клиента сообщения больше нет."]


async def test_an_answer_taken_back_while_its_reaction_is_set_gets_the_right_one(talk: Talk) -> None:
    gate = talk.office.telegram.hold_next("setMessageReaction", before=True)
    said = await talk.answers("Ой, это не вам")
    (received,) = await talk.receives(1)
    await gate.reached()
    await talk.office.olga.says(talk.office.group, "/unsend", **{**talk.place, "reply_to": said})
    await talk.office.until(lambda: received.deleted)
    gate.release()
    await talk.office.reaction(said, "🙈")


async def test_unsend_wants_to_be_told_which_answer(talk: Talk) -> None:
    await talk.customer.writes("Беру")
    (shown,) = await talk.posted(1)
    for target in ({}, {"reply_to": shown}):
        place = {"topic": talk.topic.id} if talk.topic else {}
        await talk.office.olga.says(talk.office.group, "/unsend", **{**place, **target})
    await talk.office.until(lambda: len(hints(talk.office)) == 2)
    assert set(hints(talk.office)) == {"Ответьте командой /unsend на своё сообщение, которое ушло клиенту."}


async def test_what_telegram_no_longer_deletes_is_told_at_the_answer(talk: Talk) -> None:
    said = await talk.answers("Ой, это не вам")
    await talk.receives(1)
    await talk.office.reaction(said, "👌")
    talk.office.clock.passes(49 * 3600)  # https://core.telegram.org/bots/api#deletemessage
    await talk.office.olga.says(talk.office.group, "/unsend", **{**talk.place, "reply_to": said})
    await talk.office.finds("отозвать не получилось, у клиента сообщение осталось")
    await talk.office.reaction(said, "💔")
    assert len(talk.received) == 1


async def test_a_visitor_sees_that_there_was_a_message(office: Office) -> None:
    visitor = await office.visitor()
    await visitor.say("Цена?")
    card = await office.card("Цена?")
    await accept(office, card)
    said = await office.olga.says(office.group, "Сто тысяч", reply_to=card)
    await visitor.until_texts("Цена?", "Сто тысяч")
    await office.olga.says(office.group, "/unsend", reply_to=said)
    await visitor.until_texts("Цена?", "")
    (deleted,) = [message for message in visitor.messages.values() if message.get("deleted")]
    assert "Сто тысяч" not in str(deleted)
    await office.reaction(said, "🙈")
    await office.stop()
    await office.start()
    again = await office.visitor(visitor.secret)
    await again.until_texts("Цена?", "")
    assert all("Сто тысяч" not in str(frame) for frame in again.frames)
