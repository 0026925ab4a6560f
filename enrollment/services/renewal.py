"""Enrolling kept photographs anew after the face engine or its model has changed.

Faces of different models cannot be compared: a student enrolled by an earlier one is found by nobody. The photographs
are kept for this; nobody has to come before a camera again.
"""

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from accounts.models import Institution
from enrollment.domain.faces import FaceError
from enrollment.errors import EnrollmentError, ErasureUnfinished
from enrollment.faces.door import door_for
from enrollment.models import FacePhoto
from enrollment.selectors import students_with_consent
from enrollment.services.erasure import faces_forget
from enrollment.services.photos import face_photo_examine, stored_image

logger = logging.getLogger(__name__)
State = FacePhoto.State
_ASK_AGAIN = timedelta(hours=1)
_current: dict[tuple[str, UUID, str], float] = {}  # when an engine last said that a model is a school's current one


@dataclass(frozen=True, slots=True)
class Renewal:
    """What became of photographs: enrolled by the present model, to be replaced or looked at, and still to be done."""

    enrolled: int = 0
    refused: int = 0
    left: int = 0


def photos_outdated(institution: Institution) -> QuerySet[FacePhoto]:
    """Enrolled photographs of students with a consent whose face another model computed, oldest first.

    Raises EngineUnavailable.
    """
    enrolled = FacePhoto.objects.for_institution(institution).filter(state=State.ENROLLED)
    model = door_for(institution).vector_model if enrolled.exists() else ""
    valid = enrolled.filter(student__in=students_with_consent(institution)).exclude(model=model)
    return valid.select_related("institution", "student__institution").order_by("created_at")


def schools_outdated() -> list[Institution]:
    """The schools that take attendance by face and have enrolled photographs of another model than their engine's.

    One query, and of each school and model one question to the engine an hour: it may have to ask a service. Schools
    whose engine cannot say are left out.
    """
    enrolled = FacePhoto.objects.filter(state=State.ENROLLED, institution__faces_enabled=True)
    pairs = [*enrolled.order_by().values_list("institution", "model").distinct()]
    unsure = {school: model for school, model in pairs if not _is_known_to_be_current(school, model)}
    found = Institution.objects.filter(pk__in=unsure) if unsure else []
    return [school for school in found if _is_outdated(school, [model for pk, model in pairs if pk == school.pk])]


def _is_known_to_be_current(school: UUID, model: str) -> bool:
    return time.monotonic() - _current.get(_key(school, model), float("-inf")) < _ASK_AGAIN.total_seconds()


def _is_outdated(school: Institution, models: list[str]) -> bool:
    try:
        current = door_for(school).vector_model
    except FaceError as error:
        logger.warning("The face model of %s is not known now: %s", school.slug, error.code)
        return False
    _current[_key(school.pk, current)] = time.monotonic()
    return any(model != current for model in models)


def _key(school: UUID, model: str) -> tuple[str, UUID, str]:
    return str(settings.FACE_ENGINE), school, model


def faces_renew(*, institution: Institution, most: int) -> Renewal:
    """Enrol up to `most` outdated photographs anew. Repeating the call goes on with what is left.

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
    """Let the engine forget what it, or another one, kept of an enrolled photograph, and enrol it anew.

    A crash in between leaves a photograph that is to be examined, as after any other. Raises ErasureUnfinished, and
    what `face_photo_examine` raises.
    """
    stored_image(photo)  # nothing is forgotten that could not be enrolled again
    faces_forget(photo.institution, [photo.face_id])
    if photo.portrait:
        photo.portrait.delete(save=False)
    FacePhoto.objects.filter(pk=photo.pk, state=State.ENROLLED, face_id=photo.face_id).update(
        state=State.RECEIVED, face_id="", model="", portrait=""
    )
    return face_photo_examine(photo=photo)
