"""Readiness of a web process: whether what it cannot work without answers, within a bounded time."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from uuid import uuid4

from django.core.cache import cache
from django.db import connection

from enrollment.faces.trouble import engine_trouble

BUDGET = 2.0  # seconds for all checks together
_lock = threading.Lock()
_running: dict[str, Future[None]] = {}
_pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="health")


def readiness() -> list[str]:
    """The parts that do not work now, by name; empty if the process can serve.

    The store of marks and the pictures' storage are not among them: without these the rest goes on, on every machine
    alike. A check that hangs is not begun again before it ends.
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
    key, value = f"health-{uuid4().hex}", uuid4().hex
    cache.set(key, value, 10)
    if cache.get(key) != value:
        raise LookupError("The cache forgot a value at once.")
    cache.delete(key)


def _faces() -> None:
    if trouble := engine_trouble():
        raise LookupError(trouble)


IMPAIRMENTS: dict[str, Callable[[], None]] = {"faces": _faces}
CHECKS: dict[str, Callable[[], None]] = {"database": _database, "cache": _cache}
