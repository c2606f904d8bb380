"""What operators ask the bot: /help, /open, /mine, /close, /status."""

import pytest

from tests.conftest import OpenOffice
from tests.emulators.telegram import Seen
from tests.office import Office
from tests.stories.scenes import accept, accepted, hints, in_topic, quiet

OLD = (10, 1)


async def asked(office: Office, command: str, **where: object) -> Seen:
    """What Olga alone is told."""
    before = len(office.olga.hints(office.group))
    await office.olga.says(office.group, command, **where)
    await office.until(lambda: len(office.olga.hints(office.group)) > before)
    return office.olga.hints(office.group)[-1]


def links(seen: Seen) -> list[str]:
    return [entity["url"] for entity in seen["entities"] if entity["type"] == "text_link"]


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_commands_are_registered_in_both_languages(open_office: OpenOffice, language: str) -> None:
    office = await open_office(language=language)
    await office.until(lambda: len(office.telegram.calls_of("setMyCommands", ok=True)) == 3)
    told = {c.params.get("language_code"): c.params for c in office.telegram.calls_of("setMyCommands")}
    assert set(told) == {None, "ru", "en"}
    assert told[None]["commands"] == told[language]["commands"]
    assert told["ru"]["commands"] != told["en"]["commands"]
    names = ["help", "open", "mine", "close", "unsend", "status", "desk"]
    assert [c["command"] for c in told["ru"]["commands"]] == names
    assert all(call["scope"] == {"type": "all_group_chats"} for call in told.values())


async def test_registering_is_tried_again(open_office: OpenOffice) -> None:
    office = await open_office()
    await office.until(lambda: len(office.telegram.calls_of("setMyCommands", ok=True)) == 3)
    await office.stop()
    office.telegram.fail_next("setMyCommands", error=500)
    await office.start()
    await quiet(office)
    office.clock.passes(61)
    await office.until(lambda: len(office.telegram.calls_of("setMyCommands", ok=True)) == 6)


@pytest.mark.parametrize(("language", "words"), [("ru", "Нажмите «Принять»"), ("en", "Press “Accept”")])
async def test_help_speaks_the_groups_language(open_office: OpenOffice, language: str, words: str) -> None:
    office = await open_office(language=language)
    told = await asked(office, "/help")
    assert words in told.text and "/close" in told.text


async def test_open_lists_the_feed_with_links(office: Office) -> None:
    assert (await asked(office, "/open")).text == "Входящих нет."
    cards = []
    for name in ("Анна", "Борис"):
        await office.customer(name).writes(f"Вопрос от {name}")
        cards.append(await office.card(f"Вопрос от {name}"))
    told = await asked(office, "/open@desk_bot")
    assert told.text.splitlines()[0] == "Ждут 2 обращения:"
    assert "Анна" in told.text.splitlines()[1] and "Борис" in told.text.splitlines()[2]
    chat = str(office.group.id).removeprefix("-100")
    assert links(told) == [f"https://t.me/c/{chat}/{card.id}" for card in cards]


async def test_a_long_list_says_how_many_more(office: Office) -> None:
    for number in range(23):
        await office.customer(f"Клиент {number}").writes("Вопрос")
    await office.board("Продажи — ")
    await quiet(office)
    told = await asked(office, "/open")
    assert told.text.splitlines()[0] == "Ждут 23 обращения:" and told.text.splitlines()[-1] == "… и ещё 3"


async def test_mine_lists_those_who_wait_first(forum: Office) -> None:
    assert (await asked(forum, "/mine")).text == "У вас в работе ничего нет."
    _, _, first = await in_topic(forum, "Анна", "Первая")
    _, _, second = await in_topic(forum, "Борис", "Второй")
    await in_topic(forum, "Вера", "Чужая", forum.ivan)
    await forum.olga.says(forum.group, "Готово", topic=first.id)
    await quiet(forum)
    told = await asked(forum, "/mine")
    assert [line.split(" · ")[0][2:] for line in told.text.splitlines()] == ["вас 2 обращения:", "Борис", "Анна"]
    chat = str(forum.group.id).removeprefix("-100")
    assert links(told) == [f"https://t.me/c/{chat}/{topic.id}" for topic in (second, first)]


async def test_close_as_a_reply_and_where_it_means_nothing(office: Office) -> None:
    anna, card = await accepted(office)
    told = await asked(office, "/close")
    assert told.text == "Напишите /close в теме клиента или ответом на карточку обращения."
    told = await asked(office, "/close", reply_to=card)
    assert told.text == "Обращение закрыто."
    await office.until(lambda: "Закрыто: Ольга" in card.now().text)
    told = await asked(office, "/close", reply_to=card)
    assert "уже закрыто" in told.text
    assert anna.sees == []


async def test_status_tells_what_works(office: Office) -> None:
    await quiet(office)
    told = await asked(office, "/status")
    assert told.text.splitlines() == [
        "Состояние",
        "🟢 🌐 Сайт — работает",
        "🟢 ✈️ Telegram — работает",
        "Всё показано в группе.",
    ]
    anna, card = await accepted(office)
    office.telegram.fail_next("sendMessage", error=500, chat=anna.human.id, times=50)
    await office.olga.says(office.group, "Застрянет", reply_to=card)
    await quiet(office)
    assert "1 сообщение ждёт отправки" in (await asked(office, "/status")).text


async def test_an_older_server_gets_the_answer_as_a_reply(open_office: OpenOffice) -> None:
    office = await open_office(version=OLD)
    said = await office.olga.says(office.group, "/open")
    told = await office.finds("Входящих нет.")
    assert told["reply_to_message"]["message_id"] == said.id


async def test_a_basic_group_has_no_links_but_lists(open_office: OpenOffice) -> None:
    office = await open_office(kind="group", version=OLD)
    await office.customer("Анна").writes("Вопрос")
    card = await office.card("Вопрос")
    await office.olga.says(office.group, "/open")
    told = await office.finds("Ждёт 1 обращение:")
    assert "Анна" in told.text and links(told) == []
    await accept(office, card)


async def test_commands_of_other_bots_and_disguised_people(office: Office) -> None:
    office.group.promote(office.olga)
    anna, card = await accepted(office)
    await office.olga.says(office.group, "/status@other_bot")
    await office.olga.says(office.group, "/nosuch")
    await office.olga.says(office.group, "/close", reply_to=card, as_anonymous=True)
    await office.finds("Вы пишете анонимно")
    await quiet(office)
    assert hints(office) == [] and "В работе" in card.now().text and anna.sees == []
