"""Guests: students of the school who are in a lesson without being on the course's roster."""

from itertools import islice
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.names import folded
from attendance.domain.statuses import Status
from attendance.lessons.selectors import roster_ids
from attendance.models import ClassSession, RosterEntry
from attendance.register.errors import GuestMarked, GuestUnknown, NotOnRoster
from attendance.register.marks import require_open
from attendance.repositories import marks_for
from enrollment.models import Student

MOST_FOUND = 8
SHORTEST = 2  # letters to search for: with one the whole school would be listed


def guests_find(*, session: ClassSession, words: str) -> list[Student]:
    """Active students of the school who are not on this register and whose name or roll number contains all the words.

    Accents and case are ignored. At most MOST_FOUND, by name; none for less than SHORTEST letters.
    """
    wanted = folded(words).split()
    if len("".join(wanted)) < SHORTEST:
        return []
    here = roster_ids(session)
    students = Student.objects.for_institution(session.institution).filter(is_active=True).exclude(pk__in=here)
    # Compared here and not in the database: only some databases can ignore accents.
    rows = students.order_by("name_key", "roll_number").values_list("pk", "name", "roll_number")
    matching = (pk for pk, name, number in rows.iterator() if _has_all(folded(f"{name} {number}"), wanted))
    found = list(islice(matching, MOST_FOUND))
    by_pk = {student.pk: student for student in students.filter(pk__in=found)}
    return [by_pk[pk] for pk in found if pk in by_pk]


def guest_add(*, session: ClassSession, student_id: UUID, by: User) -> Student:
    """Put a student of the school on this register alone. Adding one who is on it changes nothing.

    Raises SessionNotOpen, SessionClosed, GuestUnknown.
    """
    require_open(session)
    student = Student.objects.for_institution(session.institution).filter(pk=student_id, is_active=True).first()
    if student is None:
        raise GuestUnknown
    RosterEntry.objects.get_or_create(
        institution=session.institution,
        session=session,
        student=student,
        defaults={"is_guest": True, "added_by": by},
    )
    return student


def guest_remove(*, session: ClassSession, student_id: UUID) -> None:
    """Take a guest off the register again, as long as there is no mark. For one who is not on it nothing changes.

    Raises SessionNotOpen, SessionClosed, NotOnRoster for somebody of the course's own, GuestMarked.
    """
    require_open(session)
    entries = RosterEntry.objects.for_institution(session.institution).filter(session=session, student_id=student_id)
    entry = entries.first()
    if entry is None:
        return
    if not entry.is_guest:
        raise NotOnRoster
    _require_unmarked(session, student_id)
    entry.delete()
    try:
        _require_unmarked(session, student_id)  # somebody may have marked the guest at the same moment
    except GuestMarked:
        with transaction.atomic():
            entries.get_or_create(
                institution=session.institution,
                session=session,
                student_id=student_id,
                defaults={"is_guest": True, "added_by": entry.added_by},
            )
        raise


def _has_all(text: str, wanted: list[str]) -> bool:
    return all(word in text for word in wanted)


def _require_unmarked(session: ClassSession, student_id: UUID) -> None:
    mark = marks_for(session.institution).for_session(session.pk).get(student_id)
    if mark is not None and mark.status is not Status.NONE:
        raise GuestMarked
