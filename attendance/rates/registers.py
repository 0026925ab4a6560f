"""Registers of lessons with their marks as they stand: closed ones by the summaries, open ones by their marks."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Institution
from attendance.domain.marks import BriefMark, MarkKey, Register, briefly
from attendance.domain.rates import Rate, RatePolicy, rate_of
from attendance.models import ClassSession
from attendance.repositories import marks_for

State = ClassSession.State
_IN_WORK = (State.OPEN, State.CLOSING)


@dataclass(frozen=True, slots=True)
class LessonRegister:
    """A lesson in whatever state, and its marks in brief by student; no marks where it was not opened or not held."""

    session: ClassSession
    marks: Mapping[UUID, BriefMark] = field(default_factory=dict)

    @property
    def is_counted(self) -> bool:
        """True if the lesson counts in rates: its register is closed."""
        return self.session.state == State.CLOSED


def registers_between(
    institution: Institution, courses: Collection[UUID], *, first: date, last: date
) -> list[LessonRegister]:
    """The lessons of these courses on these days of the school, both included, oldest first.

    One query of the database, one of the store a course, and one for each open register. Raises StoreUnavailable.
    """
    lessons = _lessons(institution).filter(course__in=courses, local_date__range=(first, last))
    return _together(institution, lessons, marks_for(institution).registers_of_courses(courses, first=first, last=last))


def registers_on(institution: Institution, day: date) -> list[LessonRegister]:
    """The lessons of all courses on a day of the school, oldest first: queries as above. Raises StoreUnavailable."""
    return _together(
        institution, _lessons(institution).filter(local_date=day), marks_for(institution).registers_of_day(day)
    )


def rates_by_student(registers: Iterable[LessonRegister], policy: RatePolicy) -> dict[UUID, Rate]:
    """The rate of each student with a mark in the registers that count."""
    tallies: dict[UUID, Counter[MarkKey]] = defaultdict(Counter)
    for register in registers:
        if register.is_counted:
            for student, mark in register.marks.items():
                tallies[student][mark.key] += 1
    return {student: rate_of(tally, policy) for student, tally in tallies.items()}


def _lessons(institution: Institution) -> QuerySet[ClassSession]:
    rows = ClassSession.objects.for_institution(institution).select_related("course")
    return rows.order_by("starts_at", "pk")


def _together(
    institution: Institution, lessons: Iterable[ClassSession], closed: Iterable[Register]
) -> list[LessonRegister]:
    sessions = list(lessons)
    for session in sessions:
        session.institution = institution
    marks = {register.session_id: register.marks for register in closed}
    in_work = [session.pk for session in sessions if session.state in _IN_WORK]
    if in_work:
        open_ones = marks_for(institution).for_sessions(in_work)
        marks |= {session_id: briefly(found.values()) for session_id, found in open_ones.items()}
    held = (State.CLOSED, *_IN_WORK)
    return [LessonRegister(session, marks.get(session.pk, {}) if session.state in held else {}) for session in sessions]
