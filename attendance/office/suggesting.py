"""Students whom a text at the office's desk may mean."""

from dataclasses import dataclass
from uuid import UUID

from accounts.models import Institution
from attendance.lessons.timetable import today_of
from attendance.models import DeskEntry
from attendance.office.people import listed_students
from attendance.office.school_day import desk_entries_of
from enrollment.models import Student
from enrollment.selectors import students_called

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
    """The students that a text may mean, the likeliest first. Three queries, none for an empty text."""
    found = list(students_called(institution, text, most=MOST)) if text else []
    if not found:
        return []
    people = listed_students(institution, [student.pk for student in found])
    entries: dict[UUID, DeskEntry] = {}
    for entry in desk_entries_of(institution, today_of(institution), people):
        entries.setdefault(entry.student_id, entry)
    return [
        Suggestion(each.student, each.group, each.portrait, entries.get(each.student.pk))
        for each in (people[student.pk] for student in found if student.pk in people)
    ]
