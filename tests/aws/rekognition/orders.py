"""Orders to the server: keep a quota, fail, be slow. And the record of its calls."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.aws.rekognition.wire import COMMON_ERRORS, MODEL, TARGET, operation_of, statuses

ANY = "*"
DROP_REQUEST = "DropRequest"
DROP_ANSWER = "DropAnswer"
DROPS = frozenset({DROP_REQUEST, DROP_ANSWER})


class UnknownOrder(ValueError):
    """An order, operation or code that does not exist."""


class TokenBucket:
    """Admits `rate` calls a second, and as many at once as a second has (at least one), as AWS throttles."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self.capacity = max(1.0, rate)
        self._clock = clock
        self._tokens = self.capacity
        self._at = clock()

    def admits(self) -> bool:
        """True if a call may pass now. A refused one costs nothing."""
        now = self._clock()
        self._tokens = min(self.capacity, self._tokens + (now - self._at) * self.rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


@dataclass(slots=True)
class Fault:
    """An error code (or one of DROPS) for the next `times` calls of an operation, or of any."""

    operation: str
    code: str
    times: int

    def applies(self, operation: str) -> bool:
        return self.times > 0 and self.operation in (ANY, operation)


class Orders:
    """Safe in threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """No quotas, no faults, no delays, and counts from nought."""
        with self._lock:
            self._rates: dict[str, float | None] = {}
            self._buckets: dict[str, TokenBucket] = {}
            self._faults: list[Fault] = []
            self._slow: dict[str, float] = {}
        self.forget_calls()

    def forget_calls(self) -> None:
        with self._lock:
            self._counts: dict[str, Counter[str]] = {"calls": Counter(), "throttled": Counter(), "failed": Counter()}

    def counts(self) -> dict[str, dict[str, int]]:
        """Calls on the wire by operation, those that met the quota, and those that met a fault."""
        with self._lock:
            return {kind: dict(counter) for kind, counter in self._counts.items()}

    def quotas(self, rates: Mapping[str, float | None]) -> None:
        """Calls a second by operation (ANY: each operation for itself); None lifts one. Raises UnknownOrder."""
        for operation, rate in rates.items():
            _require_operation(operation)
            if rate is not None and not rate > 0:
                raise UnknownOrder(f"A quota is above 0, not {rate}.")
        with self._lock:
            self._rates |= rates
            self._buckets.clear()

    def faults(self, faults: list[Mapping[str, Any]]) -> None:
        """Raises UnknownOrder for an operation that does not exist or a code that it never answers with."""
        wanted = [Fault(fault["operation"], fault["code"], int(fault.get("times", 1))) for fault in faults]
        for fault in wanted:
            _require_operation(fault.operation)
            if fault.code not in _codes(fault.operation):
                raise UnknownOrder(f"{fault.operation} never answers {fault.code}.")
        with self._lock:
            self._faults += wanted

    def slow(self, seconds: Mapping[str, float]) -> None:
        """Seconds that each answer of an operation (ANY: of every one) takes longer. Raises UnknownOrder."""
        for operation in seconds:
            _require_operation(operation)
        with self._lock:
            self._slow |= seconds

    def arrived(self, operation: str) -> str | None:
        """Count a call; the code of the error that it is to be answered with, if any."""
        with self._lock:
            self._counts["calls"][operation] += 1
            if not self._admits(operation):
                self._counts["throttled"][operation] += 1
                return "ThrottlingException"
            fault = next((fault for fault in self._faults if fault.applies(operation)), None)
            if fault is None:
                return None
            fault.times -= 1
            self._counts["failed"][operation] += 1
            return fault.code

    def delay(self, operation: str) -> float:
        """Seconds by which this operation's answers are late."""
        with self._lock:
            return self._slow.get(operation, self._slow.get(ANY, 0.0))

    def _admits(self, operation: str) -> bool:
        rate = self._rates.get(operation, self._rates.get(ANY))
        if rate is None:
            return True
        return self._buckets.setdefault(operation, TokenBucket(rate)).admits()


def _require_operation(operation: str) -> None:
    if operation != ANY and operation not in MODEL.operation_names:
        raise UnknownOrder(f"There is no operation {operation}.")


def _codes(operation: str) -> frozenset[str]:
    if operation != ANY:
        return DROPS | frozenset(statuses(operation_of(f"{TARGET}.{operation}")))
    # What every operation can answer with.
    everywhere = ("AccessDeniedException", "InternalServerError", "ThrottlingException", "InvalidParameterException")
    return DROPS | {*everywhere, "ProvisionedThroughputExceededException", *COMMON_ERRORS}
