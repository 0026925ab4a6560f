"""Matrices as files: a course's and a form group's; large ones are made in the background and have a page."""

from tempfile import TemporaryFile
from typing import Any
from uuid import UUID

from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import require_staff
from accounts.files import KEEP_NOTHING
from accounts.http import SchoolRequest
from accounts.models import Job
from attendance.disclosing.exports import matrix_files
from attendance.lessons.access import get_course_or_404
from attendance.papers.exporting import TooLongForPaper, export_start, exports_of, is_large, matrix_write
from attendance.papers.forms import SheetForm
from attendance.papers.table import csv_rows
from attendance.papers.typesetting import file_name
from attendance.papers.wanted import FORMATS, WantedMatrix, matrix_read, period_of
from attendance.reports.access import get_group_or_404
from enrollment.access import Act, access_record
from enrollment.spreadsheets import csv_stream


@require_http_methods(["GET", "POST"])
def course_file(request: SchoolRequest, institution: str, course_id: UUID, form: str) -> HttpResponseBase:
    """A course's matrix as a file; posted, a large one is made in the background."""
    course = get_course_or_404(request, course_id)
    return _answer(request, _wanted(request, "course", course, form))


@require_http_methods(["GET", "POST"])
def group_file(request: SchoolRequest, institution: str, group_id: UUID, form: str) -> HttpResponseBase:
    """A group's matrix as a file; posted, a large one is made in the background."""
    group = get_group_or_404(request, group_id)
    return _answer(request, _wanted(request, "group", group, form))


@require_GET
def export(request: SchoolRequest, institution: str, job_id: UUID) -> HttpResponse:
    """The page of a file that is made in the background: how far it has come, then the download."""
    job = _job_or_404(request, job_id)
    return render(request, "attendance/papers/export.html", matrix_files.page(job))


@require_GET
def export_file(request: SchoolRequest, institution: str, job_id: UUID) -> HttpResponseBase:
    """The finished file."""
    job = _job_or_404(request, job_id)
    name, form = (job.result or {}).get("file", "attendance"), job.parameters["form"]
    response = matrix_files.download(job, name=name, content_type=FORMATS[form])
    _record(request, job.parameters["of"], job.parameters["pk"], form)
    return response


def _wanted(request: SchoolRequest, of: str, found: Any, form: str) -> WantedMatrix:
    if form not in FORMATS:
        raise Http404
    shown, wishes = request.GET, SheetForm(request.GET)
    period, order = shown.get("period", ""), shown.get("order", "")
    return WantedMatrix(of, found.pk, found.name, period, form, order, wishes.wished, wishes.separated)


def _answer(request: SchoolRequest, wanted: WantedMatrix) -> HttpResponseBase:
    """The file, sent while it is read: the CSV line by line as it is written, others in blocks."""
    period = period_of(request.institution, wanted)
    try:
        by_job = is_large(request.institution, wanted, period)
    except TooLongForPaper as error:
        return render(request, "attendance/papers/large.html", {"wanted": wanted, "error": error}, status=400)
    if request.method == "POST":
        job = export_start(institution=request.institution, wanted=wanted, by=request.user)
        return redirect("export", request.institution.slug, job.pk)
    if by_job:
        return render(request, "attendance/papers/large.html", {"wanted": wanted})
    matrix = matrix_read(request.institution, wanted, period)
    _record(request, wanted.of, str(wanted.pk), wanted.form)
    if wanted.form == "csv":
        return csv_stream(file_name(wanted.name), csv_rows(wanted, matrix), wanted.separator)
    file = TemporaryFile()  # noqa: SIM115 - the response closes it
    matrix_write(file, request.institution, wanted, matrix)
    file.seek(0)
    is_shown = wanted.form == "pdf"  # a PDF is printed from where it is shown
    kind = FORMATS[wanted.form]
    response = FileResponse(file, as_attachment=not is_shown, filename=wanted.file, content_type=kind)
    response["Cache-Control"] = KEEP_NOTHING
    return response


def _job_or_404(request: SchoolRequest, job_id: UUID) -> Job:
    """A job of the visitor's, who may still see the course or group. Raises PermissionDenied, Http404."""
    require_staff(request)
    job = get_object_or_404(exports_of(request.institution, request.user), pk=job_id)
    may_see = get_course_or_404 if job.parameters["of"] == "course" else get_group_or_404
    may_see(request, UUID(job.parameters["pk"]))
    return job


def _record(request: SchoolRequest, of: str, pk: str, form: str) -> None:
    detail: dict[str, Any] = {of: pk, "format": form}
    access_record(Act.EXPORTED, institution=request.institution, by=request.user, **detail)
