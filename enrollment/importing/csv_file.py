"""Tables from text files: encoding, separator, cells."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrollment.importing.errors import Candidate, EncodingUnknown, ImportFileError
from enrollment.importing.tables import MOST_BYTES, MOST_ROWS, Line, Score, Table, table_of, trimmed

SEPARATORS = (";", ",", "\t", "|")
# Guessing took one Windows encoding for another (Å for Ĺ), so a person chooses.
ENCODINGS: dict[str, str | Promise] = {
    "cp1252": gettext_lazy("Western Europe (Windows-1252)"),
    "cp1250": gettext_lazy("Central Europe (Windows-1250)"),
    "cp1254": gettext_lazy("Turkish (Windows-1254)"),
    "cp1257": gettext_lazy("Baltic (Windows-1257)"),
    "cp1251": gettext_lazy("Cyrillic (Windows-1251)"),
    "cp1253": gettext_lazy("Greek (Windows-1253)"),
    "cp1255": gettext_lazy("Hebrew (Windows-1255)"),
    "cp1256": gettext_lazy("Arabic (Windows-1256)"),
    "iso8859_15": gettext_lazy("Western Europe (ISO 8859-15)"),
    "mac_roman": gettext_lazy("Western Europe (older Mac)"),
    "cp850": gettext_lazy("Western Europe (DOS)"),
}
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_WORDS_SHOWN = 6
csv.field_size_limit(MOST_BYTES)  # of the process, whichever table is read first
_SEP_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_AS_FORMULA = re.compile(r'="(.*)"', re.DOTALL)


def csv_table(data: bytes, *, encoding: str, score: Score) -> Table:
    """The table of a text file. encoding: as a person chose it; empty: UTF-8, or asked. Raises ImportFileError."""
    text, used = decoded(data, encoding)
    if "\0" in text:
        raise ImportFileError(
            "not_a_table", _("This is not a text file. Save the table as CSV or XLSX and choose it again.")
        )
    text, separators = _separators(text)
    separator = max(separators, key=lambda each: _known(text, each, score))
    return replace(table_of(list(_lines(text, separator)), score), encoding=used)


def _known(text: str, separator: str, score: Score) -> tuple[int, int]:
    """Most known headers, and most cells, of a line near the top if this is the separator."""
    top = list(csv.reader(islice(text_lines(text), 10), delimiter=separator))
    return max((score(cells) for cells in top), default=0), max((len(cells) for cells in top), default=0)


def decoded(data: bytes, encoding: str) -> tuple[str, str]:
    """The text and its encoding. Raises EncodingUnknown where it is not UTF-8 and `encoding` is empty."""
    for mark, name in _BOMS.items():
        if data.startswith(mark):
            return _strictly(data, name), name
    if encoding in ENCODINGS:
        return _strictly(data, encoding), encoding
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        candidates = tuple(_candidates(data))
        if b"\0" in data[:4096] or not candidates:
            raise ImportFileError(
                "not_a_table", _("This is not a text file. Save the table as CSV or XLSX and choose it again.")
            ) from error
        raise EncodingUnknown(_("Choose the line in which all names are spelt correctly."), candidates) from error


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, UnicodeError) as error:
        raise ImportFileError(
            "not_this_encoding", _("The file has characters that this encoding does not know. Choose another.")
        ) from error


def _candidates(data: bytes) -> Iterator[Candidate]:
    seen = set()
    for encoding, label in ENCODINGS.items():
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if any((char != "\t" and char < " " and char not in "\r\n") or "\x7f" <= char < "\xa0" for char in text):
            continue
        words = tuple(_accented(text))
        if words not in seen:
            seen.add(words)
            yield Candidate(encoding, label, words)


def _accented(text: str) -> list[str]:
    """Some different words with letters beyond ASCII, in the file's order."""
    found: dict[str, None] = {}
    for word in re.split(r"[\s;,|\"]+", text):
        if not word.isascii():
            found[word[:40]] = None
        if len(found) == _WORDS_SHOWN:
            break
    return list(found)


def _separators(text: str) -> tuple[str, tuple[str, ...]]:
    """The text below a line such as "sep=;", and the separators to try."""
    if found := _SEP_LINE.match(text):
        return text[found.end() :], (found[1],)
    return text, SEPARATORS


def text_lines(text: str) -> Iterator[str]:
    """The lines of a table. `splitlines` would end them at further characters, such as U+2028, within a cell too."""
    return io.StringIO(text, newline="")


def _lines(text: str, separator: str) -> Iterator[Line]:
    reader = csv.reader(text_lines(text), delimiter=separator, strict=True)
    try:
        for number, cells in enumerate(reader, 1):
            if number > 2 * MOST_ROWS:
                said = _("The file has more than %(most)d rows. Split it into several files.") % {"most": MOST_ROWS}
                raise ImportFileError("too_many_rows", said)
            yield Line(number, tuple(_cell(cell) for cell in cells))
    except csv.Error as error:
        said = _("Line %(line)d cannot be read: a quotation mark is missing or out of place.")
        raise ImportFileError("bad_quotes", said % {"line": reader.line_num}) from error


def _cell(text: str) -> str:
    """A cell's text. Spreadsheets keep leading zeros by writing ="0012"."""
    found = _AS_FORMULA.fullmatch(text.strip())
    return trimmed(found[1] if found else text)
