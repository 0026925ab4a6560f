"""Services for erasing faces: a student's, single ones, and erasures that were interrupted."""

import logging
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.erasure_journal import FACES, erasure_note
from accounts.models import Institution
from enrollment.domain.faces import FaceError, FaceKeeper
from enrollment.errors import ErasureUnfinished
from enrollment.faces.places import face_ids_at, keeper_at, places_of
from enrollment.files import files_delete, orphaned_files_delete
from enrollment.models import FacePhoto, FacePlace, LookAlike, Student, has_consent
from enrollment.readiness import erasures_due
from enrollment.signals import face_withdrawn

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

    In every place where faces of the school were ever enrolled. In this order, so that after a crash the remaining data
    still tell what is to be erased: a photo once withdrawn stays so, and until it is gone nobody is compared with the
    student, whatever is consented meanwhile.
    """
    photos_withdraw(student=student)
    unfinished = _tell_other_rooms(student)
    photos = list(FacePhoto.objects.for_institution(student.institution).filter(student=student))
    if photos and not Student.objects.filter(has_consent(), pk=student.pk).exists():
        # It was noted when it was asked for, unless the process died just then or the journal could not be written.
        faces_erasure_note(student)
    vectors, mappings = 0, 0
    for place in _places(student.institution):
        known = {photo.face_id for photo in photos if photo.face_id and photo.place_id in (place.pk, None)}
        try:
            erased, mapped = _erase_at(place, student, known)
        except ErasureUnfinished as error:  # of one place; the others are emptied now
            unfinished = error
        else:
            vectors, mappings = vectors + erased, mappings + mapped
    if unfinished:
        raise unfinished
    _delete_look_alikes(student)
    files = _delete_photos(photos)
    return Erasure(vectors=vectors, mappings=mappings, photos=len(photos), files=files)


def photos_withdraw(*, student: Student) -> None:
    """Take the student's photos out of use for good; `student_erase_faces` erases them."""
    rows = FacePhoto.objects.for_institution(student.institution).filter(student=student)
    if rows.exclude(state=State.WITHDRAWN).update(state=State.WITHDRAWN):
        faces_erasure_note(student)


def faces_erasure_note(student: Student) -> None:
    """Write the end of a consent or of a face into the journal, by which a restored backup forgets it again."""
    note = partial(erasure_note, FACES, school=student.institution_id, subject=student.pk)
    transaction.on_commit(note)


def _tell_other_rooms(student: Student) -> ErasureUnfinished | None:
    """Let other rooms erase what they keep of the face. A fault in one does not keep the rest from being erased."""
    answers = [answer for _receiver, answer in face_withdrawn.send_robust(sender=Student, student=student)]
    return next((answer for answer in answers if isinstance(answer, ErasureUnfinished)), None)


def erasures_resume(*, institution: Institution) -> int:
    """Finish interrupted erasures, and delete files without a row. Returns the number of students erased.

    Raises ErasureUnfinished if the engine is still unavailable.
    """
    students = list(erasures_due(institution))
    for student in students:
        student_erase_faces(student=student)
    orphaned_files_delete(institution)
    return len(students)


def place_empty(place: FacePlace) -> None:
    """Erase every face of one place, also those that are no student's. Raises ErasureUnfinished."""
    with erased_later_if_unavailable():
        keeper = keeper_at(place)
        if faces := keeper.faces().keys():
            _forget(keeper, faces)


def faces_forget(place: FacePlace | None, face_ids: Collection[str]) -> None:
    """Erase faces where they were enrolled. Raises ErasureUnfinished unless all of them are gone."""
    if place is None or not face_ids:
        return
    with erased_later_if_unavailable():
        _forget(keeper_at(place), face_ids)


def _erase_at(place: FacePlace, student: Student, face_ids: set[str]) -> tuple[int, int]:
    """Erase a student's faces in one place; returns the numbers of vectors and of entries in the mapping.

    face_ids: those known from the photos. The mapping's index may lag behind its entries, so the place itself is read
    too, and both until nothing new is found.
    """
    with erased_later_if_unavailable():
        keeper, mapping = keeper_at(place), face_ids_at(place)
        vectors, mapped, done = set(face_ids), set[str](), set[str]()
        while True:
            mapped |= {name for name in mapping.for_student(student.pk) if keeper.owns(name)}
            vectors |= {name for name, owner in keeper.faces().items() if owner == student.pk}
            if not (found := (vectors | mapped) - done):
                return len(vectors), len(mapped)
            _forget(keeper, found)
            done |= found


def _forget(keeper: FaceKeeper, face_ids: Collection[str]) -> None:
    report = keeper.forget(sorted(face_ids))
    if report.remaining:
        logger.error("The face engine kept %s", report.remaining)
        raise ErasureUnfinished(
            "erasure_incomplete",
            _("The face engine could not erase everything. It will be tried again."),
            retryable=True,
        )


def _places(institution: Institution) -> list[FacePlace]:
    with erased_later_if_unavailable():
        return places_of(institution)


@contextmanager
def erased_later_if_unavailable() -> Iterator[None]:
    """Turn an unavailable, refusing or uninstalled engine or mapping into ErasureUnfinished."""
    try:
        yield
    except (FaceError, ImportError) as error:
        logger.warning("Faces are erased later: %s", error)
        raise ErasureUnfinished(
            "erasure_waiting",
            _("The face engine could not be reached, so its data is still to be erased. It will be tried again."),
            retryable=True,
        ) from error


def _delete_look_alikes(student: Student) -> None:
    """Delete the student's confirmed look-alikes. Photos held for resembling the student are examined again."""
    LookAlike.objects.for_institution(student.institution).filter(Q(first=student) | Q(second=student)).delete()
    held = FacePhoto.objects.for_institution(student.institution).filter(looks_like=student)
    held.filter(state=State.HELD).update(state=State.RECEIVED, refusal="", looks_like=None, likeness="")
    held.update(looks_like=None, likeness="")


def _delete_photos(photos: Iterable[FacePhoto]) -> int:
    """Delete photos, and their files once the rows are gone. Returns the number of files."""
    photos = list(photos)
    names = [str(file.name) for photo in photos for file in (photo.picture, photo.portrait) if file]
    with transaction.atomic():
        FacePhoto.objects.filter(pk__in=[photo.pk for photo in photos]).delete()
        transaction.on_commit(partial(files_delete, names))
    return len(names)
