"""The matrix of a course: its lessons of a period by student."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import Institution
from attendance.domain.decision import Outcome
from attendance.domain.marks import BriefMark
from attendance.domain.rates import Rate, rates_sum
from attendance.domain.statuses import SETTABLE, Status
from attendance.lessons.timetable import today_of
from attendance.models import ClassSession, DetectedFace, StatusCode
from attendance.rates.periods import Period
from attendance.rates.policy import policy_in
from attendance.rates.registers import LessonRegister, rates_by_student, registers_between
from attendance.register.status_codes import SchoolStatuses, statuses_in
from attendance.reports.matrix import Cell, Column, Empty, Matrix, Row, Taken, summed
from enrollment.models import Course, Enrollment, Student
from enrollment.selectors import portrait_id

State = ClassSession.State
EMPTY_OF = {
    Taken.OPEN: Empty.UNMARKED,
    Taken.NOT_TAKEN: Empty.NOT_TAKEN,
    Taken.CANCELLED: Empty.CANCELLED,
    Taken.CLOSED: Empty.AWAY,
}


def course_matrix(course: Course, period: Period) -> Matrix:
    """The lessons of a course that have begun, by student. Guests are counted apart. Raises StoreUnavailable.

    A number of queries that neither lessons nor students raise.
    """
    institution = course.institution
    lessons = begun_lessons(institution, [course.pk], period)
    registers = [replace(one, marks=one.own) for one in lessons]
    own = list(StatusCode.objects.for_institution(institution))
    policy, codes = policy_in(institution, own), statuses_in(own)
    rates = rates_by_student(registers, policy)
    columns = [column_of(register, today_of(institution)) for register in with_weeks(registers)]
    asked = _asked(institution, [register.session for register in registers])
    students = _students(course, set(rates) | marked_in(registers))
    on_course = {student.pk for student in students if student.on_course}
    rows = [
        _row(
            student,
            registers,
            columns,
            codes,
            rates.get(student.pk, Rate(threshold=policy.threshold)),
            on_course,
            asked,
        )
        for student in students
    ]
    return Matrix(
        period=period,
        columns=columns,
        rows=rows,
        rate=rates_sum((row.rate for row in rows), policy),
        policy=policy,
        statuses=summed({status: codes.of(status) for status in SETTABLE}, rows),
        guests=sum(len(one.marks) for one in lessons) - sum(len(one.marks) for one in registers),
    )


def begun_lessons(institution: Institution, courses: Collection[UUID], period: Period) -> list[LessonRegister]:
    """The lessons of these courses that have begun, oldest first. Raises StoreUnavailable."""
    last, now = min(period.last, today_of(institution)), timezone.now()
    found = registers_between(institution, courses, first=period.first, last=last)
    return [one for one in found if one.session.starts_at <= now or one.marks]


def marked_in(registers: Sequence[LessonRegister]) -> set[UUID]:
    """The students with a mark."""
    return {student for register in registers for student in register.marks}


def students_of(institution: Institution, ids: Collection[UUID] | QuerySet[Any]) -> list[Any]:
    """These students by name, each with `portrait`: the id of its photo, or None."""
    rows = Student.objects.for_institution(institution).filter(pk__in=ids).annotate(portrait=portrait_id())
    return list(rows.order_by("name_key", "pk"))


def _students(course: Course, marked: Collection[UUID]) -> list[Any]:
    """The course's students and those with marks, by name, each with `portrait` and `on_course`. One query.

    A union of both: by a condition with "or" the database would look at all students of the school.
    """
    places = Enrollment.objects.filter(course=course, student=OuterRef("pk"))
    rows = Student.objects.for_institution(course.institution).order_by()
    rows = rows.annotate(portrait=portrait_id(), on_course=Exists(places))
    found = rows.filter(pk__in=marked).union(rows.filter(enrollments__course=course))
    return sorted(found, key=lambda student: (student.name_key, student.pk))


def with_weeks(registers: Sequence[LessonRegister]) -> list[tuple[LessonRegister, bool]]:
    """Each lesson, and whether a week begins with it."""
    weeks = [register.session.local_date.isocalendar()[:2] for register in registers]
    return [(register, not n or weeks[n] != weeks[n - 1]) for n, register in enumerate(registers)]


def column_of(register_and_week: tuple[LessonRegister, bool], today: date) -> Column:
    """The head of a lesson's column."""
    register, begins_week = register_and_week
    session = register.session
    return Column(
        key=str(session.pk),
        day=session.local_date,
        taken=taken_of(session),
        starts_at=session.starts_at.astimezone(session.institution.zone),
        reason=session.reason,
        begins_week=begins_week,
        is_today=session.local_date == today,
        here=sum(mark.status.attended for mark in register.marks.values()),
        marked=len(register.marks),
    )


def taken_of(session: ClassSession) -> Taken:
    """The state of a lesson that has begun."""
    if session.state == State.CLOSED:
        return Taken.CLOSED
    if session.state == State.CANCELLED:
        return Taken.CANCELLED
    return Taken.NOT_TAKEN if session.state == State.SCHEDULED else Taken.OPEN


def _row(
    student: Any,
    registers: Sequence[LessonRegister],
    columns: Sequence[Column],
    codes: SchoolStatuses,
    rate: Rate,
    on_course: Collection[UUID],
    asked: Collection[tuple[UUID, UUID]],
) -> Row:
    marks = [register.marks.get(student.pk) for register in registers]
    days = [column.day for column, mark in zip(columns, marks, strict=True) if mark]
    counted = [column.day for column in columns if column.taken is Taken.CLOSED and column.marked]
    joined = days[0] if days and counted and counted[0] < days[0] else None
    left = days[-1] if days and student.pk not in on_course else None
    return Row(
        student=student,
        cells=[
            Cell(None, Empty.TO_CONFIRM)
            if (register.session.pk, student.pk) in asked and not (mark and mark.status.attended)
            else _cell(column, mark, codes, joined, left)
            for register, column, mark in zip(registers, columns, marks, strict=True)
        ],
        rate=rate,
        portrait=student.portrait if student.pk in on_course else None,
        joined=joined,
        left=left,
        last_absent=last_absent(zip([column.day for column in reversed(columns)], reversed(marks), strict=True)),
    )


def _asked(institution: Institution, sessions: Sequence[ClassSession]) -> set[tuple[UUID, UUID]]:
    """Open lessons and students whom a face, put to the teacher and not decided yet, resembles most. One query."""
    opened = [session.pk for session in sessions if session.state == State.OPEN]
    faces = DetectedFace.objects.for_institution(institution).filter(
        capture__session__in=opened, outcome=Outcome.ASK, decided_at=None
    )
    found = faces.values_list("capture__session_id", "candidates") if opened else []
    return {(session_id, UUID(candidates[0][0])) for session_id, candidates in found if candidates}


def _cell(
    column: Column, mark: BriefMark | None, codes: SchoolStatuses, joined: date | None, left: date | None
) -> Cell:
    if mark:
        return Cell(codes.of(mark.status, mark.code))
    is_away = (joined and column.day < joined) or (left and column.day > left)
    return Cell(None, Empty.AWAY if is_away else EMPTY_OF[column.taken])


def last_absent(marks: Iterable[tuple[date, BriefMark | None]]) -> date | None:
    """The last day with an absence, of days with their marks from the newest to the oldest."""
    return next((day for day, mark in marks if mark and mark.status is Status.ABSENT), None)
