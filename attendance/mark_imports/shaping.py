"""Tables of marks made long: a matrix with a column for each lesson becomes one row for each mark."""

from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from attendance.mark_imports.dated import Dated, dated
from attendance.mark_imports.fields import COURSE, DATE, FIELDS, HOUR, NOTE, STATUS
from enrollment.importing.errors import ImportFileError
from enrollment.importing.fields import columns_match, header_key, known_headers, scorer
from enrollment.importing.tables import MOST_ROWS, Line, Table

NO_MARK = {"", "?", "-", "–", "—", ".", "n/a"}  # of a cell: nobody was marked
_known = scorer(FIELDS)


def marks_score(cells: Sequence[str]) -> int:
    """Number of cells that are headers of a table of marks: known ones, and dates."""
    return _known(cells) + sum(dated(cell) is not None for cell in cells)


def marks_shape(table: Table) -> Table:
    """The table with one row a mark: date and time in columns of their own, the course of a title above as a column.

    Raises ImportFileError for more marks than one import takes.
    """
    fields = columns_match(table.headers, FIELDS)
    lessons = {column: at for column, header in enumerate(table.headers) if (at := dated(header))}
    if lessons and DATE.name not in fields.values():
        table = _unfolded(table, lessons)
    elif DATE.name in fields.values():
        table = _split(table, next(column for column, name in fields.items() if name == DATE.name))
    return _with_course(table)


def _unfolded(table: Table, lessons: dict[int, Dated]) -> Table:
    """A row for each filled cell below a lesson's header. Totals behind the lessons are left out."""
    known = known_headers(FIELDS)
    first = min(lessons)
    remarks = {column + 1 for column in lessons if column + 1 < len(table.headers) and not table.headers[column + 1]}
    kept = [
        column
        for column, header in enumerate(table.headers)
        if column not in lessons and column not in remarks and (column < first or header_key(header) in known)
    ]
    lines = []
    for line in table.lines:
        own = tuple(line.cells[column] for column in kept)
        for column, at in lessons.items():
            if line.cells[column].lower() in NO_MARK:
                continue
            remark = line.cells[column + 1] if column + 1 in remarks else ""
            lines.append(Line(line.number, (*own, at.date, at.time, line.cells[column], remark)))
    if len(lines) > MOST_ROWS:
        said = _("The file has more than %(most)d marks. Split it into several files.") % {"most": MOST_ROWS}
        raise ImportFileError("too_many_rows", said)
    if not lines:
        raise ImportFileError("no_rows", _("The file has lessons, and no marks below them. Nothing can be imported."))
    places = {column: place for place, column in enumerate(kept)}
    headers = [table.headers[column] for column in kept]
    bad = {(row, places[column]): said for (row, column), said in table.bad.items() if column in places}
    more = (str(DATE.label), str(HOUR.label), str(STATUS.label), str(NOTE.label))
    return replace(table, headers=(*headers, *more), lines=tuple(lines), bad=bad)


def _split(table: Table, column: int) -> Table:
    """The table whose dates are dates alone: a time of day that stands with them goes to a column of its own."""
    found = [dated(line.cells[column]) for line in table.lines]
    timed = any(at and at.time for at in found) and HOUR.name not in columns_match(table.headers, FIELDS).values()
    lines = []
    for line, at in zip(table.lines, found, strict=True):
        cells = list(line.cells)
        if at:
            cells[column] = at.date
        lines.append(Line(line.number, (*cells, at.time if at else "") if timed else tuple(cells)))
    headers = (*table.headers, str(HOUR.label)) if timed else table.headers
    return replace(table, headers=headers, lines=tuple(lines))


def _with_course(table: Table) -> Table:
    """The table with the course that a title above it names, such as "Course: Physics"."""
    if COURSE.name in columns_match(table.headers, FIELDS).values():
        return table
    known = known_headers(FIELDS)
    for line in table.above:
        name, _colon, after = line.cells[0].partition(":")
        value = after.strip() or next((cell for cell in line.cells[1:] if cell), "")
        if known.get(header_key(name)) == COURSE.name and value:
            lines = tuple(Line(each.number, (*each.cells, value)) for each in table.lines)
            return replace(table, headers=(*table.headers, str(COURSE.label)), lines=lines)
    return table
