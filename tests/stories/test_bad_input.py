"""Whatever strangers send is shown as it is, breaks nothing, and nothing is lost in silence."""

import pytest

from tests.emulators.telegram import Seen
from tests.office import TOKEN, Office
from tests.stories.scenes import accept, accepted, in_topic, quiet

NASTY = [
    "<b>жирно</b> & <script>alert(1)</script> </i>",
    "*звёзды* _черты_ [ссылка](tg://user?id=1) `код` \\",
    "нулевой\x00байт, звонок\x07 и забой\x08",
    "перевёрнуто \u202eэто\u202c и \u2066так\u2069",
    "👨‍👩‍👧‍👦" * 300,
    "😀" * 2048,  # 4096 units of UTF-16
    "я" * 4096,
    "строка\n" * 500,
    "\u200b\u200d\u2060",
    "{name} %s $1 { $count }",
    "/start",
    "//",
]


def visible(text: str) -> str:
    return "".join(c for c in text if c.isprintable() and c not in "\u200b\u200d\u2060\u202e\u202c\u2066\u2069")


def office_says(office: Office) -> str:
    return "".join(visible(m.text) for m in office.group.messages(by=office.bot))


@pytest.mark.parametrize("text", NASTY)
async def test_any_text_goes_both_ways(office: Office, text: str) -> None:
    anna = office.customer("Анна")
    await anna.writes("Здравствуйте")
    card = await office.card("Здравствуйте")
    await accept(office, card)
    await anna.writes(text)
    await anna.writes("Конец")
    if text != "/start":  # that one only greets
        wanted = visible(text).strip()
        await office.until(lambda: "Конец" in office_says(office))
        await office.until(lambda: office_says(office).count(wanted[-1:]) >= wanted.count(wanted[-1:]))
        shown = office_says(office).replace(" ", "")
        for word in {part.replace(" ", "") for part in wanted[:4000].split()[:3]}:
            assert word[:800] in shown or word[:8] in shown
    if text not in ("/start", "//", "\u200b\u200d\u2060"):
        clean = text.replace("\x00", "").replace("\x07", "").replace("\x08", "")
        await office.olga.says(office.group, clean, reply_to=card)
        await office.until(lambda: len(anna.sees) == 1)
        assert visible(anna.sees[0])[:500] == visible(clean)[:500]
    assert office.telegram.unanswered == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("<b>Анна</b>", "<b>Анна</b>"),
        ("\u202eаннА", "аннА"),
        ("\u200b\u2060", "Гость №1"),
        ("Z̸a̸l̸g̸o̸", "Z̸a̸l̸g̸o̸"),
        ("A" * 200, "AAAA"),
        ("Анна\nПринять\n👤 В работе: Ольга", "Анна Принять"),
    ],
)
async def test_any_name_makes_a_card_and_a_topic(forum: Office, name: str, shown: str) -> None:
    anna = forum.customer(name)
    await anna.writes("Вопрос")
    card = await forum.card("Вопрос")
    assert shown in card.text.splitlines()[0]
    await forum.olga.presses(card, "Принять")
    topic = await forum.until(lambda: next(iter(forum.group.topics()), None))
    assert len(topic.name.encode("utf-16-le")) // 2 <= 128 and "Telegram" in topic.name
    await forum.olga.says(forum.group, "Ответ", topic=topic.id)
    await anna.will_see("Ответ")


async def test_a_hundred_formats_in_a_text_arrive(office: Office) -> None:
    anna, card = await accepted(office)
    text = "аб " * 100
    entities = [{"type": "bold" if n % 2 else "italic", "offset": n * 3, "length": 2} for n in range(100)]
    await anna.writes(text, entities=entities)
    shown = await office.finds("аб аб")
    assert len([e for e in shown["entities"] if e["type"] in ("bold", "italic")]) >= 90
    await office.olga.says(office.group, text, entities=entities, reply_to=card)
    await office.until(lambda: len(anna.sees) == 1)
    assert len(anna.human.sees(office.bot)[-1]["entities"]) == 100


async def test_a_flood_of_tiny_words_fits_the_card(office: Office) -> None:
    anna = office.customer("Анна")
    await office.stop()
    for number in range(150):
        await anna.writes(f"{number}.")
    await office.start()
    await office.until(lambda: "149." in "\n".join(office.group.texts(by=office.bot)))
    card = next(m for m in office.group.messages(by=office.bot) if m.get("reply_markup"))
    assert "150 сообщений" in card.text
    assert [call for call in office.telegram.calls if call.code == 400] == []
    for message in office.group.messages(by=office.bot):
        assert len(message.get("entities", [])) < 100
    told = "\n".join(office.group.texts(by=office.bot))
    places = [told.index(f"{number}.") for number in range(20)]
    assert places == sorted(places)


UNKNOWN = [
    {"story": {"chat": {"id": 5, "type": "private", "first_name": "A"}, "id": 1}},
    {"game": {"title": "Игра", "description": "x", "photo": []}},
    {"invoice": {"title": "Счёт", "description": "x", "start_parameter": "", "currency": "RUB", "total_amount": 1}},
    {"something_of_the_future": {"x": 1}},
    {},
]


def raw(office: Office, human_id: int, number: int, body: dict[str, object]) -> dict[str, object]:
    person = {"id": human_id, "is_bot": False, "first_name": "Анна"}
    chat = {"id": human_id, "type": "private", "first_name": "Анна"}
    when = int(office.clock.now().timestamp())
    return {"message": {"message_id": 7000 + number, "date": when, "from": person, "chat": chat, **body}}


async def test_kinds_that_nobody_knows_are_shown_by_name(forum: Office) -> None:
    anna, _, topic = await in_topic(forum)
    for number, body in enumerate(UNKNOWN):
        forum.bot.push_raw_update(raw(forum, anna.human.id, number, body))
    await forum.until(
        lambda: "\n".join(topic.texts()).count("вложение, которое Otklik не умеет показать") == len(UNKNOWN)
    )


async def test_poisoned_updates_block_nobody(office: Office) -> None:
    anna, card = await accepted(office)
    group = {"id": office.group.id, "type": "supergroup", "title": "Продажи"}
    office.may_miss.add("aside")
    for poison in (
        {"message": {"message_id": "x"}},
        {"message": None},
        {"callback_query": {"id": 5}},
        {"message": {"message_id": 1, "date": -1, "chat": group, "entities": "no", "text": 5}},
        {"message": {"message_id": 2, "date": 1, "chat": group, "reply_to_message": {"x": 1}, "text": "а"}},
        {"chat_member": {"chat": group}},
        {"edited_message": {"message_id": 3, "date": 1, "chat": group, "text": "правка ничья"}},
        {"message": {"message_id": 4, "date": 1, "chat": group, "text": "от никого"}},
    ):
        office.bot.push_raw_update(dict(poison))
    await anna.writes("После яда")
    await office.finds("После яда")
    await office.olga.says(office.group, "Живы", reply_to=card)
    await anna.will_see("Живы")


async def test_no_text_holds_the_token(office: Office) -> None:
    anna, card = await accepted(office)
    office.telegram.fail_next("sendMessage", error=401, chat=anna.human.id)
    await office.olga.says(office.group, "Ответ", reply_to=card)
    await office.olga.says(office.group, "/status")
    await quiet(office)
    secret = TOKEN.split(":")[1]
    said: list[Seen] = [*office.group.messages(viewer=office.olga), *office.olga.hints(office.group)]
    assert all(secret not in message.text for message in said)
