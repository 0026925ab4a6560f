"""Pages of a student's complete data: for administrators of any student, for a student their own."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.jobs import job_progress
from accounts.models import Job, Role
from attendance.disclosing.bundle import bundle_files, bundle_start, bundles_of
from attendance.disclosing.collecting import Collector, Row
from attendance.domain.statuses import Status
from attendance.lessons.access import get_own_student_or_404
from attendance.register.status_codes import SchoolStatuses, statuses_of
from enrollment.access import IN_WORDS, Act, access_record
from enrollment.models import Consent, Student

_SHOWN = 20  # marks and entries of the access log on the page; the bundle has all of them


@require_http_methods(["GET", "POST"])
def student_data(request: SchoolRequest, institution: str, student_id: UUID) -> HttpResponse:
    """All data of a student in short; posted, the bundle is made."""
    student = _student_or_404(request, student_id)
    if request.method == "POST":
        bundle_start(student=student, by=request.user, own=False)
        return redirect("student_data", institution, student.pk)
    access_record(Act.DATA_SEEN, institution=request.institution, by=request.user, subject=student.pk)
    return _page(request, student, own=False)


@require_http_methods(["GET", "POST"])
def my_data(request: SchoolRequest, institution: str) -> HttpResponse:
    """The same of the student who is signed in."""
    student = get_own_student_or_404(request)
    if request.method == "POST":
        bundle_start(student=student, by=request.user, own=True)
        return redirect("my_data", institution)
    return _page(request, student, own=True)


@require_GET
def student_bundle(request: SchoolRequest, institution: str, student_id: UUID, job_id: UUID) -> HttpResponseBase:
    """The finished bundle."""
    return _file(request, _student_or_404(request, student_id), job_id, own=False)


@require_GET
def my_bundle(request: SchoolRequest, institution: str, job_id: UUID) -> HttpResponseBase:
    """The finished bundle of the student who is signed in."""
    return _file(request, get_own_student_or_404(request), job_id, own=True)


def _student_or_404(request: SchoolRequest, student_id: UUID) -> Student:
    require_role(request, Role.ADMIN)
    students = Student.objects.for_institution(request.institution).select_related("institution", "user")
    return get_object_or_404(students, pk=student_id)


def _page(request: SchoolRequest, student: Student, *, own: bool) -> HttpResponse:
    found = Collector(student, own=own)
    job = bundles_of(request.institution, student.pk).filter(started_by=request.user, parameters__own=own).first()
    records, codes = found.access(most=_SHOWN), statuses_of(request.institution)
    context: dict[str, Any] = {
        "student": student,
        "own": own,
        "person": found.person(),
        "guardians": found.guardians(),
        "groups": found.groups(),
        "courses": found.courses(),
        "consents": [each | {"word": Consent.Answer(each["answer"]).label} for each in found.consents()],
        "photos": found.photos(),
        "marks": [mark | {"word": _word(codes, mark)} for mark in found.marks(most=_SHOWN)],
        "records": [record | {"act": IN_WORDS.get(record["act"], record["act"])} for record in records],
        "job": job,
        "progress": job_progress(job) if job and not job.is_ended else None,
        "is_ready": job is not None and bundle_files.is_ready(job),
    }
    return render(request, "attendance/disclosing/data.html", context)


def _word(codes: SchoolStatuses, mark: Row) -> str:
    """The status of a mark as the school calls it."""
    return str(codes.of(Status(mark["status"]), mark["versions"][-1]["code"]).label)


def _file(request: SchoolRequest, student: Student, job_id: UUID, *, own: bool) -> HttpResponseBase:
    """The bundle of a job of the visitor's about this student. The download is recorded."""
    jobs = bundles_of(request.institution, student.pk).filter(started_by=request.user, parameters__own=own)
    job = get_object_or_404(jobs, pk=job_id, state=Job.State.DONE)
    name = f"data-{timezone.localdate():%Y-%m-%d}.zip"
    response = bundle_files.download(job, name=name, content_type="application/zip")
    access_record(Act.DATA_DOWNLOADED, institution=request.institution, by=request.user, subject=student.pk)
    return response
