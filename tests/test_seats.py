"""Which of a group's bots makes a call: the choice, and what it depends on."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiogram.methods import SendMessage
from aiogram.types import Message

from bridge.budget import Rate
from bridge.catalogue import Catalogue
from bridge.clock import Clock
from bridge.desks.telegram.failing import Paused
from bridge.desks.telegram.seats import GONE, MAIN, Away, Seat, Seats, Wish
from bridge.desks.telegram.steps import Importance
from bridge.desks.telegram.view import Group, Layout
from bridge.model import GroupName
from bridge.telegram.client import TelegramClient, make_bot
from bridge.telegram.errors import BadToken, ChatGone, NoRights, Rejected, RetryAfter
from tests.emulators.telegram import Limits, TelegramEmulator
from tests.office import FastClock

NOW = 1000.0


class StoppedClock(Clock):
    def monotonic(self) -> float:
        return NOW


def seat(bot_id: int, **how: Any) -> Seat:
    client = SimpleNamespace(bot_id=bot_id, origin=f"telegram:{bot_id}", rate=how.pop("rate", None))
    return Seat(client, StoppedClock(), 20, **how)  # type: ignore[arg-type]


@pytest.fixture
def seats() -> Seats:
    """The desk's bot (1) and two helpers (2, 3), all present."""
    helpers = [seat(2, helper=True), seat(3, helper=True)]
    for helper in helpers:
        helper.away = None
    return Seats(seat(1), helpers)


def chosen(
    seats: Seats, wish: Wish, importance: Importance = Importance.FIRST_CARD, units: int = 1, taken: Any = ()
) -> int | None:
    found = seats.choose(wish, units, importance, NOW, taken)
    return found.bot_id if found else None


def the(seats: Seats, bot_id: int) -> Seat:
    found = seats.of(bot_id)
    assert found is not None
    return found


def test_what_is_new_goes_to_the_bot_with_the_most_room(seats: Seats) -> None:
    assert chosen(seats, Wish()) == 2  # the desk's own has more to do than posting
    the(seats, 2).spend()
    assert chosen(seats, Wish()) == 3
    the(seats, 3).spend(5)
    the(seats, 2).spend(9)
    assert [chosen(seats, Wish(), taken=taken) for taken in ({}, {1}, {1, 3}, {1, 2, 3})] == [1, 3, 2, None]


def test_a_conversation_stays_with_its_bot_also_when_others_have_more_room(seats: Seats) -> None:
    the(seats, 3).spend(15)
    assert chosen(seats, Wish(owner=3)) == 3
    assert chosen(seats, Wish(owner=3), taken={3}) is None  # a moment later is soon enough


def test_another_takes_over_when_its_bot_has_to_wait(seats: Seats) -> None:
    the(seats, 3).spend(19)
    assert chosen(seats, Wish(owner=3)) == 2
    assert chosen(seats, Wish(owner=3), Importance.PRESS) == 3  # there is a reserve for these
    the(seats, 2).budget.close(NOW + 2)
    assert chosen(seats, Wish(owner=2)) == 2
    the(seats, 2).budget.refused(NOW, 400)
    assert chosen(seats, Wish(owner=2)) == 1


@pytest.mark.parametrize("away", list(Away))
def test_one_that_is_away_gets_nothing_new(seats: Seats, away: Away) -> None:
    the(seats, 2).away = away
    assert chosen(seats, Wish(owner=2)) == 3
    assert chosen(seats, Wish(owner=2), taken={3}) == 1


def test_an_edit_is_for_the_bot_that_posted(seats: Seats) -> None:
    the(seats, 2).spend(20)
    assert chosen(seats, Wish(bound=2)) == 2
    assert chosen(seats, Wish(bound=2), taken={2}) is None
    assert chosen(seats, Wish(bound=77)) is None  # one that is no longer ours
    the(seats, 2).away = Away.DOUBT
    assert chosen(seats, Wish(bound=2)) is None
    the(seats, 2).away = Away.RIGHTS  # it may still edit its own
    assert chosen(seats, Wish(bound=2)) == 2


def test_errands_are_the_desks_bots(seats: Seats) -> None:
    the(seats, 1).budget.close(NOW + 60)
    assert chosen(seats, MAIN) == 1


def test_files_go_by_the_bot_that_has_them_if_that_is_soon(seats: Seats) -> None:
    photo = Wish(owner=2, origin="telegram:1")
    assert chosen(seats, photo) == 1
    the(seats, 1).budget.close(NOW + 40)
    assert chosen(seats, photo) == 2  # a small one is carried over
    assert chosen(seats, Wish(owner=2, origin="telegram:1", heavy=True)) == 1
    the(seats, 1).budget.close(NOW + 400)
    assert chosen(seats, Wish(owner=2, origin="telegram:1", heavy=True)) == 2


def test_a_bot_keeps_to_the_limit_of_all_its_chats(seats: Seats) -> None:
    rate = Rate(30)
    rate.begin(30)
    rate.end(NOW, 30)
    busy = seat(2, helper=True, rate=rate)
    busy.away = None
    both = Seats(seat(1), [busy])
    assert busy.wait(NOW, 1, Importance.PRESS) > 0
    assert chosen(both, Wish()) == 1


def test_a_helper_that_seems_to_be_away_is_asked_and_nobody_waits(seats: Seats) -> None:
    for bot_id, failure in ((2, ChatGone("kicked")), (3, BadToken())):
        helper = the(seats, bot_id)
        assert helper.failed(failure) == Paused(0.0)
        assert helper.away is Away.DOUBT and helper.doubt.is_set()
        again = helper.failed(NoRights("to send"))
        assert again and again.seconds > 0  # no hammering
    assert the(seats, 1).failed(RetryAfter(7.0)) == Paused(7.5, flood=True)
    assert the(seats, 1).failed(Rejected("odd")) is None


def test_the_group_knows_which_posts_are_dead_and_for_whom_nothing_waits(seats: Seats) -> None:
    group = Group(
        name=GroupName("sales"),
        title="",
        chat_id=-1,
        layout=Layout.REPLIES,
        feed_thread=None,
        bot_id=1,
        words=None,  # type: ignore[arg-type]
        sources={},
        helpers=frozenset({2, 3}),
    )
    the(seats, 2).away = Away.ABSENT
    the(seats, 3).budget.refused(NOW, 60)
    stamped = seats.stamp(group, NOW)
    assert stamped.gone(2) and not stamped.gone(3) and not stamped.gone(1)
    assert stamped.gone(77), "a bot that is no longer configured"
    assert stamped.resting == {2, 3}
    assert seats.stamp(group, NOW + 70).resting == {2}
    assert Away.RIGHTS not in GONE


def test_without_helpers_everything_is_the_desks_bots() -> None:
    alone = Seats(seat(1))
    assert chosen(alone, Wish(bound=77)) == 1
    assert chosen(alone, Wish(), taken={1}) is None
    assert the(alone, 1).reserve(Importance.FEED) == 4


def test_the_delay_is_shared(seats: Seats) -> None:
    alone = Seats(seat(1))
    assert alone.delay(NOW, 60) > 120
    assert seats.delay(NOW, 60) < 70
    assert seats.delay(NOW, 3) == 0


async def test_all_chats_of_a_bot_together_keep_to_its_rate() -> None:
    clock = FastClock(speed=10)
    async with TelegramEmulator(clock=clock) as telegram:
        telegram.limits = Limits.real()
        bot = telegram.add_bot("9001:TEST")
        people = [telegram.person(f"Клиент {number}") for number in range(70)]
        for person in people:
            await person.starts(bot)
        client = TelegramClient(make_bot(bot.token, telegram.url), clock, Catalogue("ru"), Rate(30))
        try:
            sent = await asyncio.gather(
                *(client.call(SendMessage(chat_id=person.id, text="Здравствуйте")) for person in people)
            )
        finally:
            await client.close()
        assert all(isinstance(each, Message) for each in sent)
        assert not [call for call in telegram.calls if call.code == 429]
