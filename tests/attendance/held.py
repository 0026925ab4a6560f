"""Lessons of the past as they were held: roster, marks and closing."""

from datetime import datetime, timedelta

from attendance.domain.statuses import Source, Status
from attendance.models import ClassSession, RosterEntry
from attendance.register.marks import new_mark
from attendance.register.sessions import closing_of
from attendance.repositories import marks_for

CLOSED = ClassSession.State.CLOSED


def lesson_held(course, ago, marks, *, state=CLOSED, hour=9, guests=()):
    """A lesson so many days before 24 November 2026, with its roster and marks: a status or letter by student."""
    school = course.institution
    begins = datetime(2026, 11, 24, hour, 0, tzinfo=school.zone) - timedelta(days=ago)
    session = ClassSession.objects.create(
        institution=school, course=course, starts_at=begins, ends_at=begins + timedelta(minutes=50),
        state=state, closed_at=begins + timedelta(hours=1) if state == CLOSED else None,
    )  # fmt: skip
    RosterEntry.objects.bulk_create(
        RosterEntry(institution=school, session=session, student=student, is_guest=student in guests)
        for student in marks
    )
    made = [
        new_mark(session, student.pk, status=Status(status), source=Source.PHOTO, at=begins)
        for student, status in marks.items()
    ]
    marks_for(school).mark_many(made)
    if session.closed_at:
        marks_for(school).close_session(closing_of(session, made))
    return session
