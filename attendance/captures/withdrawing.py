"""Traces of a student's face in class photos, erased with the consent: at once, not with the next sweep."""

from typing import Any

from django.db.models import Q

from attendance.captures.deleting import pictures_alone_delete
from attendance.domain.decision import Outcome
from attendance.models import DetectedFace
from enrollment.errors import ErasureUnfinished
from enrollment.models import Student


def face_forget(sender: type[Student], *, student: Student, **signal: Any) -> None:
    """Receiver of `face_withdrawn`. Raises ErasureUnfinished while the pictures' storage is unavailable."""
    candidate_forget(student=student)
    left = pictures_alone_delete(student=student)
    if left:
        raise ErasureUnfinished("pictures_waiting", f"{left} pictures are deleted later.", retryable=True)


def candidate_forget(*, student: Student) -> int:
    """Take the student from the faces that the engine asked about or listed; returns the number of faces.

    They may be the student's, so without the name that said so they are compared with no other photo's any more. A face
    that a person decided stays as it is, and so does that of a mark: it is the mark's evidence.
    """
    faces = DetectedFace.objects.for_institution(student.institution).filter(decided_at=None)
    named = faces.filter(Q(candidates__icontains=str(student.pk)) | Q(student=student))
    changed = 0
    for face in named.exclude(outcome=Outcome.MARK, student=student):
        if face.forget_students({student.pk}):
            face.may_be_joined = False
            face.save(update_fields=["candidates", "student", "similarity", "outcome", "reason", "may_be_joined"])
            changed += 1
    return changed
