"""The contract of every store of marks."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from attendance.domain.marks import Closing, DayTally, Mark, MarkOfDay, Register, StudentMark

MOST_A_PAGE = 200


@dataclass(frozen=True, slots=True)
class Page:
    """Some marks of a student, newest session first, and the cursor of the next page (None: no more)."""

    marks: tuple[Mark, ...]
    cursor: str | None


class RegisterError(Exception):
    """Base of the errors raised by a store of marks. `retryable` says whether the same call may work later."""

    code = "register_error"
    retryable = False


class MarkChanged(RegisterError):
    """Somebody else changed the mark since it was read. `current` is the mark as it is now (None: there is none)."""

    code = "mark_changed"

    def __init__(self, current: Mark | None) -> None:
        super().__init__("the mark was changed meanwhile")
        self.current = current


class BadCursor(RegisterError):
    """The cursor is not one that this store gave."""

    code = "bad_cursor"


class StoreUnavailable(RegisterError):
    """The store cannot answer now. Repeating the call is safe: `mark_many` may have written some of its marks already.

    code: `throttled`, `unreachable`, `denied`, `failing` or `refused` (see `portal.aws.errors.Failure`). message: one
    sentence for the person who waits. retryable: whether the same call may work later.
    """

    def __init__(self, code: str, message: object, *, retryable: bool = True) -> None:
        super().__init__(message)
        self.code = code
        self.retryable = retryable

    def __str__(self) -> str:
        return str(self.args[0])  # may be a text that is translated when it is read


class AttendanceRepository(Protocol):
    """The register's store, bound to one institution when it is obtained (`marks_for(institution)`).

    It never reads or writes another institution's marks, whatever ids it is asked for. It knows nothing of sessions,
    rosters and people: the caller has checked that the ids are the institution's own. Times are instants to the
    microsecond, and come back in UTC. Every call may raise StoreUnavailable.

    A write is seen at once by `for_session`, `for_sessions`, `audit` and `day_tally`, and by every write; a closing by
    `registers_of_courses` and `marks_of_day`. `for_student`, `marks_of_student` and `for_course` may be behind by a
    moment (well below a second as a rule): DynamoDB follows with its indexes. No decision rests on these.

    With an option `retention_days`, or a school's own `mark_retention_days`, whichever is shorter, a session's marks
    are kept for so many days from its beginning: from then on no call reads them, and they are deleted.
    """

    def mark_many(self, marks: Sequence[Mark]) -> list[Mark]:
        """Write marks of machines, closing and "the rest" where `may_replace` allows it; return those that took effect.

        All marks are of one session, each student's at most once. The stored mark is judged in the write itself: a mark
        that somebody else writes at the same time counts. A first mark gets version 1, one that replaces another the
        next. Idempotent: repeating the call changes nothing and returns an empty list. The order of the result is
        undefined. The marks' own `version` is ignored.
        """
        ...

    def together(self) -> AbstractContextManager[None]:
        """Inside it, what is asked of the portal's database holds until the marks are written.

        A store in that database makes it one transaction. One elsewhere cannot: it is asked right before the write.
        """
        ...

    def correct(self, mark: Mark, *, expected_version: int) -> Mark:
        """Write a person's mark over version `expected_version` (0: none yet) and return it with its new version.

        Of several calls that expect the same version one succeeds. Raises MarkChanged, with the mark that is stored
        instead, and then nothing was written. The mark's own `version` is ignored.
        """
        ...

    def for_session(self, session_id: UUID) -> dict[UUID, Mark]:
        """The marks of a session by student, as last written, those that were taken back (`Status.NONE`) included."""
        ...

    def for_student(self, student_id: UUID, *, cursor: str | None = None, limit: int = 20) -> Page:
        """A student's marks, newest session first, without those that were taken back.

        limit: 1 to MOST_A_PAGE; beyond, the nearest of the two. Sessions that begin at the same time come in an order
        that never changes, so that pages neither miss nor repeat one; a mark written meanwhile to a session that a
        page has passed is not shown by later pages. The last page's cursor is None. Raises BadCursor.
        """
        ...

    def for_course(self, course_id: UUID, *, first: date, last: date) -> list[Mark]:
        """A course's marks of sessions that began on these days (UTC, both included), oldest session first.

        With those that were taken back. Any dates are accepted; where `last` is before `first` there are none.
        """
        ...

    def audit(self, session_id: UUID, student_id: UUID) -> list[Mark]:
        """Every version of a mark, oldest first, the present one included: versions 1, 2, 3, … without a gap."""
        ...

    def purge_student(self, student_id: UUID) -> int:
        """Erase all marks of a student, with their audit trail. Returns how many marks (not versions) there were."""
        ...

    def count_student(self, student_id: UUID) -> int:
        """The number of rows or items that a store keeps of a student: marks of every status and age, and versions.

        For reading again after an erasure. It may be behind by a moment, as `for_student`.
        """
        ...

    def purge_sessions(self, session_ids: Sequence[UUID]) -> int:
        """Erase all marks of sessions, with their audit trails and summaries. Returns how many marks there were.

        The counters of days stay as they are.
        """
        ...

    def purge_summaries(self, course_ids: Sequence[UUID], days: Sequence[date]) -> None:
        """Erase the counters of these days, and what the store noted of these courses."""
        ...

    @property
    def retention_days(self) -> int | None:
        """Days that marks are kept; None: until they are erased."""
        ...

    def close_session(self, closing: Closing) -> None:
        """Store a session's summary and add it to its day, once: the counts of an earlier closing are subtracted.

        With the summary go the register's marks in brief, which live as long as the marks: erasure and retention take
        them too. Idempotent. A closing that is older than the stored one changes nothing.
        """
        ...

    def for_sessions(self, session_ids: Collection[UUID]) -> dict[UUID, dict[UUID, Mark]]:
        """The marks of several sessions, each as `for_session` gives it; every id that was asked for is a key."""
        ...

    def registers_of_courses(self, course_ids: Collection[UUID], *, first: date, last: date) -> list[Register]:
        """Registers of these courses on these days (the closings' own, both included), oldest first.

        Those that were closed at least once, one that was reopened with its marks as last closed or later: anyone who
        needs an open register's marks of this moment asks `for_sessions`. Marks that were taken back are not in them;
        a register without any mark is not among them.
        """
        ...

    def marks_of_day(
        self, day: date, *, closed: Collection[UUID], others: Collection[UUID]
    ) -> dict[UUID, dict[UUID, MarkOfDay]]:
        """Marks of a day's sessions, by session and student, without those that were taken back.

        closed: sessions that were closed with this day, with their marks as then or later; others: with their marks of
        this moment. Every id that was asked for is a key.
        """
        ...

    def student_marks_in(self, student_id: UUID, session_ids: Collection[UUID]) -> dict[UUID, Mark]:
        """The student's marks in these sessions, by session, as `for_session` gives them; none where there is none."""
        ...

    def marks_of_student(self, student_id: UUID, *, first: datetime, last: datetime) -> list[StudentMark]:
        """A student's marks of sessions that began between these times, both included; oldest session first.

        In whatever state their registers are; without those that were taken back.
        """
        ...

    def histories(self, session_id: UUID) -> dict[UUID, tuple[Mark, ...]]:
        """Every version of each mark of a session by student, oldest first, the present one last: as `audit` of each.

        Seen at once, as `for_session`. For moving marks from one store to another.
        """
        ...

    def keep_histories(self, session_id: UUID, histories: Mapping[UUID, Sequence[Mark]]) -> int:
        """Write whole histories of a session's marks, as `histories` gave them; the number of marks that changed.

        Idempotent. What stands of the student in the session otherwise is replaced; an empty history removes it. Where
        what stands is the same history gone on, it is left as it is: somebody marked meanwhile. Raises MarkChanged
        where somebody writes the same mark at this moment: to be read and tried again.
        """
        ...

    def closing(self, session_id: UUID) -> Closing | None:
        """The stored closing of a session, with the marks that stand now; None for one that was never closed.

        course_id and held_at are the session's as the store knows them.
        """
        ...

    def day_tally(self, day: date) -> DayTally:
        """The sum of a day's sessions that were closed so far. One that was reopened counts as last closed."""
        ...
