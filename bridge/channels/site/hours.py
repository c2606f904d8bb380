"""When somebody answers: is it open now, when does that turn over, and how is it said. Pure.

    schedule = Schedule("Europe/Moscow", ["mon-fri 09:00-18:00", "sat 10:00-15:00"])
    schedule.is_open(now)

What is written is the wall clock of the time zone, so a change to summer time moves the moments, not the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from bridge.catalogue import Catalogue

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYS_IN_RUSSIAN: Final = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")
DAILY: Final = ("daily", "ежедневно")
DAY: Final = 24 * 60  # minutes
AHEAD: Final = timedelta(days=8)  # the whole of a week, and the day that it is now
CHANGES: Final = 8  # moments that are told at once
MOSCOW: Final = ("Europe/Moscow", "Europe/Simferopol")  # what people there call «МСК»

_LINE: Final = re.compile(r"(?P<days>[^\W\d]+(?:\s*[-–,]\s*[^\W\d]+)*)\s+(?P<times>[\d:\s,–-]+)")
_TIMES: Final = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """Open on one day of the week (0: Monday), in minutes from midnight; an end over 24:00 is on the next day."""

    day: int
    start: int
    end: int


def parse(line: str) -> tuple[Interval, ...]:
    """`mon-fri 09:00-13:00, 14:00-18:00` as intervals. Raises ValueError where it is not like that."""
    found = _LINE.fullmatch(line.strip().lower())
    if found is None:
        raise ValueError(line)
    ranges = [_range(written) for written in found["times"].split(",")]
    return tuple(Interval(day, start, end) for day in _days(found["days"]) for start, end in ranges)


def known_zone(name: str) -> bool:
    """Whether there is such a time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # unknown; a folder of them; no name at all
        return False
    return True


def zones() -> Iterable[str]:
    """The names of all time zones; takes some milliseconds."""
    return available_timezones()


class Schedule:
    """The hours of one channel."""

    def __init__(self, timezone: str, lines: Iterable[str]) -> None:
        """Raises ValueError or KeyError for what `parse` and the time zones do not know."""
        self._name = timezone
        self._zone = ZoneInfo(timezone)
        self._intervals = tuple(sorted({interval for line in lines for interval in parse(line)}))
        self._of_day: tuple[date, Sequence[Span]] | None = None  # what was asked for last, for the next who asks

    def is_open(self, now: datetime) -> bool:
        """Whether somebody answers now."""
        return any(start <= now < end for start, end in self._spans(now))

    def changes(self, now: datetime) -> Sequence[datetime]:
        """When `is_open` turns over, the next ones first; none where it never does."""
        edges = [edge for span in self._spans(now) for edge in span]
        return [edge for edge in edges if now < edge <= now + AHEAD][:CHANGES]

    def text(self, now: datetime, say: Catalogue) -> str:
        """All of it in few words: «Пн–Пт 9:00–18:00, Сб 10:00–15:00 (МСК)»."""
        by_day: dict[int, list[str]] = {}
        for interval in self._intervals:
            by_day.setdefault(interval.day, []).append(f"{_clock(interval.start)}–{_clock(interval.end)}")
        by_times: dict[str, list[int]] = {}
        for day, times in by_day.items():
            by_times.setdefault(", ".join(times), []).append(day)
        if by_times == {"0:00–24:00": list(range(7))}:
            return say("hours-always")
        groups = [f"{_day_words(days, say)} {times}" for times, days in by_times.items()]
        mark = "; " if any("," in group for group in groups) else ", "
        return f"{mark.join(groups)} ({self._zone_words(now, say)})"

    def _zone_words(self, now: datetime, say: Catalogue) -> str:
        if self._name in MOSCOW:
            return say("hours-moscow")
        minutes = round((now.astimezone(self._zone).utcoffset() or timedelta()).total_seconds() / 60)
        if not minutes:
            return say("hours-zone", offset="")
        hours, rest = divmod(abs(minutes), 60)
        return say("hours-zone", offset=f"{'+' if minutes > 0 else '−'}{hours}" + (f":{rest:02}" if rest else ""))

    def _spans(self, now: datetime) -> Sequence[Span]:
        """When it is open from the day before on, in order, neighbours joined; beyond what `changes` tells."""
        today = now.astimezone(self._zone).date()
        if self._of_day is None or self._of_day[0] != today:
            self._of_day = (today, self._spans_around(today))
        return self._of_day[1]

    def _spans_around(self, today: date) -> Sequence[Span]:
        joined: list[Span] = []
        for start, end in sorted(self._each(today - timedelta(days=2), days=2 * AHEAD.days)):
            if joined and start <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(joined[-1][1], end))
            elif start < end:
                joined.append((start, end))
        return joined

    def _each(self, first: date, days: int) -> Iterator[Span]:
        for number in range(days):
            day = first + timedelta(days=number)
            midnight = datetime.combine(day, time())
            for interval in self._intervals:
                if interval.day == day.weekday():
                    start, end = (midnight + timedelta(minutes=m) for m in (interval.start, interval.end))
                    yield self._moment(start, late=False), self._moment(end, late=True)

    def _moment(self, wall: datetime, *, late: bool) -> datetime:
        """When the wall clock shows this; of two moments the first, or the second (`late`).

        A time that the clock jumps over means the moment of the jump.
        """
        first, second = (wall.replace(tzinfo=self._zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        if first <= second:
            return second if late else first
        while first - second > timedelta(minutes=1):  # skipped: `second` is before the jump, `first` after it
            middle = second + (first - second) // 2
            if middle.astimezone(self._zone).replace(tzinfo=None) > wall:
                first = middle
            else:
                second = middle
        return first.replace(second=0, microsecond=0)


def _days(written: str) -> Sequence[int]:
    if written in DAILY:
        return range(len(DAYS))
    days: list[int] = []
    for part in written.split(","):
        first, *rest = (_day(name) for name in re.split("[-–]", part))
        if len(rest) > 1:
            raise ValueError(part)
        last = rest[0] if rest else first
        days += [day % 7 for day in range(first, last + 1 if last >= first else last + 8)]
    return list(dict.fromkeys(days))


def _day(name: str) -> int:
    name = name.strip()
    return (DAYS_IN_RUSSIAN if name in DAYS_IN_RUSSIAN else DAYS).index(name)


def _range(written: str) -> tuple[int, int]:
    found = _TIMES.fullmatch(written.strip())
    if found is None:
        raise ValueError(written)
    start, end = (int(found[hour]) * 60 + int(found[hour + 1]) for hour in (1, 3))
    if int(found[2]) > 59 or int(found[4]) > 59 or start >= DAY or end > DAY or start == end:
        raise ValueError(written)
    return start, end if end > start else end + DAY


def _clock(minutes: int) -> str:
    """`9:00`; `24:00` at the end of a day, `2:00` for what is after it."""
    if minutes > DAY:
        minutes -= DAY
    return f"{minutes // 60}:{minutes % 60:02}"


def _day_words(days: Sequence[int], say: Catalogue) -> str:
    """`Пн–Пт`, `Сб, Вс`, «Ежедневно»."""
    if len(days) == len(DAYS):
        return say("hours-daily")
    runs: list[list[int]] = []
    for day in days:
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    words = [
        f"{say(f'hours-day-{run[0] + 1}')}–{say(f'hours-day-{run[-1] + 1}')}"
        if len(run) > 2
        else ", ".join(say(f"hours-day-{day + 1}") for day in run)
        for run in runs
    ]
    return ", ".join(words)
