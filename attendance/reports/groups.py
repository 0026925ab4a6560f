"""The matrix of a form group over all courses: a column a day, with each student's worst mark of it."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from uuid import UUID

from attendance.domain.marks import BriefMark
from attendance.domain.rates import Rate, rates_sum
from attendance.domain.statuses import SETTABLE, WORST_FIRST
from attendance.rates.periods import Period, today_of
from attendance.rates.policy import policy_of
from attendance.rates.registers import LessonRegister, rates_by_student
from attendance.register.status_codes import SchoolStatuses, statuses_of
from attendance.reports.courses import last_absent, lessons_with_guests, students_of, taken_of
from attendance.reports.matrix import Cell, Column, Empty, Matrix, Row, Taken, summed
from enrollment.models import Enrollment, Group, GroupPlace
from enrollment.selectors import portraits_of

_STATES = (Taken.CLOSED, Taken.OPEN, Taken.NOT_TAKEN, Taken.CANCELLED)  # of a day's lessons the first that occurs


def group_matrix(group: Group, period: Period) -> Matrix:
    """The days of a period by the group's students of now, over all their courses. Raises StoreUnavailable."""
    institution = group.institution
    places = GroupPlace.objects.for_institution(institution).filter(group=group)
    members = set(places.values_list("student_id", flat=True))
    courses = set(
        Enrollment.objects.for_institution(institution).filter(student__in=members).values_list("course_id", flat=True)
    )
    found, _guests = lessons_with_guests(institution, courses, period)
    registers = [replace(one, marks={pk: mark for pk, mark in one.marks.items() if pk in members}) for one in found]
    policy, codes = policy_of(institution), statuses_of(institution)
    rates = rates_by_student(registers, policy)
    days = [(day, list(lessons)) for day, lessons in groupby(registers, key=lambda one: one.session.local_date)]
    columns = _columns(days, today_of(institution))
    portraits = portraits_of(institution, members)
    rows = [
        Row(
            student=student,
            cells=[_cell(student.pk, lessons, codes) for _day, lessons in days],
            rate=rates.get(student.pk, Rate(threshold=policy.threshold)),
            portrait=portraits.get(student.pk),
            last_absent=last_absent((one.session.local_date, one.marks.get(student.pk)) for one in registers),
        )
        for student in students_of(institution, members)
    ]
    statuses = summed({status: codes.of(status) for status in SETTABLE}, rows)
    total = rates_sum((row.rate for row in rows), policy)
    return Matrix(period=period, columns=columns, rows=rows, rate=total, policy=policy, statuses=statuses)


def _columns(days: Sequence[tuple[date, list[LessonRegister]]], today: date) -> list[Column]:
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


def _cell(student: UUID, lessons: Collection[LessonRegister], codes: SchoolStatuses) -> Cell:
    marks = [mark for one in lessons if (mark := one.marks.get(student))]
    if not marks:
        return Cell(None, Empty.AWAY)
    worst = min(marks, key=_badness)
    return Cell(codes.of(worst.status, worst.code), more=sum(mark.status is worst.status for mark in marks) - 1)


def _badness(mark: BriefMark) -> int:
    return WORST_FIRST.index(mark.status)
