"""The students still missing while a class is photographed in several shots."""

from dataclasses import dataclass

from attendance.domain.marks import is_unknown
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
    """The register as the page of shots shows it: missing are those of whom the register knows nothing."""
    marks = marks_for(session.institution).for_session(session.pk)
    students = list(roster_students(session))
    is_open = session.is_open
    return Progress(
        here=sum(student.pk in marks and marks[student.pk].status.attended for student in students),
        expected=len(students),
        missing=tuple(s.name for s in students if is_unknown(marks.get(s.pk), is_open=is_open)),
    )
