"""A circuit of one process to a service: while that does not answer it is not asked, but for one try at a time."""

import threading
import time


class Circuit:
    """Counts failures in a row. After `failures` of them it is open; every `pause` seconds one caller may try.

    Kept in the process and by its own monotonic clock: it needs nothing that could itself be unavailable.
    """

    def __init__(self, *, failures: int, pause: float) -> None:
        self.pause = pause
        self._most = failures
        self._failures = 0
        self._next_try = 0.0
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        return self._failures >= self._most

    def may_ask(self) -> bool:
        """True while the circuit is closed, and for the one caller whose turn it is to try.

        Anyone who asks reports afterwards: `answered` or `failed`. A try that never reports is followed by another.
        """
        with self._lock:
            if not self.is_open:
                return True
            now = time.monotonic()
            if now < self._next_try:
                return False
            self._next_try = now + self.pause
            return True

    def answered(self) -> bool:
        """Record an answer, whatever it was. Returns whether the circuit was open until now."""
        if not self._failures:  # nearly always: no lock
            return False
        with self._lock:
            was_open, self._failures = self.is_open, 0
            return was_open

    def failed(self) -> bool:
        """Record that there was no answer. Returns whether the circuit opens with it."""
        with self._lock:
            was_open = self.is_open
            self._failures += 1
            self._next_try = time.monotonic() + self.pause
            return self.is_open and not was_open
