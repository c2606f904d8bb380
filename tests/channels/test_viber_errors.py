"""What each status of Viber's means: a row for every one that the emulator knows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.catalogue import Catalogue
from bridge.channels.viber.api import No, Silence
from bridge.channels.viber.errors import ANSWER_PAUSE, TRIES, down, outcome
from bridge.model import ChannelDown, Outcome, Refused, TryLater, Why
from tests.emulators.viber import STATUSES

RU = Catalogue("ru")


def is_down(sentence: str) -> Outcome:
    return ChannelDown(RU(sentence))


EXPECTED: dict[int, type[Outcome] | Why | Outcome] = {
    1: TryLater,
    2: is_down("viber-down-token"),
    3: Why.REJECTED,
    4: Why.REJECTED,
    5: Why.BLOCKED,
    6: Why.BLOCKED,
    7: is_down("viber-down-blocked"),
    8: is_down("viber-down-gone"),
    9: is_down("viber-down-suspended"),
    10: TryLater,
    11: Why.REJECTED,
    12: TryLater,
    13: Why.UNSUPPORTED,
    14: Why.UNSUPPORTED,
    15: is_down("viber-down-unauthorized"),
    16: Why.REJECTED,
    17: Why.REJECTED,
    18: Why.REJECTED,
    19: Why.REJECTED,
    20: Why.REJECTED,
    21: Why.REJECTED,
    22: Why.REJECTED,
    23: Why.NOT_PAID,
    24: Why.NOT_PAID,
    99: TryLater,
    999: TryLater,
}


@pytest.mark.parametrize("status", [status for status in STATUSES if status != 0])
def test_every_status_means_something(status: int):
    expected = EXPECTED[status]
    found = outcome(No(status, STATUSES[status]), 1, RU)
    if isinstance(expected, Why):
        assert isinstance(found, Refused)
        assert found.why is expected
    elif isinstance(expected, type):
        assert isinstance(found, expected)
    else:
        assert found == expected


def test_the_table_has_no_status_that_nobody_knows():
    assert EXPECTED.keys() == STATUSES.keys() - {0}


def test_a_missing_token_is_a_wrong_one():
    assert down(No(4, "missing_auth_token")) == down(No(2, "invalidAuthToken")) == "viber-down-token"
    assert down(No(4, "missingData: receiver is missing")) is None


def test_too_many_unanswered_messages_wait_longer_and_longer():
    pauses = [outcome(No(12), attempt, RU) for attempt in (1, 2, 3, 4, 5, 6, 7, 50)]
    seconds = [pause.after.total_seconds() for pause in pauses if isinstance(pause, TryLater) and pause.after]
    assert seconds == [5, 30, 60, 120, 300, 600, 600, 600]


def test_a_general_error_is_tried_a_few_times():
    outcomes = [outcome(No(99, "generalError"), attempt, RU) for attempt in range(1, TRIES + 1)]
    assert all(isinstance(found, TryLater) for found in outcomes[:-1])
    assert outcomes[-1] == Refused(Why.REJECTED, "status 99")


def test_silence_is_tried_again():
    assert outcome(Silence("HTTP 502", heard=False), 1, RU) == TryLater(None, "HTTP 502")
    assert outcome(Silence("TimeoutError", heard=True), 1, RU) == TryLater(ANSWER_PAUSE, "TimeoutError")
    asked = Silence("HTTP 429", heard=False, after=timedelta(seconds=7))
    assert outcome(asked, 1, RU) == TryLater(timedelta(seconds=7), "HTTP 429")


def test_the_words_of_a_refusal_are_not_logged():
    assert "secret" not in repr(No(3, "badData: secret"))
    found = outcome(No(3, "badData: secret"), 1, RU)
    assert "secret" not in repr(found)
