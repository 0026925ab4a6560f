"""Deletion of a student's waiting photos when their face is withdrawn."""

from typing import Any

from enrollment.files import files_delete
from enrollment.models import BatchPhoto, Student

State = BatchPhoto.State


def batch_photos_forget(sender: Any, *, student: Student, **signal: Any) -> None:
    """Receiver of `face_withdrawn`. The rows stay and say why; none of them is enrolled, whatever is consented later.

    Raises ErasureUnfinished while the storage is unavailable; the rows then still tell the files' names.
    """
    waiting = BatchPhoto.objects.for_institution(student.institution).filter(student=student)
    unsettled = [State.UNMATCHED, State.MATCHED, State.QUEUED]
    waiting.filter(state__in=unsettled).update(state=State.REMOVED, reason="no_consent")
    names = [str(name) for name in waiting.exclude(picture="").values_list("picture", flat=True)]
    files_delete(names)
    waiting.filter(picture__in=names).update(picture="")
