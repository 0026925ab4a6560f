"""Marks as the contracts of the stores write them."""

from collections import Counter
from datetime import timedelta
from uuid import uuid4

from attendance.domain.marks import Evidence, Mark
from attendance.domain.statuses import Source, Status
from tests.contracts.conftest import FIRST_LESSON

P, L, A, E, D, N = (
    Status.PRESENT,
    Status.LATE,
    Status.ABSENT,
    Status.EXCUSED,
    Status.LEFT_EARLY,
    Status.NONE,
)
MARKED_AT = FIRST_LESSON + timedelta(minutes=3, microseconds=123456)


def seen_by(capture_id=None, face=1):
    return Evidence(
        capture_id=capture_id or uuid4(),
        face=face,
        similarity=0.6137,
        threshold=0.38,
        engine="local",
        model="sface/centre-1",
    )


def mark_of(session, student_id, status=P, source=Source.PHOTO, **fields):
    if source.is_machine:
        fields.setdefault("evidence", seen_by())
    return Mark(
        session_id=session.pk,
        course_id=session.course_id,
        student_id=student_id,
        held_at=session.starts_at,
        status=status,
        source=source,
        marked_at=fields.pop("marked_at", MARKED_AT),
        **fields,
    )


def by_hand(session, student_id, person, status=A, **fields):
    return mark_of(session, student_id, status, Source.HAND, actor_id=person, **fields)


def kinds(marks):
    """Numbers of marks by course and status."""
    found = {}
    for mark in marks:
        found.setdefault(mark.course_id, Counter())[mark.status] += 1
    return found
