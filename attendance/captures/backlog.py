"""Captures that wait are taken up again: by a worker's task, by the sweep, or because the teacher asks for it."""

import itertools
from uuid import UUID

from django.db.models import Min, QuerySet
from django.utils import timezone

from attendance.captures.errors import FacesOff, PictureAway, PictureLost
from attendance.captures.frames import frame_keep_or_discard
from attendance.captures.pictures import stored_image
from attendance.captures.recognition import Recognition, capture_discard, capture_recognise_held, recognition_of
from attendance.captures.state import (
    Obstacle,
    captures_due,
    captures_hopeless,
    claim,
    frames_too_late,
    give_up,
    put_back,
    remind,
)
from attendance.models import Capture
from attendance.tasks import turns_waiting

State = Capture.State
PATIENCE = 45.0  # seconds; twice that, and the calls themselves, are still within the lease
_TRIES = 5  # of a turn: others may be faster with the capture that it was given


class Turns:
    """Whose turn it is: schools one after the other, the one served longest ago first; of a school, its oldest capture.

    Kept by each process for itself: many workers, each of them fair, are fair together.
    """

    def __init__(self) -> None:
        self._served: dict[UUID, int] = {}
        self._turn = itertools.count(1)

    def next(self, captures: QuerySet[Capture]) -> Capture | None:
        schools = captures.order_by().values_list("institution_id").annotate(oldest=Min("taken_at"))
        school = min(schools, key=lambda row: (self._served.get(row[0], 0), row[1]), default=None)
        if school is None:
            return None
        self._served[school[0]] = next(self._turn)
        return captures.filter(institution_id=school[0]).order_by("taken_at").first()


_turns = Turns()


def capture_take_up_next() -> bool:
    """Recognise the capture whose turn it is. Returns whether there was one."""
    for _ in range(_TRIES):
        capture = _turns.next(captures_due())
        if capture is None:
            return False
        if _resume_patiently(capture):
            return True
    return False


def captures_resume() -> int:
    """Recognise every capture that is due, in fair order; returns how many were finished."""
    tried: set[UUID] = set()
    finished = 0
    while capture := _turns.next(captures_due().exclude(pk__in=tried)):
        tried.add(capture.pk)
        recognition = _resume_patiently(capture)
        finished += bool(recognition and recognition.is_fresh)
    return finished


def _resume_patiently(capture: Capture) -> Recognition | None:
    """A worker waits longer for its share of the account's quota than a page may: a hundred faces at 5 a second do."""
    # Imported here: a web process without AWS does without boto3.
    from portal.aws.pace import patience

    with patience(PATIENCE):
        return capture_resume(capture=capture)


def captures_requeue() -> int:
    """See to it that each capture that is due has a turn: one task each, those that wait already counted.

    Returns how many were enqueued: none while workers keep up, some after one was killed.
    """
    missing = captures_due().count() - turns_waiting()
    for _ in range(missing):
        remind(timezone.now())
    return max(missing, 0)


def capture_resume(*, capture: Capture) -> Recognition | None:
    """Recognise one capture from its stored picture. None where somebody else has it in hand, or had it meanwhile.

    One whose picture is gone is given up; where the pictures' storage is away it waits on.
    """
    lease = claim(capture)
    if lease is None:
        return None
    try:
        image = stored_image(capture)
    except PictureLost as error:
        give_up(capture, lease, error.code)
        return recognition_of(capture)
    except PictureAway as error:
        put_back(capture, lease, Obstacle(error.code, error.retryable))
        return recognition_of(capture)
    recognition = capture_recognise_held(capture=capture, lease=lease, image=image)
    if capture.kind == Capture.Kind.WEBCAM:
        frame_keep_or_discard(recognition)
    return recognition


def capture_retry(*, capture: Capture) -> Recognition:
    """Try a capture that waits, or was given up, again at once. One that is done or in hand stays as it is.

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
    """Leave to people what kills its process each time; returns how many captures that were."""
    return captures_hopeless().update(state=State.FAILED, reason="gave_up", lease_until=None)


def frames_discard() -> int:
    """Delete frames that were not recognised within their lesson; returns how many."""
    late = list(frames_too_late())
    for frame in late:
        capture_discard(capture=frame)
    return len(late)
