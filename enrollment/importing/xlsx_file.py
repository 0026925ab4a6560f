"""Tables from spreadsheets (XLSX): cells as their owner sees them."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import load_workbook

from enrollment.importing.errors import ImportFileError
from enrollment.importing.tables import MOST_COLUMNS, MOST_ROWS, MOST_UNPACKED, Line, Score, Table, table_of, trimmed
from enrollment.zips import DAMAGED, is_packed_oddly

_BLANKS = 1_000  # rows without text in a row, after which the sheet ends: formatting reaches down to row 1,048,576
_MOST_PARTS = 5_000
_ZEROS = re.compile(r'"?0+"?')
_MOST_DIGITS = 15  # spreadsheets forget the digits after these
Bad = dict[tuple[int, int], str]


def xlsx_table(data: bytes, *, sheet: str, score: Score) -> Table:
    """The table of a spreadsheet. sheet: its name; empty: the one with most known headers. Raises ImportFileError."""
    _refuse_bombs(data)
    try:
        values = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        names = tuple(each.title for each in values.worksheets)
        chosen = sheet if sheet in names else _best(values, score)
        lines, bad = _read(values[chosen])
        _note_formulas(data, chosen, lines, bad)
    except ImportFileError:
        raise
    except Exception as error:  # openpyxl raises whatever its parts raise
        raise _broken() from error
    return replace(table_of(lines, score), bad=bad, sheet=chosen, sheets=names)


def _broken() -> ImportFileError:
    return ImportFileError("broken", _("The spreadsheet is damaged. Open it, save it again as XLSX, and choose it."))


def _refuse_bombs(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except DAMAGED as error:
        raise _broken() from error
    if any(is_packed_oddly(part) for part in parts):
        raise _broken()
    if sum(part.file_size for part in parts) > MOST_UNPACKED or len(parts) > _MOST_PARTS:
        raise ImportFileError(
            "too_large", _("The spreadsheet is too large. Copy the table that you need into a file of its own.")
        )


def _best(book: Any, score: Score) -> str:
    """Name of the sheet with most known headers, the first of several."""
    best, name = -1, ""
    for sheet in book.worksheets:
        top = _read(sheet, most=10)[0]
        known = max((score(line.cells) for line in top), default=-1)
        if known > best:
            best, name = known, sheet.title
    if not name:
        raise ImportFileError("empty", _("The file is empty. Choose one that has a row of headings and rows below it."))
    return str(name)


def _read(sheet: Any, *, most: int = 2 * MOST_ROWS) -> tuple[list[Line], Bad]:
    sheet.reset_dimensions()  # files state wrong ones
    lines: list[Line] = []
    bad: Bad = {}
    blanks = 0
    for number, row in enumerate(sheet.iter_rows(max_row=most, max_col=MOST_COLUMNS + 1), 1):
        cells = tuple(_text(cell, number, column, bad) for column, cell in enumerate(row))
        if any(cells):
            lines.append(Line(number, cells))
            blanks = 0
        else:
            blanks += 1
            if blanks > _BLANKS:
                break
    return lines, bad


def _text(cell: Any, number: int, column: int, bad: Bad) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "e":
        bad[number, column] = _("The cell shows the error %(error)s.") % {"error": value}
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(value, cell.number_format, number, column, bad)
    return _moment(value) if isinstance(value, date | time | timedelta) else trimmed(str(value))


def _number(value: float, shown_as: str, number: int, column: int, bad: Bad) -> str:
    """A number as its format shows it, as far as that keeps leading zeros."""
    if value != int(value):
        return f"{value:.12g}"
    digits = str(int(value))
    if len(digits.lstrip("-")) > _MOST_DIGITS:
        bad[number, column] = _(
            "The number has more than 15 digits, and spreadsheets change the rest. Format the column as text and type "
            "it again."
        )
    zeros = _ZEROS.fullmatch(shown_as or "")
    return digits.zfill(shown_as.count("0")) if zeros else digits


def _moment(value: date | time | timedelta) -> str:
    """A date as 2010-05-01, a time as 09:30."""
    if isinstance(value, timedelta):
        minutes = int(value.total_seconds()) // 60
        return f"{minutes // 60:02}:{minutes % 60:02}"
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, datetime) and value.time() == time(0):
        return value.date().isoformat()
    return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()


def _note_formulas(data: bytes, sheet: str, lines: list[Line], bad: Bad) -> None:
    """Note cells whose formula was stored without its result: they would be taken for empty ones."""
    if not _has_formulas(data):
        return
    known = {line.number: line for line in lines}
    book = load_workbook(io.BytesIO(data), read_only=True)
    for number, column in _formulas(book[sheet], max(known, default=0)):
        line = known.get(number)
        if line is None or column >= len(line.cells) or not line.cells[column]:
            bad[number, column] = _(
                "The cell has a formula without a result. Open the file in a spreadsheet and save it again."
            )
            if line is None:
                lines.append(Line(number, ("",) * column + ("?",)))
    lines.sort(key=lambda line: line.number)


def _has_formulas(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                content = archive.read(name)
                if b"<f>" in content or b"<f " in content or b":f>" in content:
                    return True
    return False


def _formulas(sheet: Any, last: int) -> Iterator[tuple[int, int]]:
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(max_row=last + _BLANKS, max_col=MOST_COLUMNS + 1), 1):
        for column, cell in enumerate(row):
            if cell.data_type == "f":
                yield number, column
