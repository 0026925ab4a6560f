"""States of a capture in the database: leased, waiting with its reason and time, or given up.

The row is its own queue. Workers query due rows and lease one; the lease of a worker that is killed ends, and another
one finds the capture again.
"""

import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.leases import unlocked
from attendance.lessons.selectors import session_held
from attendance.models import Capture, ClassSession

logger = logging.getLogger(__name__)
State = Capture.State

LEASE = timedelta(minutes=2)  # far longer than a picture takes; a dead process's picture is free again after it
UNDERWAY = timedelta(seconds=30)  # a picture that arrived so lately is being recognised by its own request
MOST_ATTEMPTS = 5  # times that a picture may kill its process or be refused before it is left to people
FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(minutes=2)
# A school's budget renews next month, or somebody raises it; trying more often changes nothing.
CAP_DELAY = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """The reason why a capture cannot be recognised now.

    code: an error's, of the engine, of the storage, or `store_…` of the store of marks. retryable: true if it may pass
    by itself.
    """

    code: str
    retryable: bool


def claim(capture: Capture) -> datetime | None:
    """Lease the capture unless it is finished or leased. Returns the end of the lease, or None.

    Counts as an attempt until it is known to be the engine's fault, so that anything that kills the process counts.
    """
    with transaction.atomic():
        session_held(capture.session_id)  # one after the other, so that their leases say which photo came first
        return _lease(capture)


def _lease(capture: Capture) -> datetime | None:
    now = timezone.now()
    free = Q(state__in=[State.RECEIVED, State.WAITING]) | _lease_over(now)
    claimed = Capture.objects.filter(free, pk=capture.pk).update(
        state=State.RECOGNISING, lease_until=now + LEASE, retry_at=None, attempts=F("attempts") + 1
    )
    return now + LEASE if claimed else None


def photos_underway(capture: Capture, lease: datetime) -> QuerySet[Capture]:
    """Photos of the same lesson that were leased before this one, and are still being recognised."""
    is_earlier = Q(lease_until__lt=lease) | Q(lease_until=lease, pk__lt=capture.pk)
    photos = Capture.objects.for_institution(capture.institution).filter(
        session=capture.session_id, kind=Capture.Kind.PHOTO, state=State.RECOGNISING, lease_until__gt=timezone.now()
    )
    return photos.filter(is_earlier)


def claim_oldest(captures: QuerySet[Capture]) -> tuple[Capture, datetime] | None:
    """Lease the oldest of these captures that nobody else is leasing; returns it with the end of its lease, or None.

    The capture comes with the relations that `captures` selects.
    """
    with transaction.atomic():
        capture = unlocked(captures.order_by("taken_at")).first()
        # Without the session's lock: finishing a capture takes that before the row, so each would wait for the other.
        lease = _lease(capture) if capture else None
    return (capture, lease) if capture and lease else None


def held(capture: Capture, lease: datetime) -> QuerySet[Capture]:
    """The capture's row while this lease is its own: a process that took longer than its lease may no longer write."""
    return Capture.objects.filter(pk=capture.pk, state=State.RECOGNISING, lease_until=lease)


def put_back(capture: Capture, lease: datetime, why: Obstacle) -> None:
    """Let the capture wait until a worker takes it up when it is due.

    Trying again never ends while the obstacle may pass by itself, and does not count as an attempt; an error that will
    be the same next time counts, and the last one gives the capture up.
    """
    row = held(capture, lease).first()
    if row is None:
        return
    if not why.retryable and row.attempts >= MOST_ATTEMPTS:
        give_up(capture, lease, why.code)
        return
    waits = min(row.waits + 1, 1000)
    retry_at = timezone.now() + delay(waits, why.code)
    attempts = row.attempts - 1 if why.retryable else row.attempts
    held(capture, lease).update(
        state=State.WAITING, reason=why.code[:40], lease_until=None, retry_at=retry_at, waits=waits, attempts=attempts
    )
    logger.warning("Capture %s waits until %s: %s", capture.pk, retry_at.isoformat(timespec="seconds"), why.code)


def give_up(capture: Capture, lease: datetime, code: str) -> None:
    """Give the capture up: it is not tried again unless a person asks for it."""
    logger.error("Capture %s is given up: %s", capture.pk, code)
    held(capture, lease).update(state=State.FAILED, reason=code[:40], lease_until=None)


def delay(waits: int, code: str = "") -> timedelta:
    """Time before the next try after `waits` unsuccessful ones: doubled each time, capped, and spread at random.

    Spread over the upper half, so that a thousand captures that were refused together do not come back together.
    """
    longest = CAP_DELAY if code == "cap_reached" else min(FIRST_DELAY * 2 ** min(waits - 1, 10), LONGEST_DELAY)
    return longest * random.uniform(0.5, 1)  # noqa: S311 - nothing to guess here


def captures_due() -> QuerySet[Capture]:
    """Captures to be recognised that nobody has leased: waiting long enough, or left behind by a dead process.

    Without those of schools that have switched faces off, those whose picture was deleted on schedule, and frames whose
    lesson is over.
    """
    now = timezone.now()
    waiting = Q(state=State.WAITING) & (Q(retry_at=None) | Q(retry_at__lte=now) | Q(retry_at__gt=now + 2 * CAP_DELAY))
    left_behind = Q(state=State.RECEIVED) & (
        Q(taken_at__lt=now - UNDERWAY) | Q(taken_at__gt=now + UNDERWAY)
    ) | _lease_over(now)
    due = Capture.objects.filter(waiting | left_behind, attempts__lt=MOST_ATTEMPTS, institution__faces_enabled=True)
    due = due.exclude(picture="").exclude(Q(kind=Capture.Kind.WEBCAM) & _lesson_over(now))
    return due.select_related("institution", "session__course", "session__institution")


def frames_too_late() -> QuerySet[Capture]:
    """Webcam frames that were not recognised before their lesson ended, and that nobody has leased.

    A frame is one of hundreds, and nobody waits for it: minutes later it is worth nothing but its cost.
    """
    now = timezone.now()
    unfinished = Capture.objects.filter(kind=Capture.Kind.WEBCAM).exclude(state=State.DONE)
    return unfinished.filter(_lesson_over(now)).filter(~Q(state=State.RECOGNISING) | _lease_over(now))


def captures_hopeless() -> QuerySet[Capture]:
    """Captures whose process died each time: they are not tried for ever."""
    return Capture.objects.filter(_lease_over(timezone.now()), attempts__gte=MOST_ATTEMPTS)


def _lease_over(now: datetime) -> Q:
    """Leased, and the lease has ended. One far longer than any lease is of a clock that has been set back since.

    Twice as long: another worker may have leased it a moment after `now` was read.
    """
    return Q(state=State.RECOGNISING) & (Q(lease_until__lt=now) | Q(lease_until__gt=now + 2 * LEASE))


def _lesson_over(now: datetime) -> Q:
    return Q(session__ends_at__lt=now) | ~Q(session__state=ClassSession.State.OPEN)
