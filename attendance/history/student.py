"""A student's attendance as a page shows it: rates by course, the term as a calendar, lessons with their reasons."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils import timezone

from attendance.domain.marks import Mark, MarkKey
from attendance.domain.statuses import Status
from attendance.register.page import names_of
from attendance.register.status_codes import SchoolStatuses, ShownStatus, statuses_of
from attendance.repositories import marks_for
from enrollment.models import Course, Student

CALENDAR_WEEKS = 16
_WORST_FIRST = (Status.ABSENT, Status.LATE, Status.LEFT_EARLY, Status.EXCUSED, Status.PRESENT)


@dataclass(frozen=True, slots=True)
class Rate:
    """Attendance of one course, or of all together, as the school's status codes count it.

    `counts` is by kind of status, most attended first; `attended` may cut across the kinds.
    """

    name: str
    counts: tuple[tuple[Status, int], ...]
    attended: int

    @property
    def total(self) -> int:
        return sum(n for _, n in self.counts)

    @property
    def percent(self) -> int | None:
        """Whole per cent, rounded down so that 100 means all; None where there were no lessons."""
        return self.attended * 100 // self.total if self.total else None


@dataclass(frozen=True, slots=True)
class Lesson:
    """One line of the history."""

    mark: Mark
    said: ShownStatus
    course: str
    actor: str


@dataclass(frozen=True, slots=True)
class Day:
    """A school day of the calendar and the worst status of its marks (None: no marks)."""

    day: date
    week: int
    status: Status | None


@dataclass(frozen=True, slots=True)
class Overview:
    """All courses together, each course, and the last weeks' days."""

    overall: Rate
    courses: tuple[Rate, ...]
    days: tuple[Day, ...]


@dataclass(frozen=True, slots=True)
class History:
    """A page of lessons, newest first, and the cursor of the next."""

    lessons: tuple[Lesson, ...]
    cursor: str | None


def read_history(student: Student, *, cursor: str | None) -> History:
    """A page of the student's lessons. Raises BadCursor."""
    page = marks_for(student.institution).for_student(student.pk, cursor=cursor or None, limit=20)
    courses = _course_names({mark.course_id for mark in page.marks})
    actors = names_of(mark.actor_id for mark in page.marks)
    codes = statuses_of(student.institution)
    lessons = [
        Lesson(
            mark=mark,
            said=codes.of_mark(mark),
            course=courses[mark.course_id],
            actor=actors.get(mark.actor_id, ""),
        )
        for mark in page.marks
    ]
    return History(tuple(lessons), page.cursor)


def read_overview(student: Student) -> Overview:
    """The student's rates by course and the calendar of the last weeks."""
    rates = tuple(rate for _course, rate in read_rates(student))
    total: Counter[Status] = sum((Counter(dict(rate.counts)) for rate in rates), Counter())
    overall = Rate("", _most_attended_first(total), sum(rate.attended for rate in rates))
    return Overview(overall, rates, _calendar(student))


def read_rates(student: Student) -> list[tuple[Course, Rate]]:
    """The student's attendance of each course, by the courses' names."""
    tally = marks_for(student.institution).tally_student(student.pk)
    courses = Course.objects.for_institution(student.institution).filter(pk__in=tally).order_by("name_key", "pk")
    codes = statuses_of(student.institution)
    return [(course, _rate(course.name, tally[course.pk], codes)) for course in courses]


def _rate(name: str, tally: Mapping[MarkKey, int], codes: SchoolStatuses) -> Rate:
    kinds: Counter[Status] = Counter()
    for said, n in tally.items():
        kinds[said.status] += n
    attended = sum(n for said, n in tally.items() if codes.of(said.status, said.code).is_attended)
    return Rate(name, _most_attended_first(kinds), attended)


def _most_attended_first(kinds: Mapping[Status, int]) -> tuple[tuple[Status, int], ...]:
    return tuple((status, kinds[status]) for status in reversed(_WORST_FIRST) if kinds.get(status))


def _course_names(ids: object) -> dict[UUID, str]:
    return dict(Course.objects.filter(pk__in=list(ids)).values_list("pk", "name"))  # type: ignore[call-overload]


def _calendar(student: Student) -> tuple[Day, ...]:
    """The last weeks, Monday to Friday, and Saturdays and Sundays on which there were lessons."""
    today = timezone.localdate()
    first = today - timedelta(days=today.weekday(), weeks=CALENDAR_WEEKS - 1)
    held: dict[date, set[Status]] = {}
    for mark in _marks_since(student, first):
        held.setdefault(timezone.localdate(mark.held_at), set()).add(mark.status)
    days = [first + timedelta(days=n) for n in range((today - first).days + 1)]
    return tuple(
        Day(day, (day - first).days // 7, _worst(held.get(day, set())))
        for day in days
        if day.weekday() < 5 or day in held
    )


def _marks_since(student: Student, first: date) -> list[Mark]:
    begin = timezone.make_aware(datetime.combine(first, datetime.min.time()))
    repository = marks_for(student.institution)
    marks: list[Mark] = []
    cursor: str | None = None
    while True:
        page = repository.for_student(student.pk, cursor=cursor, limit=200)
        marks += [mark for mark in page.marks if mark.held_at >= begin]
        cursor = page.cursor
        if cursor is None or page.marks[-1].held_at < begin:
            return marks


def _worst(statuses: set[Status]) -> Status | None:
    return next((status for status in _WORST_FIRST if status in statuses), None)
