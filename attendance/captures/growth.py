"""Learned photos: confirmed faces of closed registers join the students' photos until the confirmation is revoked."""

import logging

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from PIL.Image import Image

from accounts.models import Institution
from attendance.captures.errors import PictureLost, PictureUnavailable
from attendance.captures.pictures import stored_image
from attendance.models import Capture, ClassSession, DetectedFace
from enrollment.domain.faces import FaceError
from enrollment.errors import EnrollmentError
from enrollment.faces.crops import ENROLMENT, face_jpeg
from enrollment.faces.gates import MIN_FACE_PX
from enrollment.models import FacePhoto
from enrollment.services.growth import (
    all_students_to_learn_from,
    face_photo_learn,
    learned_photos_delete,
    photos_learned,
)

logger = logging.getLogger(__name__)
MOST_FACES = 50  # of a school in one round: class photos do not wait for them


def photos_learn() -> int:
    """Learn from the confirmed faces of closed registers that were not considered yet; returns the number enrolled."""
    schools = Institution.objects.filter(pk__in=_confirmed().values("institution"))
    return sum(_learn(institution) for institution in schools)


def learned_photos_revoke() -> int:
    """Delete learned photos of faces that are no longer confirmed as that student's, and all of schools that have
    switched learning off; returns their number."""
    photos = list(_unconfirmed())
    deleted = learned_photos_delete(photos)
    DetectedFace.objects.filter(pk__in=[photo.cut_from for photo in photos]).update(learned_at=None)
    return deleted


def _learn(institution: Institution) -> int:
    learned = 0
    for detected_face in _confirmed().filter(institution=institution)[:MOST_FACES]:
        try:
            learned += _learn_from(detected_face)
        except (PictureUnavailable, EnrollmentError, FaceError, OSError) as error:
            logger.warning("Face %s of %s is considered later: %s", detected_face.pk, institution.slug, error)
            break
        DetectedFace.objects.filter(pk=detected_face.pk).update(learned_at=timezone.now())
    return learned


def _confirmed() -> QuerySet[DetectedFace]:
    """Faces that a person named, on photos that are still kept, of students from whose faces the school may learn.

    Without those that may have been a photo held up to a tablet, whatever a person decided about them.
    """
    named = DetectedFace.objects.filter(
        decided_student__in=all_students_to_learn_from(),
        same_as=None,
        learned_at=None,
        width__gte=MIN_FACE_PX,  # the cut-out is enlarged: the engine could no longer see how small the face was
        capture__session__state=ClassSession.State.CLOSED,
    )
    seen = named.exclude(capture__picture="").exclude(capture__liveness=Capture.Liveness.FAILED)
    return seen.select_related("capture", "decided_student__institution")


def _learn_from(detected_face: DetectedFace) -> bool:
    student = detected_face.decided_student
    if student is None:
        return False
    try:
        jpeg = _cut(detected_face, stored_image(detected_face.capture))
    except PictureLost:
        return False
    taken_at = detected_face.capture.shows_at
    return face_photo_learn(student=student, jpeg=jpeg, cut_from=detected_face.pk, taken_at=taken_at) is not None


def _cut(detected_face: DetectedFace, image: Image) -> bytes:
    """JPEG of the face with its surroundings; the photo's other faces are painted over."""
    others = detected_face.capture.detected_faces.exclude(pk=detected_face.pk)
    return face_jpeg(image, detected_face.box, [other.box for other in others], ENROLMENT)


def _unconfirmed() -> QuerySet[FacePhoto]:
    """Learned photos of schools that do not learn any more, and of faces that are someone else's by now or no one's."""
    said_otherwise = DetectedFace.objects.filter(pk=OuterRef("cut_from"), institution=OuterRef("institution")).exclude(
        decided_student=OuterRef("student")
    )
    return photos_learned().filter(Q(institution__learns_faces=False) | Exists(said_otherwise))
