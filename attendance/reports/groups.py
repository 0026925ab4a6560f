"""The matrix of a form group over all courses: a column a day, with each student's worst mark of it."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from uuid import UUID

from django.db.models import UUIDField, Value
from django.db.models.functions import Cast

from accounts.models import Institution
from attendance.domain.marks import BriefMark
from attendance.domain.rates import Rate, rates_sum
from attendance.domain.statuses import SETTABLE, WORST_FIRST
from attendance.lessons.timetable import today_of
from attendance.models import RosterEntry, StatusCode
from attendance.rates.periods import Period
from attendance.rates.policy import policy_in
from attendance.rates.registers import LessonRegister, rates_by_student
from attendance.register.status_codes import SchoolStatuses, statuses_in
from attendance.reports.courses import EMPTY_OF, begun_lessons, last_absent, students_of, taken_of
from attendance.reports.matrix import Cell, Column, Empty, Matrix, Row, Taken, summed
from enrollment.models import Enrollment, Group, GroupPlace

Day = tuple[date, list[LessonRegister]]
_STATES = (Taken.CLOSED, Taken.OPEN, Taken.NOT_TAKEN, Taken.CANCELLED)  # of a day's lessons the first that occurs


def group_matrix(group: Group, period: Period) -> Matrix:
    """The days of a period by the group's students of now, over all their courses. Raises StoreUnavailable.

    Their lessons as guests are among them, and those of courses that they have left.
    """
    institution = group.institution
    places = GroupPlace.objects.for_institution(institution).filter(group=group).order_by().values("student")
    students = students_of(institution, places)
    members = {student.pk for student in students}
    enrolled, courses = _courses(institution, members, period)
    found = begun_lessons(institution, courses, period)
    registers = [replace(one, marks={pk: mark for pk, mark in one.marks.items() if pk in members}) for one in found]
    own = list(StatusCode.objects.for_institution(institution))
    policy, codes = policy_in(institution, own), statuses_in(own)
    rates = rates_by_student(registers, policy)
    days = [(day, list(lessons)) for day, lessons in groupby(registers, key=lambda one: one.session.local_date)]
    rows = [
        Row(
            student=student,
            cells=_cells(student.pk, days, enrolled, codes),
            rate=rates.get(student.pk, Rate(threshold=policy.threshold)),
            portrait=student.portrait,
            last_absent=last_absent((one.session.local_date, one.marks.get(student.pk)) for one in reversed(registers)),
        )
        for student in students
    ]
    statuses = summed({status: codes.of(status) for status in SETTABLE}, rows)
    total, columns = rates_sum((row.rate for row in rows), policy), _columns(days, today_of(institution))
    return Matrix(period=period, columns=columns, rows=rows, rate=total, policy=policy, statuses=statuses)


def _courses(
    institution: Institution, students: Collection[UUID], period: Period
) -> tuple[set[tuple[UUID, UUID]], set[UUID]]:
    """Each of these students with each course that they are on now; and all of these courses, with those of the lessons
    of a period on whose registers they were. One query."""
    enrolled = Enrollment.objects.for_institution(institution).filter(student__in=students).order_by()
    entries = RosterEntry.objects.for_institution(institution).filter(
        student__in=students, session__local_date__range=(period.first, period.last)
    )
    nobody = entries.order_by().annotate(nobody=Cast(Value(None), UUIDField()))
    rows = enrolled.values_list("student_id", "course_id").union(nobody.values_list("nobody", "session__course_id"))
    found = set(rows)
    return {(student, course) for student, course in found if student}, {course for _student, course in found}


def _columns(days: Sequence[Day], today: date) -> list[Column]:
    columns: list[Column] = []
    for day, lessons in days:
        states = {taken_of(one.session) for one in lessons}
        marks = [mark for one in lessons for mark in one.marks.values()]
        columns.append(
            Column(
                key=day.isoformat(),
                day=day,
                taken=next(state for state in _STATES if state in states),
                begins_week=not columns or day.isocalendar()[:2] != columns[-1].day.isocalendar()[:2],
                is_today=day == today,
                here=sum(mark.status.attended for mark in marks),
                marked=len(marks),
            )
        )
    return columns


def _cells(
    student: UUID, days: Sequence[Day], enrolled: Collection[tuple[UUID, UUID]], codes: SchoolStatuses
) -> list[Cell]:
    """A student's cells. Until their first mark they were not there yet."""
    cells, is_here = [], False
    for _day, lessons in days:
        marks = [mark for one in lessons if (mark := one.marks.get(student))]
        is_here = is_here or bool(marks)
        if marks:
            cells.append(_marked(marks, codes))
        else:
            cells.append(Cell(None, _empty(student, lessons, enrolled) if is_here else Empty.AWAY))
    return cells


def _marked(marks: Collection[BriefMark], codes: SchoolStatuses) -> Cell:
    worst = min(marks, key=_badness)
    return Cell(codes.of(worst.status, worst.code), more=sum(mark.status is worst.status for mark in marks) - 1)


def _empty(student: UUID, lessons: Collection[LessonRegister], enrolled: Collection[tuple[UUID, UUID]]) -> Empty:
    """The reason for which a student has no mark on a day with these lessons."""
    states = {taken_of(one.session) for one in lessons if (student, one.session.course_id) in enrolled}
    return next((empty for state, empty in EMPTY_OF.items() if state in states), Empty.AWAY)


def _badness(mark: BriefMark) -> int:
    return WORST_FIRST.index(mark.status)
