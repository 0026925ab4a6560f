"""Pace of the calls: one token bucket an operation, account and Region, shared by every process and machine.

AWS refuses calls above a quota, and refused calls count against it: thirty searches under 5 a second are some seventy
calls without a pace and thirty with one. The bucket is a chain of turns in Django's cache. Each turn holds the time
from which the next call may go, by the clock of the cache's server (`portal.aws.clock`), since machines' own differ; a
caller of n calls reads the last turn, adds the next one with a time n calls later, and owns these n times. `cache.add`
decides between two callers of the same turn, and is the only operation that has to be atomic: `incr` is not on the
database's cache. A reservation takes a few cache calls whatever its size, and one that would wait too long writes
nothing.

While the shared cache is unavailable no call is made (PaceUnknown): together the processes would exceed the quota.
A cache of one process alone (locmem) paces that process alone: with several, set CACHE_URL to Redis or the database.
"""

import hashlib
import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured

from portal.aws.clients import region_of
from portal.aws.clock import shared_now
from portal.shared_cache import CacheUnavailable, shared_only

# Of the quota: the remainder allows for calls that bunch on their way, and for retries.
SHARE = 0.9
# AWS's default quotas of Rekognition, calls a second. A Region that is not named has the smaller ones.
_LARGE_REGIONS = frozenset({"us-east-1", "us-west-2", "eu-west-1"})
_LARGE = {"IndexFaces": 50, "SearchFacesByImage": 50, "SearchUsersByImage": 50, "DetectFaces": 100}
_SMALL = {"DetectFaces": 25}
OTHER_QUOTA = 5.0  # AssociateFaces, CreateUser, DeleteFaces, and what AWS gives no figure for
# Seconds that a turn outlives its time, for callers that read the chain from an earlier turn.
_KEPT = 60
# Seconds that the number of the last turn is kept. It has to outlive every turn.
_LAST_KEPT = 7 * 24 * 3600
# Seconds ahead beyond which a turn is not believed: the shared clock was set back since.
_FARTHEST = 3600.0

_patience: ContextVar[float | None] = ContextVar("patience", default=None)


class TooBusy(Exception):
    """The account's quota is used up for longer than the caller would wait. `seconds`: until the last call could go."""

    def __init__(self, operation: str, seconds: float) -> None:
        super().__init__(f"{operation}: {seconds:.1f} s to wait")
        self.seconds = seconds


class PaceUnknown(Exception):
    """The shared cache is unavailable, so nobody knows whose turn it is."""


def reserve(operation: str, calls: int, *, max_wait: float) -> tuple[float, ...]:
    """Reserve times for `calls` calls of a Rekognition operation, ascending, by this process's `time.monotonic`.

    max_wait: seconds that the last of them may have to wait; inside `patience` that figure applies instead. Raises
    TooBusy before anything is reserved, and PaceUnknown.
    """
    gap = 1 / rate_of(operation)
    chain = f"pace:{_scope()}:{operation}"
    allowed = max_wait if (patient := _patience.get()) is None else patient
    try:
        with shared_only():
            return _take(operation, chain, calls, gap, allowed)
    except CacheUnavailable as error:
        raise PaceUnknown from error


def _take(operation: str, chain: str, calls: int, gap: float, allowed: float) -> tuple[float, ...]:
    now = shared_now()
    here = time.monotonic() - now
    turn: int = cache.get(f"{chain}:last", 0)
    while True:
        last = cache.get(f"{chain}:{turn}", 0.0)  # an expired turn is long past
        begin = last if now < last < now + _FARTHEST else now
        wait = begin + (calls - 1) * gap - now
        if wait > allowed:
            raise TooBusy(operation, wait)
        end = begin + calls * gap
        turn += 1
        if cache.add(f"{chain}:{turn}", end, timeout=math.ceil(end - now) + _KEPT):
            cache.set(f"{chain}:last", turn, timeout=_LAST_KEPT)  # a hint: one that is behind only costs steps
            return tuple(here + begin + n * gap for n in range(calls))


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Context in which calls of this thread wait up to `seconds` for a turn: a worker may wait longer than a page."""
    token = _patience.set(seconds)
    try:
        yield
    finally:
        _patience.reset(token)


def rate_of(operation: str) -> float:
    """Calls a second of an operation by all processes together: AWS_RATES or AWS's default, times SHARE.

    Raises ImproperlyConfigured for a rate that is not a number above 0.
    """
    quota = settings.AWS_RATES.get(operation)
    if quota is None:
        quota = default_quota(operation, _region())
    if isinstance(quota, bool) or not isinstance(quota, int | float) or not quota > 0:
        raise ImproperlyConfigured(f"AWS_RATES: {operation} is to be a number above 0, not {quota!r}.")
    return quota * SHARE


def default_quota(operation: str, region: str) -> float:
    """AWS's default quota of a Rekognition operation, calls a second."""
    if region in _LARGE_REGIONS:
        return _LARGE.get(operation, OTHER_QUOTA)
    return _SMALL.get(operation, OTHER_QUOTA)


def _region() -> str:
    return region_of("rekognition")


def _scope() -> str:
    """Key of the account whose quota it is. A role's keys change by the hour and by machine: they tell nothing."""
    is_lasting_key = "AWS_SESSION_TOKEN" not in os.environ
    account = os.environ.get("AWS_PROFILE") or (os.environ.get("AWS_ACCESS_KEY_ID", "") if is_lasting_key else "")
    return f"{hashlib.sha256(account.encode()).hexdigest()[:8]}:{_region()}"
