"""Unnamed faces of a lesson's photos that resemble one student, for a person who decides whether they were there.

Compared through the door, so only with the student's consent; nothing of it is stored but for minutes in the cache.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.core.cache import cache

from attendance.captures.joining import cut_faces
from attendance.domain.decision import Outcome
from attendance.models import Capture, ClassSession, DetectedFace
from enrollment.domain.faces import EngineUnavailable
from enrollment.faces.consent import searchable
from enrollment.faces.door import FaceDoor, door_for
from enrollment.models import Student

MOST_COMPARED = 20  # faces of a lesson
MOST_SHOWN = 3
# Of the review threshold: a face above it would have been asked about, one far below is a stranger's. The person sees
# the face and the portrait side by side and decides.
_SHARE = 0.6
_BESIDE_BEST = 0.7  # of the best face's similarity: the student is in a photo once, and another one is rarely as good
_KEPT = 600  # seconds in the cache: a comparison may be paid for


class Found(StrEnum):
    """Result of looking for faces."""

    FACES = "faces"
    NONE = "none"
    NO_PHOTO = "no_photo"  # none was taken
    DELETED = "deleted"  # all of them are past their time, or were deleted by hand
    NO_CONSENT = "no_consent"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Resembling:
    """Faces that resemble a student, the most similar first, each with its similarity; and the result."""

    found: Found
    faces: tuple[tuple[DetectedFace, float], ...] = ()


def faces_resembling(session: ClassSession, student: Student) -> Resembling:
    """The unnamed faces of the lesson's photos that resemble the student."""
    captures = Capture.objects.for_institution(session.institution).filter(session=session)
    if not captures.exists():
        return Resembling(Found.NO_PHOTO)
    if not captures.exclude(picture="").exists():
        return Resembling(Found.DELETED)
    if not searchable(session.institution, {student.pk}):
        return Resembling(Found.NO_CONSENT)
    try:
        alike = _similarities(session, student)
    except EngineUnavailable:
        return Resembling(Found.UNAVAILABLE)
    least = max(alike.values(), default=0.0) * _BESIDE_BEST
    faces = {face.pk: face for face in _unnamed(session) if alike.get(face.pk, -1.0) >= least}
    best = sorted(faces.values(), key=lambda face: -alike[face.pk])[:MOST_SHOWN]
    return Resembling(Found.FACES if best else Found.NONE, tuple((face, alike[face.pk]) for face in best))


def _unnamed(session: ClassSession) -> list[DetectedFace]:
    """Faces that are nobody's so far, or asked about, one a person; without those that may not be compared."""
    faces = DetectedFace.objects.for_institution(session.institution).filter(
        capture__session=session, capture__state=Capture.State.DONE, same_as=None, may_be_joined=True,
        decided_student=None, outcome__in=[Outcome.UNKNOWN, Outcome.ASK],
    )  # fmt: skip
    rows = faces.exclude(capture__picture="").select_related("capture__institution")
    return list(rows.order_by("-capture__taken_at", "number")[:MOST_COMPARED])


def _similarities(session: ClassSession, student: Student) -> dict[UUID, float]:
    """Similarities by face, of those alike enough. Raises EngineUnavailable."""
    key = f"resembling:{session.pk}:{student.pk}"
    known: dict[UUID, float] | None = cache.get(key)
    if known is None:
        known = _compared(door_for(session.institution), _unnamed(session), student)
        cache.set(key, known, _KEPT)
    return known


def _compared(door: FaceDoor, faces: Sequence[DetectedFace], student: Student) -> dict[UUID, float]:
    alike = {}
    for picture in cut_faces(faces):
        for place, cut in picture:
            face = faces[place]
            threshold = face.capture.review_threshold or door.calibration.review_threshold
            seen = door.identify_searchable(cut, roster={student.pk})
            best = max((match.similarity for each in seen for match in each.observation.matches), default=None)
            if best is not None and best >= threshold * _SHARE:
                alike[face.pk] = best
    return alike
