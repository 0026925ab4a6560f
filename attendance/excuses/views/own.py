"""Excuses of the student who is signed in, or of the visitor's child: given, read, taken back."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import SchoolRequest
from attendance.errors import AttendanceError
from attendance.excuses.access import (
    document_response,
    get_lesson_of_or_404,
    get_sent_or_404,
    get_speaker_or_404,
    own_or_decidable,
)
from attendance.excuses.forms import ExcuseForm
from attendance.excuses.giving import excuse_give, excuse_withdraw
from attendance.excuses.selectors import excuses_decidable, excuses_of
from attendance.models import ClassSession, Excuse
from enrollment.guardians.selectors import guardian_of
from enrollment.models import Student

_SHOWN = 50


@require_http_methods(["GET", "POST"])
def my_excuses(request: SchoolRequest, institution: str) -> HttpResponse:
    """The student's own excuses, and the form for another one."""
    return _excuses(request, None)


@require_http_methods(["GET", "POST"])
def child_excuses(request: SchoolRequest, institution: str, student_id: UUID) -> HttpResponse:
    """The same for a guardian's child."""
    return _excuses(request, student_id)


@require_POST
def excuse_withdraw_(request: SchoolRequest, institution: str, excuse_id: UUID) -> HttpResponse:
    """Take an excuse back that the visitor gave."""
    excuse = get_sent_or_404(request, Excuse.objects.for_institution(request.institution), excuse_id)
    try:
        excuse_withdraw(excuse=excuse)
        messages.success(request, _("Taken back."))
    except AttendanceError as error:
        messages.error(request, str(error))
    return redirect(_page_of(request, excuse.student))


@require_GET
def excuse_document(request: SchoolRequest, institution: str, excuse_id: UUID) -> HttpResponseBase:
    """The document that came with an excuse."""
    excuses = Excuse.objects.for_institution(request.institution)
    excuse = own_or_decidable(request, excuses, excuses_decidable, excuse_id)
    return document_response(request, excuse)


def _excuses(request: SchoolRequest, student_id: UUID | None) -> HttpResponse:
    student = get_speaker_or_404(request, student_id)
    lesson = _lesson(request, student)
    form = ExcuseForm(
        request.POST or None, request.FILES or None, institution=request.institution, lesson=lesson,
        initial={"first_day": lesson.local_date if lesson else ""},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        guardian = guardian_of(request.user, student)
        try:
            excuse_give(student=student, reason=form.reason(), by=request.user, guardian=guardian)
        except AttendanceError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Sent. The school will decide, and you will see its answer here."))
            return redirect(_page_of(request, student))
    context = {
        "student": student,
        "child": student if student_id else None,
        "excuses": excuses_of(student)[:_SHOWN],
        "form": form,
        "lesson": lesson,
        "today": form.today,
    }
    return render(request, "attendance/excuses/own.html", context)


def _lesson(request: SchoolRequest, student: Student) -> ClassSession | None:
    """The lesson that the address names, if there is one. Raises Http404."""
    named = request.GET.get("lesson")
    if not named:
        return None
    try:
        return get_lesson_of_or_404(student, UUID(named))
    except ValueError as error:
        raise Http404 from error


def _page_of(request: SchoolRequest, student: Student) -> str:
    if student.user_id == request.user.pk:
        return reverse("my_excuses", args=[request.institution.slug])
    return reverse("child_excuses", args=[request.institution.slug, student.pk])
