"""Learned photos: confirmed faces of closed registers join the students' photos until the confirmation is revoked."""

import logging
from uuid import UUID

from django.db.models import QuerySet
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
from enrollment.services.growth import face_photo_learn, learned_photos_delete, photos_learned, students_to_learn_from

logger = logging.getLogger(__name__)
MOST_FACES = 50  # of a school in one round: class photos do not wait for them


def photos_learn() -> int:
    """Learn from the confirmed faces of closed registers that were not considered yet; returns the number enrolled."""
    schools = Institution.objects.filter(faces_enabled=True, learns_faces=True)
    return sum(_learn(institution) for institution in schools)


def learned_photos_revoke() -> int:
    """Delete learned photos of faces that are no longer confirmed as that student's, and all of schools that have
    switched learning off; returns their number."""
    return sum(_revoke(institution) for institution in Institution.objects.all())


def _learn(institution: Institution) -> int:
    learned = 0
    for detected_face in _confirmed(institution)[:MOST_FACES]:
        try:
            learned += _learn_from(detected_face)
        except (PictureUnavailable, EnrollmentError, FaceError, OSError) as error:
            logger.warning("Face %s of %s is considered later: %s", detected_face.pk, institution.slug, error)
            break
        DetectedFace.objects.filter(pk=detected_face.pk).update(learned_at=timezone.now())
    return learned


def _confirmed(institution: Institution) -> QuerySet[DetectedFace]:
    """Faces that a person named, on photos that are still kept, of students from whose faces the school may learn.

    Without those that may have been a photo held up to a tablet, whatever a person decided about them.
    """
    named = DetectedFace.objects.for_institution(institution).filter(
        decided_student__in=students_to_learn_from(institution),
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


def _revoke(institution: Institution) -> int:
    photos = photos_learned(institution)
    if institution.learns_faces:
        said = DetectedFace.objects.for_institution(institution).filter(pk__in=photos.values("cut_from"))
        named: dict[UUID, UUID | None] = dict(said.values_list("pk", "decided_student_id"))
        wrong = [p.pk for p in photos if p.cut_from in named and named[p.cut_from] != p.student_id]
        photos = photos.filter(pk__in=wrong)
    faces = [photo.cut_from for photo in photos if photo.cut_from]
    deleted = learned_photos_delete(photos)
    DetectedFace.objects.for_institution(institution).filter(pk__in=faces).update(learned_at=None)
    return deleted
