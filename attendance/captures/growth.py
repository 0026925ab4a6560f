"""Confirmed faces of closed registers join the students' photographs, and leave them when the confirmation falls."""

import logging
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from PIL.Image import Image

from accounts.models import Institution
from attendance.captures.errors import PictureAway, PictureLost
from attendance.captures.pictures import stored_image
from attendance.models import Capture, ClassSession, Sighting
from enrollment.domain.faces import FaceError
from enrollment.errors import EnrollmentError
from enrollment.faces.crops import ENROLMENT, face_jpeg
from enrollment.faces.gates import MIN_FACE_PX
from enrollment.services.growth import face_photo_grow, photos_grown, photos_grown_delete, students_to_grow

logger = logging.getLogger(__name__)
MOST_FACES = 50  # of a school in one round: class photos do not wait for them


def faces_grow() -> int:
    """Look at the confirmed faces of closed registers that were not looked at yet; returns how many were enrolled."""
    schools = Institution.objects.filter(faces_enabled=True, grows_faces=True)
    return sum(_grow(institution) for institution in schools)


def faces_ungrow() -> int:
    """Delete grown photographs of faces that are not confirmed as that student's any more, and all of schools that
    have switched it off; returns how many."""
    return sum(_ungrow(institution) for institution in Institution.objects.all())


def _grow(institution: Institution) -> int:
    grown = 0
    for sighting in _confirmed(institution)[:MOST_FACES]:
        try:
            grown += _grow_from(sighting)
        except (PictureAway, EnrollmentError, FaceError, OSError) as error:
            logger.warning("Face %s of %s is looked at later: %s", sighting.pk, institution.slug, error)
            break
        Sighting.objects.filter(pk=sighting.pk).update(grown_at=timezone.now())
    return grown


def _confirmed(institution: Institution) -> QuerySet[Sighting]:
    """Faces that a person named, on photos that are still kept, of students whose photographs may grow.

    Not those that may have been a picture held up to a tablet, whatever a person made of them.
    """
    named = Sighting.objects.for_institution(institution).filter(
        decided_student__in=students_to_grow(institution),
        same_as=None,
        grown_at=None,
        width__gte=MIN_FACE_PX,  # the cut is enlarged: the engine could not see any more how small the face was
        capture__session__state=ClassSession.State.CLOSED,
    )
    seen = named.exclude(capture__picture="").exclude(capture__liveness=Capture.Liveness.FAILED)
    return seen.select_related("capture", "decided_student__institution")


def _grow_from(sighting: Sighting) -> bool:
    student = sighting.decided_student
    if student is None:
        return False
    try:
        jpeg = _cut(sighting, stored_image(sighting.capture))
    except PictureLost:
        return False
    return face_photo_grow(student=student, jpeg=jpeg, cut_from=sighting.pk) is not None


def _cut(sighting: Sighting, image: Image) -> bytes:
    """The face with its surroundings; the photo's other faces are painted over."""
    others = sighting.capture.sightings.exclude(pk=sighting.pk)
    return face_jpeg(image, sighting.box, [other.box for other in others], ENROLMENT)


def _ungrow(institution: Institution) -> int:
    photos = photos_grown(institution)
    if institution.grows_faces:
        said = Sighting.objects.for_institution(institution).filter(pk__in=photos.values("cut_from"))
        named: dict[UUID, UUID | None] = dict(said.values_list("pk", "decided_student_id"))
        wrong = [p.pk for p in photos if p.cut_from in named and named[p.cut_from] != p.student_id]
        photos = photos.filter(pk__in=wrong)
    faces = [photo.cut_from for photo in photos if photo.cut_from]
    deleted = photos_grown_delete(photos)
    Sighting.objects.for_institution(institution).filter(pk__in=faces).update(grown_at=None)
    return deleted
