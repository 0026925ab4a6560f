"""The students still missing while a class is photographed in several shots."""

from dataclasses import dataclass

from attendance.domain.statuses import Status
from attendance.lessons.selectors import roster_students
from attendance.models import ClassSession
from attendance.repositories import marks_for


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of the shots. missing: the sorted names of those about whom nothing is known yet."""

    here: int
    expected: int
    missing: tuple[str, ...]


def read_progress(session: ClassSession) -> Progress:
    """The register as the page of shots shows it. Students marked absent or excused are not missing."""
    marks = marks_for(session.institution).for_session(session.pk)
    students = list(roster_students(session))
    said = {student.pk: mark.status if (mark := marks.get(student.pk)) else Status.NONE for student in students}
    return Progress(
        here=sum(status.attended for status in said.values()),
        expected=len(students),
        missing=tuple(student.name for student in students if said[student.pk] is Status.NONE),
    )
