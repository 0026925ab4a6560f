"""Low attendance beside the office's day."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.models import Role
from attendance.office.low import read_low
from enrollment.access import Act, access_record

_SHOWN, _MOST = 6, 200  # students beside the day, and on the page of its own


@require_GET
def low(request: SchoolRequest, institution: str) -> HttpResponse:
    """Low attendance and absences in a row: a part of the office's page, or a page of its own with everybody."""
    require_role(request, Role.ADMIN)
    found = read_low(request.institution)
    access_record(Act.CHRONIC_SEEN, institution=request.institution, by=request.user, students=len(found.low))
    context = {"found": found, "streak": request.institution.streak_days, "shown": f":{_SHOWN}", "most": f":{_MOST}"}
    template = "attendance/office/_low.html" if request.htmx else "attendance/office/low.html"
    return render(request, template, context)
