"""A circuit breaker for each service and Region, shared through Django's cache.

While a service does not answer, every call would take its time-outs and retries before it fails. After `FAILURES` such
failures in a row calls are refused at once; every `PAUSE` seconds a single call is let through, and the first that is
answered closes the circuit. Throttling is no failure: a service that refuses a call is available.

The pause is the cache's own expiry of a key, so that no machine believes another one's clock.
"""

from dataclasses import dataclass

from django.core.cache import cache

FAILURES = 3  # each of them after all attempts of botocore
PAUSE = 20.0  # seconds between two tries
_KEPT = 3600  # seconds after which old failures are forgotten


class CircuitOpen(Exception):
    """The service does not answer and is not called for now. `seconds`: until it is tried again, at most."""

    def __init__(self, service: str, seconds: float) -> None:
        super().__init__(f"{service} is not asked for up to {seconds:.0f} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Breaker:
    """The circuit to one service in one Region. The counts need not be exact, so no operation has to be atomic."""

    service: str
    region: str

    def check(self) -> None:
        """Raises CircuitOpen, unless the circuit is closed or it is this caller's turn to try.

        A try that never reports is followed by another after the pause.
        """
        failures: int = cache.get(self._key("failures"), 0)
        if failures >= FAILURES and not cache.add(self._key("pause"), 1, timeout=PAUSE):
            raise CircuitOpen(self.service, PAUSE)

    def answered(self) -> None:
        """Record that the service answered, even if with a refusal."""
        if cache.get(self._key("failures")) is not None:
            cache.delete_many([self._key("failures"), self._key("pause")])

    def failed(self, calls: int = 1) -> None:
        """Record `calls` calls that were not answered, or with an internal error of the service."""
        failures = cache.get(self._key("failures"), 0) + calls
        cache.set(self._key("failures"), failures, timeout=_KEPT)
        if failures >= FAILURES:
            cache.set(self._key("pause"), 1, timeout=PAUSE)

    def _key(self, what: str) -> str:
        return f"breaker:{self.service}:{self.region}:{what}"
