"""Entries at the desk: late arrivals, early leavers, reasons of absences, and undoing."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import require_role
from accounts.files import KEEP_NOTHING
from accounts.http import SchoolRequest
from accounts.models import Role
from attendance.errors import AttendanceError
from attendance.models import DeskEntry, Excuse
from attendance.office.desk import arrival_enter, entry_undo, leaving_enter, return_enter
from attendance.office.forms import DeskForm, LeavingForm, ReasonForm
from attendance.office.frame import office_context
from attendance.office.reasons import reason_enter, reason_undo
from attendance.office.suggesting import suggestions_of
from enrollment.models import Student


@require_GET
def students(request: SchoolRequest, institution: str) -> HttpResponse:
    """Students whose name or roll number has what was typed (`q`), as the list under a field of the desk (`field`)."""
    require_role(request, Role.ADMIN)
    text = request.GET.get("q", "").strip()[:120]
    field = "leaving" if request.GET.get("field") == "leaving" else "late"
    context = {"suggestions": suggestions_of(request.institution, text), "text": text, "field": field}
    answer = render(request, "attendance/office/_suggestions.html", context)
    answer["Cache-Control"] = KEEP_NOTHING
    return answer


@require_POST
def late(request: SchoolRequest, institution: str) -> HttpResponse:
    """A late arrival: name and Enter; the time is filled in."""
    require_role(request, Role.ADMIN)
    form = DeskForm(request.POST, institution=request.institution, prefix="late")
    if not form.is_valid():
        return _again(request, late=form)
    student = form.cleaned_data["student"]
    try:
        arrival_enter(
            student=student,
            at=form.moment("at") or timezone.now(),
            reason=form.cleaned_data["reason"],
            by=request.user,
        )
    except AttendanceError as error:
        form.add_error("at", str(error))
        return _again(request, late=form)
    messages.success(request, _("%s: arrival entered.") % student.name)
    return redirect("office", institution)


@require_POST
def leaving(request: SchoolRequest, institution: str) -> HttpResponse:
    """A student who leaves early, perhaps to come back."""
    require_role(request, Role.ADMIN)
    form = LeavingForm(request.POST, institution=request.institution, prefix="leaving")
    if not form.is_valid():
        return _again(request, leaving=form)
    student = form.cleaned_data["student"]
    try:
        leaving_enter(
            student=student,
            at=form.moment("at") or timezone.now(),
            until=form.moment("until"),
            reason=form.cleaned_data["reason"],
            by=request.user,
        )
    except AttendanceError as error:
        form.add_error("until", str(error))
        return _again(request, leaving=form)
    messages.success(request, _("%s: leaving entered.") % student.name)
    return redirect("office", institution)


@require_POST
def back(request: SchoolRequest, institution: str, entry_id: UUID) -> HttpResponse:
    """Somebody who left early is back."""
    require_role(request, Role.ADMIN)
    entries = DeskEntry.objects.for_institution(request.institution).filter(kind=DeskEntry.Kind.LEFT)
    entry = get_object_or_404(entries.select_related("student__institution", "institution"), pk=entry_id)
    try:
        return_enter(leaving=entry, by=request.user)
        messages.success(request, _("%s is back.") % entry.student.name)
    except AttendanceError as error:
        messages.error(request, str(error))
    return redirect("office", institution)


@require_POST
def reason(request: SchoolRequest, institution: str, student_id: UUID) -> HttpResponse:
    """The reason of today's absence, as it was told."""
    require_role(request, Role.ADMIN)
    students = Student.objects.for_institution(request.institution).select_related("institution")
    student = get_object_or_404(students, pk=student_id, is_active=True)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Please choose a reason. Nothing was saved."))
        return redirect("office", institution)
    told = Excuse.Kind(form.cleaned_data["kind"])
    reason_enter(student=student, kind=told, note=form.cleaned_data["note"], by=request.user)
    messages.success(request, _("%s is absent with a reason now.") % student.name)
    return redirect("office", institution)


@require_POST
def reason_take_back(request: SchoolRequest, institution: str, excuse_id: UUID) -> HttpResponse:
    """Undo a reason that the office entered."""
    require_role(request, Role.ADMIN)
    excuses = Excuse.objects.for_institution(request.institution).filter(giver=Excuse.Giver.SCHOOL)
    excuse = get_object_or_404(excuses.select_related("student", "institution"), pk=excuse_id)
    return _undone(request, excuse.student, partial(reason_undo, excuse=excuse, by=request.user))


@require_POST
def undo(request: SchoolRequest, institution: str, entry_id: UUID) -> HttpResponse:
    """Undo an entry of today, with the marks that it wrote."""
    require_role(request, Role.ADMIN)
    entries = DeskEntry.objects.for_institution(request.institution).select_related("student", "institution")
    entry = get_object_or_404(entries, pk=entry_id)
    return _undone(request, entry.student, partial(entry_undo, entry=entry, by=request.user))


def _undone(request: SchoolRequest, student: Student, undo: Callable[[], object]) -> HttpResponse:
    """Back to the office's day, with what came of undoing an entry about this student."""
    try:
        undo()
        messages.success(request, _("%s: the entry is undone.") % student.name)
    except AttendanceError as error:
        messages.error(request, str(error))
    return redirect("office", request.institution.slug)


def _again(request: SchoolRequest, **forms: DeskForm) -> HttpResponse:
    """The page with a form that could not be taken over: what was typed stays."""
    context = office_context(request.institution, **forms)  # type: ignore[arg-type]
    return render(request, "attendance/office/page.html", context, status=400)
