"""Opening hours: open or not at a moment, when that turns over, and the words for it; summer time too."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.catalogue import Catalogue
from bridge.channels.site.hours import Interval, Schedule, known_zone, parse

WEEK = ("mon-fri 09:00-18:00", "sat 10:00-15:00")
MOSCOW = Schedule("Europe/Moscow", WEEK)
MONDAY = datetime(2026, 2, 2, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "intervals"),
    [
        ("mon 09:00-18:00", [(0, 540, 1080)]),
        ("  Mon  9:00 - 18:00 ", [(0, 540, 1080)]),
        ("mon–tue 9:00–10:00", [(0, 540, 600), (1, 540, 600)]),
        ("mon,wed 9:00-10:00", [(0, 540, 600), (2, 540, 600)]),
        ("sat-mon 9:00-10:00", [(5, 540, 600), (6, 540, 600), (0, 540, 600)]),
        ("fri 22:00-02:00", [(4, 1320, 1560)]),
        ("fri 00:00-24:00", [(4, 0, 1440)]),
        ("tue 9:00-13:00, 14:00-18:00", [(1, 540, 780), (1, 840, 1080)]),
        ("пн-вт 9:00-10:00", [(0, 540, 600), (1, 540, 600)]),
        ("daily 9:00-10:00", [(day, 540, 600) for day in range(7)]),
        ("ежедневно 9:00-10:00", [(day, 540, 600) for day in range(7)]),
    ],
)
def test_a_line_is_read(line, intervals):
    assert parse(line) == tuple(Interval(*interval) for interval in intervals)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "mon",
        "9:00-18:00",
        "someday 9:00-18:00",
        "mon-tue-wed 9:00-18:00",
        "mon 9-18",
        "mon 9:00",
        "mon 9:00-9:00",
        "mon 24:00-25:00",
        "mon 9:60-18:00",
        "mon 9:00-18:00,",
        "mon 9:00-18:00 tue 9:00-18:00",
        "monday 9:00-18:00",
    ],
)
def test_another_line_is_refused(line):
    with pytest.raises(ValueError):
        parse(line)


@given(st.text(alphabet="monfriдпт 0912:-–,", max_size=30))
def test_any_line_is_read_or_refused(line):
    try:
        intervals = parse(line)
    except ValueError:
        return
    assert all(0 <= i.day < 7 and 0 <= i.start < i.end <= i.start + 24 * 60 for i in intervals)


@pytest.mark.parametrize("name", ["", "Europe", "../etc/passwd", "Europe/Paradise", "/etc/localtime", "\x00"])
def test_what_is_no_time_zone(name):
    assert not known_zone(name)
    assert known_zone("Europe/Moscow")


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-02-02T05:59:59", False),
        ("2026-02-02T06:00:00", True),
        ("2026-02-02T14:59:59", True),
        ("2026-02-02T15:00:00", False),
        ("2026-02-07T08:00:00", True),
        ("2026-02-08T08:00:00", False),
    ],
)
def test_open_at_a_moment(moment, is_open):
    assert MOSCOW.is_open(at(moment)) is is_open


def test_the_next_changes_come_first():
    changes = MOSCOW.changes(at("2026-02-06T12:00:00"))  # a Friday
    assert changes[:4] == [
        at("2026-02-06T15:00:00"),
        at("2026-02-07T07:00:00"),
        at("2026-02-07T12:00:00"),
        at("2026-02-09T06:00:00"),
    ]
    assert len(changes) == 8


def test_a_night_is_open_on_both_sides_of_midnight():
    night = Schedule("UTC", ["fri 22:00-02:00"])
    assert [night.is_open(at(f"2026-02-{hour}")) for hour in ("06T21:59", "06T23:00", "07T01:59", "07T02:00")] == [
        False,
        True,
        True,
        False,
    ]
    assert night.changes(at("2026-02-07T00:00")) == [
        at("2026-02-07T02:00"),
        at("2026-02-13T22:00"),
        at("2026-02-14T02:00"),
    ]


def test_days_that_touch_are_one():
    assert Schedule("UTC", ["mon 09:00-24:00", "tue 00:00-12:00"]).changes(at("2026-02-02T10:00"))[0] == at(
        "2026-02-03T12:00"
    )


def test_open_always_never_changes():
    always = Schedule("Asia/Yekaterinburg", ["mon-sun 00:00-24:00"])
    assert always.is_open(MONDAY)
    assert always.changes(MONDAY) == []


def test_without_lines_it_is_never_open():
    never = Schedule("UTC", [])
    assert not never.is_open(MONDAY)
    assert never.changes(MONDAY) == []


def test_the_wall_clock_counts_in_summer_and_winter():
    berlin = Schedule("Europe/Berlin", ["mon-sun 09:00-18:00"])
    assert berlin.changes(at("2026-03-28T12:00"))[:3] == [  # the clock goes forward in the night
        at("2026-03-28T17:00"),
        at("2026-03-29T07:00"),
        at("2026-03-29T16:00"),
    ]
    assert berlin.changes(at("2026-10-24T12:00"))[:3] == [
        at("2026-10-24T16:00"),
        at("2026-10-25T08:00"),
        at("2026-10-25T17:00"),
    ]


def test_an_hour_that_is_left_out_or_comes_twice():
    berlin = Schedule("Europe/Berlin", ["sun 01:00-02:30"])
    assert berlin.changes(at("2026-03-29T00:30"))[0] == at("2026-03-29T01:00")  # when 2:00 becomes 3:00
    assert berlin.changes(at("2026-10-25T00:30"))[0] == at("2026-10-25T01:30")  # the second 2:30
    skipped = Schedule("Europe/Berlin", ["sun 02:10-02:50"])
    assert not any(skipped.is_open(at("2026-03-29T00:00") + timedelta(minutes=m)) for m in range(180))


@given(st.integers(0, 366 * 24 * 60))
def test_it_turns_over_at_each_change_and_at_no_other_time(minute):
    schedule = Schedule("Europe/Berlin", ["mon-fri 22:00-03:30", "sun 02:00-02:30", "wed 10:00-11:00,12:00-13:00"])
    now = at("2026-01-01T00:00") + timedelta(minutes=minute)
    last, is_open = now, schedule.is_open(now)
    for change in schedule.changes(now):
        assert schedule.is_open(change - timedelta(seconds=1)) is is_open
        assert schedule.is_open(change) is not is_open
        assert change > last
        last, is_open = change, not is_open


@pytest.mark.parametrize(
    ("zone", "lines", "ru", "en"),
    [
        (
            "Europe/Moscow",
            WEEK,
            "Пн–Пт 9:00–18:00, Сб 10:00–15:00 (МСК)",
            "Mon–Fri 9:00–18:00, Sat 10:00–15:00 (MSK)",
        ),
        ("Asia/Yekaterinburg", ["mon-sun 9:00-21:00"], "Ежедневно 9:00–21:00 (UTC+5)", "Daily 9:00–21:00 (UTC+5)"),
        ("Asia/Kolkata", ["mon,tue 9:00-21:00"], "Пн, Вт 9:00–21:00 (UTC+5:30)", "Mon, Tue 9:00–21:00 (UTC+5:30)"),
        ("America/New_York", ["sat 22:00-2:00"], "Сб 22:00–2:00 (UTC−5)", "Sat 22:00–2:00 (UTC−5)"),
        ("UTC", ["mon-sun 0:00-24:00"], "Круглосуточно", "Around the clock"),
        (
            "UTC",
            ["mon-wed,fri 9:00-13:00,14:00-18:00", "sun 9:00-24:00"],
            "Пн–Ср, Пт 9:00–13:00, 14:00–18:00; Вс 9:00–24:00 (UTC)",
            "Mon–Wed, Fri 9:00–13:00, 14:00–18:00; Sun 9:00–24:00 (UTC)",
        ),
    ],
)
def test_in_words(zone, lines, ru, en):
    schedule = Schedule(zone, lines)
    assert schedule.text(MONDAY, Catalogue("ru")) == ru
    assert schedule.text(MONDAY, Catalogue("en")) == en
