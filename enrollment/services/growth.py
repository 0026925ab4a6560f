"""Photographs that grow from use: confirmed faces of class photos, where a school has chosen so.

Three photographs recognise far better than one, and a classroom's own light better than an office's. Only faces that a
person confirmed grow, so that an error does not feed itself; two a student at most, so that the office's photographs
keep their weight; and each can be taken back alone, or all by switching it off.
"""

import logging
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Institution
from enrollment.errors import EnrollmentError
from enrollment.faces.consent import require_enrollable
from enrollment.models import FacePhoto, Student
from enrollment.selectors import students_with_consent
from enrollment.services.photos import face_photo_delete, face_photo_examine, photo_file_keep

logger = logging.getLogger(__name__)
State = FacePhoto.State

MOST_LEARNED = 2  # a student: with the one photograph that nearly every school has they make three


def photos_learned(institution: Institution) -> QuerySet[FacePhoto]:
    """The photographs of an institution's students that were cut from class photos."""
    photos = FacePhoto.objects.for_institution(institution).exclude(cut_from=None)
    return photos.select_related("institution", "student__institution")


def students_to_learn_from(institution: Institution) -> QuerySet[Student]:
    """Students of whom a confirmed face may be kept: a consent, a photograph that was added, fewer than two grown."""
    if not (institution.learns_faces and institution.faces_enabled):
        return Student.objects.none()
    enrolled = FacePhoto.objects.for_institution(institution).filter(state=State.ENROLLED)
    added = enrolled.filter(cut_from=None).values("student")
    learned = photos_learned(institution).order_by("student", "created_at").values_list("student", flat=True)
    ids = list(learned)
    full = {pk for pk in ids if ids.count(pk) >= MOST_LEARNED}
    return students_with_consent(institution).filter(pk__in=added).exclude(pk__in=full)


def face_photo_learn(*, student: Student, jpeg: bytes, cut_from: UUID, taken_at: datetime) -> FacePhoto | None:
    """Enrol the face on a picture cut from a class photo. Returns None where it may not be or the engine refuses it.

    cut_from: the face's own id; the same face again changes nothing. taken_at: when the class photo was taken; one from
    before the student's consent is none to learn from. An engine that is away leaves the photograph waiting. Raises
    EnrollmentError, and OSError where the picture cannot be stored: repeating goes on from there.
    """
    if not students_to_learn_from(student.institution).filter(pk=student.pk).exists():
        return None
    try:
        photo = _row_of(student, cut_from, taken_at)
    except EnrollmentError as error:
        if error.code == "before_consent":
            return None
        raise
    if not photo.picture:
        photo_file_keep(photo=photo, jpeg=jpeg)
    photo = face_photo_examine(photo=photo)
    if photo.state in (State.REFUSED, State.HELD):  # nobody is to look after a picture that nobody added
        face_photo_delete(photo=photo)
        return None
    return photo


def _row_of(student: Student, cut_from: UUID, taken_at: datetime) -> FacePhoto:
    with transaction.atomic():
        require_enrollable(student, taken_at)
        photo, _created = FacePhoto.objects.select_related("student", "institution").get_or_create(
            pk=uuid5(student.pk, str(cut_from)),
            defaults={
                "institution": student.institution,
                "student": student,
                "cut_from": cut_from,
                "created_at": taken_at,
            },
        )
    return photo


def learned_photos_delete(photos: QuerySet[FacePhoto]) -> int:
    """Delete grown photographs with what the engine keeps of them; returns how many."""
    deleted = 0
    for photo in photos:
        try:
            face_photo_delete(photo=photo)
            deleted += 1
        except EnrollmentError as error:
            logger.warning("Photograph %s is deleted later: %s", photo.pk, error.code)
    return deleted
