"""A student's page for staff, and the notes on it."""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.http import SchoolRequest
from attendance.rates.periods import chosen, periods_of
from attendance.reports.access import get_student_or_404, sees_all_of
from attendance.reports.days import student_day as lessons_of_day
from attendance.reports.forms import NoteForm
from attendance.reports.notes import may_delete, note_delete, note_write, notes_for
from attendance.reports.statements import statements_about
from attendance.reports.students import TIMELINE, contacts_of, student_report
from enrollment.access import Act, access_record
from enrollment.models import Student
from enrollment.selectors import groups_of, portraits_of


@require_GET
def student(request: SchoolRequest, institution: str, student_id: UUID) -> HttpResponse:
    """Rates, calendar, patterns and lessons of a student; for tutor and office of all courses, with contacts."""
    found = get_student_or_404(request, student_id)
    access_record(Act.STUDENT_SEEN, institution=request.institution, by=request.user, subject=found.pk)
    return _page(request, found, NoteForm())


@require_GET
def student_day(request: SchoolRequest, institution: str, student_id: UUID, day: date) -> HttpResponse:
    """The lessons of a student's day, each with its mark; with HTMX's header what the sheet over a matrix shows."""
    found = get_student_or_404(request, student_id)
    sees_all = sees_all_of(request.membership, found)
    access_record(Act.STUDENT_SEEN, institution=request.institution, by=request.user, subject=found.pk)
    lessons = lessons_of_day(found, day, by=request.membership, sees_all=sees_all)
    context = {
        "student": found,
        "day": day,
        "lessons": lessons,
        "sees_all": sees_all,
        "someone_else": any(one.said and not one.may_open for one in lessons),
    }
    return render(request, f"attendance/reports/{'_day' if request.htmx else 'day'}.html", context)


@require_POST
def note_new(request: SchoolRequest, institution: str, student_id: UUID) -> HttpResponse:
    """Write a note on the student's page."""
    found = get_student_or_404(request, student_id)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form)
    note_write(
        student=found, text=form.cleaned_data["text"], audience=form.cleaned_data["audience"], by=request.membership
    )
    messages.success(request, _("Note added."))
    return redirect("student", institution, found.pk)


@require_POST
def note_remove(request: SchoolRequest, institution: str, student_id: UUID, note_id: UUID) -> HttpResponse:
    """Delete a note: its author's, any for the office."""
    found = get_student_or_404(request, student_id)
    notes = notes_for(found, sees_all=sees_all_of(request.membership, found))
    note = get_object_or_404(notes, pk=note_id)
    if not may_delete(note, request.membership):
        raise PermissionDenied
    note_delete(note=note, by=request.membership)
    messages.success(request, _("Note deleted."))
    return redirect("student", institution, found.pk)


def _page(request: SchoolRequest, found: Student, form: NoteForm) -> HttpResponse:
    sees_all = sees_all_of(request.membership, found)
    periods = periods_of(request.institution)
    report = student_report(
        found,
        by=request.membership,
        sees_all=sees_all,
        periods=periods,
        period=chosen(periods, request.GET.get("period")),
    )
    notes = notes_for(found, sees_all=sees_all)
    context = {
        "student": found,
        "portrait": portraits_of(request.institution, [found.pk]).get(found.pk),
        "groups": found.groups.select_related("tutor__user", "year").annotate(
            is_open=Exists(groups_of(request.membership).filter(pk=OuterRef("pk")))
        ),
        "periods": periods,
        "report": report,
        "contacts": contacts_of(found) if sees_all else None,
        "shown": report.lessons if request.GET.get("lessons") == "all" else report.lessons[:TIMELINE],
        "notes": [(note, may_delete(note, request.membership)) for note in notes],
        "note_form": form,
        "statements": statements_about(found, by=request.membership, sees_all=sees_all),
    }
    return render(request, "attendance/reports/student.html", context, status=400 if form.errors else 200)
