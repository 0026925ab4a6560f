"""A term of physics: seven closed lessons, one cancelled, one that was never taken and one that is open."""

from datetime import datetime, timedelta
from unittest import mock

import pytest
from django.utils import timezone

from attendance.domain.statuses import Source, Status
from attendance.models import ClassSession, RosterEntry
from attendance.register.marks import new_mark
from attendance.register.sessions import closing_of
from attendance.repositories import marks_for

State = ClassSession.State
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.get_fixed_timezone(0))  # a Tuesday


@pytest.fixture(autouse=True)
def now():
    with mock.patch("django.utils.timezone.now", return_value=NOW):
        yield NOW


@pytest.fixture
def hold(riverside, physics):
    """Make a lesson of so many days ago: marks as `{student: "P"}`, guests besides."""

    def make(ago, marks, *, state=State.CLOSED, course=physics, hour=9, guests=()):
        begins = datetime(2026, 11, 24, hour, 0, tzinfo=riverside.zone) - timedelta(days=ago)
        session = ClassSession.objects.create(
            institution=riverside, course=course, starts_at=begins, ends_at=begins + timedelta(minutes=50),
            state=state, closed_at=begins + timedelta(hours=1) if state == State.CLOSED else None,
        )  # fmt: skip
        RosterEntry.objects.bulk_create(
            [
                RosterEntry(institution=riverside, session=session, student=student, is_guest=student in guests)
                for student in marks
            ]
        )
        made = [
            new_mark(session, student.pk, status=Status(letter), source=Source.PHOTO, at=begins)
            for student, letter in marks.items()
        ]
        marks_for(riverside).mark_many(made)
        if session.closed_at:
            marks_for(riverside).close_session(closing_of(session, made))
        return session

    return make


@pytest.fixture
def term(hold, sam, sita):
    """Sam: P L A P P A P. Sita joined with the third lesson: always present."""
    sessions = [
        hold(20 - 2 * n, {sam: letter} if n < 2 else {sam: letter, sita: "P"}) for n, letter in enumerate("PLAPPAP")
    ]
    hold(5, {}, state=State.CANCELLED)
    hold(4, {}, state=State.SCHEDULED)
    hold(0, {sam: "P"}, state=State.OPEN)
    return sessions
