"""Rows that an import left out, as a spreadsheet (CSV) to correct and choose again."""

from django.utils.translation import gettext as _

from enrollment.importing.plans import Plan, Step


def left_out_rows(plan: Plan) -> list[list[str]]:
    """The head, and the rows left out: number, name, reason, what the file says."""
    rows = [row for row in plan.rows if row.step is Step.LEFT_OUT and row.problem]
    with_files = any(row.where for row in rows)
    head = [*([_("File")] if with_files else []), _("Row"), _("Name"), _("Reason"), _("In the file")]
    lines = [
        [*([row.where] if with_files else []), str(row.number), row.name, row.problem.sentence, row.problem.text]
        for row in rows
        if row.problem
    ]
    return [head, *lines]
