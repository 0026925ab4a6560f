"""Marking by hand in its simplest form, and who came as a guest."""

from attendance.models import RosterEntry
from attendance.register.marks import MarkInput, mark_say


def mark_set(*, session, student_id, status, by, expected_version, note=None):
    """Mark a student by hand over the version that the person saw (0: no mark), with the kind's default code."""
    word = MarkInput(status, note=note)
    return mark_say(session=session, student_id=student_id, word=word, by=by, expected_version=expected_version)


def guest_ids(session):
    """Those on the session's roster who came as guests."""
    return set(RosterEntry.objects.filter(session=session, is_guest=True).values_list("student_id", flat=True))
