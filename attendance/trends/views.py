"""The principal's page."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.models import Role
from attendance.trends.forms import PartForm
from attendance.trends.page import TrendsPage, read_trends
from enrollment.access import Act, access_record
from enrollment.models import Student

_NAMED = 20  # chronically absent students


@require_GET
def trends(request: SchoolRequest, institution: str) -> HttpResponse:
    """Attendance of the school over a term, or of one course or group of it; single students' names for the office
    alone. Raises Http404 for a course or group that is none of the school's now."""
    membership = require_role(request, Role.PRINCIPAL, Role.ADMIN)
    form = PartForm(request.GET, institution=request.institution)
    if not form.is_valid():
        raise Http404
    page = read_trends(request.institution, request.GET.get("term"), form.part())
    context: dict[str, Any] = {"page": page, "name": form.name}
    if membership.role == Role.ADMIN:
        context["chronic"] = _named(request, page)
    return render(request, "attendance/trends/page.html", context)


def _named(request: SchoolRequest, page: TrendsPage) -> list[tuple[Student, int]]:
    """The students who missed most days, with the share of them in per cent."""
    figures, ids = page.figures.trends.students, page.figures.trends.chronic[:_NAMED]
    found = Student.objects.for_institution(request.institution).filter(is_active=True).in_bulk(ids)
    if found:
        access_record(Act.CHRONIC_SEEN, institution=request.institution, by=request.user, students=len(found))
    shares = {pk: figures[pk].absence.missed * 100 // figures[pk].absence.enrolled for pk in found}
    return [(found[pk], shares[pk]) for pk in ids if pk in found]
