"""Every code of the Graph API, and what it means for a message and for the channel."""

from datetime import timedelta

import pytest

from bridge.catalogue import Catalogue
from bridge.channels.facebook.errors import ECHO_PAUSE, Sort, failure, outcome, sort_of
from bridge.channels.facebook.usage import Pace, Usage, usage
from bridge.model import ChannelDown, Refused, TryLater, Why
from bridge.web.api import Answer, Lost
from tests.emulators.facebook import ERRORS
from tests.turned_clock import TurnedClock

RU = Catalogue("ru")

# What each row of the emulator's table comes to: the kinds of outcome, and words of it.
WANTED = {
    "1": TryLater,
    "1/99": TryLater,
    "2": TryLater,
    "1200": TryLater,
    "4": TryLater,
    "17": TryLater,
    "32": TryLater,
    "613": TryLater,
    "80006": TryLater,
    "80007": TryLater,
    "80001": TryLater,
    "613/2018338": Why.REJECTED,
    "190": "не принимает токен",
    "190/463": "срок токена",
    "190/467": "отозван",
    "190/460": "пароль",
    "190/458": "удалено",
    "190/459": "подтвердить вход",
    "10/2018278": Why.WINDOW_CLOSED,
    "10/2534022": Why.WINDOW_CLOSED,
    "10/2018065": Why.WINDOW_CLOSED,
    "10/2018300": Why.REJECTED,
    "200/2018027": "не опубликовано",
    "200/2018028": "не опубликовано",
    "10": "разрешений",
    "200": "разрешений",
    "100/2018001": Why.REJECTED,
    "100/2018109": Why.TOO_BIG,
    "100/2018047": Why.REJECTED,
    "100/2018048": Why.REJECTED,
    "100/2018074": Why.REJECTED,
    "100/2018008": Why.REJECTED,
    "100/2018294": Why.REJECTED,
    "100/33": Why.REJECTED,
    "100/1893061": Why.WINDOW_CLOSED,
    "100/2018014": Why.REJECTED,
    "100": Why.REJECTED,
    "230": Why.REJECTED,
    "100/2018218": Why.REJECTED,
    "2018218": Why.REJECTED,
    "100/2018247": Why.REJECTED,
    "551/1545041": Why.BLOCKED,
    "200/1545041": Why.BLOCKED,
    "200/2018108": Why.BLOCKED,
    "10/2018108": Why.BLOCKED,
    "368": "ограничил",
    "10/1893063": "ограничил",
    "2534122": "ограничил",
    "9/2018352": Why.REJECTED,
}
# The kinds of the table, and what they are here.
SORTS = {
    "retry": {Sort.LATER},
    "limit": {Sort.LIMIT, Sort.CALLS},
    "abuse": {Sort.ABUSE},
    "token": {Sort.TOKEN},
    "window": {Sort.WINDOW},
    "routing": {Sort.ELSEWHERE},
    "config": {Sort.PERMISSION, Sort.NOT_LIVE, Sort.TAG},
    "permanent": {Sort.FINAL, Sort.PARAMETER, Sort.STRANGER},
    "media": {Sort.MEDIA, Sort.TOO_BIG},
    "profile": {Sort.PROFILE},
    "blocked": {Sort.BLOCKED},
    "policy": {Sort.RESTRICTED},
}


def refused(key: str):
    error = ERRORS[key]
    answer = Answer(status=error.status, data=error.body("A1"))
    found = failure(answer)
    assert found is not None
    return found


def test_no_row_of_the_table_is_forgotten():
    assert set(WANTED) == set(ERRORS)


@pytest.mark.parametrize("key", ERRORS)
def test_each_code(key):
    found = refused(key)
    assert found.sort in SORTS[ERRORS[key].kind]
    done, wanted = outcome(found, RU), WANTED[key]
    if isinstance(wanted, Why):
        assert isinstance(done, Refused)
        assert done.why is wanted
    elif isinstance(wanted, str):
        assert isinstance(done, ChannelDown)
        assert wanted in done.reason
    else:
        assert isinstance(done, wanted)
    assert ERRORS[key].message not in repr(found) + getattr(done, "detail", "")


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("key", ERRORS)
def test_there_are_words_for_each(key, language):
    outcome(refused(key), Catalogue(language))


def test_a_code_that_nobody_knows_is_worth_another_try():
    assert sort_of(987654) is Sort.LATER
    assert sort_of(0) is Sort.LATER


def test_words_say_what_codes_do_not():
    assert sort_of(613, 0, "Warning! … bothersome or abusive …") is Sort.ABUSE
    assert sort_of(100, 0, "Invalid appsecret_proof provided in the API argument") is Sort.SECRET
    assert sort_of(100, 0, "(#100) Invalid tag.") is Sort.TAG
    long = "(#100) Length of param message[text] must be less than or equal to 2000"
    assert sort_of(100, 0, long) is Sort.TOO_LONG
    assert outcome(failure(answer(100, long)), RU) == Refused(Why.TOO_LONG, "error 100", "2000")
    down = outcome(failure(answer(100, "Invalid appsecret_proof")), RU)
    assert isinstance(down, ChannelDown)
    assert "app_secret" in down.reason


def answer(code: object, said: object = "", status: int = 400, **more: object) -> Answer:
    return Answer(status=status, data={"error": {"code": code, "message": said, **more}})


@pytest.mark.parametrize("error", [{}, {"code": "190"}, {"code": True}, {"code": None, "message": 7}])
def test_errors_that_are_none(error):
    found = failure(Answer(status=400, data={"error": error}))
    assert found is not None
    assert found.sort is Sort.LATER


class TestNoAnswer:
    def test_unheard(self):
        assert outcome(failure(Lost(detail="host: TimeoutError", sent=False)), RU).after is None

    def test_lost(self):
        assert outcome(failure(Lost(detail="host: TimeoutError", sent=True)), RU).after == ECHO_PAUSE

    @pytest.mark.parametrize("status", [404, 502, 503])
    def test_something_else_than_json(self, status):
        found = failure(Answer(status=status, text="<html>"))
        assert found.sort is Sort.LOST
        assert "<html>" not in repr(found)

    def test_a_pause_that_is_asked_for(self):
        found = failure(Answer(status=503, text="", retry_after=timedelta(seconds=77)))
        assert outcome(found, RU).after == timedelta(seconds=77)

    def test_a_good_answer_that_cannot_be_read_is_not_repeated_for_ever(self):
        found = failure(Answer(status=200, text="{"))
        assert outcome(found, RU, 1).after == ECHO_PAUSE
        assert isinstance(outcome(found, RU, 6), Refused)

    def test_a_good_one(self):
        assert failure(Answer(status=200, data={"message_id": "m"})) is None


class TestLimits:
    def test_as_long_as_they_say(self):
        found = failure(answer(80006), timedelta(minutes=5))
        assert outcome(found, RU) == TryLater(timedelta(minutes=5), "error 80006")

    def test_but_not_for_a_day(self):
        assert outcome(failure(answer(4), timedelta(days=1)), RU).after == timedelta(minutes=30)

    def test_a_minute_where_they_do_not(self):
        assert outcome(failure(answer(613)), RU).after == timedelta(minutes=1)


class Rushing(TurnedClock):
    """Who sleeps wakes at once, later."""

    async def sleep(self, seconds):
        self.passes(seconds)


class TestPace:
    @pytest.mark.parametrize(("slow", "most"), [(True, 10), (False, 300)])
    async def test_no_second_has_more_calls_than_are_allowed(self, slow, most):
        clock = Rushing()
        pace = Pace(clock)
        at = []
        for _ in range(3 * most):
            await pace.turn(slow=slow)
            at.append(clock.monotonic())
        assert all(at[n + most] - at[n] > 1.0 for n in range(2 * most))
        assert at[-1] - at[0] < 6.0

    async def test_a_pause_that_is_asked_for(self):
        clock = Rushing()
        pace = Pace(clock)
        assert pace.closed_for == 0
        pace.close(60)
        pace.close(30)
        assert pace.closed_for == 60
        clock.passes(61)
        assert pace.closed_for == 0

    async def test_slowly_for_a_minute(self):
        clock = Rushing()
        pace = Pace(clock)
        pace.told(Usage(80.0))
        for pause in (1.0, 1.0):
            before = clock.monotonic()
            await pace.turn(slow=False)
            assert clock.monotonic() - before == pause
        clock.passes(60)
        before = clock.monotonic()
        await pace.turn(slow=False)
        assert clock.monotonic() == before


class TestUsage:
    def test_what_the_headers_tell(self):
        headers = {
            "X-App-Usage": '{"call_count":12,"total_cputime":93,"total_time":5}',
            "X-Business-Use-Case-Usage": '{"1":[{"call_count":7,"estimated_time_to_regain_access":9}]}',
        }
        assert usage(headers) == Usage(93.0, timedelta(minutes=9))

    @pytest.mark.parametrize("told", ["", "x", "[]", "7", '{"1":7}', '{"1":[7,{"call_count":"9"}]}', '{"1":[{}]}'])
    def test_what_they_may_also_be(self, told):
        assert usage({"X-App-Usage": told, "X-Business-Use-Case-Usage": told}) == Usage()

    def test_nothing_is_too_much(self):
        told = '{"1":[{"call_count":1e999,"estimated_time_to_regain_access":NaN}]}'
        assert usage({"X-Business-Use-Case-Usage": told}).regain is None
