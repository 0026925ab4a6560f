"""What every store of marks offers, whoever keeps them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from attendance.statuses import Source, Status


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a machine marked somebody: the face (its number in the capture), its similarity, the bar it had to reach."""

    capture_id: UUID
    face: int
    similarity: float
    bar: float
    engine: str
    model: str


@dataclass(frozen=True, slots=True)
class Mark:
    """What a register says of one student in one session.

    held_at: the beginning of the session, UTC. version: 0 before it is stored, then 1, 2, …
    actor_id: the person who marked, None for a machine or for closing.
    """

    session_id: UUID
    course_id: UUID
    student_id: UUID
    held_at: datetime
    status: Status
    source: Source
    marked_at: datetime
    actor_id: UUID | None = None
    minutes_late: int = 0
    note: str = ""
    evidence: Evidence | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """Some marks of a student, newest session first, and the cursor of the next page (None: no more)."""

    marks: tuple[Mark, ...]
    cursor: str | None


class RegisterError(Exception):
    """Base of what a store of marks raises. `retryable` says whether the same call may work later."""

    code = "register_error"
    retryable = False


class MarkChanged(RegisterError):
    """Somebody else changed the mark since it was read. `current` is what it says now (None: there is none)."""

    code = "mark_changed"

    def __init__(self, current: Mark | None) -> None:
        super().__init__("the mark was changed meanwhile")
        self.current = current


class BadCursor(RegisterError):
    """The cursor is not one that this store gave."""

    code = "bad_cursor"


class AttendanceRepository(Protocol):
    """The register's store, bound to one institution when it is obtained (`marks_for(institution)`)."""

    def mark_many(self, marks: Sequence[Mark]) -> list[Mark]:
        """Write machines' and closing's marks where `may_replace` allows it; return those that took effect.

        Idempotent: repeating the call changes nothing and returns an empty list. All marks are of one session.
        """
        ...

    def correct(self, mark: Mark, *, expected_version: int) -> Mark:
        """Write a person's mark over version `expected_version` (0: none yet) and return it with its new version.

        Raises MarkChanged.
        """
        ...

    def for_session(self, session_id: UUID) -> dict[UUID, Mark]:
        """The marks of a session by student, as last written."""
        ...

    def for_student(self, student_id: UUID, *, cursor: str | None = None, limit: int = 20) -> Page:
        """A student's marks, newest session first, 1 to 200 a page. Raises BadCursor."""
        ...

    def for_course(self, course_id: UUID, *, first: date, last: date) -> list[Mark]:
        """A course's marks of sessions that began on these days (UTC), oldest session first."""
        ...

    def tally_student(self, student_id: UUID) -> dict[UUID, dict[Status, int]]:
        """How many marks of each status the student has in each course. Marks that were taken back do not count."""
        ...

    def audit(self, session_id: UUID, student_id: UUID) -> list[Mark]:
        """Every version of a mark, oldest first."""
        ...

    def purge_student(self, student_id: UUID) -> int:
        """Erase all marks of a student, with their audit trail. Returns how many marks there were."""
        ...
