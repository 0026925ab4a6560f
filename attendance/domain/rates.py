"""The definition of attendance rates, for every page, export and notice: pure rules.

A student's rate is the lessons attended of the lessons counted. A lesson counts if its register is closed and the
student has a mark in it. So these do not count, without a rule of their own: lessons before somebody joined and after
they left (no mark was written), cancelled lessons, registers never taken. What somebody missed or attended in a course
that they left counts on.

A lesson to which somebody came as a guest counts for the student, and so in the figures of all courses together: on
their own page, in their form group, in the school's. It counts in no rate of a course: neither on the course's page nor
in the line of the course on the student's page nor among the courses of the school's figures.

What a mark then is, the school's choices say (`RatePolicy`):

    present, left early   attended
    late                  attended, unless the school decides otherwise
    absent                missed
    excused               missed, or left out if the school decides so
    a code of the school  as the school entered it; left out: no lesson that the student could have attended

Rates are whole per cent, rounded down: 100 % means every lesson, and a rate is below the threshold exactly if the
number that people read is. Under `LEAST_LESSONS` lessons there is no rate: one absence of three says nothing.

Chronic absence goes by days and not by lessons, and excused absences count as any others (USA, EDFacts FS195): a day
is missed if at least half of its lessons are, and ten per cent of the days is chronic. Exactly 90 %
attended therefore is. Under `LEAST_DAYS` days nothing is said.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from attendance.domain.marks import MarkKey
from attendance.domain.statuses import Status

LEAST_LESSONS = 5
LEAST_DAYS = 10
_BEST_FIRST = (Status.PRESENT, Status.EXCUSED, Status.LEFT_EARLY, Status.LATE, Status.ABSENT)


class Counting(StrEnum):
    """A mark's part in a rate."""

    ATTENDED = "attended"
    MISSED = "missed"
    OUT = "out"  # left out: neither attended nor missed


@dataclass(frozen=True, slots=True)
class RatePolicy:
    """A school's choices. threshold, chronic_percent: whole per cent.

    codes: the counting of the school's own codes, and of those of the five that it entered itself, by their letters.
    kinds: the kinds of the school's own codes.
    """

    late_is_attended: bool = True
    excused_counts: bool = True
    threshold: int = 90
    chronic_percent: int = 10
    codes: Mapping[str, Counting] = field(default_factory=dict)
    kinds: Mapping[str, Status] = field(default_factory=dict)

    def counting(self, key: MarkKey) -> Counting:
        """The part of a mark in the rate. A code that was deleted counts as its kind."""
        entered = self._entered(key)
        if entered is Counting.MISSED and key.status is Status.EXCUSED and not self.excused_counts:
            return Counting.OUT
        return entered

    def is_possible(self, key: MarkKey) -> bool:
        """True if the student could have attended, for chronic absence: excused lessons always count there."""
        return self._entered(key) is not Counting.OUT

    def is_absence(self, key: MarkKey) -> bool:
        """True if the student was absent for chronic absence: excused or not. Coming late or leaving early is not."""
        return self._entered(key) is Counting.MISSED and key.status not in (Status.LATE, Status.LEFT_EARLY)

    def _entered(self, key: MarkKey) -> Counting:
        """As the school entered it for the code, else as the kind counts."""
        if said := self.codes.get(key.code or key.status.value):
            return said
        if key.status is Status.NONE:
            return Counting.OUT
        attended = self.late_is_attended if key.status is Status.LATE else key.status.attended
        return Counting.ATTENDED if attended else Counting.MISSED


@dataclass(frozen=True, slots=True)
class Rate:
    """Attendance in some lessons. counts: the marks by kind, those of lessons left out included, without zeros.

    attended and counted: lessons. threshold: the school's, in whole per cent.
    """

    counts: Mapping[Status, int] = field(default_factory=dict)
    attended: int = 0
    counted: int = 0
    threshold: int = 90

    @property
    def percent(self) -> int | None:
        """Whole per cent, rounded down; None under `LEAST_LESSONS` lessons."""
        return self.attended * 100 // self.counted if self.counted >= LEAST_LESSONS else None

    @property
    def is_low(self) -> bool:
        """True if the rate is below the school's threshold; False where there is no rate."""
        return self.percent is not None and self.percent < self.threshold

    @property
    def missed(self) -> int:
        """Lessons that count and were not attended."""
        return self.counted - self.attended

    @property
    def marks(self) -> int:
        """Lessons with a mark, those that do not count included."""
        return sum(self.counts.values())

    @property
    def shares(self) -> tuple[tuple[Status, int], ...]:
        """The marks by kind for a bar, most attended first."""
        return tuple((status, self.counts[status]) for status in _BEST_FIRST if self.counts.get(status))


def rate_of(tally: Mapping[MarkKey, int], policy: RatePolicy) -> Rate:
    """The rate of marks, by how often each occurs. Only marks of closed registers may be among them."""
    kinds: Counter[Status] = Counter()
    parts: Counter[Counting] = Counter()
    for key, n in tally.items():
        if key.status is not Status.NONE and n:
            kinds[key.status] += n
            parts[policy.counting(key)] += n
    attended = parts[Counting.ATTENDED]
    return Rate(dict(kinds), attended, attended + parts[Counting.MISSED], policy.threshold)


def rates_sum(rates: Iterable[Rate], policy: RatePolicy) -> Rate:
    """The rate of all the lessons of several rates: each lesson weighs the same, not each rate."""
    kinds: Counter[Status] = Counter()
    attended = counted = 0
    for rate in rates:
        kinds.update(rate.counts)
        attended, counted = attended + rate.attended, counted + rate.counted
    return Rate(dict(kinds), attended, counted, policy.threshold)


class DayMark(NamedTuple):
    """A mark of a closed register, with the lesson's day in the school's own zone."""

    day: date
    key: MarkKey


@dataclass(frozen=True, slots=True)
class Absence:
    """A student's days. enrolled: days with a lesson that they could have attended. missed: half of it or more."""

    enrolled: int
    missed: int
    chronic_percent: int = 10

    @property
    def is_chronic(self) -> bool | None:
        """Chronically absent; None under `LEAST_DAYS` days."""
        if self.enrolled < LEAST_DAYS:
            return None
        return self.missed * 100 >= self.enrolled * self.chronic_percent


def absence_of(marks: Iterable[DayMark], policy: RatePolicy) -> Absence:
    """A student's enrolled and missed days, over all their courses."""
    lessons: dict[date, int] = defaultdict(int)
    missed: dict[date, int] = defaultdict(int)
    for day, key in marks:
        if policy.is_possible(key):
            lessons[day] += 1
            missed[day] += policy.is_absence(key)
    whole = sum(missed[day] * 2 >= n for day, n in lessons.items())
    return Absence(len(lessons), whole, policy.chronic_percent)
