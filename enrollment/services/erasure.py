"""enrollment/services/erasure.py: to be described."""

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
    """What an erasure removed: vectors of the engine, entries of the mapping, photographs, picture files."""

    vectors: int
    mappings: int
    photos: int
    files: int


def student_erase_faces(*, student: Student) -> Erasure:
    """Erase all that is kept of a student's face: vectors, mapping, photographs, their files. Raises ErasureUnfinished.

    In this order, so that what is left after a crash still says what there is to erase.
    """
    photos = list(FacePhoto.objects.for_institution(student.institution).filter(student=student))
    mapping = face_ids_for(student.institution)
    with _erased_later_if_away():
        mapped = mapping.for_student(student.pk)
        face_ids = {*mapped, *(photo.face_id for photo in photos if photo.face_id)}
        faces_forget(student.institution, face_ids)
        mapping.purge_student(student.pk)
    _delete_likenesses(student)
    files = _delete_photos(photos)
    return Erasure(vectors=len(face_ids), mappings=len(mapped), photos=len(photos), files=files)


def erasures_resume(*, institution: Institution) -> int:
    """Finish erasures that were cut short, and delete files without a row. Returns how many students were erased.

    Raises ErasureUnfinished if the engine is still away.
    """
    students = list(erasures_due(institution))
    for student in students:
        student_erase_faces(student=student)
    orphaned_files_delete(institution)
    return len(students)


def faces_forget(institution: Institution, face_ids: Collection[str]) -> None:
    """Let the engine erase faces. What the embedded engine kept of them goes too where another one took its place.

    Raises ErasureUnfinished unless all of them are gone.
    """
    if not face_ids:
        return
    from enrollment.faces.local.gallery import vectors_erase  # with it comes OpenCV, which no page needs

    with _erased_later_if_away():
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
def _erased_later_if_away() -> Iterator[None]:
    """The engine, or the mapping of its face ids, that is away or refuses as ErasureUnfinished."""
    try:
        yield
    except FaceError as error:
        raise ErasureUnfinished(
            "erasure_waiting",
            _("The face engine could not be reached, so its data is still to be erased. It will be tried again."),
            retryable=True,
        ) from error


def _delete_likenesses(student: Student) -> None:
    """Delete what says whom the student looks like. Photographs that were held for it are examined again."""
    LookAlike.objects.for_institution(student.institution).filter(Q(first=student) | Q(second=student)).delete()
    held = FacePhoto.objects.for_institution(student.institution).filter(looks_like=student)
    held.update(state=State.RECEIVED, refusal="", looks_like=None)


def _delete_photos(photos: Iterable[FacePhoto]) -> int:
    """Delete photographs, and their files once that is certain. Returns the number of files."""
    photos = list(photos)
    names = [str(file.name) for photo in photos for file in (photo.picture, photo.portrait) if file]
    with transaction.atomic():
        FacePhoto.objects.filter(pk__in=[photo.pk for photo in photos]).delete()
        transaction.on_commit(partial(files_delete, names))
    return len(names)
