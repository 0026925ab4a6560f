"""The page of a mark's history, and its correction once the register is closed."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.http import SchoolRequest
from attendance.history.correcting import correction_form, mark_correct_as_typed, may_correct
from attendance.history.forms import CorrectionForm
from attendance.history.story import MarkHistory, mark_history_of
from attendance.lessons.access import get_rostered_student_or_404, get_session_or_404
from attendance.models import ClassSession
from attendance.register.edit_window import is_past_window, window_ends
from attendance.register.status_codes import statuses_of
from enrollment.models import Student


@require_GET
def mark_history(request: SchoolRequest, institution: str, session_id: UUID, student_id: UUID) -> HttpResponse:
    """Every version of a student's mark: person, time, change and reason."""
    found, student = _mark_or_404(request, session_id, student_id)
    story = mark_history_of(found, student.pk)
    return _page(request, found, student, story, correction_form(found, story))


@require_POST
def mark_correct_(request: SchoolRequest, institution: str, session_id: UUID, student_id: UUID) -> HttpResponse:
    """Correct the mark of a closed register."""
    found, student = _mark_or_404(request, session_id, student_id)
    form = CorrectionForm(request.POST, codes=statuses_of(found.institution))
    if mark_correct_as_typed(form, session=found, student=student, by=request.user):
        messages.success(request, _("Corrected."))
        return redirect("mark_history", institution, found.pk, student.pk)
    return _page(request, found, student, mark_history_of(found, student.pk), form)


def _mark_or_404(request: SchoolRequest, session_id: UUID, student_id: UUID) -> tuple[ClassSession, Student]:
    found = get_session_or_404(request, session_id)
    return found, get_rostered_student_or_404(request, found, student_id)


def _page(
    request: SchoolRequest, found: ClassSession, student: Student, story: MarkHistory, form: CorrectionForm
) -> HttpResponse:
    context = {
        "session": found,
        "student": student,
        "story": story,
        "form": form if may_correct(found, request.membership) else None,
        "is_past": is_past_window(found),
        "window_ends": window_ends(found),
    }
    return render(request, "attendance/history/mark_history.html", context)
