"""The portal's state: work that waits, when a worker last swept, how long photos took. The same from every process."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, Max, Min, QuerySet
from django.utils import timezone

from accounts.models import Duty, Job, OutboxMail
from attendance.models import Capture
from attendance.upkeep import SWEEP
from enrollment.models import FacePhoto
from portal.health import readiness

LONG = timedelta(minutes=10)  # that a piece of work may wait before the operator should look
LONG_FOR_A_CLASS = timedelta(minutes=1)
LONG_WITHOUT_SWEEP = timedelta(minutes=5)
LATELY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Queue:
    """Pieces of work that wait. since: when the oldest of them came, None if there is none."""

    name: str
    number: int
    since: datetime | None

    @property
    def is_long(self) -> bool:
        """True if the oldest waits longer than it should."""
        longest = LONG_FOR_A_CLASS if self.name == "captures" else LONG
        return self.since is not None and self.since < timezone.now() - longest


@dataclass(frozen=True, slots=True)
class PortalState:
    """The state of the portal at a glance, for its operator.

    swept: end of the last sweep of any worker. impaired: names of parts that do not work, as `/health/ready` has them.
    photos: number of class photos recognised in the last hour; mean, longest: seconds that they took.
    """

    queues: tuple[Queue, ...]
    swept: datetime | None
    impaired: tuple[str, ...]
    photos: int
    mean: float | None
    longest: float | None

    @property
    def has_worker(self) -> bool:
        """True if a worker has swept lately."""
        return self.swept is not None and self.swept > timezone.now() - LONG_WITHOUT_SWEEP


def read_state() -> PortalState:
    """The state now. Six queries."""
    done = Capture.objects.filter(
        kind=Capture.Kind.PHOTO, state=Capture.State.DONE, taken_at__gte=timezone.now() - LATELY, seconds__isnull=False
    )
    lately = done.order_by().aggregate(longest=Max("seconds"), mean=Avg("seconds"), photos=Count("pk"))
    return PortalState(queues=read_queues(), swept=last_sweep(), impaired=readiness().impaired, **lately)


def read_queues() -> tuple[Queue, ...]:
    """Every queue. A query each."""
    return tuple(Queue(name, **_read(rows, since)) for name, (rows, since) in _queues().items())


def last_sweep() -> datetime | None:
    """End of the last sweep of any worker."""
    return Duty.objects.filter(name=SWEEP).values_list("ended_at", flat=True).first()


def _read(rows: QuerySet[Any], since: str) -> Mapping[str, Any]:
    return rows.order_by().aggregate(number=Count("pk"), since=Min(since))


def _queues() -> dict[str, tuple[QuerySet[Any], str]]:
    """Each queue's rows, and the name of the time since which one waits."""
    captures = Capture.objects.filter(state__in=[Capture.State.RECEIVED, Capture.State.WAITING])
    return {
        "captures": (captures, "taken_at"),
        "photos": (FacePhoto.objects.filter(state=FacePhoto.State.WAITING), "created_at"),
        "jobs": (Job.objects.filter(state=Job.State.WAITING), "created_at"),
        "mails": (OutboxMail.objects.filter(state=OutboxMail.State.WAITING, due_at__lte=timezone.now()), "due_at"),
    }
