"""Excuses as members of staff decide and enter them."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SchoolRequest
from accounts.models import User
from attendance.errors import AttendanceError
from attendance.excuses.access import get_decidable_excuse_or_404, get_excusable_student_or_404
from attendance.excuses.deciding import excuse_accept, excuse_refuse, excuse_undecide
from attendance.excuses.forms import DecisionForm, ExcuseForm
from attendance.excuses.giving import excuse_enter
from attendance.excuses.returning import page_before
from attendance.excuses.selectors import excuses_of
from attendance.models import Excuse
from attendance.repositories.base import StoreUnavailable
from enrollment.access import Act, access_record


@require_POST
def excuse_decide(request: SchoolRequest, institution: str, excuse_id: UUID) -> HttpResponse:
    """Accept or refuse an excuse, or take the decision back."""
    excuse = get_decidable_excuse_or_404(request, excuse_id)
    form = DecisionForm(request.POST)
    if not form.is_valid() or form.cleaned_data["verb"] not in ("accept", "refuse", "undo"):
        return HttpResponseBadRequest()
    try:
        messages.success(request, _decide(excuse, form.cleaned_data["verb"], form.cleaned_data["answer"], request.user))
    except (AttendanceError, StoreUnavailable) as error:
        messages.error(request, str(error))
    return redirect(page_before(request))


@require_http_methods(["GET", "POST"])
def student_excuses(request: SchoolRequest, institution: str, student_id: UUID) -> HttpResponse:
    """A student's excuses, and the form by which the office or the tutor enters another one."""
    student = get_excusable_student_or_404(request, student_id)
    school = request.institution
    form = ExcuseForm(request.POST or None, request.FILES or None, institution=school)
    if request.method == "POST" and form.is_valid():
        try:
            excuse_enter(student=student, reason=form.reason(), by=request.user)
            messages.success(request, _("Entered. The absences it covers are excused."))
            return redirect("student_excuses", institution, student.pk)
        except (AttendanceError, StoreUnavailable) as error:
            form.add_error(None, str(error))
    access_record(Act.REQUESTS_SEEN, institution=school, by=request.user, subject=student.pk)
    context = {"student": student, "excuses": excuses_of(student)[:50], "form": form, "today": form.today}
    return render(request, "attendance/excuses/of_student.html", context)


def _decide(excuse: Excuse, verb: str, answer: str, by: User) -> str:
    """Do it; returns a sentence for the person. Raises the errors of the verbs."""
    if verb == "accept":
        excuse_accept(excuse=excuse, by=by, answer=answer)
        return _("Accepted. The absences it covers are excused.")
    if verb == "refuse":
        excuse_refuse(excuse=excuse, by=by, answer=answer)
        return _("Not accepted. The family will read your reason.")
    excuse_undecide(excuse=excuse, by=by)
    return _("Undone. It waits for a decision again.")
