"""A matrix as data of its printed pages: its columns in parts that fit beside the names."""

from collections.abc import Iterator, Sequence
from math import ceil

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Institution
from attendance.domain.statuses import Status
from attendance.papers.table import key_of, span_words
from attendance.papers.typesetting import Json, directed, isolated, paper_size
from attendance.papers.wanted import WantedMatrix
from attendance.rates.words import definition
from attendance.reports.matrix import Cell, Column, Matrix, Row, Taken, in_order
from attendance.reports.words import SIGNS

# Millimetres, as in matrix.typ: a sheet's width between its margins, the names, a lesson, a sum.
_WIDTHS = {"a4": 273, "us-letter": 255}
_WHO, _ONE, _SUM = 50, 6.6, 9


def matrix_paper(institution: Institution, wanted: WantedMatrix, matrix: Matrix) -> Json:
    """The data of `matrix.typ`."""
    paper = paper_size(institution.time_zone, wanted.wished)
    rows = in_order(matrix.rows, wanted.order)
    percent = matrix.rate.percent
    return {
        "paper": paper,
        "school": isolated(institution.name),
        "title": f"{_('Attendance')} · {isolated(wanted.name)}",
        "lines": [isolated(matrix.period.name), span_words(matrix)],
        "total": "" if percent is None else _("%(n)s %% attended") % {"n": percent},
        "counts": [_low_words(matrix)] if percent is not None else [],
        "students": ngettext("%(n)s student", "%(n)s students", len(rows)) % {"n": len(rows)},
        "parts": list(_parts(matrix, _WIDTHS[paper])),
        "sum-heads": [*(said.letter for said in matrix.statuses), "%"],
        "rows": [_row(matrix, row) for row in rows],
        "nobody": _("There is nothing to print in this term yet."),
        "key": [f"{letter} {word}" for letter, word in key_of(matrix)],
        "definition": definition(matrix.policy),
        "foot": _("bold: below %(mark)s %%") % {"mark": matrix.policy.threshold} if matrix.low else "",
    }


def _low_words(matrix: Matrix) -> str:
    mark, low = matrix.policy.threshold, len(matrix.low)
    if not low:
        return _("nobody below %(mark)s %%") % {"mark": mark}
    return ngettext("%(n)s student below %(mark)s %%", "%(n)s students below %(mark)s %%", low) % {
        "n": low,
        "mark": mark,
    }


def _parts(matrix: Matrix, width: int) -> Iterator[Json]:
    """The columns in parts that fit a sheet, the last one with room for the sums beside it."""
    most = int((width - _WHO) // _ONE)
    last = int((width - _WHO - _SUM * (len(matrix.statuses) + 1)) // _ONE)
    at = 0
    for taken in evenly(len(matrix.columns), most=most, last=last):
        yield _part(matrix.columns[at : at + taken], at)
        at += taken


def evenly(columns: int, *, most: int, last: int) -> list[int]:
    """Columns of each sheet, about the same number: at most `most` on a sheet, at most `last` on the last one."""
    sheets = 1 + ceil(max(0, columns - last) / most)
    sizes = []
    for left in range(sheets, 1, -1):
        taken = min(most, max(ceil(columns / left), ceil((columns - last) / (left - 1))))
        sizes.append(taken)
        columns -= taken
    return [*sizes, columns] if columns else sizes


def _part(columns: Sequence[Column], at: int) -> Json:
    begins = [column.begins_week or not n for n, column in enumerate(columns)]
    firsts = [n for n, begin in enumerate(begins) if begin]
    spans = [until - first for first, until in zip(firsts, [*firsts[1:], len(columns)], strict=True)]
    return {
        "from": at,
        "weeks": [
            {"span": span, "words": date_format(columns[first].day, "j M" if span > 1 else "M")}
            for first, span in zip(firsts, spans, strict=True)
        ],
        "columns": [
            {
                "words": date_format(column.day, "D")[:2] + "\n" + str(column.day.day),
                "week": begin,
                "held": column.taken in (Taken.CLOSED, Taken.OPEN),
            }
            for column, begin in zip(columns, begins, strict=True)
        ],
    }


def _row(matrix: Matrix, row: Row) -> Json:
    percent = row.rate.percent
    return {
        "name": directed(row.student.name),
        "low": row.rate.is_low,
        "cells": [cell_of(cell) for cell in row.cells],
        "sums": [*(str(row.number(said.kind)) for said in matrix.statuses), "–" if percent is None else f"{percent}"],
    }


def cell_of(cell: Cell) -> Json:
    """A cell's letter. more: the number of such marks on the day, if they are exceptions; of "present" nobody asks."""
    framed = cell.said is not None and (cell.said.kind is not Status.PRESENT or bool(cell.said.code))
    more = str(cell.more + 1) if framed and cell.more else ""
    return {"letter": cell.said.letter if cell.said else SIGNS[cell.empty], "more": more, "framed": framed}
