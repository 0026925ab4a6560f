"""A student's lessons with their marks in brief, and rates over them."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from attendance.domain.marks import BriefMark, MarkKey
from attendance.domain.rates import Absence, DayMark, Rate, RatePolicy, absence_of, rate_of
from attendance.models import ClassSession
from attendance.rates.periods import Period
from attendance.repositories import marks_for
from enrollment.models import Student

State = ClassSession.State


@dataclass(frozen=True, slots=True)
class StudentLesson:
    """A lesson in which a student has a mark. starts_at: in the school's zone. is_counted: its register is closed."""

    session_id: UUID
    course_id: UUID
    starts_at: datetime
    mark: BriefMark
    is_counted: bool

    @property
    def day(self) -> date:
        return self.starts_at.date()


def lessons_of(student: Student, period: Period) -> list[StudentLesson]:
    """The student's lessons in a period, oldest first; not cancelled ones. Two queries. Raises StoreUnavailable."""
    institution = student.institution
    first, last = period.instants(institution)
    marks = marks_for(institution).marks_of_student(student.pk, first=first, last=last)
    others = ClassSession.objects.for_institution(institution).filter(
        course__in={mark.course_id for mark in marks}, starts_at__range=(first, last)
    )
    unfinished = dict(others.exclude(state__in=[State.CLOSED, State.SCHEDULED]).values_list("pk", "state"))
    return [
        StudentLesson(
            session_id=found.session_id,
            course_id=found.course_id,
            starts_at=found.held_at.astimezone(institution.zone),
            mark=found.mark,
            is_counted=found.session_id not in unfinished,
        )
        for found in marks
        if unfinished.get(found.session_id) != State.CANCELLED
    ]


def rates_by_course(lessons: Iterable[StudentLesson], policy: RatePolicy) -> dict[UUID, Rate]:
    """The student's rate in each course with a mark, those of registers that are not closed left aside."""
    tallies: dict[UUID, Counter[MarkKey]] = defaultdict(Counter)
    for lesson in lessons:
        if lesson.is_counted:
            tallies[lesson.course_id][lesson.mark.key] += 1
    return {course: rate_of(tally, policy) for course, tally in tallies.items()}


def absence_in(lessons: Iterable[StudentLesson], policy: RatePolicy) -> Absence:
    """The student's enrolled and missed days."""
    return absence_of([DayMark(lesson.day, lesson.mark.key) for lesson in lessons if lesson.is_counted], policy)
