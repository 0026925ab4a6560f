"""Two stores of marks kept alike: every write to the first follows in the second, while marks are moved.

The first is the truth: it is read, it judges, and what it wrote stands. The second is told afterwards, outside
transactions. Where it cannot be told, or the process dies in between, nothing is refused: the second lacks something,
which `move_marks` finds and brings. Erasing is of both, or it is not done.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from prometheus_client import Counter

from accounts.adapters import adapter_of
from accounts.models import Institution
from attendance.domain.marks import Closing, Mark
from attendance.repositories.base import AttendanceRepository, MarkChanged, RegisterError

logger = logging.getLogger(__name__)
BEHIND = Counter("portal_mirror_behind", "Writes of marks of which the second store could not be told.")
_ROUNDS = 5  # of telling: somebody else may tell of the same mark at the same moment


class MirroredAttendanceRepository:
    """Implements `AttendanceRepository` on two others. first, second: {"BACKEND": …, "OPTIONS": {…}}."""

    def __init__(self, institution: Institution, *, first: Mapping[str, Any], second: Mapping[str, Any]) -> None:
        self.first: AttendanceRepository = adapter_of(first, institution, setting="ATTENDANCE_REPOSITORY")
        self.second: AttendanceRepository = adapter_of(second, institution, setting="ATTENDANCE_REPOSITORY")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.first, name)  # whatever reads

    def mark_many(self, marks: Sequence[Mark]) -> list[Mark]:
        written = self.first.mark_many(marks)
        if written:
            self._tell_of_marks(written[0].session_id, {mark.student_id for mark in written})
        return written

    def correct(self, mark: Mark, *, expected_version: int) -> Mark:
        written = self.first.correct(mark, expected_version=expected_version)
        self._tell_of_marks(mark.session_id, {mark.student_id})
        return written

    def keep_histories(self, session_id: UUID, histories: Mapping[UUID, Sequence[Mark]]) -> int:
        changed = self.first.keep_histories(session_id, histories)
        self._tell_of_marks(session_id, histories.keys())
        return changed

    def close_session(self, closing: Closing) -> None:
        self.first.close_session(closing)
        _tell(lambda: self.second.close_session(closing))

    def purge_student(self, student_id: UUID) -> int:
        return max(self.first.purge_student(student_id), self.second.purge_student(student_id))

    def count_student(self, student_id: UUID) -> int:
        return self.first.count_student(student_id) + self.second.count_student(student_id)

    def purge_sessions(self, session_ids: Sequence[UUID]) -> int:
        return max(self.first.purge_sessions(session_ids), self.second.purge_sessions(session_ids))

    def purge_summaries(self, course_ids: Sequence[UUID], days: Sequence[date]) -> None:
        self.first.purge_summaries(course_ids, days)
        self.second.purge_summaries(course_ids, days)

    def _tell_of_marks(self, session_id: UUID, students: Collection[UUID]) -> None:
        def told() -> None:
            wanted = self._histories(session_id, students)
            for _round in range(_ROUNDS):
                with suppress(MarkChanged):
                    self.second.keep_histories(session_id, wanted)
                    # Read again: somebody who was erased from both in between is back in the second now.
                    if self._histories(session_id, students) == wanted:
                        return
                wanted = self._histories(session_id, students)
            BEHIND.inc()

        _tell(told)

    def _histories(self, session_id: UUID, students: Collection[UUID]) -> dict[UUID, Sequence[Mark]]:
        """The histories of these students in the first store, empty for one without a mark there."""
        found = self.first.histories(session_id)
        return {pk: found.get(pk, ()) for pk in students}


def _tell(work: Callable[[], object]) -> None:
    """Do it once the transaction is through, at once where there is none. What goes wrong is counted and logged."""

    def guarded() -> None:
        try:
            work()
        except RegisterError as error:
            BEHIND.inc()
            logger.warning("The second store of marks is behind: %s", error)

    transaction.on_commit(guarded)
