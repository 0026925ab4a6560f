"""Disputes of the student who is signed in, or of the visitor's child: sent and taken back."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import SchoolRequest
from attendance.disputes.disputing import dispute_send, dispute_withdraw
from attendance.disputes.forms import DisputeForm
from attendance.disputes.selectors import disputes_decidable, disputes_of_lessons
from attendance.errors import AttendanceError
from attendance.excuses.access import (
    document_response,
    get_lesson_of_or_404,
    get_sent_or_404,
    get_speaker_or_404,
    own_or_decidable,
)
from attendance.models import Dispute
from attendance.register.status_codes import statuses_of
from attendance.repositories import marks_for
from enrollment.guardians.selectors import guardian_of
from enrollment.models import Student


@require_http_methods(["GET", "POST"])
def my_dispute(request: SchoolRequest, institution: str, session_id: UUID) -> HttpResponse:
    """The form by which a student says that their mark of a lesson is wrong."""
    return _dispute(request, session_id, None)


@require_http_methods(["GET", "POST"])
def child_dispute(request: SchoolRequest, institution: str, student_id: UUID, session_id: UUID) -> HttpResponse:
    """The same for a guardian's child."""
    return _dispute(request, session_id, student_id)


@require_POST
def dispute_withdraw_(request: SchoolRequest, institution: str, dispute_id: UUID) -> HttpResponse:
    """Take a dispute back that the visitor sent."""
    dispute = get_sent_or_404(request, Dispute.objects.for_institution(request.institution), dispute_id)
    try:
        dispute_withdraw(dispute=dispute)
        messages.success(request, _("Taken back."))
    except AttendanceError as error:
        messages.error(request, str(error))
    return redirect(_page_of(request, dispute.student))


@require_GET
def dispute_document(request: SchoolRequest, institution: str, dispute_id: UUID) -> HttpResponseBase:
    """The document that came with a dispute."""
    disputes = Dispute.objects.for_institution(request.institution)
    dispute = own_or_decidable(request, disputes, disputes_decidable, dispute_id)
    return document_response(request, dispute)


def _dispute(request: SchoolRequest, session_id: UUID, student_id: UUID | None) -> HttpResponse:
    student = get_speaker_or_404(request, student_id)
    session = get_lesson_of_or_404(student, session_id)
    form = DisputeForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        guardian = guardian_of(request.user, student)
        try:
            dispute_send(student=student, session=session, by=request.user, guardian=guardian, **form.cleaned_data)
        except AttendanceError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Sent. Your teacher or the school office will decide."))
            return redirect(_page_of(request, student))
    mark = marks_for(request.institution).for_session(session.pk).get(student.pk)
    context = {
        "student": student,
        "child": student if student_id else None,
        "session": session,
        "said": statuses_of(request.institution).of_mark(mark),
        "dispute": disputes_of_lessons(student, [session.pk]).get(session.pk),
        "form": form,
    }
    return render(request, "attendance/disputes/own.html", context)


def _page_of(request: SchoolRequest, student: Student) -> str:
    if student.user_id == request.user.pk:
        return reverse("my_attendance", args=[request.institution.slug])
    return reverse("child", args=[request.institution.slug, student.pk])
