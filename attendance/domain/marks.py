"""Values of the register that every store of marks takes and gives: a mark, its evidence, a closing, a day's tally."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from attendance.domain.statuses import Source, Status


@dataclass(frozen=True, slots=True)
class Evidence:
    """The grounds of a machine's mark: the face (its number in the capture), its similarity, the accept threshold."""

    capture_id: UUID
    face: int
    similarity: float
    threshold: float
    engine: str
    model: str


@dataclass(frozen=True, slots=True)
class Mark:
    """The entry of a register about one student in one session.

    held_at: the beginning of the session, UTC. version: 0 before it is stored, then 1, 2, …
    actor_id: the person who marked, or who closed the register; None for a machine. code: the institution's own beside
    the kind that `status` is; empty for the kind's default. left_at: when somebody left early, if that is known.
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
    code: str = ""
    left_at: datetime | None = None
    evidence: Evidence | None = None
    version: int = 0


class MarkOfDay(NamedTuple):
    """A mark as the school's day is read. marked_at, left_at: UTC."""

    status: Status
    source: Source
    marked_at: datetime
    minutes_late: int = 0
    left_at: datetime | None = None
    note: str = ""


def is_unknown(mark: Mark | MarkOfDay | None, *, is_open: bool) -> bool:
    """True if nothing is known yet of the student with this mark, in a register that is open or not.

    None, or one that was taken back; and in an open register an absence that an earlier closing wrote.
    """
    if mark is None or mark.status is Status.NONE:
        return True
    return is_open and mark.source is Source.CLOSE


class MarkKey(NamedTuple):
    """Key by which marks are counted: the kind, and the institution's own code (empty: the kind's default)."""

    status: Status
    code: str = ""


class BriefMark(NamedTuple):
    """A mark as registers are read for reports. is_noted: somebody wrote a note or a reason with it."""

    status: Status
    code: str = ""
    source: Source = Source.HAND
    minutes_late: int = 0
    is_noted: bool = False

    @property
    def key(self) -> MarkKey:
        """The key by which it is counted."""
        return MarkKey(self.status, self.code)


def brief(mark: Mark) -> BriefMark:
    """The mark in brief."""
    return BriefMark(mark.status, mark.code, mark.source, mark.minutes_late, bool(mark.note))


def briefly(marks: Iterable[Mark]) -> dict[UUID, BriefMark]:
    """Marks of one session in brief, by student, without those that were taken back."""
    return {mark.student_id: brief(mark) for mark in marks if mark.status is not Status.NONE}


def of_day(mark: Mark) -> MarkOfDay:
    """The mark as the school's day is read."""
    return MarkOfDay(mark.status, mark.source, mark.marked_at, mark.minutes_late, mark.left_at, mark.note)


@dataclass(frozen=True, slots=True)
class Register:
    """A session's marks in brief, by student. day: the lesson's date in the school's own zone. held_at: UTC."""

    session_id: UUID
    course_id: UUID
    day: date
    held_at: datetime
    marks: Mapping[UUID, BriefMark]


@dataclass(frozen=True, slots=True)
class StudentMark:
    """A student's mark of one session in brief. held_at: the beginning of the session, UTC."""

    session_id: UUID
    course_id: UUID
    held_at: datetime
    mark: BriefMark


@dataclass(frozen=True, slots=True)
class Closing:
    """Counts and marks of a register at its closing.

    The counts name nobody, so they outlive retention and erasure; the marks do not.
    day: the lesson's date in the school's own zone. counts: marks by status, without those that were taken back.
    closed_at: UTC; of two closings of a session the later one counts. held_at: the beginning of the session, UTC.
    marks: by student, without those that were taken back.
    """

    session_id: UUID
    course_id: UUID
    day: date
    counts: Mapping[Status, int]
    closed_at: datetime
    held_at: datetime
    marks: Mapping[UUID, Mark] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DayTally:
    """A day of the institution: the number of sessions closed, and their marks by status, without zeros."""

    sessions: int
    counts: Mapping[Status, int]
