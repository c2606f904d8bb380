"""A basic group becomes a supergroup: its id and all message ids change under the desk."""

import pytest

from tests.conftest import OpenOffice
from tests.office import Office
from tests.stories.scenes import accept, quiet


async def basic(open_office: OpenOffice) -> Office:
    return await open_office(kind="group")


async def test_everything_open_is_shown_anew_in_the_new_chat(open_office: OpenOffice) -> None:
    office = await basic(open_office)
    anna, boris, vera = (office.customer(name) for name in ("Анна", "Борис", "Вера"))
    await anna.writes("Вопрос Анны")
    card = await office.card("Вопрос Анны")
    await accept(office, card)
    await office.olga.says(office.group, "Ответ Анне", reply_to=card)
    await anna.will_see("Ответ Анне")
    await anna.writes("Спасибо, и ещё")
    await boris.writes("Вопрос Бориса")
    await vera.writes("Вопрос Веры")
    done = await office.card("Вопрос Веры")
    await office.olga.presses(done, "Закрыть без ответа")
    await quiet(office)
    office.group = office.group.upgrade()
    await office.until(lambda: office.group.find("Вопрос Бориса", by=office.bot))
    await office.until(lambda: office.group.find("Спасибо, и ещё", by=office.bot))
    await office.until(lambda: office.group.pinned)
    await quiet(office)
    told = "\n".join(office.group.texts(by=office.bot))
    assert "Вопрос Анны" in told and "Ольга: Ответ Анне" in told and "Вопрос Веры" not in told
    moved = office.group.find("Спасибо, и ещё", by=office.bot)
    assert moved
    await office.olga.says(office.group, "Отвечаю в новой группе", reply_to=moved)
    await anna.will_see("Ответ Анне", "Отвечаю в новой группе")
    other = office.group.find("Вопрос Бориса", by=office.bot)
    assert other
    await accept(office, other)
    await office.stop()
    await boris.writes("Пока вас не было")
    await office.start()  # with the old id in the configuration
    await office.until(lambda: office.group.find("Пока вас не было", by=office.bot))
    assert len([m for m in office.group.messages(by=office.bot) if "Входящие:" in m.text]) == 1


@pytest.mark.parametrize("running", [True, False])
async def test_a_move_that_nobody_told_of_is_noticed_by_the_error(open_office: OpenOffice, running: bool) -> None:
    office = await basic(open_office)
    await quiet(office)
    if not running:
        await office.stop()
    office.bot.queue.allow(["callback_query"])  # the service message never comes
    office.group = office.group.upgrade()
    if not running:
        await office.start()
    office.bot.queue.allow(["message", "edited_message", "callback_query", "my_chat_member", "chat_member"])
    anna = office.customer("Анна")
    await anna.writes("Где все?")
    card = await office.card("Где все?")
    await accept(office, card)
    await office.olga.says(office.group, "Переехали", reply_to=card)
    await anna.will_see("Переехали")


async def test_a_quiet_board_notices_the_move_by_itself(open_office: OpenOffice) -> None:
    office = await basic(open_office)
    await quiet(office)
    office.bot.queue.allow(["callback_query"])
    office.group = office.group.upgrade()
    office.clock.passes(700)
    await office.until(lambda: office.group.pinned)


async def test_topics_switched_on_in_a_basic_group_make_a_forum(open_office: OpenOffice) -> None:
    office = await basic(open_office)
    anna = office.customer("Анна")
    await anna.writes("Вопрос")
    await accept(office, await office.card("Вопрос"))
    await quiet(office)
    office.group = office.group.turn_topics()
    topic = await office.until(lambda: next(iter(office.group.topics()), None))
    await office.until(lambda: any("Вопрос" in text for text in topic.texts()))
    await office.olga.says(office.group, "Уже в теме", topic=topic.id)
    await anna.will_see("Уже в теме")


async def test_a_failure_is_told_even_when_the_group_has_moved_since(open_office: OpenOffice) -> None:
    office = await basic(open_office)
    anna = office.customer("Анна")
    await anna.writes("Вопрос")
    card = await office.card("Вопрос")
    await accept(office, card)
    gate = office.telegram.hold_next("sendMessage", chat=anna.human.id)
    await anna.human.blocks(office.bot)
    await office.olga.says(office.group, "Не дойдёт", reply_to=card)
    await gate.reached()
    office.group = office.group.upgrade()
    await office.until(lambda: office.group.find("Не дойдёт", by=office.bot))
    gate.release()
    await office.finds("Не доставлено")
