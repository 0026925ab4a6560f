"""Services for erasing faces: a student's, single ones, and erasures that were interrupted."""

import logging
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Institution
from enrollment.domain.faces import FaceError
from enrollment.errors import ErasureUnfinished
from enrollment.faces.door import door_for
from enrollment.files import files_delete, orphaned_files_delete
from enrollment.models import FacePhoto, LookAlike, Student
from enrollment.readiness import erasures_due
from enrollment.repositories import face_ids_for

logger = logging.getLogger(__name__)
State = FacePhoto.State


@dataclass(frozen=True, slots=True)
class Erasure:
    """Counts of an erasure: vectors of the engine, entries of the mapping, photos, picture files."""

    vectors: int
    mappings: int
    photos: int
    files: int


def student_erase_faces(*, student: Student) -> Erasure:
    """Erase all data of a student's face: vectors, mapping, photos, their files. Raises ErasureUnfinished.

    In this order, so that after a crash the remaining data still tell what is to be erased.
    """
    photos = list(FacePhoto.objects.for_institution(student.institution).filter(student=student))
    mapping = face_ids_for(student.institution)
    with _erased_later_if_unavailable():
        mapped = mapping.for_student(student.pk)
        face_ids = {*mapped, *(photo.face_id for photo in photos if photo.face_id)}
        faces_forget(student.institution, face_ids)
        mapping.purge_student(student.pk)
    _delete_look_alikes(student)
    files = _delete_photos(photos)
    return Erasure(vectors=len(face_ids), mappings=len(mapped), photos=len(photos), files=files)


def erasures_resume(*, institution: Institution) -> int:
    """Finish interrupted erasures, and delete files without a row. Returns the number of students erased.

    Raises ErasureUnfinished if the engine is still unavailable.
    """
    students = list(erasures_due(institution))
    for student in students:
        student_erase_faces(student=student)
    orphaned_files_delete(institution)
    return len(students)


def faces_forget(institution: Institution, face_ids: Collection[str]) -> None:
    """Let the engine erase faces, and the embedded engine's vectors of them too if another engine replaced it.

    Raises ErasureUnfinished unless all of them are gone.
    """
    if not face_ids:
        return
    from enrollment.faces.local.gallery import vectors_erase  # with it comes OpenCV, which no page needs

    with _erased_later_if_unavailable():
        report = door_for(institution).forget(face_ids)
    vectors_erase(institution, face_ids)
    if report.remaining:
        logger.error("The face engine kept %s", report.remaining)
        raise ErasureUnfinished(
            "erasure_incomplete",
            _("The face engine could not erase everything. It will be tried again."),
            retryable=True,
        )


@contextmanager
def _erased_later_if_unavailable() -> Iterator[None]:
    """Turn an unavailable or refusing engine or mapping into ErasureUnfinished."""
    try:
        yield
    except FaceError as error:
        raise ErasureUnfinished(
            "erasure_waiting",
            _("The face engine could not be reached, so its data is still to be erased. It will be tried again."),
            retryable=True,
        ) from error


def _delete_look_alikes(student: Student) -> None:
    """Delete the student's confirmed look-alikes. Photos held for resembling the student are examined again."""
    LookAlike.objects.for_institution(student.institution).filter(Q(first=student) | Q(second=student)).delete()
    held = FacePhoto.objects.for_institution(student.institution).filter(looks_like=student)
    held.update(state=State.RECEIVED, refusal="", looks_like=None)


def _delete_photos(photos: Iterable[FacePhoto]) -> int:
    """Delete photos, and their files once the rows are gone. Returns the number of files."""
    photos = list(photos)
    names = [str(file.name) for photo in photos for file in (photo.picture, photo.portrait) if file]
    with transaction.atomic():
        FacePhoto.objects.filter(pk__in=[photo.pk for photo in photos]).delete()
        transaction.on_commit(partial(files_delete, names))
    return len(names)
