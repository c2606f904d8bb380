"""What only one operator should see is seen by nobody else where Telegram can do that."""

from tests.conftest import OpenOffice
from tests.emulators.telegram import Limits
from tests.office import Office
from tests.stories.scenes import accepted, hints, quiet, shown_to_all

OLD = (10, 1)  # a server that does not know ephemeral messages


async def test_a_hint_is_shown_to_the_one_alone(office: Office) -> None:
    anna = office.customer("Анна")
    await anna.writes("Вопрос")
    card = await office.card("Вопрос")
    before = shown_to_all(office)
    await office.olga.says(office.group, "Сейчас", reply_to=card)
    await office.until(lambda: hints(office))
    await quiet(office)
    assert hints(office) == [
        "Чтобы ответить на обращение, нужно принять его в работу: нажмите «Принять» на карточке."
        " Клиенту ничего не отправлено."
    ]
    assert hints(office, office.ivan) == [] and shown_to_all(office) == before


async def test_an_older_server_never_shows_a_hint_to_all(open_office: OpenOffice) -> None:
    office = await open_office(version=OLD)
    anna = office.customer("Анна")
    await anna.writes("Вопрос")
    card = await office.card("Вопрос")
    before = shown_to_all(office)
    await office.olga.starts(office.bot)
    said = await office.olga.says(office.group, "Сейчас", reply_to=card)
    await office.until(lambda: any("нужно принять" in text for text in office.olga.hears(office.bot)))
    assert shown_to_all(office) == before
    told = office.olga.sees(office.bot)[-1]
    assert told.text.startswith("Продажи\n") and told["entities"][0]["url"].endswith(f"/{said.id}")


async def test_who_never_wrote_to_the_bot_gets_a_short_silent_reply(open_office: OpenOffice) -> None:
    office = await open_office(version=OLD)
    anna = office.customer("Анна")
    await anna.writes("Вопрос")
    card = await office.card("Вопрос")
    said = await office.olga.says(office.group, "Сейчас", reply_to=card)
    told = await office.finds("нужно принять")
    assert told["reply_to_message"]["message_id"] == said.id
    calls = office.telegram.calls_of("sendMessage", chat=office.group.id)
    (call,) = [call for call in calls if "нужно принять" in call.params["text"]]
    assert call.params["disable_notification"]


async def test_a_hint_that_cannot_be_shown_to_one_is_not_lost(office: Office) -> None:
    anna = office.customer("Анна")
    await anna.writes("Вопрос")
    card = await office.card("Вопрос")
    await quiet(office)
    office.telegram.fail_next("sendMessage", error=(400, "Bad Request: PARTICIPANT_ID_INVALID"), chat=office.group)
    await office.olga.says(office.group, "Сейчас", reply_to=card)
    await office.finds("нужно принять")


async def test_hints_and_commands_stay_within_the_limits(office: Office) -> None:
    office.telegram.limits = Limits.real()
    await accepted(office)
    for _ in range(15):
        await office.olga.says(office.group, "/help")
        await office.ivan.says(office.group, "/status")
    office.clock.passes(100)
    await office.until(lambda: len(hints(office)) == 15 and len(hints(office, office.ivan)) == 15)
    assert [call for call in office.telegram.calls if call.code == 429] == []


async def test_a_press_without_its_message_is_answered(office: Office) -> None:
    _, card = await accepted(office)
    for body in ({"inline_message_id": "x1"}, {"message": {"chat": {"id": -100777, "type": "supergroup"}}}):
        press = office.olga.forges_press(card, "a:1")
        await press.wait()
        raw = {"id": press.id, "chat_instance": "1", "data": "c:1"}
        raw["from"] = {"id": office.olga.id, "is_bot": False, "first_name": "Ольга"}
        if "message" in body:
            body["message"] = {"message_id": 5, "date": 0, **body["message"]}
        before = len(office.telegram.calls_of("answerCallbackQuery"))
        office.bot.push_raw_update({"callback_query": {**raw, **body}})
        await office.until(lambda before=before: len(office.telegram.calls_of("answerCallbackQuery")) > before)
    old = {"message_id": card.id, "date": 0, "chat": {"id": office.group.id, "type": "supergroup"}}
    press = office.olga.forges_press(card, "a:1")
    await press.wait()
    office.bot.push_raw_update({"callback_query": {**raw, "message": old, "data": "n:1"}})  # inaccessible: too old
    await quiet(office)
    assert office.telegram.unanswered == []
