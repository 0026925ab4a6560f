"""Figures of a whole school over a span of days: by week, weekday and hour, course and group. Pure rules.

Each is a share of lessons attended of lessons that count, as `rates` defines both. No figure is shown of fewer than ten
students, nor one that, taken from a larger one, would tell that of fewer than ten: it would name somebody.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from attendance.domain.marks import BriefMark, MarkKey
from attendance.domain.rates import Absence, Counting, RatePolicy, absence_of
from attendance.domain.rates import DayMark as _DayMark

LEAST_STUDENTS = 10
FEW = "…"  # name of the groups that are too small to be shown by themselves, together
Cell = TypeVar("Cell", bound=Hashable)
Figure = tuple[
    str, object
]  # its kind and key: ("total", None), ("week", Monday), ("cell", (0, time(9))), ("course", id)
Path = tuple[Hashable, ...]  # of parts within parts, such as year group and form group


class Share(NamedTuple):
    """Lessons attended of lessons that count, of so many students. is_withheld: it would tell that of a few others."""

    attended: int = 0
    counted: int = 0
    students: int = 0
    is_withheld: bool = False

    @property
    def percent(self) -> float | None:
        """In per cent; None where it may not or cannot be shown."""
        is_shown = self.counted and self.students >= LEAST_STUDENTS and not self.is_withheld
        return 100 * self.attended / self.counted if is_shown else None

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
    sums: dict[Figure, _Sum] = defaultdict(_Sum)
    own: dict[UUID, list[int]] = defaultdict(lambda: [0, 0])
    days: dict[UUID, list[_DayMark]] = defaultdict(list)
    for lesson in lessons:
        into = [sums[figure] for figure in _figures_with(lesson)]
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
    everybody = sums["total", None].students
    return Trends(
        total=sums["total", None].share(),
        weeks=_shares(_of_kind(sums, "week")),
        cells=_shares(_of_kind(sums, "cell")),
        courses=_shares(_of_kind(sums, "course")),
        groups=_merged(_of_kind(sums, "group"), everybody),
        students={pk: _student(own[pk], marks, policy) for pk, marks in days.items()},
    )


def audience_of(lessons: Iterable[TrendLesson], policy: RatePolicy) -> dict[Figure, set[UUID]]:
    """The students whom each figure of these lessons is about, a course's without its guests."""
    found: dict[Figure, set[UUID]] = defaultdict(set)
    for lesson, seen in _counted_in(lessons, policy):
        for figure in _figures_with(lesson):
            found[figure] |= seen
        found["course", lesson.course] |= seen - lesson.guests
    return found


def courses_apart(lessons: Iterable[TrendLesson], policy: RatePolicy) -> dict[Figure, set[UUID]]:
    """The courses whose part of each figure of these lessons may be shown beside it."""
    found: dict[Figure, dict[UUID, set[UUID]]] = defaultdict(lambda: defaultdict(set))
    for lesson, seen in _counted_in(lessons, policy):
        for figure in _figures_with(lesson):
            if len(students := found[figure][lesson.course]) < LEAST_STUDENTS:  # more of them change nothing
                students |= seen - lesson.guests
    return {figure: shown_beside(cells) for figure, cells in found.items()}


def _counted_in(lessons: Iterable[TrendLesson], policy: RatePolicy) -> Iterator[tuple[TrendLesson, set[UUID]]]:
    """The lessons, with the students whose marks count in each."""
    is_out: dict[MarkKey, bool] = {}
    for lesson in lessons:
        for key in {mark.key for mark in lesson.marks.values()} - is_out.keys():
            is_out[key] = policy.counting(key) is Counting.OUT
        yield lesson, {student for student, mark in lesson.marks.items() if not is_out[mark.key]}


def stands_apart(students: Iterable[UUID], path_of: Mapping[UUID, Path], path: Path) -> bool:
    """True if the figure of the part at `path` may be shown beside that of all these students, and of parts between."""
    inside = list(students)
    for depth, name in enumerate(path):
        cells: dict[Hashable, set[UUID]] = defaultdict(set)
        rest: set[UUID] = set()
        for student in inside:
            own = path_of.get(student, ())
            (cells[own[depth]] if len(own) > depth else rest).add(student)
        if name not in shown_beside(cells, rest):
            return False
        inside = list(cells[name])
    return True


def withheld(trends: Trends, is_shown: Callable[[Figure], bool]) -> Trends:
    """The same figures without those that may not be shown."""

    def of(kind: str, shares: Mapping[Any, Share]) -> dict[Any, Share]:
        return {key: each if is_shown((kind, key)) else each._replace(is_withheld=True) for key, each in shares.items()}

    return replace(
        trends,
        total=of("total", {None: trends.total})[None],
        weeks=of("week", trends.weeks),
        cells=of("cell", trends.cells),
        courses=of("course", trends.courses),
    )


def _figures_with(lesson: TrendLesson) -> Sequence[Figure]:
    """The figures that a lesson counts in, besides those of its course and of groups."""
    cell = (lesson.day.weekday(), lesson.starts)
    return ("total", None), ("week", monday_of(lesson.day)), ("cell", cell)


def shown_beside(cells: Mapping[Cell, Set[UUID]], rest: Set[UUID] = frozenset()) -> set[Cell]:
    """The parts of a sum whose figures may be shown beside it, by the students of each. rest: those in no part.

    A part of fewer than ten is not. Where all that is not shown were fewer than ten students, who could be computed
    from the sum, the smallest of the others is not either.
    """
    hidden = set(rest).union(*(students for students in cells.values() if len(students) < LEAST_STUDENTS))
    shown = {cell: students for cell, students in cells.items() if len(students) >= LEAST_STUDENTS}
    for cell in sorted(shown, key=lambda cell: len(shown[cell])):
        if not 0 < len(hidden) < LEAST_STUDENTS:
            break
        hidden |= shown.pop(cell)
    return set(shown)


def _of_kind(sums: Mapping[Figure, _Sum], kind: str) -> dict[Any, _Sum]:
    found = {key: each for (of, key), each in sums.items() if of == kind}
    return dict(sorted(found.items(), key=lambda item: natural(str(item[0]))))


def _shares(sums: Mapping[Any, _Sum]) -> dict[Any, Share]:
    shown = shown_beside({key: each.students for key, each in sums.items()})
    return {key: each.share()._replace(is_withheld=key not in shown) for key, each in sums.items()}


def _merged(groups: Mapping[str, _Sum], everybody: set[UUID]) -> dict[str, Share]:
    """Groups that are not shown by themselves together, if that tells of nobody; else they are left out."""
    rest = everybody.difference(*(each.students for each in groups.values()))
    shown = shown_beside({name: each.students for name, each in groups.items()}, rest)
    few = [each.share() for name, each in groups.items() if name not in shown]
    attended, counted, students = (sum(share[n] for share in few) for n in range(3))
    together = Share(attended, counted, students)
    is_told = len(few) > 1 and together.students >= LEAST_STUDENTS and not 0 < len(rest) < LEAST_STUDENTS
    return {name: groups[name].share() for name in groups if name in shown} | ({FEW: together} if is_told else {})


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
