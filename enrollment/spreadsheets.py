"""Cells and separators of exported spreadsheets (CSV)."""

import unicodedata

from django.utils.formats import get_format


def harmless(cell: str) -> str:
    """A cell that no spreadsheet interprets as a formula."""
    begins = unicodedata.normalize("NFKC", cell.lstrip())  # full-width signs begin a formula too, blanks do not hinder
    return f"'{cell}" if begins.startswith(("=", "+", "-", "@")) or cell.startswith(("\t", "\r", "\n")) else cell


def separator() -> str:
    """Separator that a spreadsheet expects: a semicolon where the comma is the decimal sign."""
    return ";" if get_format("DECIMAL_SEPARATOR") == "," else ","
