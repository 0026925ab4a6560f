"""Upkeep: work that is due without a click, such as resuming unfinished captures and deleting old pictures."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from accounts.jobs import jobs_expire, jobs_resume
from accounts.models import Institution
from attendance.captures.backlog import captures_give_up, captures_resume, frames_discard
from attendance.captures.growth import learned_photos_revoke, photos_learn
from attendance.captures.state import UNDERWAY
from attendance.checkin.codes import check_ins_expire
from attendance.kiosk.checks import attempts_expire
from attendance.lessons.timetable import orphans_drop, sessions_plan
from attendance.models import Capture, ClassSession
from attendance.register.sessions import session_finish_closing
from attendance.repositories import marks_for
from attendance.repositories.base import RegisterError
from enrollment.domain.faces import FaceError
from enrollment.errors import EnrollmentError, ErasureUnfinished
from enrollment.models import FacePhoto
from enrollment.services.erasure import erasures_resume
from enrollment.services.photos import face_photo_examine, face_photos_waiting
from enrollment.services.renewal import faces_renew

logger = logging.getLogger(__name__)
Chore = Callable[[], int]
_RECOGNITION_MAY_TAKE = timedelta(days=1)
MOST_PHOTOS = 50  # enrolment photos of a school in one round: class photos do not wait for an import


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Numbers of things done, by chore. failed: names of chores that went wrong, see the log; the others were done."""

    captures: int = 0
    worked: int = 0
    given_up: int = 0
    frames: int = 0
    closings: int = 0
    deleted: int = 0
    planned: int = 0
    photos: int = 0
    renewed: int = 0
    learned: int = 0
    revoked: int = 0
    erasures: int = 0
    marks: int = 0
    check_ins: int = 0
    checks: int = 0
    jobs: int = 0
    failed: tuple[str, ...] = ()


def upkeep() -> Upkeep:
    """Do everything that is due, in every institution. Safe to run at any time, by several processes."""
    return _do({"captures": captures_resume, "worked": jobs_resume, **_chores()})


def sweep(*, is_stopping: Callable[[], bool]) -> Upkeep:
    """Do everything that is due but captures, which a worker recognises one by one itself. Ends early if asked."""
    return _do(_chores(), is_stopping)


def _chores() -> dict[str, Chore]:
    return {
        "given_up": captures_give_up,
        "frames": frames_discard,
        "closings": closings_resume,
        "deleted": pictures_expire,
        "planned": days_plan,
        "photos": photos_examine,
        "renewed": photos_renew,
        "revoked": learned_photos_revoke,
        "learned": photos_learn,
        "erasures": erasures_finish,
        "marks": marks_expire,
        "check_ins": check_ins_expire,
        "checks": attempts_expire,
        "jobs": jobs_expire,
    }


def _do(chores: Mapping[str, Chore], is_stopping: Callable[[], bool] = lambda: False) -> Upkeep:
    """Do the chores in this order. One that goes wrong is logged and does not keep the others from being done."""
    counts: dict[str, int] = {}
    failed = []
    for name, chore in chores.items():
        if is_stopping():
            break
        try:
            counts[name] = chore()
        except Exception:  # of any kind: the next chore has nothing to do with it
            logger.exception("Upkeep failed at: %s", name)
            failed.append(name)
    return Upkeep(**counts, failed=tuple(failed))


def closings_resume() -> int:
    """Finish registers whose closing was cut short; returns their number. Those of an unavailable store come later."""
    before = timezone.now() - UNDERWAY
    unfinished = ClassSession.objects.filter(state=ClassSession.State.CLOSING, closed_at__lt=before)
    finished = 0
    for session in list(unfinished.select_related("institution", "course")):
        try:
            session_finish_closing(session=session)
            finished += 1
        except RegisterError as error:
            logger.warning("The register of session %s is closed later: %s", session.pk, error.code)
    return finished


def pictures_expire() -> int:
    """Delete class photos whose retention is over. The marks and the boxes stay, the picture does not.

    The clock starts when the lesson ends, or with the picture if that was later. A picture that is still to be
    recognised is given a day at least; without it there is nothing left to wait for.
    """
    return sum(_expire(institution) for institution in Institution.objects.all())


def _expire(institution: Institution) -> int:
    now = timezone.now()
    limit = now - timedelta(days=institution.photo_retention_days)
    finished = Q(state__in=[Capture.State.DONE, Capture.State.FAILED])
    captures = Capture.objects.for_institution(institution)
    expired = captures.filter(taken_at__lt=limit, session__ends_at__lt=limit).exclude(picture="")
    deleted = 0
    for capture in expired.filter(finished | Q(taken_at__lt=now - _RECOGNITION_MAY_TAKE)):
        try:
            capture.picture.delete(save=False)
        except OSError:
            logger.exception("The picture of capture %s could not be deleted; it is tried again", capture.pk)
            continue
        row = captures.filter(pk=capture.pk)
        row.exclude(finished).update(state=Capture.State.FAILED, reason="expired", lease_until=None, retry_at=None)
        row.update(picture="")
        deleted += 1
    return deleted


def days_plan() -> int:
    """Create today's and tomorrow's lessons of every timetable, and delete those of deleted weekly lessons."""
    planned = 0
    for institution in Institution.objects.all():
        orphans_drop(institution=institution)
        today = timezone.localdate(timezone=institution.zone)
        planned += sum(sessions_plan(institution=institution, day=day) for day in (today, today + timedelta(days=1)))
    return planned


def photos_examine() -> int:
    """Enrol photos that wait for the engine or whose process died; returns the number examined."""
    return sum(_examine(institution) for institution in Institution.objects.filter(faces_enabled=True))


def _examine(institution: Institution) -> int:
    """Examine a school's photos until the first one that has to wait: the others would wait as well."""
    examined = 0
    for photo in face_photos_waiting(institution)[:MOST_PHOTOS]:
        try:
            state = face_photo_examine(photo=photo).state
        except EnrollmentError as error:
            logger.warning("Photo %s cannot be examined: %s", photo.pk, error.code)
            continue
        examined += 1
        if state == FacePhoto.State.WAITING:
            break
    return examined


def photos_renew() -> int:
    """Enrol photos of another face model again; returns their number. Those of a school wait for its engine.

    A few a round, so that class photos do not wait for a thousand of them; `reenrol_faces` does all at once.
    """
    return sum(_renew(institution) for institution in Institution.objects.filter(faces_enabled=True))


def _renew(institution: Institution) -> int:
    try:
        return faces_renew(institution=institution, most=MOST_PHOTOS).enrolled
    except (ErasureUnfinished, FaceError) as error:
        logger.warning("Photos of %s are enrolled again later: %s", institution.slug, error.code)
        return 0


def erasures_finish() -> int:
    """Finish erasures that were cut short; returns how many students' faces were erased."""
    erased = 0
    for institution in Institution.objects.all():
        try:
            erased += erasures_resume(institution=institution)
        except (ErasureUnfinished, FaceError) as error:
            logger.warning("Erasures of %s go on later: %s", institution.slug, error.code)
    return erased


def marks_expire() -> int:
    """Delete marks older than their store's `retention_days`; returns their number."""
    return sum(marks_for(institution).expire() for institution in Institution.objects.all())
