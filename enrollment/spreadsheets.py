"""Exported spreadsheets (CSV): cells that are no formulas, the separator of the language, and the download."""

import csv
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import islice

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.formats import get_format

from accounts.files import KEEP_NOTHING

_LINES = 500  # sent at a time
SEPARATORS = {"comma": ",", "semicolon": ";"}
BYTE_ORDER_MARK = "\ufeff"  # by which Excel knows that a file is UTF-8


class _Line:
    """File whose `write` returns what is written: the writer of CSV hands each line on."""

    def write(self, line: str) -> str:
        return line


def csv_lines(rows: Iterable[Iterable[object]], wished: str = "") -> Iterator[str]:
    """Rows of cells as lines of CSV with the `separator` that was wished for; no cell is a formula."""
    writer = csv.writer(_Line(), delimiter=separator(wished))
    yield BYTE_ORDER_MARK
    for row in rows:
        yield writer.writerow([harmless(str(cell)) for cell in row])


def csv_response(name: str, rows: Iterable[Iterable[object]]) -> HttpResponse:
    """The download `<name>.csv` of rows of cells, kept by no cache."""
    return HttpResponse(csv_lines(rows), headers=csv_headers(name))


def csv_stream(name: str, rows: Iterable[Iterable[object]], wished: str = "") -> StreamingHttpResponse:
    """As `csv_response`, sent while the rows are read, in the request's language and time zone."""
    return StreamingHttpResponse(_as_now(csv_lines(rows, wished)), headers=csv_headers(name))


def _as_now(lines: Iterator[str]) -> Iterator[str]:
    """The lines, joined by hundreds, with the language and time zone of this moment: they are read after the view."""
    language, zone = translation.get_language(), timezone.get_current_timezone()

    def joined() -> Iterator[str]:
        with translation.override(language), timezone.override(zone):
            while part := "".join(islice(lines, _LINES)):
                yield part

    return joined()


def csv_headers(name: str) -> dict[str, str]:
    """The headers of a download `<name>.csv`."""
    return {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{name}.csv"',
        "Cache-Control": KEEP_NOTHING,
    }


def harmless(cell: str) -> str:
    """A cell that no spreadsheet interprets as a formula."""
    begins = unicodedata.normalize("NFKC", cell.lstrip())  # full-width signs begin a formula too, blanks do not hinder
    return f"'{cell}" if begins.startswith(("=", "+", "-", "@")) or cell.startswith(("\t", "\r", "\n")) else cell


def separator(wished: str = "") -> str:
    """The sign of one of `SEPARATORS`, else the one that a spreadsheet of the language expects.

    That is a semicolon where the comma is the decimal sign. A spreadsheet goes by its computer's country, which
    need not be that of the language in which somebody reads the portal.
    """
    return SEPARATORS.get(wished) or (";" if get_format("DECIMAL_SEPARATOR") == "," else ",")


def other_separator() -> tuple[str, str]:
    """The one of `SEPARATORS` that the language's spreadsheets do not expect, with its sign."""
    return next((name, sign) for name, sign in SEPARATORS.items() if sign != separator())
