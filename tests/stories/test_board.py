"""The board: one pinned post with the group's counters, true after every event and calm."""

import random
import re
from itertools import pairwise

import pytest

from tests.conftest import OpenOffice
from tests.emulators.telegram import Human, Limits, Seen
from tests.office import Office, TelegramCustomer
from tests.stories.scenes import accept, accepted, quiet


def boards(office: Office) -> list[Seen]:
    return [m for m in office.group.messages(by=office.bot) if "Входящие:" in m.text]


async def settled(office: Office) -> str:
    """What the board says once it had the time to."""
    await quiet(office)
    office.clock.passes(61)
    await quiet(office)
    office.clock.passes(61)
    await quiet(office)
    (board,) = boards(office)
    return board.text


async def test_it_is_pinned_silently_and_says_what_waits(office: Office) -> None:
    await office.board("0 новых")
    await office.until(lambda: office.group.pinned)
    assert [m.id for m in office.group.pinned] == [m.id for m in boards(office)]
    anna, card = await accepted(office)
    await office.board("Ольга — 1 обращение, 1 ждёт ответа")
    await office.olga.says(office.group, "Да", reply_to=card)
    await office.board("Продажи — 0 новых\n📥 Входящие: 0   💬 В работе с новыми: 0\nОльга — 1 обращение")
    await anna.writes("А ещё?")
    await office.board("1 ждёт ответа")
    await office.olga.presses(card.now(), "Ответ не нужен")
    await office.board("Ольга — 1 обращение")
    assert "ждёт" not in await settled(office)
    await office.olga.presses(card.now(), "Закрыть")
    await office.until(lambda: "Ольга" not in boards(office)[0].text)
    (pin,) = office.telegram.calls_of("pinChatMessage")
    assert pin.params["disable_notification"]


async def test_over_nine_it_exclaims(office: Office) -> None:
    for number in range(9):
        await office.customer(f"Клиент {number}").writes("Вопрос")
    assert (await settled(office)).startswith("Продажи — 9 новых\n")
    await office.customer("Десятый").writes("Вопрос")
    assert (await settled(office)).startswith("Продажи — 10 новых ❗\n")


async def test_it_is_edited_at_a_calm_pace_and_never_for_nothing(office: Office) -> None:
    await office.board("0 новых")
    anna = office.customer("Анна")
    for number in range(12):
        await anna.writes(f"Слово {number}")
        await office.customer(f"Клиент {number}").writes("Вопрос")
        office.clock.passes(3)
    await settled(office)
    calls = [c for c in office.telegram.calls if c.ok and "Входящие:" in str(c.params.get("text"))]
    assert len(calls) >= 2
    assert min(later.at - earlier.at for earlier, later in pairwise(calls)) >= 15.0
    assert all(earlier.params["text"] != later.params["text"] for earlier, later in pairwise(calls))
    before = len(office.telegram.calls)
    await anna.writes("Ещё слово")  # the counters stay
    await settled(office)
    assert not [c for c in office.telegram.calls[before:] if "Входящие:" in str(c.params.get("text"))]


async def test_it_is_pinned_again_when_somebody_took_it_down(office: Office) -> None:
    await office.until(lambda: office.group.pinned)
    await office.olga.unpins(office.group.pinned[0])
    office.clock.passes(700)
    await office.until(lambda: office.group.pinned)
    assert len(boards(office)) == 1


async def test_a_later_pin_of_somebody_is_left_alone(office: Office) -> None:
    await office.until(lambda: office.group.pinned)
    said = await office.olga.says(office.group, "Расписание на неделю")
    await office.olga.pins(said)
    await quiet(office)
    office.clock.passes(700)
    await quiet(office)
    assert len(office.telegram.calls_of("pinChatMessage")) == 1


@pytest.mark.parametrize("busy", [True, False])
async def test_it_is_made_anew_when_somebody_deleted_it(office: Office, busy: bool) -> None:
    await office.until(lambda: office.group.pinned)
    old = boards(office)[0]
    office.group.promote(office.olga)
    await office.olga.deletes(old)
    if busy:
        await office.customer("Анна").writes("Вопрос")
    office.clock.passes(700)
    await office.until(lambda: boards(office) and [m.id for m in office.group.pinned] == [boards(office)[0].id])
    assert boards(office)[0].id != old.id and len(boards(office)) == 1


async def test_after_a_restart_it_is_the_same_post(office: Office) -> None:
    await office.until(lambda: office.group.pinned)
    old = boards(office)[0]
    await office.stop()
    await office.customer("Анна").writes("Пока никого нет")
    await office.start()
    await office.board("Входящие: 1")
    assert [m.id for m in boards(office)] == [old.id]


class Walk:
    """Random days of a desk, and a recount of what the board must say."""

    def __init__(self, office: Office, seed: int) -> None:
        self.office = office
        self.random = random.Random(seed)
        self.customers = [office.customer(f"К{number}") for number in range(5)]
        self.stage: dict[TelegramCustomer, str] = {}
        self.card: dict[TelegramCustomer, Seen] = {}
        self.owner: dict[TelegramCustomer, Human] = {}
        self.unanswered: set[TelegramCustomer] = set()
        self.said = 0

    async def step(self) -> None:
        customer = self.random.choice(self.customers)
        stage = self.stage.get(customer, "none")
        acts = {"none": ["write"], "incoming": ["write", "accept", "close"], "closed": ["write", "reopen"]}
        accepted_acts = ["write", "write", "reply", "reply", "no_reply", "close"]
        act = self.random.choice(acts.get(stage, accepted_acts))
        await getattr(self, act)(customer)

    async def write(self, customer: TelegramCustomer) -> None:
        self.said += 1
        await customer.writes(f"слово {self.said}.")
        if self.stage.get(customer) not in ("incoming", "accepted"):
            self.stage[customer] = "incoming"
            self.card[customer] = await self.office.card(f"слово {self.said}.")
        elif self.stage[customer] == "accepted":
            self.unanswered.add(customer)

    async def accept(self, customer: TelegramCustomer) -> None:
        by = self.random.choice([self.office.olga, self.office.ivan])
        await accept(self.office, self.card[customer], by)
        self.stage[customer], self.owner[customer] = "accepted", by
        self.unanswered.add(customer)

    async def reply(self, customer: TelegramCustomer) -> None:
        topics = [t for t in self.office.group.topics() if customer.human.name in t.name]
        place: dict[str, object] = {"topic": topics[0].id} if topics else {"reply_to": self.card[customer]}
        await self.office.olga.says(self.office.group, "Ответ", **place)
        self.unanswered.discard(customer)

    async def press(self, customer: TelegramCustomer, data: str) -> None:
        await quiet(self.office)
        found = self.card[customer].now()
        button = next(
            b["callback_data"]
            for row in found["reply_markup"]["inline_keyboard"]
            for b in row
            if b.get("callback_data", "").startswith(data)
        )
        answer = await self.office.ivan.presses(found, button)
        assert not answer.show_alert, answer.text

    async def no_reply(self, customer: TelegramCustomer) -> None:
        await self.press(customer, "n:")
        self.unanswered.discard(customer)

    async def close(self, customer: TelegramCustomer) -> None:
        await self.press(customer, "c:")
        self.stage[customer] = "closed"
        self.unanswered.discard(customer)

    async def reopen(self, customer: TelegramCustomer) -> None:
        await self.press(customer, "o:")
        self.stage[customer], self.owner[customer] = "accepted", self.office.ivan

    def expected(self) -> tuple[str, str, set[str]]:
        feed = sum(stage == "incoming" for stage in self.stage.values())
        lines = set()
        for operator in (self.office.olga, self.office.ivan):
            mine = [c for c, s in self.stage.items() if s == "accepted" and self.owner[c] is operator]
            if mine:
                lines.add(f"{operator.name} — {len(mine)} / {len(self.unanswered & set(mine))}")
        return str(feed), str(len(self.unanswered)), lines


def read(board: str) -> tuple[str, str, set[str]]:
    """The figures of a board's text."""
    lines = board.splitlines()
    feed = lines[1].split("Входящие: ")[1].split()[0]
    unanswered = lines[1].rsplit(" ", 1)[1]
    found = set()
    for line in lines[2:]:
        name, _, rest = line.partition(" — ")
        numbers = [part.split()[0] for part in rest.split(", ")]
        found.add(f"{name} — {numbers[0]} / {numbers[1] if len(numbers) > 1 else 0}")
    return feed, unanswered, found


@pytest.mark.parametrize("forum", [False, True])
async def test_whatever_happens_it_agrees_with_a_recount(open_office: OpenOffice, forum: bool) -> None:
    office = await open_office(forum=forum, posts_per_minute=600)
    walk = Walk(office, seed=7)
    for _ in range(3):
        for _ in range(5):
            await walk.step()
        assert read(await settled(office)) == walk.expected()


async def test_it_says_how_long_the_queue_is_while_it_is_long(open_office: OpenOffice) -> None:
    office = await open_office()
    office.telegram.limits = Limits.real()
    office.clock.speed = 50
    office.patience = 30
    await office.board("")
    for number in range(60):
        await office.customer(f"Клиент {number}").writes("Вопрос")
    told = await office.board("⏳ очередь")
    told_at = office.clock.monotonic()
    assert re.search(r"очередь (\d+ с|\d мин)", told.text)
    await office.until(lambda: len([m for m in office.group.messages(by=office.bot) if "Вопрос" in m.text]) == 60)
    assert office.clock.monotonic() - told_at > 60, "it was true"
    await office.until(lambda: "очередь" not in boards(office)[0].text)
    texts = [c.params["text"] for c in office.telegram.calls_of("editMessageText", ok=True)]
    assert len([text for text in texts if "очередь" in text]) <= 6  # it costs posts, too
    assert not [call for call in office.telegram.calls if call.code == 429]


async def test_it_says_nothing_of_a_short_queue(open_office: OpenOffice) -> None:
    office = await open_office(language="en")
    office.telegram.limits = Limits.real()
    await office.until(lambda: office.group.pinned)
    await quiet(office)
    office.clock.passes(61)  # what has been posted so far does not count any more: sixteen fit in a minute
    office.clock.speed = 50
    for number in range(16):
        await office.customer(f"Customer {number}").writes("Question")
    await office.until(lambda: len([m for m in office.group.messages(by=office.bot) if "Question" in m.text]) == 16)
    await quiet(office)
    office.clock.passes(90)
    await quiet(office)
    texts = [c.params["text"] for c in office.telegram.calls_of("editMessageText", ok=True)]
    assert texts and not [text for text in texts if "queue" in text]
