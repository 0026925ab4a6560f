"""The register as its class may see it: the number of those here, and their first names."""

from dataclasses import dataclass

from attendance.lessons.selectors import roster_students
from attendance.models import ClassSession
from attendance.register.names import short_names
from attendance.repositories import marks_for


@dataclass(frozen=True, slots=True)
class Board:
    """A register on the projector. Those who are not here are never named to the class.

    names: of those who are here, in the order of the roster.
    """

    here: int
    expected: int
    names: tuple[str, ...]


def read_board(session: ClassSession) -> Board:
    """The register as the projector shows it."""
    students = list(roster_students(session))
    marks = marks_for(session.institution).for_session(session.pk)
    here = [student.name for student in students if student.pk in marks and marks[student.pk].status.attended]
    return Board(len(here), len(students), short_names(here))
