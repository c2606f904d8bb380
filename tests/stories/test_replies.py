"""A plain group: cards, replies to them, and everything that must not reach a customer."""

from tests.office import Office


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
