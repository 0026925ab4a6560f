"""What a school's use of paid services comes to: calls by operation and month (UTC, as AWS bills).

Counting costs the caller nothing but an addition in memory, and never fails them. A call of Rekognition, which the cap
is about, is written at once where the calling thread has the database at hand and no transaction open; from a thread of
a pool, when the request or task ends. Units of DynamoDB and requests of S3, which come many to a page, are summed and
written every METER_SECONDS and when the process ends: SQLite has one writer.

A process that is killed (kill -9, and SIGTERM where the server does not catch it) loses what is not written: at most
METER_SECONDS of DynamoDB and S3, and the Rekognition calls of the requests that were in it. Where the database was away
or a commit's answer was lost, counts wait and are tried again; the last may count twice rather than never.
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
AT_ONCE = frozenset({"rekognition"})  # services that the cap is about
_writing = threading.Lock()
_timer_lock = threading.Lock()
_timers: list[threading.Timer] = []  # none or one


def calls_count(institution_id: UUID, service: str, operation: str, calls: float = 1) -> None:
    """Count calls of a paid service for an institution's month. From any thread; raises nothing.

    service: "rekognition", "dynamodb" or "s3". operation: AWS's name, such as `SearchFacesByImage`; for DynamoDB
    `ReadUnits` or `WriteUnits`, with `calls` in capacity units, which is what AWS bills.
    """
    pending.add({Key(institution_id, billing_month(), service, operation): calls})
    if service in AT_ONCE and _database_is_at_hand():
        calls_flush()
    else:
        _flush_later()


def is_spent(institution_id: UUID) -> bool:
    """Whether the institution's monthly cap is reached: no paid call is to be made until the next month.

    One query. Calls that are under way when it is reached are finished: the cap is overshot by those in flight, of
    all processes.
    """
    return read_budget(institution_id).is_spent


def calls_flush() -> bool:
    """Write down what is counted. Returns whether nothing is left; a database that is away is logged."""
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
    """When a request or a task has ended: write what should not wait for the next few seconds."""
    if pending and (settings.METER_SECONDS == 0 or pending.holds_any_of(AT_ONCE)):
        calls_flush()


def _write(counts: Mapping[Key, float]) -> None:
    """Add counts to their rows. In one order for everybody, so that two processes do not wait for each other."""
    with transaction.atomic():
        ids = {key.institution_id for key in counts}
        schools = set(Institution.objects.filter(pk__in=ids).values_list("pk", flat=True))
        for key, calls in sorted(counts.items()):
            if key.institution_id in schools and not _add(key, calls):
                PaidCalls.objects.bulk_create([PaidCalls(**key._asdict())], ignore_conflicts=True)
                _add(key, calls)


def _add(key: Key, calls: float) -> int:
    return PaidCalls.objects.filter(**key._asdict()).update(calls=F("calls") + calls)


def _database_is_at_hand() -> bool:
    """Whether this thread has a connection already, outside a transaction that could take the count back.

    A thread of a pool has none: opening one there would leave it open.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    return connection.connection is not None and not connection.in_atomic_block


def _flush_later() -> None:
    """Write in METER_SECONDS, in a thread of its own, unless that is planned already."""
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
