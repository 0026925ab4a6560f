"""Check of an import's file: what it would do is planned, and kept with the import for the page that shows it."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _

from enrollment.importing.errors import ImportFileError
from enrollment.importing.kinds import Checked, ImportKind, kind_of
from enrollment.importing.plans import Plan, RowPlan, Step
from enrollment.importing.records import Options
from enrollment.models import ImportRun

State = ImportRun.State
SHOWN = 100  # rows of each sort that are kept for the page; lists in full are planned again
MANY_ABSENT = 0.1  # share of those in the records whose absence from a file looks like a mistake


def options_of(run: ImportRun) -> Options:
    """Decisions of people about the run's file."""
    kept: Mapping[str, Any] = run.options
    return Options(
        encoding=kept.get("encoding", ""),
        sheet=kept.get("sheet", ""),
        columns={int(column): name for column, name in run.columns.items()},
        orders=kept.get("orders", {}),
        org=kept.get("org", ""),
        corrections=kept.get("corrections", {}),
        answers=kept.get("answers", {}),
    )


def run_read(run: ImportRun) -> Checked:
    """Read and plan the run's file as the records are now. Raises ImportFileError."""
    try:
        with run.file.open("rb") as file:
            data = file.read()
    except (OSError, ValueError) as error:
        raise ImportFileError("file_gone", _("The file is not kept any more. Choose it once more.")) from error
    if run.file_hash and hashlib.sha256(data).hexdigest() != run.file_hash:
        raise ImportFileError("file_changed", _("The file is damaged. Choose it once more."))
    return kind_of(run.kind).check(run.institution, run.pk, data, options_of(run))


def run_check(*, run: ImportRun) -> ImportRun:
    """Plan the file again and keep what the page shows. A file that cannot be read fails the run, with a sentence."""
    try:
        checked = run_read(run)
    except ImportFileError as error:
        run.state, run.error = State.FAILED, str(error)[:400]
        run.save(update_fields=["state", "error"])
        return run
    run.state = State.UPLOADED if checked.plan is None else State.PREVIEWED
    run.summary, run.error = summary_of(checked), ""
    run.save(update_fields=["state", "summary", "error"])
    return run


def summary_of(checked: Checked) -> dict[str, Any]:
    """A checked file as JSON: facts, columns, questions; counts and some rows of each sort."""
    summary: dict[str, Any] = {
        "facts": dict(checked.facts),
        "columns": [asdict(column) for column in checked.columns],
        "questions": [asdict(question) for question in checked.questions],
        "missing": list(checked.missing),
    }
    if checked.plan is not None:
        summary |= plan_summary(checked.plan)
    return summary


def plan_summary(plan: Plan) -> dict[str, Any]:
    """The part of a summary that a plan gives."""
    return {
        "counts": plan.counts,
        "changes": plan.changes,
        "fingerprint": plan.fingerprint,
        "left_out": _rows(plan, Step.LEFT_OUT),
        "changed": _rows(plan, Step.CHANGE),
        "new": _rows(plan, Step.NEW),
        "noted": [row_summary(row) for row in _some(row for row in plan.rows if row.notes)],
        "notes": list(plan.notes),
        "decisions": [asdict(decision) for decision in plan.decisions],
        "words": asdict(plan.words),
        "absent": len(plan.absent),
        "absent_fingerprint": plan.absent_fingerprint,
        "of": plan.of,
        "many_absent": is_many(len(plan.absent), plan.of),
    }


def is_many(absent: int, of: int) -> bool:
    """True if so many are not in the file that it looks like a mistake."""
    return absent > 5 and absent > of * MANY_ABSENT


def _rows(plan: Plan, step: Step) -> list[dict[str, Any]]:
    return [row_summary(row) for row in _some(row for row in plan.rows if row.step is step)]


def _some(rows: Iterable[RowPlan]) -> list[RowPlan]:
    return [row for row, _number in zip(rows, range(SHOWN), strict=False)]


def row_summary(row: RowPlan) -> dict[str, Any]:
    """A row of a plan as pages show it."""
    return {
        "number": row.number,
        "where": row.where,
        "name": row.name,
        "differences": [asdict(difference) for difference in row.differences],
        "problem": asdict(row.problem) if row.problem else None,
        "notes": list(row.notes),
    }


def kind_of_run(run: ImportRun) -> ImportKind:
    return kind_of(run.kind)
