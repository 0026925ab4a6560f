"""What has to happen though nobody clicks: unfinished work is taken up again, old pictures are deleted."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from PIL import Image

from accounts.models import Institution
from attendance.models import Capture, ClassSession
from attendance.services.captures import MOST_ATTEMPTS, capture_recognise
from attendance.services.sessions import session_finish_closing
from attendance.services.timetable import sessions_plan
from attendance.services.webcam import frame_keep_or_discard
from enrollment.errors import ErasureUnfinished
from enrollment.services import erasures_resume, face_photo_examine, face_photos_waiting

logger = logging.getLogger(__name__)
_UNDERWAY = timedelta(seconds=30)  # a request that is still at work is left alone
_RECOGNITION_MAY_TAKE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Upkeep:
    """How much there was to do."""

    captures: int
    closings: int
    deleted: int
    planned: int
    photos: int = 0
    erasures: int = 0


def upkeep() -> Upkeep:
    """Do everything that is due, in every institution. Safe to run at any time, by several processes."""
    return Upkeep(
        captures=captures_resume(),
        closings=closings_resume(),
        deleted=pictures_expire(),
        planned=days_plan(),
        photos=photos_examine(),
        erasures=erasures_finish(),
    )


def captures_resume() -> int:
    """Recognise captures that wait or whose process died; returns how many were finished.

    Not where a school has switched faces off meanwhile, nor after the picture was deleted on schedule.
    """
    now = timezone.now()
    overdue = Capture.objects.filter(
        Q(state=Capture.State.WAITING)
        | Q(state=Capture.State.RECEIVED, taken_at__lt=now - _UNDERWAY)
        | Q(state=Capture.State.RECOGNISING, lease_until__lt=now),
        attempts__lt=MOST_ATTEMPTS,
        institution__faces_enabled=True,
    ).exclude(picture="")
    captures = list(overdue.select_related("institution", "session__course", "session__institution"))
    return sum(_resume(capture) for capture in captures)


def _resume(capture: Capture) -> bool:
    """Recognise one capture from its stored picture. One that cannot be read does not keep the others waiting."""
    try:
        with capture.picture.open("rb") as file, Image.open(file) as image:
            upright = image.convert("RGB")
    except (OSError, ValueError):
        logger.exception("The picture of capture %s cannot be read", capture.pk)
        Capture.objects.filter(pk=capture.pk).exclude(state=Capture.State.DONE).update(
            state=Capture.State.WAITING, reason="picture_missing", attempts=MOST_ATTEMPTS, lease_until=None
        )
        return False
    recognition = capture_recognise(capture=capture, image=upright)
    if capture.kind == Capture.Kind.WEBCAM:
        frame_keep_or_discard(recognition)
    return recognition.is_fresh


def closings_resume() -> int:
    """Finish registers whose closing was cut short."""
    before = timezone.now() - _UNDERWAY
    unfinished = ClassSession.objects.filter(state=ClassSession.State.CLOSING, closed_at__lt=before)
    sessions = list(unfinished.select_related("institution", "course"))
    for session in sessions:
        session_finish_closing(session=session)
    return len(sessions)


def pictures_expire() -> int:
    """Delete class photos whose retention is over. The marks and the boxes stay, the picture does not.

    The clock starts when the lesson ends, or with the picture if that was later. A picture that is still to be
    recognised is given a day at least.
    """
    deleted = 0
    now = timezone.now()
    for institution in Institution.objects.all():
        limit = now - timedelta(days=institution.photo_retention_days)
        expired = (
            Capture.objects.for_institution(institution)
            .filter(taken_at__lt=limit, session__ends_at__lt=limit)
            .filter(Q(state=Capture.State.DONE) | Q(taken_at__lt=now - _RECOGNITION_MAY_TAKE))
            .exclude(picture="")
        )
        for capture in expired:
            capture.picture.delete(save=False)
            Capture.objects.filter(pk=capture.pk).update(picture="")
            deleted += 1
    return deleted


def days_plan() -> int:
    """Put today's and tomorrow's lessons of every timetable in place."""
    planned = 0
    for institution in Institution.objects.all():
        today = timezone.localdate(timezone=institution.zone)
        planned += sum(sessions_plan(institution=institution, day=day) for day in (today, today + timedelta(days=1)))
    return planned


def photos_examine() -> int:
    """Enrol photographs that wait for the engine or whose process died; returns how many were looked at."""
    institutions = Institution.objects.filter(faces_enabled=True)
    waiting = [photo for institution in institutions for photo in face_photos_waiting(institution)]
    for photo in waiting:
        face_photo_examine(photo=photo)
    return len(waiting)


def erasures_finish() -> int:
    """Finish erasures that were cut short; returns how many students' faces were erased."""
    erased = 0
    for institution in Institution.objects.all():
        try:
            erased += erasures_resume(institution=institution)
        except ErasureUnfinished as error:
            logger.warning("Erasures of %s go on later: %s", institution.slug, error.code)
    return erased
