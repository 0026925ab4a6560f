"""Table that a file contains: text cells under headers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from enrollment.importing.errors import ImportFileError

MOST_BYTES = 20_000_000  # of a file as it is sent
MOST_UNPACKED = 200_000_000  # bytes of what a ZIP or a spreadsheet contains
MOST_ROWS = 50_000
MOST_COLUMNS = 500  # a school year of daily lessons, each with a remark
_HEADER_WITHIN = 10  # first rows: titles may stand above the headers
Score = Callable[[Sequence[str]], int]  # number of headers that are known


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table. number: as a spreadsheet counts it, from 1."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Headers and rows of text. bad: sentences about cells that cannot be read, by row number and column.

    above: rows that stand above the headers, such as a title.
    """

    headers: tuple[str, ...]
    lines: tuple[Line, ...]
    bad: dict[tuple[int, int], str] = field(default_factory=dict)
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    encoding: str = ""
    above: tuple[Line, ...] = ()


def table_of(lines: Sequence[Line], score: Score) -> Table:
    """The table of some rows. The headers are the row near the top with most known ones. Raises ImportFileError.

    Rows without any text are left out.
    """
    filled = [Line(line.number, _narrowed(line.cells)) for line in lines if any(line.cells)]
    if not filled:
        raise ImportFileError("empty", _("The file is empty. Choose one that has a row of headings and rows below it."))
    header = max(filled[:_HEADER_WITHIN], key=lambda line: (score(line.cells), -line.number))
    if score(header.cells) == 0:
        header = filled[0]
    below = tuple(line for line in filled if line.number > header.number)
    if not below:
        raise ImportFileError("no_rows", _("The file has headings, and no rows below them. Nothing can be imported."))
    if len(below) > MOST_ROWS:
        said = _("The file has more than %(most)d rows. Split it into several files.") % {"most": MOST_ROWS}
        raise ImportFileError("too_many_rows", said)
    width = max(len(line.cells) for line in [header, *below])
    if width > MOST_COLUMNS:
        said = _("The file has more than %(most)d columns. Delete those that are not needed.") % {"most": MOST_COLUMNS}
        raise ImportFileError("too_many_columns", said)
    wide = tuple(Line(line.number, _widened(line.cells, width)) for line in below)
    above = tuple(line for line in filled if line.number < header.number)
    return Table(_widened(header.cells, width), wide, above=above)


def _narrowed(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Cells without the empty ones at the end."""
    last = max((number for number, cell in enumerate(cells, 1) if cell), default=0)
    return cells[:last]


def _widened(cells: tuple[str, ...], width: int) -> tuple[str, ...]:
    return cells + ("",) * (width - len(cells))


def trimmed(text: str) -> str:
    """A cell's text in one line, without blanks around it and without marks that nobody sees."""
    return " ".join(text.replace("\ufeff", "").replace("\u200b", "").split())
