"""The budget of calls: what Telegram would count never exceeds the limit, whatever the times of the calls."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.budget import BURST, MARGIN, SPACING, WINDOW, Budget

limits = st.sampled_from([1, 2, 5, 18, 20, 60, 120])
asks = st.lists(
    st.tuples(st.floats(0, 30), st.integers(1, 4), st.sampled_from([0, 0, 3, 8])), min_size=1, max_size=120
)


def calls(budget: Budget, wanted: Sequence[tuple[float, int, int]]) -> list[tuple[float, int, int]]:
    """Make each call as soon as the budget allows, `pause` seconds after the one before: time, units, reserve."""
    now, made = 1000.0, []
    for pause, units, reserve in wanted:
        units = min(units, max(1, budget.limit - reserve))
        now += pause
        for _ in range(5):
            wait = budget.wait(now, units, reserve)
            assert 0 <= wait <= WINDOW + MARGIN + BURST * SPACING
            if wait == 0:
                break
            now += wait
        else:
            raise AssertionError("the budget always finds another reason to wait")
        budget.spend(now, units)
        made.append((now, units, reserve))
    return made


@given(limits, asks)
@settings(max_examples=300)
def test_never_more_than_the_limit_in_any_minute(limit, wanted):
    made = calls(Budget(limit), wanted)
    for end, _, _ in made:
        assert sum(units for at, units, _ in made if end - WINDOW <= at <= end) <= limit


@given(limits, asks)
@settings(max_examples=300)
def test_what_is_reserved_is_left_for_more_important_calls(limit, wanted):
    made = calls(Budget(limit), wanted)
    for index, (end, _, reserve) in enumerate(made):
        spent = sum(units for at, units, _ in made[: index + 1] if at > end - WINDOW)
        assert spent <= max(1, limit - reserve)


@given(limits, asks)
@settings(max_examples=300)
def test_after_a_burst_no_faster_than_the_spacing(limit, wanted):
    made = [at for at, _, _ in calls(Budget(limit), wanted)]
    spacing = min(SPACING, 60.0 / limit) if limit > 60 else SPACING
    for first, later in zip(made, made[BURST:], strict=False):
        assert later - first >= BURST * spacing - 1e-6
    assert all(second >= first for first, second in pairwise(made))


def test_a_quiet_budget_lets_a_burst_through_at_once():
    budget = Budget(20)
    for _ in range(BURST):
        assert budget.wait(0.0) == 0
        budget.spend(0.0)
    assert budget.wait(0.0) == pytest.approx(BURST * SPACING)


def test_a_full_window_opens_as_its_oldest_calls_leave_it():
    budget = Budget(3)
    for at in (0.0, 10.0, 20.0):
        budget.spend(at)
    assert budget.wait(30.0) == pytest.approx(WINDOW + MARGIN - 30)
    assert budget.wait(30.0, units=2) == pytest.approx(10 + WINDOW + MARGIN - 30)
    assert budget.wait(61.0) == 0


def test_an_album_costs_what_it_counts():
    budget = Budget(20)
    budget.spend(0.0, 15)
    assert budget.left(1.0) == 5
    assert budget.wait(1.0, units=5) == 0
    assert budget.wait(1.0, units=6) > 50


def test_a_reserve_larger_than_the_limit_starves_nobody():
    budget = Budget(5)
    assert budget.wait(0.0, reserve=9) == 0
    budget.spend(0.0)
    assert budget.wait(0.0, reserve=9) == pytest.approx(WINDOW + MARGIN)
    assert budget.wait(0.0) == 0


def test_a_call_that_costs_more_than_the_limit_goes_when_nothing_else_did():
    budget = Budget(5)
    assert budget.wait(0.0, units=9) == 0
    budget.spend(0.0)
    assert budget.wait(0.0, units=9) == pytest.approx(WINDOW + MARGIN)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=5))
def test_every_pause_that_the_server_asks_for_is_kept(pauses):
    budget = Budget(20)
    for until in pauses:
        budget.close(until)
    assert budget.wait(0.0) == pytest.approx(max(pauses))
    assert budget.wait(max(pauses)) == 0


def test_what_is_left_is_counted_in_this_window_only():
    budget = Budget(20)
    budget.spend(0.0, 7)
    budget.spend(30.0, 3)
    assert [budget.left(at) for at in (30.0, 60.4, 60.6, 91.0)] == [10, 10, 17, 20]


def test_a_call_counts_from_its_answer_on():
    budget = Budget(2)
    budget.spend(0.0)
    budget.answered(0.0, 8.0)  # a slow one: who knows when the server counted it
    budget.spend(9.0)
    assert budget.wait(9.0) == pytest.approx(8.0 + WINDOW + MARGIN - 9.0)
    budget.answered(9.0, 9.5)
    assert budget.left(9.5) == 0 and budget.left(8.0 + WINDOW + MARGIN) == 1
