"""The question who a face is: the students whom it may be, and everybody else on the register to choose from."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from attendance.models import DetectedFace
from attendance.register.page import Candidate, Doubt, Register, Row


@dataclass(frozen=True, slots=True)
class Group:
    """Students of the register under one heading."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A face and everybody it may be. number, of: its place among the lesson's doubts; 0 for a stranger."""

    face: DetectedFace
    candidates: tuple[Candidate, ...]
    groups: tuple[Group, ...]
    number: int
    of: int

    @property
    def only(self) -> Candidate | None:
        """The candidate of a yes-or-no question."""
        return self.candidates[0] if len(self.candidates) == 1 else None


def face_asked(register: Register, face: DetectedFace, *, is_none: bool = False) -> Question:
    """The question about a face of this register. Those who are not marked yet come first.

    is_none: it was just said that it is none of its candidates, so it is asked as a stranger's.
    """
    doubt, number = _doubt_of(register, face)
    candidates = doubt.candidates if doubt and not is_none else ()
    groups = (
        Group(_("Not marked yet"), tuple(register.missing)),
        Group(_("Not here"), tuple(register.away)),
        Group(_("Already here"), tuple(register.here)),
    )
    filled = tuple(group for group in groups if group.rows)
    return Question(face, candidates, filled, number, len(register.doubts))


def _doubt_of(register: Register, face: DetectedFace) -> tuple[Doubt | None, int]:
    for number, doubt in enumerate(register.doubts, start=1):
        if doubt.detected_face.pk == face.pk:
            return doubt, number
    return None, 0
