"""Pages of imports: choosing a file, and the way of one import from its preview to its undoing."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.jobs import job_progress
from accounts.models import Role
from enrollment.errors import EnrollmentError
from enrollment.importing.checking import kind_of_run
from enrollment.importing.errors import ImportFileError
from enrollment.importing.forms import UploadForm, columns_chosen, options_chosen
from enrollment.importing.kinds import kind_of
from enrollment.importing.runs import (
    KEPT,
    import_apply,
    import_choose,
    import_create,
    import_discard,
    import_remove,
    import_resume,
    import_undo,
    may_undo,
    run_of,
)
from enrollment.importing.tables import MOST_BYTES
from enrollment.models import ImportRun
from enrollment.spreadsheets import csv_response

State = ImportRun.State
LISTED = 30


def own_run(request: SchoolRequest, run_id: UUID) -> ImportRun:
    """A run of the school, for its administrators. Raises PermissionDenied and Http404."""
    require_role(request, Role.ADMIN)
    try:
        return run_of(request.institution, run_id)
    except ImportRun.DoesNotExist as error:
        raise Http404 from error


@require_http_methods(["GET", "POST"])
def imports(request: SchoolRequest, institution: str) -> HttpResponse:
    """GET: choose a file, and earlier imports. POST: the file is kept and checked; nothing is written."""
    require_role(request, Role.ADMIN)
    form = UploadForm(initial={"kind": request.GET.get("kind", "")})
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
    if form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            run = import_create(
                institution=request.institution,
                kind=form.cleaned_data["kind"],
                name=upload.name,
                data=upload.read(MOST_BYTES + 1),
                by=request.user,
            )
        except ImportFileError as error:
            form.add_error("file", str(error))
        else:
            return redirect("import", institution, run.pk)
    runs = ImportRun.objects.for_institution(request.institution).select_related("started_by")[:LISTED]
    listed = [(run, kind_of_run(run).title) for run in runs]
    return render(request, "enrollment/importing/imports.html", {"form": form, "listed": listed})


@require_GET
def template(request: SchoolRequest, institution: str, kind: str) -> HttpResponse:
    """An empty table with the headers of a kind."""
    require_role(request, Role.ADMIN)
    try:
        fields = kind_of(kind).fields
    except KeyError as error:
        raise Http404 from error
    if not fields:
        raise Http404
    return csv_response(kind, [[str(field.label) for field in fields]])


@require_GET
def import_page(request: SchoolRequest, institution: str, run_id: UUID) -> HttpResponse:
    """The import as it stands: its questions, its preview, its progress or its result."""
    run = own_run(request, run_id)
    is_working = run.job is not None and not run.job.is_ended
    context: dict[str, Any] = {
        "run": run,
        "kind": kind_of_run(run),
        "s": run.summary,
        "may_undo": may_undo(run),
        "until": run.created_at + KEPT,
        "progress": job_progress(run.job) if run.job else None,
    }
    if is_working:
        return render(request, "enrollment/importing/working.html", context)
    page = {State.UPLOADED: "preview", State.PREVIEWED: "preview", State.FAILED: "failed"}.get(
        State(run.state), "result"
    )
    return render(request, f"enrollment/importing/{page}.html", context)


@require_POST
def decide(request: SchoolRequest, institution: str, run_id: UUID) -> HttpResponse:
    """Keep what the form says about columns, the file or a row, and check the file again."""
    run = own_run(request, run_id)
    kind, posted = kind_of_run(run), request.POST.dict()
    columns, options = columns_chosen(run, kind, posted), options_chosen(kind, posted)
    if columns or options:
        _try(request, import_choose, run=run, columns=columns, options=options, by=request.user)
    return redirect("import", institution, run.pk)


@require_POST
def apply(request: SchoolRequest, institution: str, run_id: UUID) -> HttpResponse:
    """Begin to write, or go on where it was stopped."""
    run = own_run(request, run_id)
    begin = import_resume if run.state in (State.APPLYING, State.UNDOING) else import_apply
    _try(request, begin, run=run, by=request.user)
    return redirect("import", institution, run.pk)


@require_POST
def remove(request: SchoolRequest, institution: str, run_id: UUID) -> HttpResponse:
    """Begin to remove what is not in the file, after the names were shown."""
    run = own_run(request, run_id)
    _try(request, import_remove, run=run, seen=request.POST.get("seen", ""), by=request.user)
    return redirect("import", institution, run.pk)


@require_POST
def undo(request: SchoolRequest, institution: str, run_id: UUID) -> HttpResponse:
    """Begin to take the whole import back."""
    run = own_run(request, run_id)
    _try(request, import_undo, run=run, by=request.user)
    return redirect("import", institution, run.pk)


@require_POST
def discard(request: SchoolRequest, institution: str, run_id: UUID) -> HttpResponse:
    """Forget an import that was not begun, and its file."""
    run = own_run(request, run_id)
    if _try(request, import_discard, run=run):
        messages.success(request, _("The import was cancelled. Nothing was changed."))
    return redirect("imports", institution)


def _try(request: SchoolRequest, service: Any, **arguments: Any) -> bool:
    """Call a service; what it refuses becomes a message."""
    try:
        service(**arguments)
    except EnrollmentError as error:
        messages.error(request, str(error))
        return False
    return True
