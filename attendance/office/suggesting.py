"""Students whom a text at the office's desk may mean."""

from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from accounts.models import Institution
from attendance.models import DeskEntry
from attendance.office.people import groups_of
from attendance.office.school_day import desk_entries_of
from enrollment.models import Student
from enrollment.selectors import portraits_of, students_called

MOST = 6


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A student who may be meant. entry: the latest one of today at the desk, None where there is none.

    portrait: id of the photo; None without consent.
    """

    student: Student
    group: str
    portrait: UUID | None
    entry: DeskEntry | None


def suggestions_of(institution: Institution, text: str) -> list[Suggestion]:
    """The students that a text may mean, the likeliest first. Four queries, none for an empty text."""
    found = list(students_called(institution, text, most=MOST)) if text else []
    if not found:
        return []
    ids = [student.pk for student in found]
    groups, portraits = groups_of(institution, ids), portraits_of(institution, ids)
    today = timezone.localdate(timezone=institution.zone)
    entries: dict[UUID, DeskEntry] = {}
    for entry in desk_entries_of(institution, today):
        entries.setdefault(entry.student_id, entry)
    return [
        Suggestion(student, groups.get(student.pk, ""), portraits.get(student.pk), entries.get(student.pk))
        for student in found
    ]
