"""Figures of a whole school over a span of days: by week, weekday and hour, course and group. Pure rules.

Each is a share of lessons attended of lessons that count, as `rates` defines both. No figure is shown of fewer than ten
students: it would name somebody.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from attendance.domain.marks import BriefMark, MarkKey
from attendance.domain.rates import Absence, Counting, RatePolicy, absence_of
from attendance.domain.rates import DayMark as _DayMark

LEAST_STUDENTS = 10
FEW = "…"  # name of the groups that are too small to be shown by themselves, together


class Share(NamedTuple):
    """Lessons attended of lessons that count, of so many students."""

    attended: int = 0
    counted: int = 0
    students: int = 0

    @property
    def percent(self) -> float | None:
        """In per cent; None where it may not or cannot be shown."""
        return 100 * self.attended / self.counted if self.counted and self.students >= LEAST_STUDENTS else None

    @property
    def missing(self) -> float | None:
        """Those who were not there, in per cent."""
        return None if self.percent is None else 100 - self.percent


class TrendLesson(NamedTuple):
    """A closed register. starts: by the school's wall clock. guests: not counted for the course."""

    course: UUID
    day: date
    starts: time
    marks: Mapping[UUID, BriefMark]
    guests: Set[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class StudentFigures:
    """A student's lessons; days enrolled and missed; and how many of the latest days were missed in a row."""

    attended: int
    counted: int
    absence: Absence
    streak: int


@dataclass(frozen=True, slots=True)
class Trends:
    """A span's figures. weeks: by Monday; cells: by weekday (Monday 0) and beginning of the lesson."""

    total: Share = field(default_factory=Share)
    weeks: Mapping[date, Share] = field(default_factory=dict)
    cells: Mapping[tuple[int, time], Share] = field(default_factory=dict)
    courses: Mapping[UUID, Share] = field(default_factory=dict)
    groups: Mapping[str, Share] = field(default_factory=dict)
    students: Mapping[UUID, StudentFigures] = field(default_factory=dict)

    @property
    def chronic(self) -> list[UUID]:
        """Students who are chronically absent, those who missed most first."""
        found = [pk for pk, each in self.students.items() if each.absence.is_chronic]
        return sorted(found, key=lambda pk: -self.students[pk].absence.missed / self.students[pk].absence.enrolled)


class _Sum:
    """A share while it is summed up."""

    __slots__ = ("attended", "counted", "students")

    def __init__(self) -> None:
        self.attended = self.counted = 0
        self.students = set[UUID]()

    def add(self, attended: int, counted: int, students: Iterable[UUID]) -> None:
        self.attended += attended
        self.counted += counted
        self.students.update(students)

    def share(self) -> Share:
        return Share(self.attended, self.counted, len(self.students))


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def natural(name: str) -> list[tuple[int, str]]:
    """Key by which Year 9 comes before Year 10."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", name)]


def trends_of(lessons: Iterable[TrendLesson], group_of: Mapping[UUID, str], policy: RatePolicy) -> Trends:
    """The figures of these lessons; students without a group count in none."""
    parts: dict[MarkKey, Counting] = {}
    sums: dict[tuple[str, object], _Sum] = defaultdict(_Sum)
    own: dict[UUID, list[int]] = defaultdict(lambda: [0, 0])
    days: dict[UUID, list[_DayMark]] = defaultdict(list)
    for lesson in lessons:
        into = [
            sums["total", None],
            sums["week", monday_of(lesson.day)],
            sums["cell", (lesson.day.weekday(), lesson.starts)],
        ]
        attended, counted, seen = 0, 0, []
        of_guests = [0, 0]
        for student, mark in lesson.marks.items():
            key = mark.key
            part = parts.get(key)
            if part is None:
                part = parts[key] = policy.counting(key)
            days[student].append(_DayMark(lesson.day, key))
            if part is Counting.OUT:
                continue
            here = part is Counting.ATTENDED
            counted += 1
            attended += here
            seen.append(student)
            mine = own[student]
            mine[0] += here
            mine[1] += 1
            if student in lesson.guests:
                of_guests[0] += here
                of_guests[1] += 1
            if (group := group_of.get(student)) is not None:
                of_group = sums["group", group]
                of_group.attended += here
                of_group.counted += 1
                of_group.students.add(student)
        for each in into:
            each.add(attended, counted, seen)
        course = sums["course", lesson.course]
        course.add(attended - of_guests[0], counted - of_guests[1], (pk for pk in seen if pk not in lesson.guests))
    return Trends(
        total=sums["total", None].share(),
        weeks=_of_kind(sums, "week"),
        cells=_of_kind(sums, "cell"),
        courses=_of_kind(sums, "course"),
        groups=_merged(_of_kind(sums, "group")),
        students={pk: _student(own[pk], marks, policy) for pk, marks in days.items()},
    )


def _of_kind(sums: Mapping[tuple[str, object], _Sum], kind: str) -> dict[Any, Share]:
    found = {key: each.share() for (of, key), each in sums.items() if of == kind}
    return dict(sorted(found.items(), key=lambda item: natural(str(item[0]))))


def _merged(groups: Mapping[str, Share]) -> dict[str, Share]:
    """Groups under ten students together, if that makes ten; else they are left out."""
    shown = {name: share for name, share in groups.items() if share.students >= LEAST_STUDENTS}
    few = [share for name, share in groups.items() if name not in shown]
    together = Share(*(sum(share[n] for share in few) for n in range(3)))
    return shown | ({FEW: together} if len(few) > 1 and together.students >= LEAST_STUDENTS else {})


def _student(own: list[int], marks: list[_DayMark], policy: RatePolicy) -> StudentFigures:
    return StudentFigures(own[0], own[1], absence_of(marks, policy), _streak(marks, policy))


def _streak(marks: list[_DayMark], policy: RatePolicy) -> int:
    """Days missed in a row, the latest backwards: days with a lesson, all of them absences."""
    by_day: dict[date, bool] = {}
    for day, key in marks:
        if policy.is_possible(key):
            by_day[day] = by_day.get(day, True) and policy.is_absence(key)
    streak = 0
    for day in sorted(by_day, reverse=True):
        if not by_day[day]:
            break
        streak += 1
    return streak
