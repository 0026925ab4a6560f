"""Figures for a monitor at /metrics of HEALTH_LISTEN, in Prometheus' text format. No name, no school, no address.

What waits is counted in the database when it is asked for; what happens (photos recognised, marks written, calls of
AWS, chores) is counted by the process that does it.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db import connection
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from portal.state import last_sweep, read_queues

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Waiting(Collector):
    """Numbers of what waits, the age of the oldest in seconds by queue, and how long ago the last sweep ended.

    Five queries a reading.
    """

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Raises DatabaseError."""
        waiting = GaugeMetricFamily("portal_waiting", "Pieces of work that wait, by queue.", labels=["queue"])
        oldest = GaugeMetricFamily("portal_waiting_oldest_seconds", "Age of the oldest of them.", labels=["queue"])
        for queue in read_queues():
            waiting.add_metric([queue.name], queue.number)
            oldest.add_metric([queue.name], _age(queue.since))
        swept = GaugeMetricFamily("portal_sweep_age_seconds", "Seconds since any worker's last sweep ended.")
        if ended := last_sweep():
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


def _age(first: datetime | None) -> float:
    return max(0.0, (timezone.now() - first).total_seconds()) if first else 0.0


REGISTRY.register(Waiting())
