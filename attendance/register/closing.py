"""The outcome of closing a register, named student by student."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from attendance.domain.statuses import Status
from attendance.register.edit_window import window_ends
from attendance.register.excused import excused_at_closing
from attendance.register.page import Doubt, Register, Row


@dataclass(frozen=True, slots=True)
class Closing:
    """The students of a register by what closing makes of them, in the order in which they need the teacher.

    no_consent, absent: not marked yet, so they will be absent. excused: marked so, or covered by an accepted reason.
    marks_absent: number of those without a mark whom closing marks absent.
    """

    register: Register
    no_consent: tuple[Row, ...]
    absent: tuple[Row, ...]
    late: tuple[Row, ...]
    excused: tuple[Row, ...]
    marks_absent: int
    reopens_until: datetime | None

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        return self.register.doubts

    @property
    def present(self) -> int:
        """Number of those here who are not late."""
        return len(self.register.here) - len(self.late)

    @property
    def is_settled(self) -> bool:
        """True if nothing is left to say."""
        return not (self.doubts or self.no_consent or self.absent or self.late or self.excused)


def read_closing(register: Register) -> Closing:
    """The outcome of closing this register. Two queries besides the register's own."""
    session = register.session
    held = {row.student.pk: row.mark for row in register.rows if row.mark}
    covered = excused_at_closing(session, [row.student.pk for row in register.rows], held).by_student
    return sorted_out(register, covered, window_ends(session))


def sorted_out(register: Register, covered: Collection[UUID], reopens_until: datetime | None) -> Closing:
    """A register's students by what closing makes of them. covered: those with an accepted reason for absence."""
    leaving = {student.pk for student in register.changes.left}
    missing = [row for row in register.missing if row.student.pk not in leaving]
    unmarked = [row for row in missing if row.student.pk not in covered]
    by_hand = [row for row in register.away if row.status is Status.ABSENT and row.student.pk not in covered]
    excused = [row for row in register.away if row.status is Status.EXCUSED or row.student.pk in covered]
    return Closing(
        register=register,
        no_consent=tuple(row for row in unmarked if not row.student.consented),  # type: ignore[attr-defined]
        absent=tuple(row for row in unmarked if row.student.consented) + tuple(by_hand),  # type: ignore[attr-defined]
        late=tuple(row for row in register.here if row.status is Status.LATE),
        excused=tuple(excused) + tuple(row for row in missing if row.student.pk in covered),
        marks_absent=len(unmarked),
        reopens_until=reopens_until,
    )
