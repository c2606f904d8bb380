"""Helper bots: further bots in the same group share the load, and whatever becomes of one of them, others go on."""

import re

import pytest

from tests.conftest import OpenOffice
from tests.emulators.telegram import Bot, Limits, Seen
from tests.office import Office, TelegramCustomer
from tests.stories.scenes import accept, quiet


def refused(office: Office, bot: Bot | None = None) -> list[str]:
    calls = office.telegram.calls
    return [str(call) for call in calls if call.code == 429 and (bot is None or call.bot == bot.id)]


async def crowd(office: Office, size: int, messages: int = 1, name: str = "Клиент") -> list[TelegramCustomer]:
    """So many customers write so many messages each, all at the same time."""
    people = [office.customer(f"{name}{number:03}") for number in range(size)]
    for number in range(messages):
        for person in people:
            await person.writes(f"{person.human.name} говорит {number}.")
    return people


def words_of(office: Office, name: str) -> list[str]:
    """The numbers of a customer's messages in the order in which the group shows them."""
    return [n for m in office.posts for n in re.findall(rf"{name} говорит (\d+)\.", m.text)]


async def shown(office: Office, people: list[TelegramCustomer], messages: int) -> None:
    """Wait until the group shows all that they have said, in order."""
    wanted = [str(number) for number in range(messages)]

    def missing() -> dict[str, list[str]]:
        found = {person.human.name: words_of(office, person.human.name) for person in people}
        return {name: words for name, words in found.items() if words != wanted}

    await office.until(lambda: not missing(), lambda: str(missing()))


def cards(office: Office) -> list[Seen]:
    return [m for m in office.posts if any("Принять" in row for row in m.buttons)]


def card_of(office: Office, name: str) -> Seen:
    return [m for m in cards(office) if name in m.text][-1]


async def present(office: Office) -> None:
    """Wait until every helper has been asked what it is in the group."""
    await office.until(lambda: all(office.telegram.calls_of("getChatMember", bot=h.id) for h in office.helpers))
    await quiet(office)


@pytest.fixture
async def three(open_office: OpenOffice) -> Office:
    """A desk's bot with two helpers, and Telegram's real limits."""
    office = await open_office(helpers=2)
    office.telegram.limits = Limits.real()
    office.patience = 30
    await present(office)
    return office


async def test_a_burst_of_sixty_customers_is_shared(three: Office) -> None:
    office = three
    office.clock.speed = 50
    people = await crowd(office, 60, 3)
    await shown(office, people, 3)
    assert not refused(office)
    assert len(cards(office)) == 60
    for bot in (office.bot, *office.helpers):
        assert office.telegram.units(office.group.id, bot=bot) <= 20
        assert office.telegram.units(office.group.id, bot=bot) >= 10, "it bears its share"
    for number, person in enumerate(people[:12]):
        card = card_of(office, person.human.name)
        await accept(office, card)
        await office.olga.says(office.group, f"Ответ {number}", reply_to=card)
        await person.will_see(f"Ответ {number}")
    pressed = office.telegram.calls_of("answerCallbackQuery", ok=True)
    assert {call.bot for call in pressed} == {bot.id for bot in (office.bot, *office.helpers)}
    assert not refused(office) and not office.telegram.unanswered


async def one_more(open_office: OpenOffice, **how: object) -> Office:
    """A desk's bot with one helper, which gets the first conversation."""
    office = await open_office(helpers=1, **how)
    office.patience = 30
    await office.board("")
    await present(office)
    return office


def author(office: Office, words: str) -> int:
    """Which bot says this in the group, in its newest post."""
    return [m for m in office.posts if words in m.text][-1].author_id


async def status(office: Office) -> str:
    before = len(office.olga.hints(office.group))
    await office.olga.says(office.group, "/status")
    await office.until(lambda: len(office.olga.hints(office.group)) > before)
    return office.olga.hints(office.group)[-1].text


@pytest.mark.parametrize("forum", [False, True])
async def test_a_conversation_stays_with_its_bot_whatever_is_done_with_it(
    open_office: OpenOffice, forum: bool
) -> None:
    office = await one_more(open_office, forum=forum, posts_per_minute=600)
    (helper,) = office.helpers
    people = await crowd(office, 4)
    await shown(office, people, 1)
    owners = {person.human.name: author(office, person.human.name) for person in people}
    assert set(owners.values()) == {office.bot.id, helper.id}
    for person in people:
        name = person.human.name
        card = card_of(office, name)
        await accept(office, card)
        await person.writes(f"{name} говорит 1.")
        seen = await office.finds(f"{name} говорит 1.")
        assert seen.author_id == owners[name]
        place = {"topic": seen.thread} if forum else {"reply_to": seen}
        said = await office.olga.says(office.group, f"Ответ для {name}", **place)
        await person.will_see(f"Ответ для {name}")
        await office.reaction(said, "👌")
    await office.stop()
    await office.start()
    await present(office)
    for person in people:
        name = person.human.name
        await person.writes(f"{name} говорит 2.")
        assert (await office.finds(f"{name} говорит 2.")).author_id == owners[name]
        answer = await office.ivan.presses(card_of_any(office, name), "Закрыть")
        assert answer.text and not answer.show_alert
        await office.until(lambda name=name: "Закрыто" in card_of_any(office, name).text)


def card_of_any(office: Office, name: str) -> Seen:
    """Somebody's card, in whatever state."""
    return next(m for m in office.posts if name in m.text and m.get("reply_markup"))


async def test_only_the_desks_bot_reads_and_helpers_take_presses_only(open_office: OpenOffice) -> None:
    office = await one_more(open_office)
    await office.olga.says(office.group, "Просто разговор")
    kinds = {poll.bot: poll.params.get("allowed_updates") for poll in office.telegram.journal.polls}
    assert sorted(kinds[office.helpers[0].id]) == ["callback_query", "my_chat_member"]
    assert "message" in kinds[office.bot.id]


async def test_a_throttled_helper_is_left_in_peace_and_others_go_on(open_office: OpenOffice) -> None:
    office = await one_more(open_office)
    office.telegram.limits = Limits.real(stubborn=30.0)
    (helper,) = office.helpers
    anna = office.customer("Анна")
    await anna.writes("Анна говорит 0.")
    card = await office.card("Анна говорит 0.")
    assert card.author_id == helper.id
    office.telegram.fail_next("editMessageText", error=429, retry_after=400, bot=helper)
    began = office.clock.monotonic()
    for number in range(1, 6):
        await anna.writes(f"Анна говорит {number}.")
        await office.until(lambda number=number: words_of(office, "Анна")[-1:] == [str(number)])
    assert words_of(office, "Анна") == [str(number) for number in range(6)]
    assert author(office, "говорит 5.") == office.bot.id
    boris = office.customer("Борис")
    await boris.writes("Борис говорит 0.")
    assert (await office.card("Борис говорит 0.")).author_id == office.bot.id
    answer = await office.olga.presses(card, "Принять")  # presses cost nothing
    assert answer.text and not answer.show_alert
    assert "Бот-помощник @helper1_bot — Telegram просит его подождать" in await status(office)
    assert office.clock.monotonic() - began < 390
    await quiet(office)
    during = [c for c in office.telegram.calls_of(bot=helper.id, chat=office.group.id) if c.at > began]
    assert len([call for call in during if call.units or call.code == 429]) == 1, "the refused one alone"
    office.clock.passes(400)
    await office.until(lambda: "В работе: Ольга" in card.now().text)
    assert len(refused(office)) == 1
    await anna.writes("Анна говорит 6.")
    await office.until(lambda: words_of(office, "Анна")[-1] == "6")
    assert author(office, "говорит 6.") == helper.id
    assert "Бот-помощник @helper1_bot — работает" in await status(office)


@pytest.mark.parametrize("forum", [False, True])
@pytest.mark.parametrize("how", ["kicked", "revoked"])
async def test_when_a_helper_is_lost_its_conversations_move(open_office: OpenOffice, how: str, forum: bool) -> None:
    office = await one_more(open_office, posts_per_minute=600, forum=forum)
    (helper,) = office.helpers
    people = await crowd(office, 6)
    await shown(office, people, 1)
    lost = [person for person in people if author(office, person.human.name) == helper.id]
    assert 2 <= len(lost) < 6
    mine, waiting = lost[0], lost[1]
    await accept(office, card_of(office, mine.human.name))
    lose(office, helper, how)
    for person in people:
        await person.writes(f"{person.human.name} говорит 1.")
    for person in people:
        name = person.human.name
        await office.until(lambda name=name: words_of(office, name)[-1] == "1")
    await office.until(lambda: len([c for c in cards(office) if c.author_id == office.bot.id]) == 5)
    card = card_of(office, waiting.human.name)
    assert card.author_id == office.bot.id
    await accept(office, card)  # the new card's buttons work
    card = [m for m in office.posts if mine.human.name in m.text and "В работе: Ольга" in m.text][-1]
    assert card.author_id == office.bot.id
    place = {"topic": (await office.finds(f"{mine.human.name} говорит 1.")).thread} if forum else {"reply_to": card}
    await office.olga.says(office.group, "Я здесь", **place)
    await mine.will_see("Я здесь")
    said = await status(office)
    assert ("его нет в группе: добавьте" if how == "kicked" else "токен не действует: возьмите") in said
    found(office, helper, how)
    office.clock.passes(60)
    await office.until(lambda: office.telegram.calls_of("getChatMember", bot=helper.id)[-1].ok)
    await quiet(office)
    assert "@helper1_bot — работает" in await status(office)
    more = await crowd(office, 6, name="Ещё")
    await shown(office, more, 1)
    assert helper.id in {author(office, person.human.name) for person in more}


def lose(office: Office, helper: Bot, how: str) -> None:
    if how == "kicked":
        office.group.kick(helper)
    else:
        office.telegram.revoke(helper)


def found(office: Office, helper: Bot, how: str) -> None:
    if how == "kicked":
        office.group.add(helper, admin=True)
    else:
        office.telegram.restore(helper)


async def test_a_helper_that_is_lost_in_a_burst_costs_no_message(open_office: OpenOffice) -> None:
    office = await open_office(helpers=2)
    office.telegram.limits = Limits.real()
    office.patience = 30
    office.clock.speed = 50
    await present(office)
    people = await crowd(office, 30, 2)
    await office.until(lambda: len(cards(office)) >= 10)
    office.group.kick(office.helpers[0])
    for person in people:
        await person.writes(f"{person.human.name} говорит 2.")

    def all_there() -> bool:
        return all(set(words_of(office, person.human.name)) == {"0", "1", "2"} for person in people)

    await office.until(all_there)
    for person in people:
        assert list(dict.fromkeys(words_of(office, person.human.name))) == ["0", "1", "2"]
    living = {office.bot.id, office.helpers[1].id}
    await office.until(
        lambda: all(card_of(office, person.human.name).author_id in living for person in people),
        lambda: str([card_of(office, person.human.name).author for person in people]),
    )
    assert not refused(office)


async def test_one_that_is_no_admin_gets_nothing_until_it_is(open_office: OpenOffice) -> None:
    office = await one_more(open_office, posts_per_minute=600)
    (helper,) = office.helpers
    office.group.demote(helper)
    await office.until(lambda: len(office.telegram.calls_of("getChatMember", bot=helper.id)) > 1)
    await quiet(office)
    assert "@helper1_bot — он не администратор: сделайте его администратором группы." in await status(office)
    people = await crowd(office, 5)
    await shown(office, people, 1)
    assert {author(office, person.human.name) for person in people} == {office.bot.id}
    office.group.promote(helper)
    await office.until(lambda: len(office.telegram.calls_of("getChatMember", bot=helper.id)) > 2)
    await quiet(office)
    more = await crowd(office, 5, name="Ещё")
    await shown(office, more, 1)
    assert helper.id in {author(office, person.human.name) for person in more}


async def test_one_that_is_taken_out_of_the_configuration_leaves_no_dead_cards(open_office: OpenOffice) -> None:
    office = await one_more(open_office, posts_per_minute=600)
    await office.customer("Анна").writes("Вопрос")
    assert (await office.card("Вопрос")).author_id == office.helpers[0].id
    await quiet(office)
    await office.stop()
    office.helper_tokens = []
    await office.start()
    card = await office.until(lambda: next((c for c in cards(office) if c.author_id == office.bot.id), None))
    assert "Вопрос" in card.text
    await accept(office, card)


async def test_files_go_by_the_bot_that_has_them_or_as_bytes(open_office: OpenOffice) -> None:
    office = await one_more(open_office, posts_per_minute=600)
    (helper,) = office.helpers
    anna = office.customer("Анна")
    await anna.writes("Смотрите")
    card = await office.card("Смотрите")
    assert card.author_id == helper.id
    await accept(office, card)
    await anna.writes(photo=True, caption="Снимок 0")
    await office.finds("Снимок 0")
    assert author(office, "Снимок 0") == office.bot.id  # it has the file
    office.telegram.fail_next("sendPhoto", error=429, retry_after=300, bot=office.bot)
    await anna.writes(photo=True, caption="Снимок 1")
    await office.finds("Снимок 1")
    assert author(office, "Снимок 1") == helper.id
    sent = office.telegram.calls_of("sendPhoto", bot=helper.id, ok=True)
    assert sent and sent[-1].files


async def test_a_failure_told_by_a_helper_is_taken_back_by_it(open_office: OpenOffice) -> None:
    office = await one_more(open_office, posts_per_minute=600)
    (helper,) = office.helpers
    anna = office.customer("Анна")
    await anna.writes("Вопрос")
    card = await office.card("Вопрос")
    await accept(office, card)
    await quiet(office)
    await anna.human.blocks(office.bot)
    said = await office.olga.says(office.group, "Ответ", reply_to=card)
    await office.reaction(said, "💔")
    notice = next(m for m in office.posts if any("Повторить" in row for row in m.buttons))
    assert notice.author_id == helper.id
    await anna.human.unblocks(office.bot)
    await office.olga.presses(notice, "Повторить")
    await office.until(lambda: notice.deleted)
    await office.reaction(said, "👌")


async def test_while_the_desks_bot_is_throttled_helpers_bring_new_customers(open_office: OpenOffice) -> None:
    office = await one_more(open_office, forum=True)
    office.telegram.limits = Limits.real(stubborn=30.0)
    (helper,) = office.helpers
    office.telegram.fail_next("sendMessage", error=429, retry_after=300, bot=office.bot)
    await office.olga.says(office.group, "/help")
    await office.until(lambda: refused(office))
    people = await crowd(office, 4)
    await shown(office, people, 1)
    assert {author(office, person.human.name) for person in people} == {helper.id}
    await accept(office, card_of(office, people[0].human.name))  # the helper makes the topic
    await office.until(
        lambda: any("говорит 0" in text for topic in office.group.topics() for text in topic.texts())
    )
    assert len(refused(office)) == 1


async def test_when_somebody_else_takes_a_helpers_presses_its_cards_are_posted_anew(
    open_office: OpenOffice,
) -> None:
    office = await one_more(open_office, posts_per_minute=600)
    (helper,) = office.helpers
    await office.customer("Анна").writes("Вопрос")
    assert (await office.card("Вопрос")).author_id == helper.id
    conflict = office.telegram.fail_next("getUpdates", error=409, bot=helper, times=3)
    await helper_says(office, helper)
    await office.until(lambda: conflict.times == 0)
    await quiet(office)
    assert len(cards(office)) == 1  # a restart elsewhere may do that for a moment
    office.telegram.fail_next("getUpdates", error=409, bot=helper, times=1000)
    await helper_says(office, helper)
    card = await office.until(lambda: next((c for c in cards(office) if c.author_id == office.bot.id), None))
    await accept(office, card)
    assert "его обновления забирает другая программа" in await status(office)
    office.telegram.faults.clear()
    await quiet(office)
    await office.until(lambda: helper.queue.polled)
    office.clock.passes(30)
    await quiet(office)
    assert "@helper1_bot — работает" in await status(office)


async def helper_says(office: Office, helper: Bot) -> None:
    """End the helper's long poll, so that it asks again now."""
    helper.queue.interrupt("")


async def test_a_helper_in_one_group_only_works_there(open_office: OpenOffice) -> None:
    office = await open_office(
        helpers=1,
        posts_per_minute=600,
        more="""
        [[group]]
        name = "support"
        title = "Поддержка"
        chat_id = -1001234567999
        [[channel]]
        kind = "telegram"
        name = "own"
        group = "support"
        token = "9003:OWN"
        api_url = "{telegram}"
        """,
    )
    office.may_miss.add("groupless")  # the books are of the first group
    own = office.telegram.add_bot("9003:OWN", username="own_bot", name="Own")
    second = office.telegram.group("Поддержка", id=-1001234567999)
    second.add(office.olga).add(office.bot, admin=True)
    office.clock.passes(120)
    await office.until(lambda: office.telegram.calls_of("getChatMember", bot=office.helpers[0].id, chat=second.id))
    people = [office.telegram.person(f"Гость{number}") for number in range(4)]
    for person in people:
        await person.says(own, "Вопрос второй группе")
    await office.until(lambda: len([m for m in second.messages() if "Вопрос второй" in m.text]) == 4)
    assert {m.author_id for m in second.messages() if "Вопрос второй" in m.text} == {office.bot.id}
    for number in range(4):
        await office.customer(f"Клиент{number}").writes("Вопрос первой")
    await office.until(lambda: len([m for m in office.posts if "Вопрос первой" in m.text]) == 4)
    assert office.helpers[0].id in {m.author_id for m in office.posts if "Вопрос первой" in m.text}


async def test_a_card_of_a_helper_that_was_never_written_down_is_answered_too(open_office: OpenOffice) -> None:
    office = await one_more(open_office, posts_per_minute=600)
    (helper,) = office.helpers
    anna = office.customer("Анна")
    office.telegram.fail_next("sendMessage", error="drop_after", bot=helper)
    await anna.writes("Вопрос")
    await office.until(lambda: len(cards(office)) == 2)  # nobody can know that the first one arrived
    first, second = cards(office)
    await accept(office, second)
    await office.olga.says(office.group, "Ответ на первую", reply_to=first)
    await anna.will_see("Ответ на первую")
    answer = await office.ivan.presses(first, "Принять")
    assert "Ольга" in answer.text


async def test_while_telegram_cannot_be_reached_nobody_is_taken_for_lost(open_office: OpenOffice) -> None:
    office = await one_more(open_office, posts_per_minute=600)
    people = await crowd(office, 4)
    await shown(office, people, 1)
    office.telegram.down = True
    visitor = await office.visitor()
    await visitor.say("Пока не видно")
    office.clock.passes(600)
    await quiet(office)
    office.telegram.down = False
    await office.finds("Пока не видно")
    await quiet(office)
    assert len(cards(office)) == 5, "none was posted anew"
    for person in people:
        await accept(office, card_of(office, person.human.name))


async def test_three_hundred_messages_of_sixty_customers_are_shown_within_a_minute(open_office: OpenOffice) -> None:
    office = await open_office(helpers=3)
    office.telegram.limits = Limits.real()
    office.patience = 40
    await office.board("")
    await present(office)
    office.clock.passes(120)
    await quiet(office)
    office.clock.speed = 10
    began = office.clock.monotonic()
    people = [office.customer(f"Клиент{number:03}") for number in range(60)]
    for number in range(300):
        await office.clock.sleep(began + number / 30 - office.clock.monotonic())
        person = people[number % 60]
        await person.writes(f"{person.human.name} говорит {number // 60}.")
    await shown(office, people, 5)
    took = office.clock.monotonic() - began
    spent = [call for call in office.telegram.calls_of(chat=office.group.id) if call.units and call.at >= began]
    assert not refused(office)
    assert len(spent) <= 80, "four bots have no more in a minute"
    assert took < 100, took  # 25 s on a quiet machine; one bot needs 200
