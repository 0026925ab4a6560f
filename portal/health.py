"""Health of a web process: that it runs, and whether what it cannot work without answers, within a bounded time."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from django.db import connection

from enrollment.faces.trouble import engine_trouble
from portal.shared_cache import cache_trouble

BUDGET = 2.0  # seconds for all checks together
LONGEST_WARM_UP = 60.0  # seconds; one that hangs keeps no process out for ever: its photos will say what is wrong
_lock = threading.Lock()
_running: dict[str, Future[None]] = {}
_pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="health")


@dataclass(frozen=True, slots=True)
class Readiness:
    """The parts that do not work now, by name.

    faults: those without which the process cannot serve. impaired: those without which the rest goes on, on every
    machine alike: a monitor should know, a balancer need not. The store of marks and the pictures' storage are in
    neither, and are not asked.
    """

    faults: tuple[str, ...]
    impaired: tuple[str, ...]


class WarmUp:
    """Loading of the parts that the first photo of this process would wait for; none is under way before `begin`."""

    def __init__(self) -> None:
        self._until = 0.0

    def begin(self, *loads: Callable[[], None]) -> threading.Thread:
        """Load one part after the other in a thread of its own. An error ends it as well."""
        self._until = time.monotonic() + LONGEST_WARM_UP
        thread = threading.Thread(target=self._run, args=loads, name="warm-up", daemon=True)
        thread.start()
        return thread

    def _run(self, *loads: Callable[[], None]) -> None:
        try:
            for load in loads:
                load()
        finally:
            self._until = 0.0

    def check(self) -> None:
        """Raises LookupError while it is loading."""
        if time.monotonic() < self._until:
            raise LookupError("still loading")


warm_up = WarmUp()


def readiness() -> Readiness:
    """The state of every part, all asked at the same time. A check that hangs is not begun again before it ends."""
    checks, impairments = _begun(CHECKS), _begun(IMPAIRMENTS)
    wait([*checks.values(), *impairments.values()], timeout=BUDGET)
    return Readiness(_failing(checks), _failing(impairments))


def health_answer(path: str) -> tuple[int, dict[str, object]] | None:
    """Status code and JSON of `/health/live` and `/health/ready`; None for any other path."""
    if path == "/health/live":
        return 200, {"status": "ok"}
    if path != "/health/ready":
        return None
    now = readiness()
    code, status = (503, "unavailable") if now.faults else (200, "ok")
    return code, {"status": status, "faults": list(now.faults), "impaired": list(now.impaired)}


def _begun(checks: dict[str, Callable[[], None]]) -> dict[str, Future[None]]:
    return {name: _begin(name, check) for name, check in checks.items()}


def _failing(futures: dict[str, Future[None]]) -> tuple[str, ...]:
    return tuple(name for name, future in futures.items() if not future.done() or future.exception())


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
CHECKS: dict[str, Callable[[], None]] = {"database": _database, "warm_up": warm_up.check}
