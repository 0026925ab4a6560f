"""Import of a calendar file: a preview of its changes, then the import. For a school's administrators."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.models import Role
from attendance.calendars.errors import CalendarFileError
from attendance.calendars.forms import CalendarFileForm
from attendance.calendars.ics_in import MOST_BYTES
from attendance.calendars.importing import ImportPlan, import_plan, import_write
from enrollment.models import Course
from enrollment.selectors import courses_of

_SALT = "attendance.calendars.import"


@require_http_methods(["GET", "POST"])
def upload(request: SchoolRequest, institution: str) -> HttpResponse:
    """GET: choose a file. POST: the preview of its changes; nothing is written."""
    courses = courses_of(require_role(request, Role.ADMIN))
    form = CalendarFileForm(request.POST or None, request.FILES or None, rows={"course": courses})
    if request.method == "POST" and form.is_valid():
        course: Course | None = form.cleaned_data["course"]
        try:
            data = _read(form.cleaned_data["file"])
            plan = import_plan(institution=request.institution, course=course, data=data)
        except CalendarFileError as error:
            form.add_error("file", str(error))
        else:
            context = {"plan": plan, "course": course, "packed": _pack(data), "total": _total(plan)}
            return render(request, "attendance/calendars/preview.html", context)
    return render(request, "attendance/calendars/import.html", {"form": form})


@require_POST
def confirm(request: SchoolRequest, institution: str) -> HttpResponse:
    """Import the file of the preview. It comes back with the form, and is read again."""
    courses = courses_of(require_role(request, Role.ADMIN))
    course = _course(request, courses)
    try:
        data = _unpack(request.POST.get("packed", ""))
        plan = import_plan(institution=request.institution, course=course, data=data)
    except CalendarFileError as error:
        messages.error(request, str(error))
        return redirect("calendar_import", institution)
    written = import_write(institution=request.institution, plan=plan, by=request.user)
    if written:
        said = ngettext("%d thing was added or changed.", "%d things were added or changed.", written) % written
    else:
        said = _("Everything was here already: nothing was changed.")
    messages.success(request, said)
    return redirect("course", institution, course.pk) if course else redirect("calendar", institution)


def _course(request: SchoolRequest, courses: QuerySet[Course]) -> Course | None:
    try:
        return forms.ModelChoiceField(courses, required=False).clean(request.POST.get("course", ""))
    except forms.ValidationError as error:
        raise Http404 from error


def _read(file: Any) -> bytes:
    """The file's bytes; of a file that is too large only one byte more than allowed."""
    return file.read(MOST_BYTES + 1)


def _pack(data: bytes) -> str:
    """A file as text for a hidden field, compressed and signed: calendars shrink to a tenth."""
    return signing.dumps(data.decode("latin-1"), salt=_SALT, compress=True)


def _unpack(text: str) -> bytes:
    """The file from the text of the hidden field. Raises CalendarFileError."""
    try:
        return str(signing.loads(text, salt=_SALT)).encode("latin-1")
    except signing.BadSignature as error:
        raise CalendarFileError(_("The file did not arrive whole. Choose it once more.")) from error


def _total(plan: ImportPlan) -> int:
    return len(plan.days) + len(plan.weekly) + len(plan.lessons)
