"""Whatever the channel: a request comes, is accepted and answered, in order, once, and through every trouble."""

import asyncio

from bridge.contracts import Shows, Tells
from bridge.model import ExternalId
from tests.alike.ends import CannotDo, End, Someone
from tests.alike.town import Thread, Town
from tests.emulators.telegram import Seen
from tests.stories.scenes import quiet

HELLO = "Здравствуйте, есть ли чайник?"


async def begin(end: End, name: str = "Анна", text: str = HELLO) -> tuple[Someone, Thread]:
    """A customer has written, and Olga has accepted."""
    someone = await end.person(name)
    await someone.writes(text)
    return someone, await end.town.accepts(text)


def arrived(said: Seen) -> bool:
    """Whether the reaction on an answer says that the customer has it."""
    return any({"👌", "👀"} & set(emoji) for emoji in said.now().reactions.values())


async def heard(end: End, someone: Someone, *texts: str) -> None:
    """Wait until the customer has exactly these words from us."""
    await end.town.until(lambda: someone.texts == list(texts), lambda: f"{someone.texts} != {list(texts)}")


async def test_the_first_message_is_a_card_with_the_sources_mark_and_the_name(end: End) -> None:
    someone = await end.person("Анна")
    await someone.writes(HELLO)
    card = await end.town.card(HELLO)
    assert f"{end.mark} {end.title}" in card.text
    await end.town.until(lambda: someone.name in card.now().text, lambda: card.now().text)
    named = "Гость" not in card.now().text
    assert named is (end.kind != "site") and ("⚪" in card.now().text) is not named


async def test_an_answer_arrives_and_the_operator_sees_that_it_did(end: End) -> None:
    someone, thread = await begin(end)
    said = await thread.answers("Есть, красный и синий.")
    await heard(end, someone, "Есть, красный и синий.")
    await end.town.until(lambda: arrived(said))
    if Tells.SEEN in end.abilities.tells:
        await someone.reads()
        await end.town.reaction(said, "👀")


async def test_both_sides_keep_their_order(end: End) -> None:
    someone, thread = await begin(end)
    for number in range(8):
        await someone.writes(f"вопрос {number}")
    for number in range(8):
        await thread.answers(f"ответ {number}")
    await heard(end, someone, *(f"ответ {number}" for number in range(8)))
    await thread.shows("вопрос 7")
    await quiet(end.town)
    shown = "\n".join(post.text for post in thread.posts)
    assert [shown.index(f"вопрос {number}") for number in range(8)] == sorted(
        shown.index(f"вопрос {number}") for number in range(8)
    )


async def test_what_a_platform_tells_in_the_wrong_order_is_shown_in_the_right_one(end: End) -> None:
    someone, thread = await begin(end)
    end.town.clock.speed = 1  # a moment that is waited for would be too short on a busy machine
    try:
        await someone.writes_swapped("сначала это", "потом то")
    except CannotDo:
        assert end.kind in ("site", "telegram", "vk")  # these tell in order
        return
    await thread.shows("потом то")
    await thread.shows("сначала это")
    shown = "\n".join(post.text for post in thread.posts)
    assert shown.index("сначала это") < shown.index("потом то")


async def test_what_a_platform_tells_twice_counts_once(end: End) -> None:
    someone, thread = await begin(end)
    message = await someone.writes("Один раз")
    await thread.shows("Один раз")
    await someone.repeats(message)
    await someone.writes("И ещё")
    await thread.shows("И ещё")
    await quiet(end.town)
    assert "\n".join(post.text for post in thread.posts).count("Один раз") == 1


async def test_a_customers_edit_is_shown_where_the_platform_tells_of_it(end: End) -> None:
    someone, thread = await begin(end)
    message = await someone.writes("Два чайника")
    await thread.shows("Два чайника")
    try:
        await someone.edits(message, "Три чайника")
    except CannotDo:
        assert Tells.EDITS not in end.abilities.tells
        return
    assert Tells.EDITS in end.abilities.tells
    post = await thread.shows("Три чайника")
    assert "Два чайника" not in post.text and "изменено" in post.text


async def test_an_operators_edit_arrives_or_is_refused_at_once(end: End) -> None:
    someone, thread = await begin(end)
    said = await thread.answers("Сто рублей")
    await heard(end, someone, "Сто рублей")
    await end.town.olga.edits(said, "Двести рублей")
    if end.abilities.edits:
        await heard(end, someone, "Двести рублей")
    else:
        hints = await end.town.until(lambda: end.town.olga.hints(end.town.group))
        assert "прежн" in hints[-1].text
        await quiet(end.town)
        assert someone.texts == ["Сто рублей"]


async def test_an_answer_is_taken_back_where_that_can_be_done(end: End) -> None:
    someone, thread = await begin(end)
    said = await thread.answers("Не туда")
    await heard(end, someone, "Не туда")
    await thread.answers("/unsend", reply_to=said)
    if end.abilities.unsends:
        await end.town.until(lambda: not someone.texts)
    else:
        hints = await end.town.until(lambda: end.town.olga.hints(end.town.group))
        assert "не умеет" in hints[-1].text or "остал" in hints[-1].text, hints[-1].text
        assert someone.texts == ["Не туда"]


async def test_a_long_answer_comes_in_pieces_and_in_order(end: End) -> None:
    someone, thread = await begin(end)
    words = " ".join(f"слово{number:04}" for number in range(350))  # 3,500 signs: more than Facebook takes
    await thread.answers(words)
    await end.town.until(lambda: " ".join(someone.texts).split() == words.split(), lambda: str(someone.texts)[:200])


async def test_what_is_answered_is_quoted(end: End) -> None:
    someone, thread = await begin(end)
    await someone.writes("Какой цвет?")
    question = await thread.shows("Какой цвет?")
    await thread.answers("Красный", reply_to=question)
    got = await end.town.until(lambda: someone.got)
    if Shows.QUOTES not in end.abilities.shows:
        assert got[-1].text == "> «Какой цвет?»\nКрасный"
    elif end.kind in ("vk", "facebook"):
        assert (got[-1].text, got[-1].quotes) == ("Красный", "Какой цвет?")


async def test_a_customers_quote_answers_the_operators_message(end: End) -> None:
    someone, thread = await begin(end)
    said = await thread.answers("Красный или синий?")
    await heard(end, someone, "Красный или синий?")
    try:
        await someone.quotes("Этот")
    except CannotDo:
        assert end.kind in ("site", "viber")  # the widget can, but this client does not
        return
    post = await thread.shows("Этот")
    assert (post.get("reply_to_message") or {}).get("message_id") == said.id


async def test_a_blocked_customer_is_shown_and_answers_are_refused(end: End) -> None:
    someone, thread = await begin(end)
    try:
        await someone.blocks()
    except CannotDo:
        assert Tells.BLOCKED not in end.abilities.tells
        return
    said = await thread.answers("Вы здесь?")
    await end.town.reaction(said, "💔")
    await end.town.finds("Не доставлено", topic=thread.topic)
    await end.town.until(lambda: "🚫" in thread.card.now().text)
    await someone.unblocks()
    await someone.writes("Я вернулась")
    await end.town.until(lambda: "🚫" not in thread.card.now().text)
    await thread.answers("С возвращением")
    await end.town.until(lambda: "С возвращением" in someone.texts)


async def test_what_is_written_while_the_program_is_down_comes_after_it_is_up(end: End) -> None:
    someone, thread = await begin(end)
    await end.town.stop()
    await someone.writes("Есть кто?")
    await asyncio.sleep(0.05)
    await end.town.start()
    await thread.shows("Есть кто?")
    await thread.answers("Есть")
    await heard(end, someone, "Есть")
    await quiet(end.town)
    assert "\n".join(post.text for post in thread.posts).count("Есть кто?") == 1


async def test_answers_wait_while_the_platform_is_down(end: End) -> None:
    someone, thread = await begin(end)
    try:
        end.down(True)
    except CannotDo:
        assert end.kind in ("site", "telegram")  # these have stories of their own
        return
    said = [await thread.answers(f"ответ {number}") for number in range(3)]
    await quiet(end.town)
    assert someone.texts == []
    end.down(False)
    end.town.clock.passes(60)
    await heard(end, someone, "ответ 0", "ответ 1", "ответ 2")
    await end.town.until(lambda: arrived(said[-1]))


async def test_typing_is_shown_in_the_topic(end: End) -> None:
    someone, thread = await begin(end)
    if Tells.TYPING not in end.abilities.tells:
        return
    await someone.types()
    await end.town.until(lambda: any(at == thread.topic for _, _, at in end.town.group.actions))


async def test_a_reaction_is_a_line_in_the_topic(end: End) -> None:
    someone, thread = await begin(end)
    if Tells.REACTIONS not in end.abilities.tells:
        return
    await thread.answers("Готово")
    await heard(end, someone, "Готово")
    await someone.reacts()
    await thread.shows("Реакция клиента: ")


async def test_two_customers_of_one_channel_are_never_mixed_up(end: End) -> None:
    anna, to_anna = await begin(end)
    boris, to_boris = await begin(end, "Борис", "А кофеварка?")
    await to_boris.answers("Кофеварки нет")
    await to_anna.answers("Чайник есть")
    await heard(end, anna, "Чайник есть")
    await heard(end, boris, "Кофеварки нет")


async def test_equal_ids_on_two_channels_are_two_people(open_town) -> None:  # type: ignore[no-untyped-def]
    town: Town = await open_town("vk", "telegram")
    anna = await town.ends["vk"].person("Анна")
    number = int(anna.person.id)  # type: ignore[attr-defined]
    human = town.telegram.person("Борис", id=number)
    await anna.writes("Я из ВК")
    await town.card("Я из ВК")
    await human.says(town.bot, "Я из Telegram")
    card = await town.card("Я из Telegram")
    assert "Я из ВК" not in card.text and "Борис" in card.text
    assert ExternalId(str(number))
