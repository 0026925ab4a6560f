"""A matrix of students and lessons as pages and exports draw it: plain values, no page and no query."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from attendance.domain.rates import Rate, RatePolicy
from attendance.domain.statuses import Status
from attendance.rates.periods import Period
from attendance.register.status_codes import ShownStatus
from enrollment.models import Student

LAST_OF_A_STRIP = 30  # columns of a phone's strip


class Taken(StrEnum):
    """A column's state: its register is closed, open, was never taken, or the lesson was cancelled."""

    CLOSED = "closed"
    OPEN = "open"
    NOT_TAKEN = "not_taken"
    CANCELLED = "cancelled"


class Empty(StrEnum):
    """The reason for which a cell has no mark."""

    TO_CONFIRM = "to_confirm"  # an open register asks the teacher whether a face is this student's
    UNMARKED = "unmarked"  # on the course, in an open register
    NOT_TAKEN = "not_taken"
    CANCELLED = "cancelled"
    AWAY = "away"  # not on the course that day


@dataclass(frozen=True, slots=True)
class Cell:
    """A student's mark in a column, or the reason for which there is none. more: further marks of the day like it."""

    said: ShownStatus | None
    empty: Empty = Empty.AWAY
    more: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """A lesson, or a day of a group. key: names it in addresses. starts_at: None for a day; in the school's zone.

    here: students who attended, marked: students with a mark.
    """

    key: str
    day: date
    taken: Taken
    starts_at: datetime | None = None
    reason: str = ""
    begins_week: bool = False
    is_today: bool = False
    here: int = 0
    marked: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A student's line. joined, left: days within the period, None if they were on the course all along."""

    student: Student
    cells: Sequence[Cell]
    rate: Rate
    portrait: UUID | None = None
    joined: date | None = None
    left: date | None = None
    last_absent: date | None = None

    def number(self, status: Status) -> int:
        """The student's marks of this kind."""
        return self.rate.counts.get(status, 0)


@dataclass(frozen=True, slots=True)
class Matrix:
    """Students by columns, oldest first, with rates and sums. statuses: the kinds that are summed up."""

    period: Period
    columns: Sequence[Column]
    rows: Sequence[Row]
    rate: Rate
    policy: RatePolicy
    statuses: Sequence[ShownStatus]
    guests: int = 0

    @property
    def low(self) -> list[Row]:
        """Students below the school's threshold, the lowest first."""
        return sorted((row for row in self.rows if row.rate.is_low), key=lambda row: row.rate.percent or 0)

    @property
    def others(self) -> list[Row]:
        return [row for row in self.rows if not row.rate.is_low]

    @property
    def taken(self) -> int:
        """The number of lessons with a closed register."""
        return sum(column.taken is Taken.CLOSED for column in self.columns)

    @property
    def weeks(self) -> list[tuple[Column, int]]:
        """The first column of each week, and the number of its columns."""
        firsts = [n for n, column in enumerate(self.columns) if column.begins_week]
        return [
            (self.columns[at], until - at) for at, until in zip(firsts, [*firsts[1:], len(self.columns)], strict=True)
        ]

    @property
    def empties(self) -> frozenset[Empty]:
        """The sorts of empty cells that occur, for the legend."""
        return frozenset(cell.empty for row in self.rows for cell in row.cells if cell.said is None)


ORDERS = [("", _("by name")), ("rate", _("lowest rate first")), ("absence", _("last absence first"))]


def in_order(rows: Sequence[Row], order: str) -> list[Row]:
    """Rows in one of `ORDERS`: the lowest "rate" first, the latest "absence" first, else as they are, by name."""
    if order == "rate":
        return sorted(rows, key=lambda row: 101 if row.rate.percent is None else row.rate.percent)
    if order == "absence":
        return sorted(rows, key=lambda row: row.last_absent or date.min, reverse=True)
    return list(rows)


def summed(statuses: Mapping[Status, ShownStatus], rows: Sequence[Row]) -> list[ShownStatus]:
    """The kinds with a column of sums: the four of every school, and left early where somebody did."""
    marks: Counter[Status] = Counter()
    for row in rows:
        marks.update(row.rate.counts)
    always = (Status.PRESENT, Status.LATE, Status.ABSENT, Status.EXCUSED)
    return [statuses[kind] for kind in (*always, Status.LEFT_EARLY) if kind in always or marks[kind]]
