"""The budget of calls: what Telegram would count never exceeds the limit, whatever the times of the calls."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.budget import BURST, MARGIN, OVERALL, RECOVERY, SECOND, SPACING, WINDOW, Budget, Rate

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


@given(st.integers(2, 60), st.floats(0, 100), st.floats(1, 600))
def test_after_a_refusal_it_goes_gently_and_comes_back(limit, now, pause):
    budget = Budget(limit)
    budget.refused(now, pause)
    ends = now + pause
    assert budget.wait(now) == pytest.approx(pause) and budget.closed(now) == pytest.approx(pause)
    assert budget.limit_at(ends) == max(1, limit // 2)
    later = [budget.limit_at(ends + step * RECOVERY + 0.01) for step in range(limit + 1)]
    assert all(after - before in (0, 1) for before, after in pairwise(later))
    assert later[-1] == limit


def test_after_a_refusal_there_are_no_bursts_until_it_has_recovered():
    budget = Budget(20)
    budget.refused(0.0, 5.0)
    budget.spend(5.0)
    assert budget.wait(5.0) == pytest.approx(SPACING)
    recovered = 5.0 + 10 * RECOVERY + 1
    assert budget.limit_at(recovered) == 20
    budget.spend(recovered)
    assert budget.wait(recovered) == 0


def test_refusals_within_a_pause_lower_the_limit_once():
    budget = Budget(20)
    budget.refused(0.0, 30.0)
    budget.refused(10.0, 40.0)
    assert budget.closed(10.0) == pytest.approx(40.0)
    assert budget.limit_at(50.0) == 10
    budget.refused(60.0, 5.0)  # even that was too much
    assert budget.limit_at(65.0) == 5


@given(limits, st.integers(0, 40), st.integers(1, 200), st.floats(0, 70))
@settings(max_examples=200)
def test_a_delay_that_is_told_is_about_what_it_takes(limit, before, units, passed):
    budget, now = Budget(limit), 1000.0
    for _ in range(min(before, limit)):
        now += budget.wait(now)
        budget.spend(now)
    now += passed
    told, began = budget.delay(now, units), now
    for _ in range(units):
        now += budget.wait(now)
        budget.spend(now)
    assert abs(told - (now - began)) <= 10 + 0.35 * (now - began)


rates = st.lists(st.tuples(st.floats(0, 2), st.integers(1, 10), st.floats(0, 3), st.floats(0, 1)), min_size=1)


@given(st.integers(1, 40), rates)
def test_never_more_than_the_rate_in_any_second_whenever_the_server_counts(limit, wanted):
    rate, now = Rate(limit), 1000.0
    open_calls, counted = [], []  # (when it is answered, units); (when the server counts it, units)

    def passes(until: float) -> None:
        for at, units in sorted(call for call in open_calls if call[0] <= until):
            rate.end(at, units)
            open_calls.remove((at, units))

    for pause, units, latency, part in wanted:
        units = min(units, limit)
        now += pause
        passes(now)
        while (wait := rate.wait(now, units)) > 0:
            assert wait <= SECOND + 1e-6
            now += max(wait, 1e-6)
            passes(now)
        rate.begin(units)
        open_calls.append((now + latency, units))
        counted.append((now + latency * part, units))
    for end, _ in counted:
        assert sum(units for at, units in counted if end - 1.0 <= at <= end) <= limit


def test_a_server_that_allows_more_posts_allows_more_of_everything():
    assert Rate.beside(20).limit == Rate.beside(5).limit == OVERALL
    assert Rate.beside(600).limit == 30 * OVERALL
