"""Photos learned from use: confirmed faces of class photos, if a school has chosen so.

Three photos recognise far better than one, and a classroom's own light better than an office's. Only faces confirmed by
a person are learned, so that an error does not feed itself; two a student at most, so that the office's photos keep
their weight; and each can be deleted alone, or all by switching it off.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Institution
from enrollment.errors import EnrollmentError
from enrollment.faces.consent import require_enrollable
from enrollment.models import FacePhoto, Student, StudentQuerySet
from enrollment.services.photos import face_photo_delete, face_photo_examine, photo_file_keep

logger = logging.getLogger(__name__)
State = FacePhoto.State

MOST_LEARNED = 2  # a student: with the one photo that nearly every school has they make three


def photos_learned() -> QuerySet[FacePhoto]:
    """The photos that were learned from class photos, of every school."""
    return FacePhoto.objects.exclude(cut_from=None).select_related("institution", "student__institution")


def students_to_learn_from(institution: Institution) -> QuerySet[Student]:
    """Students of whom a confirmed face may be learned: a consent, an added photo, fewer than two learned."""
    return all_students_to_learn_from().filter(institution=institution)


def all_students_to_learn_from() -> QuerySet[Student]:
    """The students to learn from, of every school that learns faces."""
    photos = FacePhoto.objects.filter(student=OuterRef("pk"))
    learned = photos.exclude(cut_from=None).order_by().values("student").annotate(n=Count("pk")).values("n")
    consenting: QuerySet[Student] = StudentQuerySet(Student).with_consent()
    return consenting.annotate(learned=Coalesce(Subquery(learned), 0)).filter(
        Exists(photos.filter(state=State.ENROLLED, cut_from=None)),
        learned__lt=MOST_LEARNED,
        institution__learns_faces=True,
        institution__faces_enabled=True,
    )


def face_photo_learn(*, student: Student, jpeg: bytes, cut_from: UUID, taken_at: datetime) -> FacePhoto | None:
    """Enrol the face on a picture cut from a class photo. Returns None if it may not be or the engine refuses it.

    cut_from: the face's own id; the same face again changes nothing. taken_at: the time of the class photo; one from
    before the student's consent is not learned from. An unavailable engine leaves the photo waiting. Raises
    EnrollmentError, and OSError if the picture cannot be stored: repeating continues from there.
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
    if photo.state in (State.REFUSED, State.HELD):  # no person has to handle a picture that no person added
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


def learned_photos_delete(photos: Iterable[FacePhoto]) -> int:
    """Delete learned photos and the engine's data of them; returns the number."""
    deleted = 0
    for photo in photos:
        try:
            face_photo_delete(photo=photo)
            deleted += 1
        except EnrollmentError as error:
            logger.warning("Photograph %s is deleted later: %s", photo.pk, error.code)
    return deleted
