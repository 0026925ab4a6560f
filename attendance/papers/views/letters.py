"""Letters home about attendance: a student's, and those of many students in one file."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import require_role
from accounts.http import SchoolRequest, id_in
from accounts.models import Job, Role
from attendance.disclosing.exports import letter_files
from attendance.office.low import read_low
from attendance.papers.forms import SheetForm
from attendance.papers.letter import letter_paper
from attendance.papers.letters import TooManyLetters, letters_of, letters_start, students_without
from attendance.papers.typesetting import pdf_of, pdf_response
from attendance.rates.periods import chosen, periods_of
from attendance.reports.access import get_student_or_404, sees_all_of
from enrollment.access import Act, access_record, accesses_record


@require_GET
def letter_pdf(request: SchoolRequest, institution: str, student_id: UUID) -> HttpResponse:
    """The letter, for the office and the student's tutor. Raises Http404 for others."""
    student = get_student_or_404(request, student_id)
    if not sees_all_of(request.membership, student):
        raise Http404
    periods, shown = periods_of(request.institution), request.GET
    period = chosen(periods, shown.get("period"))
    data = letter_paper(student, by=request.membership, periods=periods, period=period, wished=SheetForm(shown).wished)
    pdf = pdf_of("letter", data)
    access_record(Act.EXPORTED, institution=request.institution, by=request.user, subject=student.pk, format="letter")
    return pdf_response(f"letter {student.roll_number} {timezone.localdate()}", pdf)


@require_POST
def letters_make(request: SchoolRequest, institution: str) -> HttpResponse:
    """Begin the letters of the students who are ticked, or of all whose attendance is low."""
    require_role(request, Role.ADMIN)
    if request.POST.get("who") == "low":
        students = [line.student.pk for line in read_low(request.institution).low]
    else:
        students = _keys(request.POST.getlist("student"))
    if not students:
        messages.info(request, _("Tick the students whose families get a letter."))
        return redirect("office_low", institution)
    wished = SheetForm(request.POST).wished
    try:
        job = letters_start(institution=request.institution, students=students, by=request.user, wished=wished)
    except TooManyLetters as error:
        messages.error(request, str(error))
        return redirect("office_low", institution)
    return redirect("letters", institution, job.pk)


@require_GET
def letters(request: SchoolRequest, institution: str, job_id: UUID) -> HttpResponse:
    """The page of letters that are being made: how far they have come, then the file."""
    job = _job_or_404(request, job_id)
    context = letter_files.page(job) | {"without": students_without(job)}
    return render(request, "attendance/papers/letters.html", context)


@require_GET
def letters_file(request: SchoolRequest, institution: str, job_id: UUID) -> HttpResponseBase:
    """The finished letters."""
    job = _job_or_404(request, job_id)
    name = f"{_('letters')}-{timezone.localdate()}.pdf"
    response = letter_files.download(job, name=name, content_type="application/pdf")
    subjects = _keys((job.result or {}).get("students", []))
    accesses_record(Act.EXPORTED, institution=request.institution, by=request.user, subjects=subjects, format="letter")
    return response


def _job_or_404(request: SchoolRequest, job_id: UUID) -> Job:
    """A job of the visitor's. Raises PermissionDenied, Http404."""
    require_role(request, Role.ADMIN)
    return get_object_or_404(letters_of(request.institution, request.user), pk=job_id)


def _keys(texts: Iterable[str]) -> list[UUID]:
    """Those of the texts that are ids."""
    return [key for text in texts if (key := id_in(text))]
