"""Time that calls of each service may take together during one request, so that a silent service holds no thread long.

Without boto3, so that the middleware needs none. Work that nobody waits for, a worker's, has no budget.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# Seconds of a request. A call with its one retry fits in twice (portal.aws.clients): an answer takes milliseconds.
SECONDS = {"dynamodb": 6.0, "s3": 9.0, "rekognition": 20.0}


class Budget:
    """The time that is left for each service. Calls that run side by side are counted once."""

    def __init__(self) -> None:
        self._spent = dict.fromkeys(SECONDS, 0.0)
        self._running = dict.fromkeys(SECONDS, 0)
        self._since = dict.fromkeys(SECONDS, 0.0)
        self._lock = threading.Lock()

    def left(self, service: str) -> float:
        """Seconds left for a service, at least 0."""
        with self._lock:
            running = time.monotonic() - self._since[service] if self._running[service] else 0.0
            return max(0.0, SECONDS[service] - self._spent[service] - running)

    @contextmanager
    def spending(self, service: str) -> Iterator[None]:
        """Context of one call, in whichever thread."""
        with self._lock:
            if not self._running[service]:
                self._since[service] = time.monotonic()
            self._running[service] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[service] -= 1
                if not self._running[service]:
                    self._spent[service] += time.monotonic() - self._since[service]


_current: ContextVar[Budget | None] = ContextVar("budget", default=None)


@contextmanager
def request_budget() -> Iterator[Budget]:
    """Context of one request: calls within it share a budget."""
    budget = Budget()
    token = _current.set(budget)
    try:
        yield budget
    finally:
        _current.reset(token)


def current_budget() -> Budget | None:
    """The budget of this request; None where nobody waits."""
    return _current.get()
