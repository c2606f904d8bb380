"""The whole program as a process: the main job, `kill -9` in mid-stream, Telegram gone and back."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from random import Random

import pytest

from tests.emulators.telegram import Seen
from tests.ports import free_port
from tests.program import ProgramOffice
from tests.stories.test_site_files import loads, sends, uploads

pytestmark = pytest.mark.process

OpenProgram = Callable[..., Awaitable[ProgramOffice]]


@pytest.fixture
async def open_program(tmp_path: Path) -> AsyncIterator[OpenProgram]:
    opened: list[ProgramOffice] = []

    async def opens(forum: bool, fresh: bool = False) -> ProgramOffice:
        office = ProgramOffice(tmp_path, forum=forum, port=free_port())
        office.fresh = fresh
        opened.append(office)
        await office.open()
        return office

    yield opens
    for office in opened:
        await office.close()


@pytest.mark.parametrize("forum", [False, True], ids=["replies", "topics"])
async def test_the_main_job_with_a_kill_in_between(open_program: OpenProgram, forum: bool) -> None:
    office = await open_program(forum)
    assert office.program
    anna = office.customer("Анна Петрова")
    visitor = await office.visitor()
    await visitor.say("Сколько стоит доставка?")
    await anna.writes("Есть ли в наличии?")
    guest, card = await office.card("Гость №1"), await office.card("Анна Петрова")
    first, second = office.olga.begins_to_press(card, "Принять"), office.ivan.begins_to_press(card, "Принять")
    answers = [await first.wait(), await second.wait()]
    assert {answer.show_alert: answer.text[:22] for answer in answers} == {
        False: "Принято. Отвечайте в т" if forum else "Принято. Отвечайте.",
        True: "Обращение уже в работе",
    }
    await office.program.kill()
    await anna.writes("Вы тут?")
    await office.program.start()
    await office.finds("Вы тут?")
    await office.olga.says(office.group, "Да, две штуки", **await _aim(office, card, "Анна Петрова"))
    await office.olga.says(office.group, photo=True, caption="Вот она", **await _aim(office, card, "Анна Петрова"))
    await office.until(lambda: len(anna.sees) == 2, lambda: str(anna.sees))
    assert [anna.human.sees(office.bot)[-1].get("caption"), anna.sees[0]] == ["Вот она", "Да, две штуки"]
    await office.ivan.presses(guest, "Принять")
    await visitor.connect()
    await office.ivan.says(office.group, "Бесплатно", **await _aim(office, guest, "Гость №1"))
    await visitor.until_texts("Сколько стоит доставка?", "Бесплатно")
    await office.until(lambda: _offers(office.group.message(card.id), "Закрыть"))  # it may be edited late
    await office.olga.presses(office.group.message(card.id), "Закрыть")
    await office.until(lambda: "Закрыто: Ольга" in office.group.message(card.id).text)
    assert await office.program.stop() == 0
    log = office.program.log.read_text()
    assert "Traceback" not in log and "TEST" not in log


def _offers(post: Seen, button: str) -> bool:
    """Whether a post has a button with this label."""
    rows = (post.get("reply_markup") or {}).get("inline_keyboard") or []
    return any(button in each["text"] for row in rows for each in row)


async def _aim(office: ProgramOffice, card: Seen, name: str) -> dict[str, object]:
    """How an operator answers: in the customer's topic, or as a reply to the card.

    A kill just after a topic was made leaves one in which nothing stands.
    """
    if not office.topics:
        return {"reply_to": card}
    topic = await office.until(
        lambda: next((t for t in office.group.topics() if name in t.name and any(t.texts())), None)
    )
    return {"topic": topic.id}


async def test_killed_at_random_instants_nothing_is_lost_in_either_direction(open_program: OpenProgram) -> None:
    """Customers write and operators answer all the time; the process dies four times in the middle of it."""
    office = await open_program(False)
    assert office.program
    random, kills = Random(7), 4
    customers = [office.customer(f"Клиент {number}") for number in range(8)]
    cards = []
    for customer in customers:
        await customer.writes(f"{customer.human.name} здесь")
        card = await office.card(f"{customer.human.name} здесь")
        await office.olga.presses(card, "Принять")
        cards.append(card)

    async def talk() -> None:
        for turn in range(25):
            for customer, card in zip(customers, cards, strict=True):
                await customer.writes(f"вопрос {turn}.")
                await office.olga.says(office.group, f"ответ {turn}.", reply_to=card)
            await asyncio.sleep(0.1)

    talking = asyncio.create_task(talk())
    for _ in range(kills):
        await asyncio.sleep(0.2 + random.random() * 0.5)
        await office.program.kill()
        await office.program.start()
    await talking
    wanted = [f"ответ {turn}." for turn in range(25)]
    for customer in customers:
        await office.until(lambda c=customer: set(wanted) <= set(c.sees), lambda c=customer: str(c.sees))  # type: ignore[misc]
        once = list(dict.fromkeys(customer.sees))
        assert once == wanted, "order"
        repeated = sum(count - 1 for count in Counter(customer.sees).values())
        assert repeated <= kills, "at most what was in flight"
    for customer, card in zip(customers, cards, strict=True):
        await office.until(
            lambda card=card: _mirrored(office, card) >= {f"вопрос {turn}." for turn in range(25)},  # type: ignore[misc]
            lambda card=card, customer=customer: f"{customer.human.name}: {_mirrored(office, card)}",  # type: ignore[misc]
        )


def _mirrored(office: ProgramOffice, card: Seen) -> set[str]:
    """The questions that stand in the group as replies to a card."""
    found: set[str] = set()
    for message in office.group.messages(by=office.bot):
        if (message.get("reply_to_message") or {}).get("message_id") == card.id:
            found |= {line.split("  ")[-1] for line in message.text.split("\n") if "вопрос" in line}
    return found


async def test_without_telegram_the_site_goes_on_and_the_group_catches_up(open_program: OpenProgram) -> None:
    office = await open_program(True, fresh=True)
    office.telegram.down = True
    visitor = await office.visitor()
    for number in range(5):
        await visitor.say(f"вопрос {number}")
    assert not office.group.messages(by=office.bot) or all(
        "вопрос" not in m.text for m in office.group.messages(by=office.bot)
    )
    office.telegram.down = False
    card = await office.card("вопрос 4")
    assert [line for line in card.text.split("\n") if "вопрос" in line] == [f"вопрос {n}" for n in range(5)]


async def test_a_visitor_and_their_files_survive_kills(open_program: OpenProgram) -> None:
    """The process dies as soon as something was acknowledged: to the visitor, or taken from the operator."""
    office = await open_program(False)
    assert office.program
    visitor = await office.visitor()
    await visitor.say("Вот документы")
    card = await office.card("Вот документы")
    await office.olga.presses(card, "Принять")
    for number in range(2):
        file = await uploads(office, visitor, f"%PDF-1.7 {number}".encode(), f"{number}.pdf")
        await sends(visitor, file)
        await office.program.kill()
        await office.program.start()
        await visitor.connect()
        await office.olga.says(office.group, f"Получили {number}", reply_to=card)
        await office.program.kill()
        await office.program.start()
        await visitor.connect()
    wanted = ["Вот документы", *(words for n in range(2) for words in ("", f"Получили {n}"))]
    await visitor.until_texts(*wanted)
    names = [f"{number}.pdf" for number in range(2)]
    await office.until(lambda: set(_documents(office)) == set(names), lambda: str(_documents(office)))
    assert list(dict.fromkeys(_documents(office))) == names
    for number, message in enumerate(m for m in visitor.messages.values() if m.get("attachments")):
        assert await loads(office, visitor, message) == f"%PDF-1.7 {number}".encode()


def _documents(office: ProgramOffice) -> list[str]:
    return [m["document"]["file_name"] for m in office.group.messages(by=office.bot) if m.get("document")]
