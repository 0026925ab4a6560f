"""Reconciliation of faces: vectors, mapping, photos, files and consents of a school are compared and put in order.

Each of them is written by a step of its own, and a crash, an outage or a hand in a store can part them. What is in
progress differs for a moment too: a difference counts if it is found twice.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import QuerySet

from accounts.models import Institution
from enrollment.domain.faces import FaceKeeper
from enrollment.errors import ErasureUnfinished
from enrollment.faces.places import face_ids_at, keeper_at, places_of
from enrollment.files import files_delete, orphaned_files
from enrollment.models import FacePhoto, FacePlace, Student, has_consent
from enrollment.readiness import erasures_due
from enrollment.repositories.base import FaceIdRepository
from enrollment.services.erasure import erased_later_if_unavailable, faces_forget, student_erase_faces

logger = logging.getLogger(__name__)
State = FacePhoto.State
SETTLING = 5.0  # seconds between the two readings: longer than the steps of an enrolment lie apart


class Sort(StrEnum):
    """Sorts of differences."""

    UNMAPPED = "unmapped"
    MAPPED_TO_ANOTHER = "mapped_to_another"
    WITHOUT_PHOTO = "without_photo"
    WITHOUT_VECTOR = "without_vector"
    ENTRY_WITHOUT_VECTOR = "entry_without_vector"
    WITHOUT_FILE = "without_file"
    FILE_WITHOUT_PHOTO = "file_without_photo"
    WITHOUT_CONSENT = "without_consent"


IN_WORDS = {  # for the operator, like the command's other lines
    Sort.UNMAPPED: "vectors that the mapping gives to no student",
    Sort.MAPPED_TO_ANOTHER: "enrolled photos whose face the mapping gives to another student, or to none",
    Sort.WITHOUT_PHOTO: "vectors without an enrolled photo",
    Sort.WITHOUT_VECTOR: "enrolled photos whose vector is gone",
    Sort.ENTRY_WITHOUT_VECTOR: "entries of the mapping without a vector",
    Sort.WITHOUT_FILE: "enrolled photos whose file is gone",
    Sort.FILE_WITHOUT_PHOTO: "files without a photo",
    Sort.WITHOUT_CONSENT: "students without a consent whose face is still stored",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. what: a face id, a photo's or student's id, or a file's name; never a person's name."""

    sort: Sort
    what: str
    place: FacePlace | None = None


def faces_compare(*, institution: Institution, settling: float = SETTLING) -> list[Difference]:
    """The differences of a school's faces. If there are any, all is
    read twice, `settling` seconds apart.

    Raises ErasureUnfinished if an engine, a mapping or the storage is unavailable.
    """
    first = _look(institution)
    if not first:
        return []
    time.sleep(settling)
    again = set(_look(institution))
    return [difference for difference in first if difference in again]


def faces_reconcile(*, institution: Institution, settling: float = SETTLING) -> tuple[list[Difference], int]:
    """Compare, and put right what can be: returns the differences found, and how many of them remain.

    What no photo or consent stands for is erased. A photo whose vector is gone or is mapped to another student is
    examined again. A photo whose file is gone remains: a person deletes it and adds it again. Raises ErasureUnfinished.
    """
    found = faces_compare(institution=institution, settling=settling)
    for difference in found:
        logger.warning("%s: %s: %s", institution.slug, difference.sort, difference.what)
        _MENDING[difference.sort](institution, difference)
    return found, len(_look(institution)) if found else 0


# -- Looking ----------------------------------------------------------------------------------------------------------


def _look(institution: Institution) -> list[Difference]:
    with erased_later_if_unavailable():
        found = [each for place in places_of(institution) for each in _look_at(place)]
        return [*_look_at_files(institution), *_look_at_consents(institution), *dict.fromkeys(found)]


def _look_at(place: FacePlace) -> list[Difference]:
    """Differences of one place between its vectors, its mapping and the photos that were enrolled there."""
    keeper, mapping = keeper_at(place), face_ids_at(place)
    entries = _entries(place.institution, keeper, mapping)
    vectors = keeper.faces()
    owners = mapping.get_many(vectors)
    photos = dict(_photos(place).values_list("face_id", "student"))
    expected = {**dict.fromkeys(vectors), **photos}
    found = {
        Sort.UNMAPPED: vectors.keys() - owners.keys() - photos.keys(),
        Sort.WITHOUT_PHOTO: (vectors.keys() & owners.keys()) - photos.keys(),
        Sort.WITHOUT_VECTOR: photos.keys() - vectors.keys() if keeper.lists_faces else set(),
        Sort.MAPPED_TO_ANOTHER: {f for f in vectors.keys() & photos.keys() if owners.get(f) != expected[f]},
        Sort.ENTRY_WITHOUT_VECTOR: _forgotten(place, entries, keeper, set(vectors) | set(photos)),
    }
    return [Difference(sort, face_id, place) for sort, names in found.items() for face_id in sorted(names)]


def _entries(institution: Institution, keeper: FaceKeeper, mapping: FaceIdRepository) -> dict[str, UUID]:
    """The mapping's entries of the school's students that may be this place's: face id → student."""
    students = Student.objects.for_institution(institution).order_by().values_list("pk", flat=True)
    return {face_id: pk for pk in students for face_id in mapping.for_student(pk) if keeper.owns(face_id)}


def _forgotten(place: FacePlace, entries: dict[str, UUID], keeper: FaceKeeper, known: set[str]) -> set[str]:
    """Entries that no place stands for. One mapping may serve several places, whose ids look alike."""
    if not keeper.lists_faces:
        return set()
    open_ = entries.keys() - known
    others = FacePlace.objects.for_institution(place.institution).filter(
        face_ids=place.face_ids, face_ids_at=place.face_ids_at
    )
    for other in others.exclude(pk=place.pk):
        if open_:
            there = keeper_at(other)
            open_ -= there.faces().keys() if there.lists_faces else open_
    return {face_id for face_id in open_ if not keeper.is_underway(face_id)}


def _look_at_files(institution: Institution) -> list[Difference]:
    try:
        orphaned = orphaned_files(institution)
        enrolled = FacePhoto.objects.for_institution(institution).filter(state=State.ENROLLED)
        lost = [photo for photo in enrolled.order_by("pk") if not default_storage.exists(str(photo.picture.name))]
    except OSError as error:
        raise ErasureUnfinished("files_waiting", str(error), retryable=True) from error
    return [
        *(Difference(Sort.FILE_WITHOUT_PHOTO, name) for name in sorted(orphaned)),
        *(Difference(Sort.WITHOUT_FILE, str(photo.pk)) for photo in lost),
    ]


def _look_at_consents(institution: Institution) -> list[Difference]:
    """Students whose erasure is due, and those without a valid consent of whom entries of a mapping exist."""
    others = Student.objects.for_institution(institution).exclude(has_consent()).order_by("pk")
    with_photos = list(erasures_due(institution).order_by("pk").values_list("pk", flat=True))
    mappings = [face_ids_at(place) for place in places_of(institution)]
    mapped = [pk for pk in others.values_list("pk", flat=True) if _is_mapped(pk, mappings)]
    return [Difference(Sort.WITHOUT_CONSENT, str(pk)) for pk in dict.fromkeys([*with_photos, *mapped])]


def _is_mapped(student: UUID, mappings: list[FaceIdRepository]) -> bool:
    return any(mapping.for_student(student) for mapping in mappings)


def _photos(place: FacePlace) -> QuerySet[FacePhoto]:
    return FacePhoto.objects.for_institution(place.institution).filter(place=place, state=State.ENROLLED)


# -- Mending ----------------------------------------------------------------------------------------------------------


def _forget(institution: Institution, difference: Difference) -> None:
    faces_forget(difference.place, [difference.what])


def _examine_again(institution: Institution, difference: Difference) -> None:
    """Let the worker examine the photo again, from nothing."""
    faces_forget(difference.place, [difference.what])
    rows = FacePhoto.objects.for_institution(institution).filter(face_id=difference.what, place=difference.place)
    rows.filter(state=State.ENROLLED).update(state=State.WAITING, face_id="", place=None, model="")


def _delete_file(institution: Institution, difference: Difference) -> None:
    files_delete([difference.what])


def _erase_student(institution: Institution, difference: Difference) -> None:
    student = Student.objects.for_institution(institution).select_related("institution").get(pk=difference.what)
    student_erase_faces(student=student)


def _leave(institution: Institution, difference: Difference) -> None:
    """A person has to: the picture cannot be had again."""


_MENDING: dict[Sort, Callable[[Institution, Difference], None]] = {
    Sort.UNMAPPED: _forget,
    Sort.MAPPED_TO_ANOTHER: _examine_again,
    Sort.WITHOUT_PHOTO: _forget,
    Sort.WITHOUT_VECTOR: _examine_again,
    Sort.ENTRY_WITHOUT_VECTOR: _forget,
    Sort.WITHOUT_FILE: _leave,
    Sort.FILE_WITHOUT_PHOTO: _delete_file,
    Sort.WITHOUT_CONSENT: _erase_student,
}
