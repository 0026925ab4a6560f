"""Rows that an import left out, as a spreadsheet (CSV) to correct and choose again."""

import csv
import io
from collections.abc import Iterable

from django.utils.translation import gettext as _

from enrollment.importing.plans import Plan, Step
from enrollment.spreadsheets import harmless, separator


def left_out_csv(plan: Plan) -> str:
    """The rows left out: number, name, reason; as text with a mark by which spreadsheets know UTF-8."""
    rows = [row for row in plan.rows if row.step is Step.LEFT_OUT and row.problem]
    with_files = any(row.where for row in rows)
    head = [*([_("File")] if with_files else []), _("Row"), _("Name"), _("Reason"), _("In the file")]
    lines = [
        [*([row.where] if with_files else []), str(row.number), row.name, row.problem.sentence, row.problem.text]
        for row in rows
        if row.problem
    ]
    return csv_text([head, *lines])


def csv_text(lines: Iterable[Iterable[str]]) -> str:
    """Lines of cells as CSV with the separator that spreadsheets of the language expect; no cell is a formula."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out, delimiter=separator())
    for line in lines:
        writer.writerow([harmless(cell) for cell in line])
    return out.getvalue()
