"""What operators do on their pages: accepting, answering, notes, edits, transfers; what the others see of it."""

from bridge.model import Delivery, Direction, Stage, Why
from tests.desk_web.desk_office import ANNA, BORIS, SALES, SUPPORT, VERA, VK, DeskOffice


async def test_an_operator_sees_a_request_accepts_it_and_answers(desk_office: DeskOffice):
    anna = await desk_office.at_work(ANNA)
    assert (await anna.watch())["order"] == []
    asked = await desk_office.writes("Мария", "Есть в наличии?")
    await desk_office.settles()
    assert anna.names == ["Мария"]
    assert anna.rows[asked]["last"]["text"] == "Есть в наличии?"
    shown = await anna.look(asked)
    assert [message["text"] for message in shown["messages"]] == ["Есть в наличии?"]
    assert shown["conversation"]["may"] == {
        "accept": True, "answer": False, "close": True, "reopen": False, "no_reply": False, "transfer": True,
    }  # fmt: skip
    refused = await anna.refused("reply", conversation=asked, text="Да")
    assert refused["code"] == "accept-first"
    assert refused["message"].startswith("Чтобы ответить на обращение, нужно принять его")
    accepted = await anna.done("accept", conversation=asked)
    assert accepted["conversation"]["operator"] == {"id": ANNA.id, "name": "Анна"}
    said = await anna.done("reply", conversation=asked, text="Да, два осталось.", files=[])
    await desk_office.settles()
    assert anna.texts == ["Есть в наличии?", "Да, два осталось."]
    assert [event["what"] for event in anna.talk["events"].values()] == ["accepted"]
    assert anna.talk["messages"][said["message"]]["delivery"] == "queued"
    queued = await desk_office.message(said["message"])
    assert queued.delivery is Delivery.QUEUED
    assert (queued.author, queued.author_name) == (ANNA.id, "Анна")
    assert await desk_office.inbox.read(lambda tx: tx.lanes()) == [queued.customer]
    assert not (await desk_office.conversation(asked)).unanswered_count


async def test_of_two_who_accept_at_once_one_wins_and_the_other_is_told_who(desk_office: DeskOffice):
    anna, boris = await desk_office.at_work(ANNA), await desk_office.at_work(BORIS)
    for turn in range(5):
        asked = await desk_office.writes(f"Клиент {turn}")
        await anna.send("accept", id=f"a{turn}", conversation=asked)
        await boris.send("accept", id=f"b{turn}", conversation=asked)
        answers = [await anna.answer(f"a{turn}"), await boris.answer(f"b{turn}")]
        won = [answer for answer in answers if answer["type"] == "done"]
        lost = [answer for answer in answers if answer["type"] == "refused"]
        assert len(won) == len(lost) == 1
        has = (await desk_office.conversation(asked)).operator_name
        assert lost[0]["code"] == "already-taken"
        assert has in lost[0]["message"]
        assert lost[0]["conversation"]["operator"]["name"] == has


async def test_an_answer_that_is_sent_again_is_the_same_answer(desk_office: DeskOffice):
    anna = await desk_office.at_work(ANNA)
    asked = await desk_office.writes("Мария")
    await anna.done("accept", conversation=asked)
    first = await anna.done("reply", conversation=asked, text="Да", id="same")
    await anna.close()
    anna = await desk_office.at_work(ANNA)
    desk_office.desk._frames._answers.clear()  # as after a restart
    assert (await anna.done("reply", conversation=asked, text="Да", id="same"))["message"] == first["message"]
    assert (await anna.done("reply", conversation=asked, text="Да", id="same"))["message"] == first["message"]
    note = await anna.done("note", conversation=asked, text="Постоянный клиент", id="note")
    desk_office.desk._frames._answers.clear()
    assert (await anna.done("note", conversation=asked, text="Постоянный клиент", id="note")) == note
    out = [m for m in await desk_office.messages(asked) if m.direction in (Direction.OUT, Direction.NOTE)]
    assert [m.content.text.plain for m in out] == ["Да", "Постоянный клиент"]


async def test_an_accept_that_is_sent_again_is_answered_as_before(desk_office: DeskOffice):
    anna = await desk_office.at_work(ANNA)
    asked = await desk_office.writes("Мария")
    assert (await anna.act("accept", conversation=asked, id="one"))["type"] == "done"
    await anna.close()
    anna = await desk_office.at_work(ANNA)
    assert (await anna.act("accept", conversation=asked, id="one"))["type"] == "done"
    assert (await anna.act("accept", conversation=asked, id="two"))["code"] == "already-yours"


async def test_what_one_operator_does_is_seen_by_the_others_at_once(desk_office: DeskOffice):
    anna, boris = await desk_office.at_work(ANNA), await desk_office.at_work(BORIS)
    asked = await desk_office.writes("Мария")
    await anna.done("accept", conversation=asked)
    await boris.look(asked)
    said = (await anna.done("reply", conversation=asked, text="Да"))["message"]
    await desk_office.becomes(said, Delivery.FAILED, Why.BLOCKED)
    await desk_office.settles()
    seen = boris.talk["messages"][said]
    assert seen["author"] == {"id": ANNA.id, "name": "Анна"}
    assert seen["failure"]["text"] == "клиент заблокировал бота или удалил аккаунт."
    assert seen["can"] == {"unsend": True, "retry": True}  # whoever wrote it may also change it
    await boris.done("retry", message=said)
    await desk_office.settles()
    assert boris.talk["messages"][said]["delivery"] == "queued"
    assert (await boris.refused("retry", message=said))["code"] == "not-failed"
    await anna.done("edit", message=said, text="Да, есть")
    await desk_office.settles()
    assert boris.talk["messages"][said]["text"] == "Да, есть"
    assert boris.talk["messages"][said]["edited"] is True
    assert (await boris.refused("edit", message=said, text="Нет"))["code"] == "not-yours"
    await anna.done("unsend", message=said)
    await anna.done("close", conversation=asked)
    await desk_office.settles()
    assert boris.talk["messages"][said]["deleted"] is True
    assert boris.talk["conversation"]["stage"] == "closed"
    assert [event["what"] for event in boris.talk["events"].values()] == ["accepted", "closed"]
    await boris.done("reopen", conversation=asked)
    assert (await desk_office.conversation(asked)).operator == BORIS.id


async def test_delivery_is_shown_as_it_goes_on(desk_office: DeskOffice):
    anna = await desk_office.at_work(ANNA)
    asked = await desk_office.writes("Мария")
    await anna.done("accept", conversation=asked)
    await anna.look(asked)
    said = (await anna.done("reply", conversation=asked, text="Да"))["message"]
    message = await desk_office.message(said)
    for delivery in (Delivery.SENT, Delivery.DELIVERED, Delivery.SEEN):
        if delivery is Delivery.SENT:
            await desk_office.becomes(said, delivery)
        else:
            latest = (await desk_office.message(said)).seq
            await desk_office.write(lambda tx, d=delivery, s=latest: tx.advance_delivery(message.customer, s, d))
        await desk_office.settles()
        assert anna.talk["messages"][said]["delivery"] == delivery.value


async def test_a_transfer_to_a_colleague_back_to_the_feed_and_to_another_group(desk_office: DeskOffice):
    anna, boris = await desk_office.at_work(ANNA), await desk_office.at_work(BORIS)
    vera = await desk_office.at_work(VERA, SUPPORT)
    asked = await desk_office.writes("Мария")
    await anna.done("accept", conversation=asked)
    await boris.watch("mine")
    assert {each["name"] for each in anna.welcome["colleagues"]} == {"Анна"}
    assert [each["name"] for each in boris.welcome["all_groups"]] == [SALES, SUPPORT]
    await anna.done("transfer", conversation=asked, to={"operator": BORIS.id}, comment="ты знаешь этот заказ")
    await desk_office.settles()
    assert boris.order == [asked]
    assert (await desk_office.conversation(asked)).operator == BORIS.id
    shown = await boris.look(asked)
    notes = [m["text"] for m in shown["messages"] if m["from"] == "note"]
    assert len(notes) == 1 and "Борис" in notes[0] and "ты знаешь этот заказ" in notes[0]
    await boris.done("transfer", conversation=asked, to={"feed": True}, comment="")
    assert (await desk_office.conversation(asked)).stage is Stage.INCOMING
    await anna.watch("feed")
    await vera.watch("feed")
    await boris.done("transfer", conversation=asked, to={"group": SUPPORT}, comment="это к вам")
    await desk_office.settles()
    assert anna.order == [] and vera.order == [asked]
    assert (await anna.refused("accept", conversation=asked))["code"] == "not-found"
    await vera.done("accept", conversation=asked)
    assert boris.talk["conversation"]["group"] == SUPPORT
    assert not any(boris.talk["conversation"]["may"].values())
    before = len(boris.frames)
    await desk_office.writes("Мария", "Ещё вопрос")
    await desk_office.settles()
    assert [f for f in boris.frames[before:] if f["type"] not in ("pong", "figures")] == []


async def test_nothing_is_handed_to_who_is_not_there(desk_office: DeskOffice):
    anna = await desk_office.at_work(ANNA)
    asked = await desk_office.writes("Мария")
    assert (await anna.refused("transfer", conversation=asked, to={"operator": 999}))["code"] == "no-such-colleague"
    assert (await anna.refused("transfer", conversation=asked, to={"group": "тайная"}))["code"] == "no-such-group"
    assert (await anna.refused("transfer", conversation=asked, to={"feed": True}))["code"] == "in-the-feed"
    await desk_office.at_work(BORIS, SUPPORT)  # of another group
    await anna.done("accept", conversation=asked)
    assert (await anna.refused("transfer", conversation=asked, to={"operator": BORIS.id}))[
        "code"
    ] == "no-such-colleague"


async def test_what_a_channel_cannot_carry_is_refused_with_the_reason(desk_office: DeskOffice):
    anna = await desk_office.at_work(ANNA)
    asked = await desk_office.writes("Мария", channel=VK, opens_window=True)
    await anna.done("accept", conversation=asked)
    shown = await anna.look(asked)
    assert shown["conversation"]["window_until"] == "2026-11-23T09:00:00.000Z"
    said = (await anna.done("reply", conversation=asked, text="Да"))["message"]
    await desk_office.becomes(said, Delivery.SENT)
    assert (await anna.refused("edit", message=said, text="Нет"))["code"] == "cannot-edit"
    assert (await anna.refused("unsend", message=said))["code"] == "cannot-unsend"
    desk_office.passes(24 * 3600 + 1)
    anna = await desk_office.at_work(ANNA)
    late = await anna.refused("reply", conversation=asked, text="Нет")
    assert late["code"] == "window-closed"
    assert "время для ответа вышло" in late["message"]
    long = await anna.refused("reply", conversation=asked, text="я" * 10_001)
    assert long["code"] == "text-too-long"
    assert "10 000" in long["message"].replace("\xa0", " ")
    assert (await anna.refused("reply", conversation=asked, text=" \u200b "))["code"] == "empty"
