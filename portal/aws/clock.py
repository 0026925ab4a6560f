"""A clock that all machines share: that of the server which keeps the cache. The machines' own may differ by minutes.

It is read once a minute and carried on by the process's monotonic clock, which nobody sets.
"""

import threading
import time
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.db import BaseDatabaseCache
from django.db import connections, router

from portal.shared_cache import SharedCache

SAMPLED_EVERY = 60.0  # seconds
_POSTGRESQL = "SELECT extract(epoch FROM clock_timestamp())"


class _Sample:
    """The last reading: the server's time minus the monotonic clock, and until when it is good enough."""

    offset = 0.0
    good_until = float("-inf")


_sample = _Sample()
_lock = threading.Lock()


def shared_now() -> float:
    """Seconds since the epoch by the shared clock. May raise CacheUnavailable, or what the database raises.

    A cache of one machine, in its memory or its SQLite file, has that machine's clock.
    """
    with _lock:
        if time.monotonic() >= _sample.good_until:
            before = time.monotonic()
            read = _server_time()
            after = time.monotonic()
            _sample.offset, _sample.good_until = read - (before + after) / 2, after + SAMPLED_EVERY
        return _sample.offset + time.monotonic()


def forget_clock() -> None:
    """Read the server's clock again with the next call: after a change of the cache."""
    with _lock:
        _sample.good_until = float("-inf")


def _server_time() -> float:
    backend = caches["default"]
    if isinstance(backend, SharedCache):
        return backend.server_time()
    if isinstance(backend, BaseDatabaseCache):
        return _database_time(backend)
    return time.time()


def _database_time(backend: Any) -> float:
    with connections[router.db_for_read(backend.cache_model_class)].cursor() as cursor:
        if cursor.db.vendor != "postgresql":
            return time.time()
        cursor.execute(_POSTGRESQL)
        return float(cursor.fetchone()[0])
