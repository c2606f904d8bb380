"""Telegram's limits under load: no call too many, nothing lost, the most important first, nobody starves."""

import re

from tests.conftest import OpenOffice
from tests.emulators.telegram import Limits
from tests.office import Office, TelegramCustomer
from tests.stories.scenes import quiet
from tests.stories.talk import begin


def refused(office: Office, chat: int | None = None) -> list[str]:
    return [str(call) for call in office.telegram.calls if call.code == 429 and chat in (None, call.chat)]


async def crowd(office: Office, size: int, messages: int) -> list[TelegramCustomer]:
    """So many customers write so many messages each, all at the same time."""
    people = [office.customer(f"Клиент{number:03}") for number in range(size)]
    for number in range(messages):
        for person in people:
            await person.writes(f"{person.human.name} говорит {number}.")
    return people


def words_of(office: Office, name: str) -> list[str]:
    """The numbers of a customer's messages in the order in which the group shows them."""
    return [n for m in office.group.messages(by=office.bot) for n in re.findall(rf"{name} говорит (\d+)\.", m.text)]


async def test_a_burst_of_sixty_customers_meets_no_flood_limit(office: Office) -> None:
    office.telegram.limits = Limits.real()
    office.clock.speed = 0.2  # they all write within the few seconds that each is given to finish
    office.patience = 60
    people = await crowd(office, 60, 3)
    office.clock.speed = 100

    def all_shown() -> bool:
        return all(words_of(office, person.human.name) == ["0", "1", "2"] for person in people)

    await office.until(all_shown, lambda: str({p.human.name: words_of(office, p.human.name) for p in people}))
    assert not refused(office)
    cards = [m for m in office.group.messages(by=office.bot) if "Клиент" in m.text]
    assert len(cards) == 60  # what waits together is one post
    names = [re.search(r"Клиент\d+", m.text) for m in cards]
    assert [found and found[0] for found in names] == [person.human.name for person in people]
    posts = [call for call in office.telegram.calls if call.chat == office.group.id and call.units]
    assert len(posts) < 60 + 60
    assert office.telegram.units(office.group.id) <= 20


async def test_accepting_in_the_middle_of_a_backlog_goes_first(open_office: OpenOffice) -> None:
    office = await open_office(forum=True)
    office.telegram.limits = Limits.real()
    office.clock.speed = 100
    office.patience = 60
    anna = office.customer("Анна")
    await anna.writes("Вопрос")
    card = await office.card("Вопрос")
    await crowd(office, 40, 1)
    await office.until(lambda: office.telegram.units(office.group.id) > 15)
    office.clock.passes(70)
    await office.olga.presses(card, "Принять")
    pressed = len(office.telegram.calls)
    topic = await office.until(lambda: next(iter(office.group.topics()), None))
    await office.until(lambda: any("Вопрос" in text for text in topic.texts()))
    await office.until(lambda: "В работе: Ольга" in card.now().text)
    between = [call for call in office.telegram.calls[pressed:] if call.method == "sendMessage"]
    assert len([call for call in between if "Клиент" in call.params["text"]]) <= 3
    said = await office.olga.says(office.group, "Отвечаю", topic=topic.id)
    await anna.will_see("Отвечаю")
    await office.reaction(said, "👌")
    assert not refused(office)


async def test_albums_edits_and_topics_share_the_budget(open_office: OpenOffice) -> None:
    office = await open_office(forum=True)
    office.telegram.limits = Limits.real()
    office.clock.speed = 100
    office.patience = 60
    talks = [await begin(office, f"Клиент{number}", f"Вопрос {number}") for number in range(3)]
    office.clock.speed = 1  # an album that comes in two halves may be shown as two
    for talk in talks:
        await talk.customer.human.album(office.bot, [True] * 7, caption="Семь")
        first = await talk.customer.writes("Опечатко")
        await talk.customer.human.edits(first, "Опечатка")
        await talk.customer.writes("Ещё")
        assert talk.topic is not None
    office.clock.speed = 100
    for talk in talks:
        await office.until(lambda talk=talk: sum("photo" in m for m in talk.topic.messages()) == 7)
        await office.until(lambda talk=talk: any("Ещё" in text for text in talk.topic.texts()))
        assert any("Опечатка" in text for text in talk.topic.texts())
        assert len({m["media_group_id"] for m in talk.topic.messages() if "photo" in m}) == 1
    assert not refused(office) and office.telegram.units(office.group.id) <= 20


async def test_one_who_never_stops_does_not_starve_the_others(office: Office) -> None:
    office.telegram.limits = Limits.real()
    office.clock.speed = 100
    office.patience = 60
    spammer = await begin(office, "Болтун")
    for number in range(60):
        await spammer.customer.writes(photo=True, caption=f"снимок {number}")
    await office.until(lambda: len(spammer.posts) > 40)  # they have waited for minutes
    await office.customer("Анна").writes("Вопрос")
    before = len(office.telegram.calls)
    await office.card("Вопрос")
    photos = [call for call in office.telegram.calls[before:] if call.method == "sendPhoto"]
    assert len(photos) <= 3
    await office.until(lambda: len([m for m in spammer.posts if "photo" in m]) == 60)
    captions = [m.text.splitlines()[-1] for m in spammer.posts if "photo" in m]
    assert captions == [f"снимок {number}" for number in range(60)]
    assert not refused(office)


async def test_quick_answers_keep_to_the_pace_of_the_customers_chat(office: Office) -> None:
    office.telegram.limits = Limits.real(stubborn=30.0)
    talk = await begin(office)
    for number in range(8):
        await talk.answers(f"Ответ {number}")
    await talk.customer.will_see(*[f"Ответ {number}" for number in range(8)])
    chat = talk.customer.human.id
    assert not refused(office, chat)


async def test_captions_of_a_whole_album_change_within_the_limit_of_a_private_chat(office: Office) -> None:
    office.telegram.limits = Limits.real(stubborn=30.0)
    office.clock.speed = 50
    talk = await begin(office)
    album = await talk.answers_album([True] * 9, caption="Старое")
    await talk.receives(9)
    await office.reaction(album[0], "👌")
    await office.olga.edits(album[0], caption="Новое")
    await office.olga.edits(album[8], caption="Последнее")
    await talk.customer.will_see("Новое", *[""] * 7, "Последнее")
    chat = talk.customer.human.id
    assert not [call for call in office.telegram.calls_of(chat=chat) if call.code == 429 and call.retry_after > 10]


async def test_nothing_happens_while_nothing_happens(open_office: OpenOffice) -> None:
    board = ("Входящие: 1", "Ольга — 1 обращение")  # not how it looked before Анна was accepted
    for forum in (False, True):
        office = await open_office(forum=forum)
        talk = await begin(office)
        await office.reaction(await talk.answers("Ответ"), "👌")
        waiting = office.customer("Борис")
        await waiting.writes("Жду")
        await office.card("Жду")
        await office.until(
            lambda office=office: any(all(line in m.text for line in board) for m in office.group.messages())
        )
        office.clock.passes(60)
        await quiet(office)
        calls = len(office.telegram.calls)
        for _ in range(4):
            office.clock.passes(120)
            await quiet(office)
        assert len(office.telegram.calls) == calls, [str(call) for call in office.telegram.calls[calls:]]


async def test_a_restart_shows_nothing_twice(open_office: OpenOffice) -> None:
    for forum in (False, True):
        office = await open_office(forum=forum)
        talk = await begin(office)
        await talk.customer.writes(photo=True)
        await talk.posted(1)
        await office.reaction(await talk.answers("Ответ"), "👌")
        await quiet(office)
        office.clock.passes(120)
        await quiet(office)
        calls = len(office.telegram.calls)
        await office.stop()
        await office.start()
        await quiet(office)
        office.clock.passes(120)
        await quiet(office)
        again = [call for call in office.telegram.calls[calls:] if call.units]
        assert not again, [str(call) for call in again]
