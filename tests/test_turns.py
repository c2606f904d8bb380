"""Whose turn it is in a group: importance, age, and a moment of quiet while more waits than can be posted."""

import math
from dataclasses import replace

import pytest

from bridge.desks.telegram.seats import MAIN
from bridge.desks.telegram.steps import CloseTopic, Importance
from bridge.desks.telegram.turns import (
    FIRST_DELAY,
    HELD_AT_MOST,
    IMPATIENCE,
    KEPT_TRIES,
    LONGEST_DELAY,
    QUIET,
    SCARCE_QUIET,
    Candidate,
    Errand,
    Room,
    Tries,
    fallen_silent,
    in_order,
)
from bridge.model import ConversationId

NOW = 1_000.0
PLENTY = Room(spacing=1.0, cards=100)


def waits(number: int, since: float = 0.0, changed: float | None = None, **fields: object) -> Candidate:
    """One that waits for `since` seconds, and changed so many seconds ago."""
    each = Candidate(
        conversation=ConversationId(number),
        importance=Importance.FIRST_CARD,
        units=1,
        since=NOW - since,
        changed=NOW - (since if changed is None else changed),
        looked=NOW,
        wish=MAIN,
    )
    return replace(each, **fields)  # type: ignore[arg-type]


def ids(found: object) -> list[int]:
    return [each.conversation for each in found]  # type: ignore[attr-defined]


def test_nobody_is_held_up_while_there_is_room():
    crowd = [waits(number) for number in range(3)]
    assert fallen_silent(crowd, {}, PLENTY, NOW) == (crowd, math.inf)


def test_who_is_still_writing_waits_for_a_moment_of_quiet():
    crowd = [waits(number, since=5, changed=1) for number in range(10)] + [waits(99, since=5, changed=QUIET)]
    silent, wait = fallen_silent(crowd, {}, PLENTY, NOW)
    assert ids(silent) == [99] and wait == pytest.approx(QUIET - 1)


def test_news_that_was_not_looked_at_counts():
    crowd = [waits(number, since=8) for number in range(10)]
    silent, _ = fallen_silent(crowd, {ConversationId(3): NOW - 0.5}, PLENTY, NOW)
    assert ids(silent) == [0, 1, 2, 4, 5, 6, 7, 8, 9]


def test_nobody_is_held_up_for_long():
    crowd = [waits(number, since=5, changed=0) for number in range(10)] + [waits(99, since=HELD_AT_MOST, changed=0)]
    assert ids(fallen_silent(crowd, {}, PLENTY, NOW)[0]) == [99]


def test_a_press_is_never_held_up():
    crowd = [waits(number, since=5, changed=1) for number in range(10)]
    crowd.append(waits(99, importance=Importance.PRESS))
    assert ids(fallen_silent(crowd, {}, PLENTY, NOW)[0]) == [99]


def test_they_have_longer_when_the_minute_would_not_do_for_all():
    crowd = [waits(number, since=4.5) for number in range(10)]
    assert len(fallen_silent(crowd, {}, PLENTY, NOW)[0]) == 10
    silent, wait = fallen_silent(crowd, {}, Room(spacing=1.0, cards=15), NOW)
    assert not silent and wait == pytest.approx(SCARCE_QUIET - 4.5)


def test_those_who_fall_silent_at_about_the_same_time_go_by_age():
    younger, older = waits(1, since=7, changed=QUIET), waits(2, since=9, changed=QUIET - 0.9)
    crowd = [waits(number, since=5, changed=0) for number in range(10, 20)] + [younger, older]
    silent, _ = fallen_silent(crowd, {}, PLENTY, NOW)
    assert ids(in_order(silent, NOW)) == [2, 1]


def test_the_most_important_first_then_the_oldest():
    feed = waits(1, since=50, importance=Importance.FEED)
    first, second = waits(2, since=5), waits(3, since=4)
    press = waits(4, importance=Importance.PRESS)
    assert ids(in_order([feed, second, first, press], NOW)) == [4, 2, 3, 1]
    assert ids(in_order([feed, second, first, press], NOW, all_of_them=False)) == [4]
    assert in_order([], NOW, all_of_them=False) == []


def test_nothing_starves_and_nothing_overtakes_a_press():
    async def nothing() -> None: ...

    board = Errand(Importance.BOARD, NOW - 4 * IMPATIENCE, nothing)
    edit = waits(1, since=100 * IMPATIENCE, importance=Importance.EDIT)
    card, press = waits(2), waits(3, importance=Importance.PRESS)
    assert in_order([board, card, press, edit], NOW) == [press, edit, board, card]


def step(number: int) -> CloseTopic:
    return CloseTopic(importance=Importance.EDIT, thread_id=number)


def test_a_step_that_did_not_help_is_made_again_later_and_later():
    tries = Tries()
    assert tries.not_before(step(1)) == 0
    pauses = []
    for _ in range(12):
        tries.count(step(1), NOW)
        pauses.append(tries.not_before(step(1)) - NOW)
    assert pauses[:4] == [FIRST_DELAY * 2**n for n in range(4)] and pauses[-1] == LONGEST_DELAY
    assert tries.not_before(step(2)) == 0


def test_only_the_last_steps_are_remembered():
    tries = Tries()
    for number in range(3 * KEPT_TRIES):
        tries.count(step(number), NOW)
    assert len(tries.made) <= KEPT_TRIES + 1 and tries.not_before(step(3 * KEPT_TRIES - 1)) > NOW
