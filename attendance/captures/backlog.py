"""The backlog: waiting captures are taken up again by a worker, by `upkeep`, or because the teacher asks for it."""

import logging
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from accounts.leases import Turns
from attendance.captures.errors import FacesOff, PictureLost, PictureUnavailable
from attendance.captures.frames import frame_keep_or_discard
from attendance.captures.pictures import stored_image
from attendance.captures.recognition import Recognition, capture_discard, capture_recognise_held, recognition_of
from attendance.captures.state import (
    Obstacle,
    captures_due,
    captures_hopeless,
    claim,
    claim_oldest,
    frames_too_late,
    give_up,
    put_back,
)
from attendance.models import Capture

logger = logging.getLogger(__name__)
State = Capture.State
PATIENCE = 45.0  # seconds; twice that, and the calls themselves, are still within the lease
_TRIES = 5  # of a turn: others may be faster with the captures of the school whose turn it is
_turns = Turns(since="taken_at")


def capture_take_up_next() -> bool:
    """Recognise the capture whose turn it is. Returns whether there was one.

    An error is logged: the capture's lease ends, and it has its turn again after the others.
    """
    taken = _claim_next(captures_due())
    if taken:
        _resume_patiently(*taken)
    return taken is not None


def captures_resume() -> int:
    """Recognise every capture that is due, in fair order; returns how many were finished."""
    tried: set[UUID] = set()
    finished = 0
    while taken := _claim_next(captures_due().exclude(pk__in=tried)):
        tried.add(taken[0].pk)
        recognition = _resume_patiently(*taken)
        finished += bool(recognition and recognition.is_fresh)
    return finished


def _claim_next(captures: QuerySet[Capture]) -> tuple[Capture, datetime] | None:
    for _ in range(_TRIES):
        school = _turns.next_school(captures)
        if school is None:
            return None
        if taken := claim_oldest(captures.filter(institution_id=school)):
            return taken
    return None


def _resume_patiently(capture: Capture, lease: datetime) -> Recognition | None:
    """Recognise a leased capture, with a worker's patience for the account's quota: a hundred faces take 20 seconds.

    None after an error, of any kind: the next capture has nothing to do with it.
    """
    # Imported here: a web process without AWS does without boto3.
    from portal.aws.pace import patience

    try:
        with patience(PATIENCE):
            return _resume_held(capture, lease)
    except Exception:
        logger.exception("Capture %s could not be recognised; it is tried again when its lease ends", capture.pk)
        return None


def capture_resume(*, capture: Capture) -> Recognition | None:
    """Recognise one capture from its stored picture. None if another process has leased it, or finished it meanwhile.

    One whose picture is gone is given up; while the storage of pictures is unavailable it waits.
    """
    lease = claim(capture)
    return _resume_held(capture, lease) if lease else None


def _resume_held(capture: Capture, lease: datetime) -> Recognition:
    try:
        image = stored_image(capture)
    except PictureLost as error:
        give_up(capture, lease, error.code)
        return recognition_of(capture)
    except PictureUnavailable as error:
        put_back(capture, lease, Obstacle(error.code, error.retryable))
        return recognition_of(capture)
    recognition = capture_recognise_held(capture=capture, lease=lease, image=image)
    if capture.kind == Capture.Kind.WEBCAM:
        frame_keep_or_discard(recognition)
    return recognition


def capture_retry(*, capture: Capture) -> Recognition:
    """Try a capture that waits, or was given up, again at once. One that is done or leased stays as it is.

    Raises FacesOff.
    """
    if not capture.institution.faces_enabled:
        raise FacesOff
    Capture.objects.filter(pk=capture.pk, state=State.FAILED).update(state=State.WAITING, attempts=0)
    capture.refresh_from_db()
    recognition = None
    if capture.picture and capture.state == State.WAITING:
        recognition = capture_resume(capture=capture)
    return recognition or recognition_of(capture)


def captures_give_up() -> int:
    """Give up captures that kill their process each time, for people to decide; returns their number."""
    return captures_hopeless().update(state=State.FAILED, reason="gave_up", lease_until=None)


def frames_discard() -> int:
    """Delete frames that were not recognised within their lesson; returns their number."""
    late = list(frames_too_late())
    for frame in late:
        capture_discard(capture=frame)
    return len(late)
