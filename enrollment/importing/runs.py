"""Services of imports: begun, corrected, applied, undone; and those due to be forgotten."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.jobs import job_start
from accounts.models import Institution, User
from enrollment.errors import EnrollmentError
from enrollment.importing.checking import run_check
from enrollment.importing.errors import ImportFileError
from enrollment.importing.kinds import kind_of
from enrollment.importing.tables import MOST_BYTES
from enrollment.models import ImportRun

State = ImportRun.State
KEPT = timedelta(days=30)  # so long the file is kept, and an import can be undone
AT_ONCE_BYTES = 1_000_000  # of a file that is checked while its sender waits
_OPEN = (State.UPLOADED, State.PREVIEWED, State.FAILED)


def import_create(*, institution: Institution, kind: str, name: str, data: bytes, by: User | None) -> ImportRun:
    """Keep a file and check it, at once or, if it is large, by a job. Raises ImportFileError for its size alone.

    What else is wrong with the file is the run's `error`.
    """
    kind_of(kind)
    if len(data) > MOST_BYTES:
        said = _("The file is larger than %(mega)d MB. Split it into several files.")
        raise ImportFileError("too_large", said % {"mega": MOST_BYTES // 1_000_000})
    run = ImportRun(
        institution=institution,
        kind=kind,
        file_name=name[-200:],
        file_hash=hashlib.sha256(data).hexdigest(),
        started_by=by,
    )
    run.file.save(name, ContentFile(data), save=False)
    run.save()
    return import_check(run=run, by=by)


def import_check(*, run: ImportRun, by: User | None) -> ImportRun:
    """Check a run's file again: at once, or by a job if it is large."""
    try:
        is_large = run.file.size > AT_ONCE_BYTES
    except FileNotFoundError:  # the check says so
        is_large = False
    if not is_large:
        return run_check(run=run)
    run.state = State.UPLOADED
    run.summary = {}
    run.job = job_start(institution=run.institution, kind="import_check", by=by, parameters={"run": str(run.pk)})
    run.save(update_fields=["state", "summary", "job"])
    return run


def import_choose(
    *, run: ImportRun, columns: Mapping[int, str], options: Mapping[str, Any], by: User | None
) -> ImportRun:
    """Keep what a person decided about the file, beside what was decided before, and check it again.

    columns: fields by column. options: encoding, sheet; orders, answers and corrections are added to earlier ones.
    Raises EnrollmentError `not_open`.
    """
    _refuse_unless(run, _OPEN)
    chosen = {name for name in columns.values() if name}
    freed = {column: "" if name in chosen else name for column, name in run.columns.items()}
    run.columns = {**freed, **{str(column): name for column, name in columns.items()}}
    kept = dict(run.options)
    for name, value in options.items():
        if name == "corrections":
            rows = dict(kept.get(name, {}))
            for row, cells in value.items():
                rows[row] = {**rows.get(row, {}), **cells}
            kept[name] = rows
        else:
            kept[name] = {**kept.get(name, {}), **value} if isinstance(value, Mapping) else value
    if "sheet" in options:
        run.columns, kept["corrections"], kept["answers"] = {}, {}, {}
    run.options = kept
    run.save(update_fields=["columns", "options"])
    return import_check(run=run, by=by)


def import_apply(*, run: ImportRun, by: User | None) -> ImportRun:
    """Begin to write what was shown. Raises EnrollmentError `not_ready`, `nothing_to_do`."""
    with transaction.atomic():
        run = _locked(run)
        if run.state == State.APPLYING:
            return run  # pressed twice
        if run.state != State.PREVIEWED:
            raise EnrollmentError("not_ready", _("This import is not ready. Look at its page."))
        if not run.summary.get("changes"):
            raise EnrollmentError("nothing_to_do", _("Everything in this file is in the records already."))
        return _begin(run, State.APPLYING, "import_apply", by)


def import_resume(*, run: ImportRun, by: User | None) -> ImportRun:
    """Go on with an import whose job was stopped or failed. Raises EnrollmentError `not_stopped`."""
    with transaction.atomic():
        run = _locked(run)
        kinds = {State.APPLYING: "import_apply", State.UNDOING: "import_undo"}
        if run.state not in kinds or (run.job and not run.job.is_ended):
            raise EnrollmentError("not_stopped", _("This import is not stopped."))
        return _begin(run, State(run.state), kinds[State(run.state)], by)


def import_remove(*, run: ImportRun, seen: str, by: User | None) -> ImportRun:
    """Begin to remove what is not in the file, once the rest of it is in the records.

    seen: the plan's `absent_fingerprint` when its names were shown. Raises EnrollmentError `not_applied`.
    """
    with transaction.atomic():
        run = _locked(run)
        if not may_remove(run):
            raise EnrollmentError("not_applied", _("Import the file first."))
        return _begin(run, State.APPLYING, "import_remove", by, seen=seen)


def import_undo(*, run: ImportRun, by: User | None) -> ImportRun:
    """Begin to take back all that an import did. Raises EnrollmentError `not_applied`, `too_late`."""
    with transaction.atomic():
        run = _locked(run)
        is_stopped = run.state == State.APPLYING and run.job is not None and run.job.is_ended
        if run.state != State.APPLIED and not is_stopped:
            raise EnrollmentError("not_applied", _("There is nothing to undo."))
        if not may_undo(run):
            raise EnrollmentError("too_late", _("This import is too long ago to be undone."))
        return _begin(run, State.UNDOING, "import_undo", by)


def import_discard(*, run: ImportRun) -> None:
    """Forget an import that was not applied, with its file. Raises EnrollmentError `not_open`."""
    _refuse_unless(run, _OPEN)
    run.file.delete(save=False)
    run.delete()


def may_remove(run: ImportRun) -> bool:
    """True if the file's own rows are in the records: only then is it clear what is not in the file."""
    nothing_new = run.state == State.PREVIEWED and not run.summary.get("changes")
    return run.state == State.APPLIED or nothing_new


def may_undo(run: ImportRun) -> bool:
    """True while the notes by which an import is undone are kept."""
    return run.created_at > timezone.now() - KEPT


def imports_expire() -> int:
    """Delete files and notes of imports of a month ago, and those never applied; returns how many imports."""
    old = ImportRun.objects.filter(created_at__lt=timezone.now() - KEPT).exclude(file="")
    done = 0
    for run in old:
        run.file.delete(save=False)
        if run.state in _OPEN:
            run.delete()
        else:
            run.changes.all().delete()
            run.options, run.summary = {}, {"counts": run.summary.get("counts", {})}
            run.file = ""
            run.save(update_fields=["file", "options", "summary"])
        done += 1
    return done


def _begin(run: ImportRun, state: ImportRun.State, kind: str, by: User | None, **more: str) -> ImportRun:
    run.state, run.error = state, ""
    run.job = job_start(institution=run.institution, kind=kind, by=by, parameters={"run": str(run.pk), **more})
    run.save(update_fields=["state", "error", "job"])
    return run


def _locked(run: ImportRun) -> ImportRun:
    rows = ImportRun.objects.for_institution(run.institution).select_for_update(of=("self",))
    return rows.select_related("institution", "job").get(pk=run.pk)


def _refuse_unless(run: ImportRun, states: tuple[ImportRun.State, ...]) -> None:
    if run.state not in states:
        raise EnrollmentError("not_open", _("This import has begun already. Choose the file again for another one."))


def run_of(institution: Institution, run: UUID | str) -> ImportRun:
    """A run of the institution. Raises ImportRun.DoesNotExist."""
    return ImportRun.objects.for_institution(institution).select_related("institution", "job").get(pk=run)
