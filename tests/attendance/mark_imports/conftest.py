"""A school whose marks come from another system: lessons of a past week, and the office that imports."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from attendance.models import ClassSession, TimetableSlot
from attendance.register.sessions import session_close, session_open
from attendance.repositories import marks_for
from enrollment.models import Enrollment, Student
from tests.enrollment.importing.conftest import office  # noqa: F401 - fixture

MONDAY = date(2026, 3, 2)
ZONE = ZoneInfo("Europe/London")
HEAD = "Roll number;Course;Date;Time;Status;Minutes late;Note\n"


@pytest.fixture(autouse=True)
def files_apart(own_media):
    """Each test keeps its files in its own folder."""


@pytest.fixture
def monday(physics):
    """Physics on Mondays at 9."""
    return TimetableSlot.objects.create(
        institution=physics.institution, course=physics, weekday=0, starts=time(9), ends=time(9, 50),
        first_day=date(2026, 1, 5), last_day=date(2026, 6, 26),
    )  # fmt: skip


def lesson_at(course, day, hour=9, **values):
    starts = datetime.combine(day, time(hour), ZONE)
    return ClassSession.objects.create(
        institution=course.institution,
        course=course,
        starts_at=starts,
        ends_at=starts + timedelta(minutes=50),
        **values,
    )


def held(course, day, by, hour=9):
    """A register of a past day, closed: everybody is absent."""
    session = lesson_at(course, day, hour)
    return session_close(session=session_open(session=session, by=by), by=by)


def marks_of(session):
    """The marks of a register by the students' roll numbers: letters, minutes, note."""
    numbers = dict(Student.objects.values_list("pk", "roll_number"))
    return {
        numbers[pk]: (mark.code or mark.status.value, mark.minutes_late, mark.note)
        for pk, mark in marks_for(session.institution).for_session(session.pk).items()
    }


def student_at(course, name, roll_number, **values):
    student = Student.objects.create(institution=course.institution, name=name, roll_number=roll_number, **values)
    Enrollment.objects.create(institution=course.institution, course=course, student=student)
    return student
