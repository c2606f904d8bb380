"""What Telegram says of whoever opens the Mini App is believed only as Telegram signed it, and not for long."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, unquote, urlencode

import pytest
from aiogram.utils.web_app import check_webapp_signature
from hypothesis import given
from hypothesis import strategies as st

from bridge.desks.web.initdata import LIMIT, Flaw, Introduced, key_of, read
from tests.desk_web.doors import ANNA, BOT, FOREIGN_BOT, introduction, sign

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
KEY = key_of(BOT)
GOOD = introduction(ANNA, NOW.timestamp())


def user(**fields: object) -> str:
    return sign({"user": json.dumps(fields), "auth_date": str(int(NOW.timestamp()))})


def after(**how: int) -> datetime:
    return NOW + timedelta(**how)


def test_a_good_one_introduces_the_operator():
    found = read(GOOD, KEY, NOW)
    assert isinstance(found, Introduced)
    assert found.operator == ANNA


def test_ours_is_the_form_that_the_library_for_bots_knows():
    assert check_webapp_signature(BOT, GOOD)


@pytest.mark.parametrize("field", ["query_id", "user", "auth_date", "signature", "hash"])
def test_any_field_that_was_altered_is_seen(field: str):
    fields = dict(parse_qsl(GOOD))
    for altered in ({**fields, field: fields[field] + "0"}, {k: v for k, v in fields.items() if k != field}):
        assert read(urlencode(altered, quote_via=quote), KEY, NOW) is Flaw.SIGNATURE


def test_a_field_that_was_added_is_seen():
    assert read(f"{GOOD}&start_param=x", KEY, NOW) is Flaw.SIGNATURE


def test_another_bots_signature_is_none():
    assert read(introduction(ANNA, NOW.timestamp(), FOREIGN_BOT), KEY, NOW) is Flaw.SIGNATURE


def test_the_signature_of_the_old_login_widget_is_none():
    fields = dict(parse_qsl(GOOD))
    del fields["hash"]
    lines = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    widget = hmac.new(hashlib.sha256(BOT.encode()).digest(), lines.encode(), hashlib.sha256).hexdigest()
    assert read(urlencode({**fields, "hash": widget}, quote_via=quote), KEY, NOW) is Flaw.SIGNATURE


@pytest.mark.parametrize("told", ["", "0" * 64, "é" * 64, "\ud800"])
def test_an_invented_hash_is_none(told: str):
    fields = {**dict(parse_qsl(GOOD)), "hash": told}
    assert read(urlencode(fields, quote_via=quote, errors="surrogatepass"), KEY, NOW) in (Flaw.SIGNATURE, Flaw.FORM)


def test_a_hash_in_capitals_is_not_the_one_that_telegram_wrote():
    start, _, told = GOOD.rpartition("hash=")
    assert read(f"{start}hash={told.upper()}", KEY, NOW) is Flaw.SIGNATURE


@pytest.mark.parametrize("seconds", [0, 299, 300])
def test_it_is_good_for_five_minutes(seconds: int):
    assert isinstance(read(GOOD, KEY, after(seconds=seconds)), Introduced)


@pytest.mark.parametrize("seconds", [301, 3600, 10**8])
def test_and_not_longer(seconds: int):
    assert read(GOOD, KEY, after(seconds=seconds)) is Flaw.OLD


def test_telegrams_clock_may_be_a_minute_ahead_and_not_more():
    assert isinstance(read(GOOD, KEY, NOW - timedelta(seconds=60)), Introduced)
    assert read(GOOD, KEY, NOW - timedelta(seconds=61)) is Flaw.FUTURE


@pytest.mark.parametrize("written", ["", "-5", "+5", "1e9", " 5", "5 ", "٥", "5.0", "0x5", "1" * 13, "nan"])
def test_a_time_that_is_none_is_refused_though_signed(written: str):
    assert read(introduction(ANNA, 0, auth_date=written), KEY, NOW) is Flaw.FORM


@pytest.mark.parametrize("written", ["0", "1", "999999999999"])
def test_a_time_far_away_is_refused(written: str):
    assert read(introduction(ANNA, 0, auth_date=written), KEY, NOW) in (Flaw.OLD, Flaw.FUTURE)


def test_a_name_that_stands_twice_is_refused_whichever_would_count():
    for again in ("user=%7B%22id%22%3A1%7D", "auth_date=1", f"hash={'0' * 64}", "query_id="):
        assert read(f"{GOOD}&{again}", KEY, NOW) is Flaw.FORM
        assert read(f"{again}&{GOOD}", KEY, NOW) is Flaw.FORM


def test_a_value_with_lines_cannot_stand_for_other_fields():
    """What is signed is lines: query_id with the user in a second line makes the same ones."""
    fields = dict(parse_qsl(GOOD))
    joined = {**fields, "signature": f"{fields['signature']}\nuser={fields['user']}"}
    del joined["user"]
    assert read(urlencode(joined, quote_via=quote), KEY, NOW) is Flaw.FORM


@pytest.mark.parametrize(
    "written",
    [
        *("", "&", "=", "a", "x=1;y=2&z", "hash", "%ff=1", "user=%ff&hash=1", "A=1", "a b=1", "a\n=1", "\ud800=1"),
        "&".join(f"a{number}=1" for number in range(40)),
        "a=" + "x" * LIMIT,
    ],
)
def test_what_has_another_form_is_refused(written: str):
    assert read(written, KEY, NOW) is Flaw.FORM


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"id": "5"},
        {"id": True},
        {"id": 0},
        {"id": -5, "first_name": "Local"},
        {"id": 5.0},
        {"id": 2**52},
        {"id": None},
        {"id": [5]},
        {"id": 5, "is_bot": True},
    ],
)
def test_a_signed_one_without_a_person_is_refused(fields: dict[str, object]):
    assert read(user(**fields), KEY, NOW) is Flaw.PERSON


@pytest.mark.parametrize("written", ["", "null", "[]", "5", '"x"', "{", "[" * 2000])
def test_a_user_that_is_no_object_is_refused(written: str):
    assert read(sign({"user": written, "auth_date": str(int(NOW.timestamp()))}), KEY, NOW) is Flaw.PERSON


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"first_name": "Анна"}, "Анна"),
        ({"first_name": "Анна", "last_name": "Ли"}, "Анна Ли"),
        ({"first_name": "\u202eannA\n<b>", "last_name": None}, "annA <b>"),
        ({"first_name": "\u2066\u200b"}, "5"),
        ({"first_name": 7}, "5"),
        ({"first_name": "x" * 10_0}, "x" * 64),
    ],
)
def test_a_name_is_fit_for_one_line(fields: dict[str, object], name: str):
    found = read(user(id=5, **fields), KEY, NOW)
    assert isinstance(found, Introduced)
    assert found.operator.name == name


def test_written_otherwise_it_is_the_same_introduction():
    """Or else it could be used again, in another order or with other escapes."""
    pairs = parse_qsl(GOOD)
    turned = urlencode(pairs[::-1], quote_via=quote)
    escaped = GOOD.replace("query_id=A", "query_id=%41").replace("%20", "+")
    assert len({GOOD, turned, escaped}) == 3
    found = [read(written, KEY, NOW) for written in (GOOD, turned, escaped)]
    assert len({one.mark for one in found if isinstance(one, Introduced)}) == 1
    assert all(isinstance(one, Introduced) for one in found)


@given(st.text(max_size=300), st.integers(0, len(GOOD)))
def test_nothing_that_is_put_into_it_makes_somebody_else_of_it(put: str, at: int):
    for written in (GOOD[:at] + put + GOOD[at:], put, GOOD[:at] + put + GOOD[at + len(put) :]):
        found = read(written, KEY, NOW)
        assert isinstance(found, Flaw) or found.operator == ANNA
        if isinstance(found, Introduced):
            assert sorted(parse_qsl(written)) == sorted(parse_qsl(GOOD)) or unquote(written) == unquote(GOOD)


def test_nothing_of_it_shows_when_it_is_printed():
    assert BOT not in repr(KEY)
    found = read(GOOD, KEY, NOW)
    assert isinstance(found, Introduced)
    assert dict(parse_qsl(GOOD))["hash"] not in repr(found)
