"""Erasing of a student's marks: every version, in every lesson, and what machines noted of their face."""

import logging
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from attendance.models import DetectedFace
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
    faces = DetectedFace.objects.for_institution(student.institution)
    named = faces.filter(Q(student=student) | Q(decided_student=student))
    with transaction.atomic():
        others = faces.filter(candidates__icontains=str(student.pk)).exclude(pk__in=named.values("pk"))
        for face in others:
            face.candidates = [pair for pair in face.candidates if pair[0] != str(student.pk)]
            face.save(update_fields=["candidates"])
        count = named.update(student=None, decided_student=None, similarity=None, candidates=[])
    logger.info("Marks of student %s erased: %d", student.pk, marks)
    return ErasedMarks(marks=marks, faces=count)
