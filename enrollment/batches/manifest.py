"""Lists that say whose photo each file is: CSV with a file and a roll number a row, as spreadsheets write it."""

import csv
import io

from django.utils.translation import gettext as _

from accounts.names import folded
from enrollment.batches.matching import file_key
from enrollment.errors import EnrollmentError

MOST_BYTES = 2_000_000
MOST_ROWS = 50_000
# Headers by which a column is known, in the languages of schools. Compared without accents, case and blanks.
_FILE = {"file", "filename", "photo", "picture", "image", "datei", "dateiname", "foto", "bild", "fichier", "archivo"}
_NUMBER = {
    "rollnumber", "roll", "rollno", "number", "studentnumber", "studentid", "id", "nummer", "schulernummer",
    "schuelernummer", "matrikelnummer", "numero",
}  # fmt: skip


def read_manifest(data: bytes) -> dict[str, str]:
    """The roll number of each file, by the file's key (`matching.file_key`).

    The columns are found by their headers; without headers the first is the file, the second the roll number. Raises
    EnrollmentError `manifest_too_large`, `manifest_empty` or `manifest_twice`.
    """
    if len(data) > MOST_BYTES:
        raise EnrollmentError("manifest_too_large", _("This list is too long. Split it into several batches."))
    rows = _rows(_text(data))
    if not rows or max(map(len, rows)) < 2:
        sentence = _("This list needs two columns: the file and the student's roll number.")
        raise EnrollmentError("manifest_empty", sentence)
    file_column, number_column, rows = _columns(rows)
    found: dict[str, str] = {}
    for row in rows:
        file, number = _cell(row, file_column), _cell(row, number_column)
        if not file or not number:
            continue
        if found.setdefault(file_key(file), number) != number:
            sentence = _("The list gives “%s” to two students. Correct it and upload it again.")
            raise EnrollmentError("manifest_twice", sentence % file)
    return found


def _text(data: bytes) -> str:
    """UTF-8 with or without a mark, UTF-16 with one, otherwise what Windows writes."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _rows(text: str) -> list[list[str]]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(";\t,", key=first.count)
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), delimiter=separator)]
    except csv.Error:
        return []
    return [row for row in rows if any(row)][:MOST_ROWS]


def _columns(rows: list[list[str]]) -> tuple[int, int, list[list[str]]]:
    heads = ["".join(folded(cell).replace("_", " ").replace("-", " ").split()) for cell in rows[0]]
    file = next((n for n, head in enumerate(heads) if head in _FILE), None)
    number = next((n for n, head in enumerate(heads) if head in _NUMBER), None)
    if file is None or number is None:
        return 0, 1, rows
    return file, number, rows[1:]


def _cell(row: list[str], column: int) -> str:
    return row[column].replace("\0", "") if column < len(row) else ""
