"""Enrolment of several new photos together: the consent gate, the engine and the database are asked once for all.

Each step is stored before the next one begins, as in `enrollment.services.photos`. What is out of the ordinary (a
photo that is known already, one on its side, a look-alike, a consent that ended meanwhile, an unavailable engine) is
left to `face_photo_add_read`, one by one: it goes on from whatever was stored here.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from accounts.models import Institution, User
from enrollment.access import Act, access_record_each
from enrollment.domain.faces import EngineUnavailable, EnrolledFace, EnrollmentRefused
from enrollment.faces.consent import searchable, searchable_held
from enrollment.faces.door import Together, door_for
from enrollment.faces.places import current_place
from enrollment.files import files_delete
from enrollment.models import FacePhoto, Student
from enrollment.pictures import Picture
from enrollment.services.photos import (
    face_take_back,
    photo_enrolled_write,
    photo_id,
    photo_refusal_write,
    photo_to_keep,
    portrait_of,
    withdrawn_erase,
)

logger = logging.getLogger(__name__)
State = FacePhoto.State


@dataclass(frozen=True, slots=True)
class NewPhoto:
    """A photo to add. digest: hex SHA-256 of the picture before it was shrunk."""

    student: Student
    picture: Picture
    digest: str

    @property
    def key(self) -> UUID:
        """The id of the photo's row."""
        return photo_id(self.student, self.digest)


def face_photos_add_new(
    *, institution: Institution, photos: Sequence[NewPhoto], added_by: User | None
) -> dict[UUID, FacePhoto]:
    """Store and enrol photos of the institution's students; their state tells the outcome, by `NewPhoto.key`.

    Those that are missing in the answer are to be added by `face_photo_add_read`.
    """
    given = {photo.key: photo for photo in photos}
    rows = _rows(institution, given, added_by)
    if not rows:
        return {}
    try:
        kept = _files_kept(institution, rows, given)
        return _examined(institution, kept, given)
    finally:
        _erase_withdrawn(institution, [given[key].student for key in rows])


def _rows(institution: Institution, given: Mapping[UUID, NewPhoto], added_by: User | None) -> dict[UUID, FacePhoto]:
    """New rows of the photos whose students may be enrolled."""
    try:
        with transaction.atomic():
            allowed = searchable_held(institution, {photo.student.pk for photo in given.values()})
            known = set(FacePhoto.objects.filter(pk__in=given).values_list("pk", flat=True))
            rows = {
                key: FacePhoto(pk=key, institution=institution, student=photo.student, added_by=added_by)
                for key, photo in given.items()
                if photo.student.pk in allowed and key not in known
            }
            FacePhoto.objects.bulk_create(rows.values())
            if added_by:
                entries = [(photo.student_id, {"photo": key}) for key, photo in rows.items()]
                access_record_each(Act.PHOTO_ADDED, institution=institution, by=added_by, entries=entries)
    except IntegrityError:  # the same photo was added elsewhere at this moment
        return {}
    return rows


def _files_kept(
    institution: Institution, rows: Mapping[UUID, FacePhoto], given: Mapping[UUID, NewPhoto]
) -> dict[UUID, FacePhoto]:
    """Store the files under the rows' paths. Where the consent has ended meanwhile, neither row nor file is kept."""
    stored = {}
    for key, photo in rows.items():
        try:
            photo.picture.save("photo.jpg", ContentFile(photo_to_keep(given[key].picture)), save=False)
        except OSError:
            logger.exception("Photograph %s could not be stored", key)
            continue  # tried again by itself
        stored[key] = photo
    with transaction.atomic():
        allowed = _still_searchable(institution, stored)
        own = FacePhoto.objects.for_institution(institution)
        kept = {key: photo for key, photo in allowed.items() if own.filter(pk=key).update(picture=photo.picture.name)}
        own.filter(pk__in=stored.keys() - kept.keys()).delete()
    files_delete([str(photo.picture.name) for key, photo in stored.items() if key not in kept])
    return kept


def _examined(
    institution: Institution, photos: Mapping[UUID, FacePhoto], given: Mapping[UUID, NewPhoto]
) -> dict[UUID, FacePhoto]:
    """Let the engine enrol the photos, and write what came of each."""
    try:
        place = current_place(institution)
        pictures = [(given[key].picture.image, photo.student) for key, photo in photos.items()]
        outcomes = dict(zip(photos, door_for(institution).enroll_searchable_many(pictures), strict=True))
    except EngineUnavailable as error:
        logger.warning("Photographs wait for the face engine: %s", error.code)
        return {}
    for photo in photos.values():
        photo.place = place
    faces = {key: outcome for key, outcome in outcomes.items() if isinstance(outcome, EnrolledFace)}
    enrolled = _enrolled_written(institution, {key: photos[key] for key in faces}, faces, given)
    return {**enrolled, **_refusals_written(photos, outcomes)}


def _refusals_written(photos: Mapping[UUID, FacePhoto], outcomes: Mapping[UUID, Together]) -> dict[UUID, FacePhoto]:
    with transaction.atomic():
        return {
            key: photo_refusal_write(photos[key], outcome)
            for key, outcome in outcomes.items()
            if isinstance(outcome, EnrollmentRefused)
        }


def _enrolled_written(
    institution: Institution,
    photos: Mapping[UUID, FacePhoto],
    faces: Mapping[UUID, EnrolledFace],
    given: Mapping[UUID, NewPhoto],
) -> dict[UUID, FacePhoto]:
    """Write that the faces are enrolled. Where it is too late, or the portrait cannot be stored, the engine forgets."""
    framed = {}
    for key, photo in photos.items():
        try:
            jpeg = portrait_of(given[key].picture.image, faces[key].box)
            photo.portrait.save("portrait.jpg", ContentFile(jpeg), save=False)
        except OSError:
            logger.exception("The portrait of photograph %s could not be stored", key)
            continue
        framed[key] = photo
    with transaction.atomic():
        allowed = _still_searchable(institution, framed)
        written = {key: photo for key, photo in allowed.items() if photo_enrolled_write(photo, faces[key])}
    for key, photo in photos.items():
        if key not in written:
            face_take_back(photo, faces[key])
    return FacePhoto.objects.for_institution(institution).select_related("student").in_bulk(list(written))


def _still_searchable(institution: Institution, photos: Mapping[UUID, FacePhoto]) -> dict[UUID, FacePhoto]:
    """Those of the photos whose students still may be enrolled, until the transaction ends."""
    allowed = searchable_held(institution, {photo.student_id for photo in photos.values()})
    return {key: photo for key, photo in photos.items() if photo.student_id in allowed}


def _erase_withdrawn(institution: Institution, students: Collection[Student]) -> None:
    allowed = searchable(institution, {student.pk for student in students})
    for student in students:
        if student.pk not in allowed:
            withdrawn_erase(student)
