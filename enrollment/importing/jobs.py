"""Jobs of imports: checking a large file, applying, removing what is not in it, undoing."""

from collections.abc import Callable
from typing import Any

from django.db import IntegrityError
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.jobs import JobFailed, JobHandle, job_kind
from accounts.models import Job, Role
from enrollment.access import Act, access_record
from enrollment.importing.applying import Named, writes_apply
from enrollment.importing.checking import kind_of_run, plan_summary, run_check, run_read
from enrollment.importing.errors import ImportFileError
from enrollment.importing.plans import Plan
from enrollment.importing.runs import run_of
from enrollment.importing.undoing import changes_undo
from enrollment.models import ImportRun

State = ImportRun.State
_ABSENT = ("absent", "absent_fingerprint", "of", "many_absent")
_TRIES = 3  # plans, where somebody else changes the same records meanwhile


class _Stopped(Exception):
    """The job was asked to stop between two transactions."""


def _page(job: Job) -> str:
    return reverse("import", args=[job.institution.slug, job.parameters["run"]])


@job_kind("import_check", title=gettext_lazy("Check of a file"), roles=[Role.ADMIN], result_page=_page)
def import_check_run(job: JobHandle) -> dict[str, Any]:
    """Check a file that is too large to be checked while its sender waits."""
    run = run_of(job.institution, job.parameters["run"])
    job.progress(0, None, _("Reading the file"))
    return {"state": run_check(run=run).state}


@job_kind("import_apply", title=gettext_lazy("Import"), roles=[Role.ADMIN], result_page=_page)
def import_apply_run(job: JobHandle) -> dict[str, Any]:
    """Write what the file says. Planning it again after a crash leaves out what is written already."""
    run = run_of(job.institution, job.parameters["run"])
    plan = _plan(run)
    begun = run.changes.count()
    if not begun and plan.fingerprint != run.summary.get("fingerprint"):
        run_check(run=run)
        raise JobFailed(_("The records have changed since you looked. Please check the import again."))
    skipped = _write(job, run, begun, _rows_of)
    if skipped is None:
        return {}
    run.refresh_from_db()
    left = _plan(run)
    run.state, run.applied_at = State.APPLIED, run.applied_at or timezone.now()
    # The counts and rows of the preview stay: after the import nothing would be new.
    absent = {name: value for name, value in plan_summary(left).items() if name in _ABSENT}
    run.summary = {**run.summary, **absent, "written": run.changes.count(), "skipped": skipped[:100]}
    run.save(update_fields=["state", "applied_at", "summary"])
    _record(job, run, Act.IMPORTED)
    return {"changes": run.summary["written"]}


@job_kind("import_remove", title=gettext_lazy("Removal"), roles=[Role.ADMIN], result_page=_page)
def import_remove_run(job: JobHandle) -> dict[str, Any]:
    """Remove what is not in the file. It is a part of the import: undoing takes it back too."""
    run = run_of(job.institution, job.parameters["run"])
    plan = _plan(run)
    if not job.state and plan.absent_fingerprint != job.parameters["seen"]:
        run.state = State.APPLIED if run.applied_at else State.PREVIEWED
        run.save(update_fields=["state"])
        raise JobFailed(_("The records have changed since you looked. Please check the list again."))
    skipped = _write(job, run, run.changes.count(), _absent_of)
    if skipped is None:
        return {}
    run.refresh_from_db()
    run.state, run.applied_at = State.APPLIED, run.applied_at or timezone.now()
    run.summary = {**run.summary, "removed": run.summary.get("absent", 0), "absent": 0, "many_absent": False}
    run.summary["written"] = run.changes.count()
    run.save(update_fields=["state", "applied_at", "summary"])
    _record(job, run, Act.IMPORTED)
    return {"changes": run.summary["written"]}


@job_kind("import_undo", title=gettext_lazy("Undoing an import"), roles=[Role.ADMIN], result_page=_page)
def import_undo_run(job: JobHandle) -> dict[str, Any]:
    """Take back an import's changes, the last first."""
    run = run_of(job.institution, job.parameters["run"])
    undo = kind_of_run(run).undo or changes_undo
    last = run.changes.aggregate(last=Max("number"))["last"]
    total = 0 if last is None else last + 1  # notes of a student who was erased since are missing among them
    below = job.state.get("below", total)
    kept = list(job.state.get("kept", []))
    while below:
        below, more = undo(run=run, below=below)
        kept += more
        job.checkpoint({"below": below, "kept": kept[:500]})
        job.progress(total - below, total, _("Undoing"))
        if job.should_stop:
            return {}
    run.state, run.undone_at = State.UNDONE, timezone.now()
    run.summary = {**run.summary, "kept": kept[:500]}
    run.save(update_fields=["state", "undone_at", "summary"])
    _record(job, run, Act.IMPORT_UNDONE)
    return {"kept": len(kept)}


def _write(job: JobHandle, run: ImportRun, begun: int, writes_of: Callable[[Plan], list[Named]]) -> list[str] | None:
    """Write a part of the plan; returns the names of what was left alone. None: the job is to stop."""
    kind = kind_of_run(run)
    write = kind.write or writes_apply
    for _attempt in range(_TRIES):
        writes = writes_of(_plan(run))
        total = begun + len(writes)

        def after(done: int, begun: int = begun, total: int = total) -> None:
            job.checkpoint({"done": begun + done})
            job.progress(begun + done, total, _("Writing"))
            if done < total - begun and job.should_stop:
                raise _Stopped

        try:
            done = write(run=run, writes=writes, order=kind.models, after=after)
        except _Stopped:
            return None
        except IntegrityError:
            begun = run.changes.count()
            continue
        return list(done.skipped)
    raise JobFailed(_("Somebody else is changing the same records. Try again in a moment.")) from None


def _record(job: JobHandle, run: ImportRun, act: Act) -> None:
    """Note in the access log that many records changed at once; the import's own notes say which."""
    access_record(
        act, institution=job.institution, by=job.started_by, run=run.pk, changes=run.summary.get("written", 0)
    )


def _rows_of(plan: Plan) -> list[Named]:
    return [(write, row.name) for row in plan.rows for write in row.writes]


def _absent_of(plan: Plan) -> list[Named]:
    return [(write, each.name) for each in plan.absent for write in each.writes]


def _plan(run: ImportRun) -> Plan:
    try:
        plan = run_read(run).plan
    except ImportFileError as error:
        raise JobFailed(str(error)) from error
    if plan is None:
        raise JobFailed(_("This import is not ready. Look at its page."))
    return plan
