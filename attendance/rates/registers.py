"""Registers of lessons with their marks as they stand: closed ones by the summaries, open ones by their marks."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Institution
from attendance.domain.marks import BriefMark, MarkKey, Register, briefly
from attendance.domain.rates import Rate, RatePolicy, rate_of
from attendance.models import ClassSession, RosterEntry
from attendance.repositories import marks_for

State = ClassSession.State
_IN_WORK = (State.OPEN, State.CLOSING)
_NOBODY: Set[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class LessonRegister:
    """A lesson in whatever state, and its marks in brief by student; no marks where it was not opened or not held.

    guests: the students among them who came as guests. Their marks count for themselves and not for the course.
    """

    session: ClassSession
    marks: Mapping[UUID, BriefMark] = field(default_factory=dict)
    guests: Set[UUID] = _NOBODY

    @property
    def is_counted(self) -> bool:
        """True if the lesson counts in rates: its register is closed."""
        return self.session.state == State.CLOSED

    @property
    def own(self) -> Mapping[UUID, BriefMark]:
        """The marks of the course's own students."""
        if not self.guests:
            return self.marks
        return {student: mark for student, mark in self.marks.items() if student not in self.guests}


def registers_between(
    institution: Institution, courses: Collection[UUID], *, first: date, last: date
) -> list[LessonRegister]:
    """The lessons of these courses on these days of the school, both included, oldest first.

    Two queries of the database, one of the store a course, and one for each open register. Raises StoreUnavailable.
    """
    found = counted_between(institution, courses, first=first, last=last)
    in_work = [register.session.pk for register in found if register.session.state in _IN_WORK]
    marks = marks_for(institution).for_sessions(in_work) if in_work else {}
    return [
        replace(register, marks=briefly(marks[register.session.pk].values()))
        if register.session.pk in marks
        else register
        for register in found
    ]


def counted_between(
    institution: Institution, courses: Collection[UUID], *, first: date, last: date
) -> list[LessonRegister]:
    """As `registers_between`, without the marks of registers that are not closed, which no rate counts."""
    lessons = _lessons(institution).filter(course__in=courses, local_date__range=(first, last))
    return _together(institution, lessons, marks_for(institution).registers_of_courses(courses, first=first, last=last))


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
    institution: Institution, lessons: QuerySet[ClassSession], closed: Iterable[Register]
) -> list[LessonRegister]:
    sessions, guests = list(lessons), _guests(institution, lessons)
    for session in sessions:
        session.institution = institution
    marks = {register.session_id: register.marks for register in closed}
    return [
        LessonRegister(
            session,
            marks.get(session.pk, {}) if session.state == State.CLOSED else {},
            guests.get(session.pk, _NOBODY),
        )
        for session in sessions
    ]


def _guests(institution: Institution, lessons: QuerySet[ClassSession]) -> dict[UUID, set[UUID]]:
    """The guests of these lessons, by lesson; of those without any nothing."""
    entries = RosterEntry.objects.for_institution(institution).filter(is_guest=True)
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for session_id, student_id in entries.filter(session__in=lessons.order_by().values("pk")).values_list(
        "session_id", "student_id"
    ):
        found[session_id].add(student_id)
    return found
