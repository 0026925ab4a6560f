"""Figures for a monitor at /metrics of HEALTH_LISTEN, in Prometheus' text format. No name, no school, no address.

What waits is counted in the database when it is asked for; what happens (photos recognised, marks written, calls of
AWS, chores) is counted by the process that does it.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Min, QuerySet
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from accounts.models import Duty, Job, OutboxMail
from attendance.models import Capture
from attendance.upkeep import SWEEP
from enrollment.models import FacePhoto

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Waiting(Collector):
    """Numbers of what waits, the age of the oldest in seconds by queue, and how long ago the last sweep ended.

    Five queries a reading.
    """

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Raises DatabaseError."""
        waiting = GaugeMetricFamily("portal_waiting", "Pieces of work that wait, by queue.", labels=["queue"])
        oldest = GaugeMetricFamily("portal_waiting_oldest_seconds", "Age of the oldest of them.", labels=["queue"])
        for name, (rows, since) in _queues().items():
            number, first = rows.order_by().aggregate(n=Count("pk"), first=Min(since)).values()
            waiting.add_metric([name], number)
            oldest.add_metric([name], _age(first))
        swept = GaugeMetricFamily("portal_sweep_age_seconds", "Seconds since any worker's last sweep ended.")
        for ended in Duty.objects.filter(name=SWEEP).exclude(ended_at=None).values_list("ended_at", flat=True):
            swept.add_metric([], _age(ended))
        yield from (waiting, oldest, swept)

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing: the database is not asked when the process starts."""
        return []


def metrics_text() -> bytes:
    """All figures of this process and of the queues. Raises DatabaseError."""
    try:
        return generate_latest(REGISTRY)
    finally:
        connection.close()  # the thread's own


def _queues() -> dict[str, tuple[QuerySet[Any], str]]:
    """Each queue's rows, and the name of the time since which one waits."""
    return {
        "captures": (Capture.objects.filter(state=Capture.State.WAITING), "taken_at"),
        "photos": (FacePhoto.objects.filter(state=FacePhoto.State.WAITING), "created_at"),
        "jobs": (Job.objects.filter(state=Job.State.WAITING), "created_at"),
        "mails": (OutboxMail.objects.filter(state=OutboxMail.State.WAITING, due_at__lte=timezone.now()), "due_at"),
    }


def _age(first: datetime | None) -> float:
    return max(0.0, (timezone.now() - first).total_seconds()) if first else 0.0


REGISTRY.register(Waiting())
