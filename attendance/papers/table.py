"""A matrix as the lines of a table, for spreadsheets: heads, a line a student, the sums, the key of its letters."""

from collections.abc import Iterator, Sequence

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from attendance.papers.wanted import WantedMatrix
from attendance.rates.words import definition
from attendance.register.status_codes import ShownStatus
from attendance.reports.matrix import Cell, Column, Matrix, Row, in_order
from attendance.reports.words import SIGNS, empty_word


def csv_rows(wanted: WantedMatrix, matrix: Matrix) -> Iterator[Sequence[object]]:
    """The lines of a CSV file: heads first, so that programs read it; the key stands below an empty line."""
    yield [*heads(matrix), *(column_words(column) for column in matrix.columns), *sum_heads(matrix)]
    for row in in_order(matrix.rows, wanted.order):
        *counts, percent = sums(matrix, row)
        rate = "" if percent is None else percent
        yield [row.student.roll_number, row.student.name, *map(cell_words, row.cells), *counts, rate]
    yield []
    yield from ([letter, word] for letter, word in key_of(matrix))
    yield [_("Term"), matrix.period.name]
    yield [_("Attended"), definition(matrix.policy)]


def heads(matrix: Matrix) -> list[str]:
    """Heads of the columns before the lessons."""
    return [_("Roll number"), _("Name")]


def sum_heads(matrix: Matrix) -> list[str]:
    """Heads of the columns after the lessons: the statuses, lessons counted, attended, per cent."""
    return [*(said.label for said in matrix.statuses), _("Lessons"), _("Attended"), _("Attended (%)")]


def sums(matrix: Matrix, row: Row) -> list[int | None]:
    """A student's sums, in the order of `sum_heads`."""
    counts = [row.number(said.kind) for said in matrix.statuses]
    return [*counts, row.rate.counted, row.rate.attended, row.rate.percent]


def column_words(column: Column) -> str:
    """A lesson's day and time as programs and people read it: "2026-11-24 09:00"; a day's date."""
    at = f" {column.starts_at:%H:%M}" if column.starts_at else ""
    return f"{column.day.isoformat()}{at}"


def cell_words(cell: Cell) -> str:
    """A mark's letters, "A ×3" for three such marks on a day; the sign of a cell without one."""
    if cell.said is None:
        return SIGNS[cell.empty]
    return f"{cell.said.letter} ×{cell.more + 1}" if cell.more else cell.said.letter


def key_of(matrix: Matrix) -> list[tuple[str, str]]:
    """Letters and signs of the matrix with their words: those of every school, the school's own, the empty cells."""
    said = dict.fromkeys([*matrix.statuses, *_occurring(matrix)])
    signs = [(SIGNS[empty], empty_word(empty)) for empty in sorted(matrix.empties) if SIGNS[empty]]
    return [*((one.letter, one.label) for one in said), *signs]


def _occurring(matrix: Matrix) -> Sequence[ShownStatus]:
    found = {cell.said for row in matrix.rows for cell in row.cells if cell.said}
    return sorted(found, key=lambda one: (bool(one.code), one.letter))


def span_words(matrix: Matrix) -> str:
    """The days of the period, such as "1 Sep 2026 – 18 Dec 2026"."""
    first, last = (date_format(day, "j M Y") for day in (matrix.period.first, matrix.period.last))
    return f"{first} – {last}"
