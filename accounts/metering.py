"""A school's use of paid services: calls by operation and month (UTC, as AWS bills).

Counting costs the caller no more than an addition in memory, and never raises. A Rekognition call, which counts
towards the cap, is written at once if the calling thread has a database connection and no open transaction; from a
thread of a pool, when the request or the worker's turn ends. Units of DynamoDB and requests of S3, many to a page, are
summed and written every METER_SECONDS and when the process ends: SQLite has one writer.

A process that is killed (kill -9, and SIGTERM where the server does not catch it) loses what is not written: at most
METER_SECONDS of DynamoDB and S3, and the Rekognition calls of the requests in progress. If the database was unavailable
or the reply to a commit was lost, counts wait and are tried again; the latter may count twice rather than never.
"""

import logging
import threading
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connections, transaction
from django.db.models import F

from accounts.models import Institution, PaidCalls
from accounts.pending import Key, pending
from accounts.selectors import billing_month, read_budget

logger = logging.getLogger(__name__)
AT_ONCE = frozenset({"rekognition"})  # services that the cap limits
_writing = threading.Lock()
_timer_lock = threading.Lock()
_timers: list[threading.Timer] = []  # none or one


def calls_count(institution_id: UUID, service: str, operation: str, calls: float = 1) -> None:
    """Count calls of a paid service for an institution's current month. Safe from any thread; raises nothing.

    service: "rekognition", "dynamodb" or "s3". operation: AWS's name, such as `SearchFacesByImage`; for DynamoDB
    `ReadUnits` or `WriteUnits`, with `calls` in capacity units, which is what AWS bills.
    """
    pending.add({Key(institution_id, billing_month(), service, operation): calls})
    if service in AT_ONCE and _database_is_connected():
        calls_flush()
    else:
        _flush_later()


def is_spent(institution_id: UUID) -> bool:
    """True if the institution's monthly cap is reached: no paid call is made until the next month.

    One query. Calls in progress when it is reached are finished: the cap is overshot by those of all processes.
    """
    return read_budget(institution_id).is_spent


def calls_flush() -> bool:
    """Write the counts. Returns True if none is left; an unavailable database is logged."""
    if not pending:
        return True
    with _writing:
        counts = pending.take()
        try:
            _write(counts)
        except (DatabaseError, InterfaceError) as error:
            pending.add(counts)
            logger.warning("Paid calls could not be written and are kept: %s", error)
            return False
    return True


def calls_flush_due(**signal: Any) -> None:
    """Write the counts that must not wait for the timer. Called at the end of a request or task."""
    if pending and (settings.METER_SECONDS == 0 or pending.holds_any_of(AT_ONCE)):
        calls_flush()


def _write(counts: Mapping[Key, float]) -> None:
    """Add counts to their rows. All processes use one order, so that no two of them wait for each other."""
    with transaction.atomic():
        ids = {key.institution_id for key in counts}
        schools = set(Institution.objects.filter(pk__in=ids).values_list("pk", flat=True))
        for key, calls in sorted(counts.items()):
            if key.institution_id in schools and not _add(key, calls):
                PaidCalls.objects.bulk_create([PaidCalls(**key._asdict())], ignore_conflicts=True)
                _add(key, calls)


def _add(key: Key, calls: float) -> int:
    return PaidCalls.objects.filter(**key._asdict()).update(calls=F("calls") + calls)


def _database_is_connected() -> bool:
    """True if this thread has a connection already, outside a transaction that could roll the count back.

    A thread of a pool has none: opening one there would leave it open.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    return connection.connection is not None and not connection.in_atomic_block


def _flush_later() -> None:
    """Write in METER_SECONDS, in a thread of its own, unless one is waiting already."""
    if settings.METER_SECONDS == 0:
        return
    with _timer_lock:
        if _timers and _timers[0].is_alive():  # a fork's child has its parent's timer, but not running
            return
        timer = threading.Timer(settings.METER_SECONDS, _flush_in_background)
        timer.daemon = True
        _timers[:] = [timer]
        timer.start()


def _flush_in_background() -> None:
    with _timer_lock:
        _timers.clear()
    try:
        if not calls_flush():
            _flush_later()
    finally:
        connections.close_all()
