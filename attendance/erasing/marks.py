"""Erasing of a student's marks: every version, in every lesson, and what machines noted of their face."""

import logging
from dataclasses import dataclass

from attendance.erasing.traces import faces_unname
from attendance.repositories import marks_for
from enrollment.models import Student

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ErasedMarks:
    """Counts of an erasure. faces: detected faces of class photos that no longer bear the student's name."""

    marks: int
    faces: int


def student_erase_marks(*, student: Student) -> ErasedMarks:
    """Erase all marks of a student with their history. Sums of closed lessons and days stay: they name nobody.

    Repeating the call continues where it stopped. Raises StoreUnavailable.
    """
    marks = marks_for(student.institution).purge_student(student.pk)
    faces = faces_unname(student)
    logger.info("Marks of student %s erased: %d", student.pk, marks)
    return ErasedMarks(marks=marks, faces=faces)
