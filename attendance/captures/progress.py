"""Who is still missing while a class is photographed from several sides."""

from dataclasses import dataclass

from attendance.domain.statuses import Status
from attendance.lessons.selectors import roster_students
from attendance.models import ClassSession
from attendance.repositories import marks_for


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the shots have come. missing: the names of those of whom nothing is known yet, by name."""

    here: int
    expected: int
    missing: tuple[str, ...]


def read_progress(session: ClassSession) -> Progress:
    """The register as the shots' page shows it. Whoever was marked absent or excused is not missing."""
    marks = marks_for(session.institution).for_session(session.pk)
    students = list(roster_students(session))
    said = {student.pk: mark.status if (mark := marks.get(student.pk)) else Status.NONE for student in students}
    return Progress(
        here=sum(status.attended for status in said.values()),
        expected=len(students),
        missing=tuple(student.name for student in students if said[student.pk] is Status.NONE),
    )
