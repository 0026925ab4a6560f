"""The page of the whole school's days without lessons."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.models import Role
from attendance.lessons.timetable import today_of
from attendance.models import DayOff
from attendance.setup.forms import HolidayForm
from attendance.setup.holidays import day_off_add, day_off_delete, holidays_suggested, holidays_suggested_add


@require_http_methods(["GET", "POST"])
def holidays(request: SchoolRequest, institution: str) -> HttpResponse:
    """Days without lessons that are not over, those that the terms suggest, and the form that adds one."""
    require_role(request, Role.ADMIN)
    school, today = request.institution, today_of(request.institution)
    form = HolidayForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        day_off_add(institution=school, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("holidays", institution)
    context = {
        "form": form,
        "days_off": DayOff.objects.for_institution(school).filter(course=None, last_day__gte=today),
        "suggested": holidays_suggested(school, today),
    }
    return render(request, "attendance/setup/holidays.html", context)


@require_POST
def holidays_suggest(request: SchoolRequest, institution: str) -> HttpResponse:
    """Add all the holidays that the gaps between terms suggest."""
    require_role(request, Role.ADMIN)
    added = holidays_suggested_add(institution=request.institution, today=today_of(request.institution))
    messages.success(request, ngettext("%d holiday added.", "%d holidays added.", added) % added)
    return redirect("holidays", institution)


@require_POST
def holiday_remove(request: SchoolRequest, institution: str, day_off_id: UUID) -> HttpResponse:
    """Delete days off of the whole school."""
    require_role(request, Role.ADMIN)
    days_off = DayOff.objects.for_institution(request.institution).filter(course=None)
    day_off_delete(day_off=get_object_or_404(days_off, pk=day_off_id))
    return redirect("holidays", institution)
