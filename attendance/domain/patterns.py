"""Runs of lessons and patterns of absence by weekday and hour: pure rules."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import NamedTuple

LEAST_ABSENCES = 4  # fewer are no pattern
STANDS_OUT = 1.5  # times the weekday's share of lessons
_MOSTLY = 0.75  # of a weekday's absences, for "mornings"
NOON = time(12, 0)


class Attended(NamedTuple):
    """A lesson of a student: its beginning in the school's zone, and whether they were absent."""

    starts_at: datetime
    is_absent: bool


@dataclass(frozen=True, slots=True)
class Runs:
    """longest: lessons in a row without an absence, until `longest_until`. since: lessons since the last absence.

    absent_now: lessons missed in a row up to the last one.
    """

    longest: int = 0
    longest_until: date | None = None
    since: int = 0
    absent_now: int = 0


def runs_of(lessons: Sequence[Attended]) -> Runs:
    """The runs in a student's lessons, oldest first."""
    longest, until, run, missed = 0, None, 0, 0
    for lesson in lessons:
        run, missed = (0, missed + 1) if lesson.is_absent else (run + 1, 0)
        if run > longest:
            longest, until = run, lesson.starts_at.date()
    return Runs(longest, until, run, missed)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Absences and lessons by weekday (0: Monday) and hour of beginning; hours and weekdays that have lessons.

    weekday: one that stands out, or None; morning: its absences are mostly before noon (True), after (False), or both.
    """

    hours: Sequence[time] = ()
    weekdays: Sequence[int] = ()
    absences: Mapping[tuple[int, time], int] = field(default_factory=dict)
    lessons: Mapping[tuple[int, time], int] = field(default_factory=dict)
    weekday: int | None = None
    morning: bool | None = None

    @property
    def total(self) -> int:
        return sum(self.absences.values())

    def on(self, weekday: int) -> int:
        """The absences on a weekday."""
        return sum(n for (day, _hour), n in self.absences.items() if day == weekday)

    @property
    def most(self) -> int:
        return max(self.absences.values(), default=0)


def pattern_of(lessons: Iterable[Attended]) -> Pattern:
    """The absences by weekday and hour, and the weekday that stands out.

    A weekday stands out if at least three absences fall on it, and `STANDS_OUT` times as many as its share of the
    lessons lets one expect. Under `LEAST_ABSENCES` absences none does.
    """
    held, absences = Counter[tuple[int, time]](), Counter[tuple[int, time]]()
    for lesson in lessons:
        place = (lesson.starts_at.weekday(), lesson.starts_at.time().replace(second=0, microsecond=0, tzinfo=None))
        held[place] += 1
        if lesson.is_absent:
            absences[place] += 1
    weekday = _standing_out(held, absences)
    return Pattern(
        hours=sorted({hour for _day, hour in held}),
        weekdays=sorted({*range(5 if held else 0), *(day for day, _hour in held)}),
        absences=dict(absences),
        lessons=dict(held),
        weekday=weekday,
        morning=None if weekday is None else _half(weekday, absences),
    )


def _standing_out(held: Counter[tuple[int, time]], absences: Counter[tuple[int, time]]) -> int | None:
    lessons, missed = _by_weekday(held), _by_weekday(absences)
    total = sum(missed.values())
    if total < LEAST_ABSENCES:
        return None
    found = [
        day for day, n in missed.items() if n >= 3 and n * sum(lessons.values()) >= STANDS_OUT * total * lessons[day]
    ]
    return max(found, key=lambda day: missed[day], default=None)


def _by_weekday(numbers: Counter[tuple[int, time]]) -> Counter[int]:
    found = Counter[int]()
    for (day, _hour), n in numbers.items():
        found[day] += n
    return found


def _half(weekday: int, absences: Counter[tuple[int, time]]) -> bool | None:
    """True: mostly before noon; False: mostly after; None: both."""
    here = {hour: n for (day, hour), n in absences.items() if day == weekday}
    share = sum(n for hour, n in here.items() if hour < NOON) / sum(here.values())
    if share >= _MOSTLY:
        return True
    return False if share <= 1 - _MOSTLY else None
