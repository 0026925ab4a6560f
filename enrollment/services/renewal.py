"""Services for enrolling stored photos again after the face engine or its model has changed.

Faces of different models cannot be compared: a student enrolled by an earlier one is not found. The photos are stored
for this purpose, so that no student has to be photographed again.
"""

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from accounts.models import Institution
from enrollment.domain.faces import FaceError
from enrollment.errors import EnrollmentError, ErasureUnfinished
from enrollment.faces.door import door_for
from enrollment.faces.places import current_place
from enrollment.models import FacePhoto
from enrollment.selectors import students_with_consent
from enrollment.services.erasure import faces_forget
from enrollment.services.photos import face_photo_examine, stored_image

logger = logging.getLogger(__name__)
State = FacePhoto.State
_ASK_AGAIN = timedelta(hours=1)
_Key = tuple[str, UUID, str, int | None]
_current: dict[_Key, float] = {}  # time at which an engine last confirmed a school's current model


@dataclass(frozen=True, slots=True)
class Renewal:
    """Counts of a renewal: photos enrolled by the current model, to be replaced or reviewed, and still to be done."""

    enrolled: int = 0
    refused: int = 0
    left: int = 0


def photos_outdated(institution: Institution) -> QuerySet[FacePhoto]:
    """Enrolled photos of students with a consent whose vector is of another model or in another place, oldest first.

    Raises EngineUnavailable.
    """
    enrolled = FacePhoto.objects.for_institution(institution).filter(state=State.ENROLLED)
    valid = enrolled.filter(student__in=students_with_consent(institution))
    if enrolled.exists():
        valid = valid.exclude(model=door_for(institution).vector_model, place=current_place(institution))
    return valid.select_related("institution", "student__institution", "place__institution").order_by("created_at")


def schools_outdated() -> list[Institution]:
    """The schools that take attendance by face and have enrolled photos of a model other than their engine's, or in a
    place that the settings have replaced.

    One query, and for each school and model one call of the engine an hour, since it may have to ask a service. Schools
    whose engine is unavailable are left out.
    """
    enrolled = FacePhoto.objects.filter(state=State.ENROLLED, institution__faces_enabled=True)
    found: list[Any] = [*enrolled.order_by().values_list("institution", "model", "place").distinct()]
    unsure = {school for school, *kind in found if not _is_known_to_be_current(school, *kind)}
    schools = Institution.objects.filter(pk__in=unsure) if unsure else []
    return [school for school in schools if _is_outdated(school, [kind for pk, *kind in found if pk == school.pk])]


def _is_known_to_be_current(school: UUID, model: str, place: int | None) -> bool:
    return time.monotonic() - _current.get(_key(school, model, place), float("-inf")) < _ASK_AGAIN.total_seconds()


def _is_outdated(school: Institution, kinds: list[list[Any]]) -> bool:
    try:
        current: list[Any] = [door_for(school).vector_model, current_place(school).pk]
    except FaceError as error:
        logger.warning("The face model of %s is not known now: %s", school.slug, error.code)
        return False
    _current[_key(school.pk, *current)] = time.monotonic()
    return any(kind != current for kind in kinds)


def _key(school: UUID, model: str, place: int | None) -> _Key:
    where = (settings.FACE_ENGINE, settings.FACE_ID_REPOSITORY, settings.AWS_REGION, settings.AWS_PREFIX)
    return str(where), school, model, place


def faces_renew(*, institution: Institution, most: int) -> Renewal:
    """Enrol up to `most` outdated photos again. Repeating the call continues with the rest.

    The first one that has to wait for the engine ends the round. Raises EngineUnavailable, ErasureUnfinished.
    """
    due = photos_outdated(institution)
    states = []
    for photo in list(due[:most]):
        try:
            states.append(face_photo_renew(photo=photo).state)
        except EnrollmentError as error:
            logger.warning("Photograph %s cannot be enrolled anew: %s", photo.pk, error.code)
            if isinstance(error, ErasureUnfinished):
                raise
        if states and states[-1] == State.WAITING:
            break
    enrolled = states.count(State.ENROLLED)
    return Renewal(enrolled, len(states) - enrolled - states.count(State.WAITING), due.count())


def face_photo_renew(*, photo: FacePhoto) -> FacePhoto:
    """Let the engine, or an earlier one, forget an enrolled photo, and enrol it again.

    A crash in between leaves a photo that is to be examined. Raises ErasureUnfinished, and the errors of
    `face_photo_examine`.
    """
    stored_image(photo)  # nothing is forgotten that could not be enrolled again
    faces_forget(photo.place, [photo.face_id])
    if photo.portrait:
        photo.portrait.delete(save=False)
    FacePhoto.objects.filter(pk=photo.pk, state=State.ENROLLED, face_id=photo.face_id).update(
        state=State.RECEIVED, face_id="", place=None, model="", portrait=""
    )
    return face_photo_examine(photo=photo)
