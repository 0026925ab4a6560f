"""A store that announces: every write to a session's marks raises the number by which open pages see a change.

The one place for it: everything that writes marks (a page, the API, a worker, closing) got its store from `marks_for`.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import F
from prometheus_client import Counter

from accounts.models import Institution
from attendance.domain.marks import Mark
from attendance.models.register_events import RegisterVersion
from attendance.repositories.base import AttendanceRepository

WRITTEN = Counter("portal_marks", "Marks written, corrections among them.")


class AnnouncingRepository:
    """An `AttendanceRepository` around another one; methods that are not defined here go straight to that.

    The number is raised after the write: a page that looks in between sees the old number, and asks again. Should the
    process die in between, pages learn of it with the next change, or when they ask for everything (see live.js).
    """

    def __init__(self, store: AttendanceRepository, institution: Institution) -> None:
        self._store = store
        self._institution = institution

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def mark_many(self, marks: Sequence[Mark]) -> list[Mark]:
        written = self._store.mark_many(marks)
        WRITTEN.inc(len(written))
        if written:
            self._raise(written[0].session_id)
        return written

    def correct(self, mark: Mark, *, expected_version: int) -> Mark:
        written = self._store.correct(mark, expected_version=expected_version)
        WRITTEN.inc()
        self._raise(mark.session_id)
        return written

    def _raise(self, session_id: UUID) -> None:
        rows = RegisterVersion.objects.for_institution(self._institution).filter(session_id=session_id)
        if not rows.update(number=F("number") + 1):
            first = RegisterVersion(institution=self._institution, session_id=session_id)
            RegisterVersion.objects.bulk_create([first], ignore_conflicts=True)
            rows.update(number=F("number") + 1)
