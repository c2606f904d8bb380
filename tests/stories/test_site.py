"""Visitors of the site beside Telegram customers: text both ways, what the site cannot carry, what was read."""

from tests.conftest import OpenOffice
from tests.emulators.telegram import Attachment
from tests.office import Office
from tests.stories.scenes import accept, quiet
from tests.stories.talk import begin


async def test_a_visitor_is_answered_and_the_operator_sees_that_it_was_read(office: Office) -> None:
    visitor = await office.visitor()
    await visitor.say("Есть доставка?")
    card = await office.card("Есть доставка?")
    assert "Гость №1" in card.text and "Сайт" in card.text
    await accept(office, card)
    said = await office.olga.says(office.group, "Есть", reply_to=card)
    await visitor.until_texts("Есть доставка?", "Есть")
    await office.reaction(said, "👌")
    await visitor.send("seen", cursor=visitor.cursor)
    await office.reaction(said, "👀")
    reactions = office.telegram.calls_of("setMessageReaction")
    assert [call.params["reaction"][0]["emoji"] for call in reactions] == ["👌", "👀"]


async def test_what_cannot_reach_a_visitor_is_told_with_the_reason(office: Office) -> None:
    visitor = await office.visitor()
    await visitor.say("Пришлите каталог")
    card = await office.card("Пришлите каталог")
    await accept(office, card)
    big = Attachment(b"x", name="каталог.pdf", size=21 * 1024 * 1024)
    file = await office.olga.says(office.group, document=big, caption="Вот", reply_to=card)
    notice = await office.finds("Не доставлено: файл слишком большой для этого канала (до 20 МБ)")
    assert notice["reply_to_message"]["message_id"] == file.id and notice.buttons == [["Повторить"]]
    await office.reaction(file, "💔")
    await office.olga.presses(notice, "Повторить")
    await office.until(lambda: notice.deleted)
    again = await office.finds("Не доставлено: файл слишком большой")
    assert again.id != notice.id
    await office.olga.says(office.group, "Вышлем письмом", reply_to=card)
    await visitor.until_texts("Пришлите каталог", "Вышлем письмом")
    place = await office.olga.says(office.group, location=(55.75, 37.61), reply_to=card)
    await office.reaction(place, "👌")
    await visitor.until("messages")
    assert "55.75,37.61" in visitor.texts[-1]


async def test_an_operators_edit_reaches_the_visitor(office: Office) -> None:
    visitor = await office.visitor()
    await visitor.say("Цена?")
    card = await office.card("Цена?")
    await accept(office, card)
    said = await office.olga.says(office.group, "Сто", reply_to=card)
    await visitor.until_texts("Цена?", "Сто")
    await office.reaction(said, "👌")
    await office.olga.edits(said, "Двести")
    await visitor.until_texts("Цена?", "Двести")
    await quiet(office)
    assert not [m for m in office.group.messages(by=office.bot) if "Не доставлено" in m.text]


async def test_an_answer_waits_for_a_visitor_who_has_gone(office: Office) -> None:
    visitor = await office.visitor()
    await visitor.say("Вернусь позже")
    card = await office.card("Вернусь позже")
    await visitor.close()
    await accept(office, card)
    said = await office.olga.says(office.group, "Ждём вас", reply_to=card)
    await office.reaction(said, "👌")
    await visitor.connect()
    await visitor.until_texts("Вернусь позже", "Ждём вас")


async def test_sites_and_telegram_at_once_are_never_mixed(open_office: OpenOffice) -> None:
    office = await open_office(forum=True, posts_per_minute=600)
    visitor = await office.visitor()
    anna = office.customer("Анна")
    for number in range(3):
        await visitor.say(f"С сайта {number}")
        await anna.writes(f"Из Telegram {number}")
    cards = [await office.card("С сайта 0"), await office.card("Из Telegram 0")]
    for card in cards:
        await accept(office, card)
    guest = await office.until(lambda: next((t for t in office.group.topics() if "Гость №1" in t.name), None))
    person = await office.until(lambda: next((t for t in office.group.topics() if "Анна" in t.name), None))
    for number in range(3):
        await office.olga.says(office.group, f"Гостю {number}", topic=guest.id)
        await office.ivan.says(office.group, f"Анне {number}", topic=person.id)
    await anna.will_see("Анне 0", "Анне 1", "Анне 2")
    await visitor.until_texts(*[f"С сайта {n}" for n in range(3)], *[f"Гостю {n}" for n in range(3)])
    assert not any("Telegram 0" in text for text in guest.texts())
    assert not any("С сайта" in text for text in person.texts())


async def test_a_visitor_and_a_telegram_customer_write_in_the_same_second(office: Office) -> None:
    talk = await begin(office)
    visitors = [await office.visitor() for _ in range(3)]
    for number, visitor in enumerate(visitors):
        await visitor.say(f"Гость пишет {number}")
    await talk.customer.writes("И я")
    for number in range(3):
        card = await office.card(f"Гость пишет {number}")
        assert f"Гость №{number + 1}" in card.text
    await talk.posted(4)
