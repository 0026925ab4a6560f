"""A student's lessons with their marks in brief, and rates over them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from attendance.domain.marks import BriefMark, MarkKey
from attendance.domain.rates import Absence, DayMark, Rate, RatePolicy, absence_of, rate_of, rates_sum
from attendance.models import ClassSession, RosterEntry
from attendance.rates.periods import Period
from attendance.repositories import marks_for
from enrollment.models import Student

State = ClassSession.State


@dataclass(frozen=True, slots=True)
class StudentLesson:
    """A lesson in which a student has a mark. starts_at: in the school's zone. is_counted: its register is closed.

    is_guest: the student came to another course's lesson.
    """

    session_id: UUID
    course_id: UUID
    starts_at: datetime
    mark: BriefMark
    is_counted: bool
    is_guest: bool = False

    @property
    def day(self) -> date:
        return self.starts_at.date()


def lessons_of(student: Student, period: Period) -> list[StudentLesson]:
    """The student's lessons in a period, oldest first; not cancelled ones. Two queries. Raises StoreUnavailable."""
    institution = student.institution
    first, last = period.instants(institution)
    marks = marks_for(institution).marks_of_student(student.pk, first=first, last=last)
    unfinished, as_guest = _unlike(student, {mark.course_id for mark in marks}, first, last) if marks else ({}, set())
    return [
        StudentLesson(
            session_id=found.session_id,
            course_id=found.course_id,
            starts_at=found.held_at.astimezone(institution.zone),
            mark=found.mark,
            is_counted=found.session_id not in unfinished,
            is_guest=found.session_id in as_guest,
        )
        for found in marks
        if unfinished.get(found.session_id) != State.CANCELLED
    ]


def lessons_in(student: Student, *periods: Period | None) -> list[list[StudentLesson]]:
    """The lessons of several periods, each as `lessons_of` gives it; of None none. Queries as for one."""
    known = [period for period in periods if period is not None]
    if not known:
        return [[] for _period in periods]
    whole = Period("", "", min(period.first for period in known), max(period.last for period in known))
    found = lessons_of(student, whole)
    return [[lesson for lesson in found if period and period.first <= lesson.day <= period.last] for period in periods]


@dataclass(frozen=True, slots=True)
class StudentRates:
    """A student's rates of some lessons: of all of them, of each course's own, and of those they were a guest in."""

    total: Rate
    courses: Mapping[UUID, Rate]
    as_guest: Rate


def rates_in(lessons: Iterable[StudentLesson], policy: RatePolicy) -> StudentRates:
    """The student's rates, the marks of registers that are not closed left aside. courses: without those of no mark."""
    tallies: dict[UUID, Counter[MarkKey]] = defaultdict(Counter)
    as_guest = Counter[MarkKey]()
    for lesson in lessons:
        if lesson.is_counted:
            (as_guest if lesson.is_guest else tallies[lesson.course_id])[lesson.mark.key] += 1
    courses, guest = {pk: rate_of(tally, policy) for pk, tally in tallies.items()}, rate_of(as_guest, policy)
    return StudentRates(rates_sum([*courses.values(), guest], policy), courses, guest)


def absence_in(lessons: Iterable[StudentLesson], policy: RatePolicy) -> Absence:
    """The student's enrolled and missed days."""
    return absence_of([DayMark(lesson.day, lesson.mark.key) for lesson in lessons if lesson.is_counted], policy)


def _unlike(
    student: Student, courses: Collection[UUID], first: datetime, last: datetime
) -> tuple[dict[UUID, str], set[UUID]]:
    """The courses' lessons that began between these times and are not closed, with their states.

    And those to which the student came as a guest. One query.
    """
    as_guest = Exists(RosterEntry.objects.filter(session=OuterRef("pk"), student=student, is_guest=True))
    rows = ClassSession.objects.for_institution(student.institution).filter(
        course__in=courses, starts_at__range=(first, last)
    )
    rows = rows.annotate(as_guest=as_guest).filter(~Q(state__in=[State.CLOSED, State.SCHEDULED]) | Q(as_guest=True))
    found = list(rows.values_list("pk", "state", "as_guest"))
    unfinished = {pk: state for pk, state, _guest in found if state not in (State.CLOSED, State.SCHEDULED)}
    return unfinished, {pk for pk, _state, is_guest in found if is_guest}
