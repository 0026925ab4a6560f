"""The register as its class may see it: the number of those here, and their first names."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from attendance.lessons.selectors import roster_students
from attendance.models import ClassSession
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


def short_names(names: Sequence[str]) -> tuple[str, ...]:
    """First names; where two share one, with the first letter of the last name."""
    parts = [name.split() or [name] for name in names]
    often = Counter(part[0] for part in parts)
    return tuple(f"{part[0]} {part[-1][0]}." if often[part[0]] > 1 and len(part) > 1 else part[0] for part in parts)
