"""Counts of paid calls that are not in the database yet, in the memory of one process."""

import os
import threading
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date
from typing import NamedTuple
from uuid import UUID


class Key(NamedTuple):
    """Key under which calls are counted. month: its first day."""

    institution_id: UUID
    month: date
    service: str
    operation: str


class Pending:
    """Sums by key, thread-safe. Bounded by schools times operations, however long they stay."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[Key] = Counter()
        # A child would write its parent's counts a second time.
        os.register_at_fork(after_in_child=self._reset)

    def add(self, counts: Mapping[Key, float]) -> None:
        with self._lock:
            self._counts.update(counts)  # adds

    def take(self) -> dict[Key, float]:
        """Return all counts and remove them."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        return dict(counts)

    def of(self, institution_id: UUID, month: date) -> dict[Key, float]:
        """An institution's counts of a month."""
        with self._lock:
            return {key: n for key, n in self._counts.items() if key[:2] == (institution_id, month)}

    def holds_any_of(self, services: Collection[str]) -> bool:
        with self._lock:
            return any(key.service in services for key in self._counts)

    def __bool__(self) -> bool:
        return bool(self._counts)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._counts = Counter()


pending = Pending()
