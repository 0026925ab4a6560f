"""A student's page for staff: rates by course beside last term's, the calendar, runs, patterns, what is unexplained."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from accounts.models import Membership, Role
from attendance.domain.patterns import Attended, Pattern, Runs, pattern_of, runs_of
from attendance.domain.rates import Absence, Rate, RatePolicy
from attendance.domain.statuses import WORST_FIRST, Status
from attendance.lessons.timetable import today_of
from attendance.models import StatusCode
from attendance.rates.periods import Period, before
from attendance.rates.policy import policy_in
from attendance.rates.students import StudentLesson, StudentRates, absence_in, lessons_in, rates_in
from attendance.register.status_codes import ShownStatus, statuses_in
from attendance.reports.statements import explained_among
from enrollment.models import Course, Guardianship, Student
from enrollment.selectors import courses_of

TIMELINE = 12  # lessons that are shown before all of them are asked for


@dataclass(frozen=True, slots=True)
class CourseLine:
    """A course, the rate of the period, and of the period before (None: there was none).

    may_open: the reader may open the course's page.
    """

    course: Course
    rate: Rate
    last: Rate | None
    may_open: bool


@dataclass(frozen=True, slots=True)
class ShownLesson:
    """A lesson of the list: its mark in words. may_open: the reader may open the mark's history."""

    lesson: StudentLesson
    course: str
    said: ShownStatus
    may_open: bool


@dataclass(frozen=True, slots=True)
class ShownDay:
    """A day of the calendar with the worst mark of its lessons; None: no lesson with a mark. week: from 0."""

    day: date
    week: int
    said: ShownStatus | None
    is_today: bool = False
    is_coming: bool = False


@dataclass(frozen=True, slots=True)
class StudentReport:
    """The report of a student. is_all: of all courses, not only those that the visitor teaches.

    as_guest: the rate of lessons of other courses, which count in `rate` and in no course.
    """

    period: Period
    rate: Rate
    last: Rate | None
    courses: Sequence[CourseLine]
    as_guest: Rate
    days: Sequence[ShownDay]
    runs: Runs
    pattern: Pattern
    absence: Absence
    policy: RatePolicy
    unexplained: Sequence[ShownLesson]
    lessons: Sequence[ShownLesson]
    is_all: bool
    statuses: Sequence[ShownStatus] = field(default_factory=tuple)

    @property
    def change(self) -> int | None:
        """Points since last term, of whole per cents; None without both rates."""
        if self.last is None or self.last.percent is None or self.rate.percent is None:
            return None
        return self.rate.percent - self.last.percent

    @property
    def drop(self) -> int:
        """Points lost since last term."""
        return max(0, -(self.change or 0))


def student_report(
    student: Student, *, by: Membership, sees_all: bool, periods: Sequence[Period], period: Period
) -> StudentReport:
    """The report of a period, of all courses or of the visitor's. Raises StoreUnavailable.

    The number of queries is the same for however many lessons.
    """
    own = list(StatusCode.objects.for_institution(student.institution))
    policy, codes = policy_in(student.institution, own), statuses_in(own)
    earlier = before(periods, period)
    lessons, past = lessons_in(student, period, earlier)
    names = _courses(student, {lesson.course_id for lesson in [*lessons, *past]}, by)
    open_to = {pk for pk, course in names.items() if course.is_open}
    if not sees_all:
        lessons, past = _seen(lessons, open_to), _seen(past, open_to)
    rates, last = rates_in(lessons, policy), rates_in(past, policy)
    counted = [lesson for lesson in lessons if lesson.is_counted]
    attended = [Attended(lesson.starts_at, lesson.mark.status is Status.ABSENT) for lesson in counted]
    shown = [
        ShownLesson(
            lesson,
            names[lesson.course_id].name,
            codes.of(lesson.mark.status, lesson.mark.code),
            by.role == Role.ADMIN or lesson.course_id in open_to,
        )
        for lesson in reversed(lessons)
        if lesson.course_id in names
    ]
    absent = [one for one in shown if _is_unexplained(one.lesson)]
    explained = explained_among(student, {one.lesson.session_id for one in absent})
    return StudentReport(
        period=period,
        rate=rates.total,
        last=last.total if last.total.marks else None,
        courses=_course_lines(names, rates, last, open_to),
        as_guest=rates.as_guest,
        days=_days(shown, period, today_of(student.institution)),
        runs=runs_of(attended),
        pattern=pattern_of(attended),
        absence=absence_in(lessons, policy),
        policy=policy,
        unexplained=[one for one in absent if one.lesson.session_id not in explained],
        lessons=shown,
        is_all=sees_all,
        statuses=codes.defaults[:4],
    )


def contacts_of(student: Student) -> list[Guardianship]:
    """The student's guardians with how the school may reach them, those who may not be contacted included."""
    rows = Guardianship.objects.for_institution(student.institution).filter(student=student)
    return list(rows.select_related("guardian").order_by("guardian__name_key"))


def _seen(lessons: list[StudentLesson], among: Collection[UUID]) -> list[StudentLesson]:
    return [lesson for lesson in lessons if lesson.course_id in among]


def _courses(student: Student, ids: Collection[UUID], by: Membership) -> dict[UUID, Any]:
    """Courses by id, in the order of their names, each with `is_open`: the reader works with it."""
    rows = Course.objects.for_institution(student.institution).filter(pk__in=ids).order_by("name_key", "pk")
    rows = rows.annotate(is_open=Exists(courses_of(by).filter(pk=OuterRef("pk"))))
    return {course.pk: course for course in rows}


def _course_lines(
    names: Mapping[UUID, Any], rates: StudentRates, last: StudentRates, open_to: Collection[UUID]
) -> list[CourseLine]:
    own = rates.courses
    return [CourseLine(names[pk], own[pk], last.courses.get(pk), pk in open_to) for pk in names if pk in own]


def _is_unexplained(lesson: StudentLesson) -> bool:
    """True for an absence in a closed register that nobody gave a reason for."""
    mark = lesson.mark
    return lesson.is_counted and mark.status is Status.ABSENT and not mark.code and not mark.is_noted


def _span(lessons: Sequence[ShownLesson], period: Period, today: date) -> tuple[date, date]:
    """The first and last day of the calendar: a term as a whole; of a longer period the days with lessons."""
    if period.is_term or not lessons:
        return period.first, period.last if period.is_term else min(period.last, today)
    return lessons[-1].lesson.day, min(period.last, today)


def _days(lessons: Sequence[ShownLesson], period: Period, today: date) -> list[ShownDay]:
    """Every Monday to Friday of the period, and the weekends with lessons, each with its worst mark."""
    marks: dict[date, list[ShownStatus]] = {}
    for one in lessons:
        marks.setdefault(one.lesson.day, []).append(one.said)
    first, last = _span(lessons, period, today)
    monday = first - timedelta(days=first.weekday())
    span = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [
        ShownDay(
            day=day,
            week=(day - monday).days // 7,
            said=min(marks[day], key=lambda said: WORST_FIRST.index(said.kind)) if day in marks else None,
            is_today=day == today,
            is_coming=day > today,
        )
        for day in span
        if day.weekday() < 5 or day in marks
    ]
