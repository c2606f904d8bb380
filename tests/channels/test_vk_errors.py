"""Every error of VKontakte, what it comes to; none of the emulator's table is forgotten."""

from datetime import timedelta
from typing import Any

import pytest
from multidict import CIMultiDict
from pydantic import SecretStr

from bridge.catalogue import Catalogue
from bridge.channels.vk.api import SECOND, Denied, NoAnswer, Pace, VkApi, response
from bridge.channels.vk.errors import TABLE, down, outcome
from bridge.channels.vk.random_ids import is_one_of, random_id
from bridge.model import ChannelDown, ChannelName, MessageId, Outcome, Refused, TryLater, Why
from bridge.web.api import Answer, Lost
from tests.emulators.vk import CODES, OF_ONE_RECIPIENT
from tests.telegram_side import HandClock

RU = Catalogue("ru")
VK = ChannelName("vk")
LATER, DOWN = "later", "down"

EXPECTED: dict[int, str | Why | timedelta] = {
    **dict.fromkeys((1, 10, 36, 43), LATER),
    3: Why.REJECTED,
    **dict.fromkeys((5, 27, 28, 1117), DOWN),
    6: timedelta(seconds=0.5),
    **dict.fromkeys((7, 15, 20, 203), DOWN),
    8: Why.REJECTED,
    9: timedelta(seconds=45),
    13: Why.REJECTED,
    **dict.fromkeys((14, 17, 24, 3300, 3301, 3302, 3303, 3304, 3305), Why.REJECTED),
    **dict.fromkeys((18, 37, 113, 3610, 900, 901, 902), Why.BLOCKED),
    **dict.fromkeys((22, 105, 114, 118, 121, 122, 129), LATER),
    29: timedelta(hours=1),
    32: timedelta(seconds=5),
    **dict.fromkeys((100, 104), Why.REJECTED),
    **dict.fromkeys((909, 920), Why.CANNOT_EDIT),
    **dict.fromkeys((910, 914), Why.TOO_LONG),
    **dict.fromkeys((911, 912, 913, 921, 969), Why.REJECTED),
    **dict.fromkeys((915, 916), DOWN),
    **dict.fromkeys((917, 922, 925, 927, 932, 935, 936, 945, 946, 1012), Why.REJECTED),
    924: Why.CANNOT_UNSEND,
    **dict.fromkeys((940, 943, 944, 950, 985, 1009), Why.REJECTED),
    **dict.fromkeys((1150, 1153), Why.FILE_GONE),
    2000: DOWN,
}


def short(found: Outcome) -> Any:
    match found:
        case TryLater(after=after):
            return after or LATER
        case Refused(why=why):
            return why
        case ChannelDown(reason=reason):
            assert reason
            return DOWN
    return found


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_has_its_outcome(code: int):
    assert short(outcome(Denied(code, CODES[code]), RU)) == EXPECTED[code]


def test_no_code_is_forgotten():
    assert set(CODES) <= set(EXPECTED)
    assert set(CODES) <= set(TABLE)


@pytest.mark.parametrize("code", sorted(OF_ONE_RECIPIENT))
def test_what_is_said_of_one_recipient_is_no_trouble_of_the_channel(code: int):
    found = short(outcome(Denied(code, CODES[code], of_recipient=True), RU))
    assert found == (Why.REJECTED if code == 7 else EXPECTED[code])


def test_a_code_that_nobody_knows_is_worth_another_try():
    assert short(outcome(Denied(77_777), RU)) == LATER
    assert down(Denied(77_777), RU) is None


def test_access_denied_may_mean_not_now():
    said = Denied(15, "Access denied: try again later")
    assert short(outcome(said, RU)) == LATER
    assert down(said, RU) is None


@pytest.mark.parametrize("code", [5, 15, 14, 915, 2000])
def test_what_an_admin_must_mend_is_said_to_people(code: int):
    assert down(Denied(code), RU)


def test_no_answer_is_tried_again_when_the_server_says():
    assert outcome(NoAnswer("HTTP 502", timedelta(seconds=7)), RU) == TryLater(timedelta(seconds=7), "HTTP 502")


ANSWERS = [
    (
        Lost(detail="api.vk.com: ServerDisconnectedError", sent=True),
        NoAnswer("api.vk.com: ServerDisconnectedError"),
    ),
    (Answer(status=502, text="<html>"), NoAnswer("HTTP 502")),
    (Answer(status=200, text="<html>"), NoAnswer("HTTP 200")),
    (Answer(status=200, data=[1]), NoAnswer("HTTP 200")),
    (Answer(status=200, data={}), NoAnswer("an answer without a response")),
    (Answer(status=200, data={"response": 0}), 0),
    (Answer(status=200, data={"error": {"error_code": "901", "error_msg": "no"}}), Denied(901, "no")),
    (Answer(status=200, data={"error": {}}), Denied(0)),
    (
        Answer(status=503, headers=CIMultiDict(), retry_after=timedelta(seconds=3)),
        NoAnswer("HTTP 503", timedelta(seconds=3)),
    ),
]


@pytest.mark.parametrize(("answer", "expected"), ANSWERS)
def test_whatever_comes_back_is_a_value(answer: Answer | Lost, expected: Any):
    assert response(answer) == expected


def test_the_token_is_in_no_repr():
    api = VkApi("https://api.vk.com", SecretStr("vk1.a.SECRET"), HandClock())
    assert "SECRET" not in repr(api)


async def test_the_pace_is_kept_in_any_second():
    class Turning(HandClock):
        """Passes by itself."""

        async def sleep(self, seconds: float) -> None:
            self.passed += max(seconds, 0)

    clock = Turning()
    pace = Pace(clock)
    made = []
    for _ in range(60):
        await pace.wait()
        made.append(clock.passed)
    assert max(sum(1 for at in made if begin <= at < begin + 1.0) for begin in made) <= 19
    assert made[-1] <= 3 * SECOND + 0.01


class TestRandomIds:
    KEY = bytes(32)

    def test_a_call_has_always_the_same(self):
        assert random_id(self.KEY, VK, MessageId(7), 0) == random_id(self.KEY, VK, MessageId(7), 0)

    def test_no_two_calls_share_one(self):
        made = {
            random_id(key, channel, MessageId(message), piece, part)
            for key in (self.KEY, b"x" * 32)
            for channel in (VK, ChannelName("vk2"))
            for message in range(50)
            for piece in range(4)
            for part in range(3)
        }
        assert len(made) == 2 * 2 * 50 * 4 * 3

    def test_it_is_a_positive_int32(self):
        assert all(0 < random_id(self.KEY, VK, MessageId(n), 0) < 2**31 for n in range(500))

    def test_ours_are_known_again(self):
        messages = [MessageId(5), MessageId(9)]
        for piece, part in ((0, 0), (3, 0), (0, 2)):
            assert is_one_of(random_id(self.KEY, VK, MessageId(9), piece, part), self.KEY, VK, messages)
        assert not is_one_of(random_id(self.KEY, VK, MessageId(6), 0), self.KEY, VK, messages)
        assert not is_one_of(12345, self.KEY, VK, [])
