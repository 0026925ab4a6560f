"""Table of an uploaded file, whichever of the formats it has."""

from django.utils.translation import gettext as _

from enrollment.importing.csv_file import csv_table
from enrollment.importing.errors import ImportFileError
from enrollment.importing.tables import MOST_BYTES, Score, Table
from enrollment.importing.xlsx_file import xlsx_table

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"  # old Excel files, and new ones under a password


def table_read(data: bytes, *, score: Score, encoding: str = "", sheet: str = "") -> Table:
    """Read a CSV or XLSX file. score: number of a row's cells that are known headers.

    encoding, sheet: as a person chose them; empty: found out. Raises ImportFileError, EncodingUnknown.
    """
    refuse_size(data)
    if data.startswith(_OLE):
        raise ImportFileError(
            "old_excel",
            _("This is an old Excel file (.xls), or has a password. Save it as XLSX without a password."),
        )
    if not data.startswith(_ZIP):
        return csv_table(data, encoding=encoding, score=score)
    if b"xl/workbook.xml" not in data:
        raise ImportFileError(
            "not_a_table", _("This is not a table. Save it as CSV or XLSX and choose that file, not a ZIP of it.")
        )
    return xlsx_table(data, sheet=sheet, score=score)


def refuse_size(data: bytes) -> None:
    """Raise ImportFileError for a file that is empty or too large."""
    if not data.strip():
        raise ImportFileError("empty", _("The file is empty. Choose one that has a row of headings and rows below it."))
    if len(data) > MOST_BYTES:
        said = _("The file is larger than %(mega)d MB. Split it into several files.")
        raise ImportFileError("too_large", said % {"mega": MOST_BYTES // 1_000_000})
