"""Lists of an import in full: new rows, changes, what was left out, what is not in the file."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from accounts.http import SchoolRequest
from enrollment.access import Act, access_record
from enrollment.importing.checking import is_many, kind_of_run, row_summary, run_read
from enrollment.importing.errors import ImportFileError
from enrollment.importing.plans import Plan, Step
from enrollment.importing.report import left_out_rows
from enrollment.importing.runs import may_remove
from enrollment.importing.views.files import own_run
from enrollment.models import ImportRun
from enrollment.spreadsheets import csv_stream

A_PAGE = 200
_STEPS = {"new": Step.NEW, "changed": Step.CHANGE, "left-out": Step.LEFT_OUT}
_TITLES = {"new": _("New"), "changed": _("Changed"), "left-out": _("Left out")}


@require_GET
def rows(request: SchoolRequest, institution: str, run_id: UUID, step: str) -> HttpResponse:
    """The rows of one sort, as the file and the records are now."""
    run = own_run(request, run_id)
    if step not in _STEPS:
        raise Http404
    plan = _plan(run)
    if plan is None:
        return redirect("import", institution, run.pk)
    found = [row for row in plan.rows if row.step is _STEPS[step]]
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    context = {"run": run, "kind": kind_of_run(run), "page": page, "title": _TITLES[step]}
    context["rows"] = [row_summary(row) for row in page]
    return render(request, "enrollment/importing/rows.html", context)


@require_GET
def absent(request: SchoolRequest, institution: str, run_id: UUID) -> HttpResponse:
    """The names of what is not in the file, before anybody removes it."""
    run = own_run(request, run_id)
    plan = _plan(run)
    if plan is None:
        return redirect("import", institution, run.pk)
    context = {
        "run": run,
        "kind": kind_of_run(run),
        "absent": plan.absent,
        "of": plan.of,
        "is_many": is_many(len(plan.absent), plan.of),
        "seen": plan.absent_fingerprint,
        "may_remove": may_remove(run),
    }
    return render(request, "enrollment/importing/absent.html", context)


@require_GET
def left_out(request: SchoolRequest, institution: str, run_id: UUID) -> HttpResponseBase:
    """The rows that are left out, with the reasons, as a spreadsheet."""
    run = own_run(request, run_id)
    plan = _plan(run)
    if plan is None:
        return redirect("import", institution, run.pk)
    by = request.user
    access_record(Act.EXPORTED, institution=request.institution, by=by, what="rows left out", import_run=run.pk)
    return csv_stream("left-out", left_out_rows(plan))


def _plan(run: ImportRun) -> Plan | None:
    """The plan as it is now; None where the file is gone or has questions open: the import's page says so."""
    try:
        return run_read(run).plan
    except ImportFileError:
        return None
