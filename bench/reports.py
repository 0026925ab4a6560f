"""Registers for reports: a course's term and a school's day, from either store, and at ten times the size.

    python bench/reports.py

The term is 200 lessons of 40 students: every register read with its lesson, and the rate of every student computed, as
the matrix does. The day is 280 lessons of 30 (1,200 students, seven lessons each), read as the office's page reads it:
rosters, marks, entries and reasons, and the standing of every student. SQLite in a file, and ministack beside it on
this machine. Median of seven, with warm caches.

    report.term_seconds_orm, report.term_seconds_dynamodb    a course's term
    report.day_seconds_orm, report.day_seconds_dynamodb      a school's day
    report.…_tenfold                                         2,000 lessons of 40; 2,800 lessons of 30
    report.…_questions                                       queries of the database and calls of DynamoDB together
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from _ministack import measure_and_print, settings_set

FOLDER = settings_set("reports")
TERM, DAY = (200, 40), (280, 30)  # lessons, students of each
FIRST = date(2026, 9, 1)
STORES = {
    "orm": "attendance.repositories.orm.OrmAttendanceRepository",
    "dynamodb": "attendance.repositories.dynamodb.DynamoAttendanceRepository",
}


def measured() -> dict[str, object]:
    from accounts.models import Institution

    figures: dict[str, object] = {}
    for suffix, times in (("", 1), ("_tenfold", 10)):
        school = Institution.objects.create(slug=f"bench{times}", name="Bench")
        term, day = a_term(school, TERM[0] * times), a_day(school, DAY[0] * times)
        for store in STORES:
            figures |= timed(school, store, suffix, {"term": term, "day": day})
    return figures | {"data_sets": ["a term of 200 lessons of 40, a day of 280 lessons of 30; ministack here"]}


def timed(school, store: str, suffix: str, calls: dict[str, Callable[[], object]]) -> dict[str, object]:
    """Seconds and questions of the calls with this store."""
    from _timing import median
    from django.conf import settings

    settings.ATTENDANCE_REPOSITORY = {"BACKEND": STORES[store], "OPTIONS": {}}
    figures: dict[str, object] = {}
    for name, call in calls.items():
        figures[f"report.{name}_seconds_{store}{suffix}"] = round(median(call) / 1000, 3)
        figures[f"report.{name}_questions_{store}{suffix}"] = questions(call)
    return figures


def questions(call: Callable[[], object]) -> int:
    from unittest import mock

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from portal.aws.dynamodb import Calls

    with (
        CaptureQueriesContext(connection) as queries,
        mock.patch.object(Calls, "_call", autospec=True, side_effect=Calls._call) as asked,
    ):
        call()
    return len(queries) + asked.call_count


def a_term(school, lessons: int) -> Callable[[], object]:
    """A course with so many closed lessons, four a school day; returns the reading of its page."""
    from attendance.domain.rates import RatePolicy
    from attendance.rates.registers import rates_by_student, registers_between
    from enrollment.models import Course

    course = Course.objects.create(institution=school, code="T", name="Term")
    students = people(school, "t", TERM[1])
    hold(school, [(course, students, FIRST + timedelta(days=n // 4), n % 4) for n in range(lessons)])
    last = FIRST + timedelta(days=lessons)

    def read() -> None:
        found = registers_between(school, [course.pk], first=FIRST, last=last)
        assert len(found) == lessons
        assert len(rates_by_student(found, RatePolicy())) == TERM[1]

    return read


def a_day(school, lessons: int) -> Callable[[], object]:
    """A day of so many closed lessons, seven a class; returns the reading of the office's page."""
    from attendance.office.school_day import read_school_day
    from enrollment.models import Course

    day, classes = FIRST - timedelta(days=30), lessons // 7
    planned = []
    for n in range(classes):
        course = Course.objects.create(institution=school, code=f"D{n}", name=f"Day {n}")
        students = people(school, f"d{n}-", DAY[1])
        planned += [(course, students, day, hour) for hour in range(7)]
    hold(school, planned)

    def read() -> None:
        found = read_school_day(school, at=datetime(day.year, day.month, day.day, 23, tzinfo=UTC))
        assert len(found.lessons) == lessons
        assert len(found.students) == classes * DAY[1]

    return read


def people(school, prefix: str, number: int) -> list:
    from enrollment.models import Student

    return Student.objects.bulk_create(
        [Student(institution=school, name=f"{prefix}{n}", roll_number=f"{prefix}{n}") for n in range(number)]
    )


def hold(school, planned: list[tuple]) -> None:
    """Closed lessons with a mark for each student: rows for the one store, summaries for both."""
    from attendance.domain.marks import Mark
    from attendance.domain.statuses import Source, Status
    from attendance.models import ClassSession, MarkRow, RosterEntry, SessionSummary
    from attendance.register.sessions import closing_of
    from attendance.repositories.dynamodb import DynamoAttendanceRepository

    store = DynamoAttendanceRepository(school)
    sessions, rows, closings = [], [], []
    for course, students, day, hour in planned:
        at = datetime(day.year, day.month, day.day, 8 + hour, tzinfo=UTC)
        session = ClassSession(
            pk=uuid4(), institution=school, course=course, local_date=day, starts_at=at,
            ends_at=at + timedelta(minutes=50), state=ClassSession.State.CLOSED, closed_at=at + timedelta(hours=1),
        )  # fmt: skip
        marks = [
            Mark(session.pk, course.pk, student.pk, at, status, Source.PHOTO, at)
            for n, student in enumerate(students)
            for status in [Status.ABSENT if (n + hour) % 11 == 0 else Status.PRESENT]
        ]
        sessions.append(session)
        closings.append(closing_of(session, marks))
        rows += [
            MarkRow(
                institution=school, session=session, student_id=mark.student_id, status=mark.status,
                source=mark.source, marked_at=at,
            )
            for mark in marks
        ]  # fmt: skip
    ClassSession.objects.bulk_create(sessions, batch_size=500)
    MarkRow.objects.bulk_create(rows, batch_size=500)
    RosterEntry.objects.bulk_create(
        [RosterEntry(institution=school, session_id=row.session_id, student_id=row.student_id) for row in rows],
        batch_size=500,
    )
    SessionSummary.objects.bulk_create(
        [
            SessionSummary(institution=school, session_id=one.session_id, day=one.day, closed_at=one.closed_at)
            for one in closings
        ],
        batch_size=500,
    )
    for closing in closings:
        store.close_session(closing)


if __name__ == "__main__":
    measure_and_print(measured)
