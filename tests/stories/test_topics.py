"""A forum group: the feed in General, a topic for each customer who was accepted."""

from tests.office import Office


async def test_a_request_gets_a_topic_and_everything_typed_there_reaches_the_customer(forum: Office) -> None:
    anna = forum.customer("Анна Петрова")
    await anna.writes("Есть ли в наличии?")
    card = await forum.card("Есть ли в наличии?")
    assert card.thread is None
    await forum.olga.presses(card, "Принять")
    topic = await forum.until(lambda: next(iter(forum.group.topics()), None))
    assert "Анна Петрова" in topic.name and "Telegram" in topic.name
    await forum.until(lambda: any("Есть ли в наличии?" in text for text in topic.texts()))
    await forum.until(lambda: "В работе: Ольга" in forum.group.message(card.id).text)
    said = await forum.olga.says(forum.group, "Да, две штуки", topic=topic.id)
    await anna.will_see("Да, две штуки")
    await forum.reaction(said, "👌")
    await forum.olga.says(forum.group, "// спросить у склада", topic=topic.id)
    await anna.writes("Беру")
    await forum.until(lambda: topic.texts()[-1] == "Беру")
    assert anna.sees == ["Да, две штуки"]
    await forum.olga.presses(forum.group.message(card.id), "Закрыть")
    await forum.until(lambda: forum.group.topic(topic.id).closed)
    await anna.writes("А доставка?")
    again = await forum.card("А доставка?")
    await forum.ivan.presses(again, "Принять")
    await forum.until(lambda: not forum.group.topic(topic.id).closed)
    await forum.until(lambda: any("А доставка?" in text for text in topic.texts()))
    assert len(forum.group.topics()) == 1
