"""Readiness of a web process: whether what it cannot work without answers, within a bounded time."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from django.db import connection

from enrollment.faces.trouble import engine_trouble
from portal.shared_cache import cache_trouble

BUDGET = 2.0  # seconds for all checks together
_lock = threading.Lock()
_running: dict[str, Future[None]] = {}
_pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="health")


def readiness() -> list[str]:
    """The parts that do not work now, by name; empty if the process can serve.

    The shared cache, the store of marks and the pictures' storage are not among them: without these the rest goes on,
    on every machine alike, and the last two are not even asked. A check that hangs is not begun again before it ends.
    """
    return _failing(CHECKS)


def impairments() -> list[str]:
    """The parts that do not work now and without which the rest goes on: a monitor should know, a balancer need not."""
    return _failing(IMPAIRMENTS)


def _failing(checks: dict[str, Callable[[], None]]) -> list[str]:
    futures = {name: _begin(name, check) for name, check in checks.items()}
    wait(futures.values(), timeout=BUDGET)
    return [name for name, future in futures.items() if not future.done() or future.exception()]


def _begin(name: str, check: Callable[[], None]) -> Future[None]:
    with _lock:
        running = _running.get(name)
        if running is None or running.done():
            _running[name] = running = _pool.submit(check)
        return running


def _database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()  # the thread's own


def _cache() -> None:
    if trouble := cache_trouble():
        raise LookupError(trouble)


def _faces() -> None:
    if trouble := engine_trouble():
        raise LookupError(trouble)


IMPAIRMENTS: dict[str, Callable[[], None]] = {"faces": _faces, "cache": _cache}
CHECKS: dict[str, Callable[[], None]] = {"database": _database}
