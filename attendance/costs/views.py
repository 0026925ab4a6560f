"""The page of costs, for the school's administrators."""

from datetime import date

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.models import Role
from attendance.costs.errors import NoSuchMonth
from attendance.costs.report import read_costs


@require_GET
def costs(request: SchoolRequest, institution: str) -> HttpResponse:
    """A month by operation (`?month=2026-11`, else the present one), the cap, and the last twelve months."""
    require_role(request, Role.ADMIN)
    try:
        read = read_costs(request.institution, month=_month(request.GET.get("month")))
    except NoSuchMonth as error:
        raise Http404 from error
    return render(request, "attendance/costs/costs.html", {"costs": read})


def _month(text: str | None) -> date | None:
    """The first day of a month that is written as in an address. Raises NoSuchMonth."""
    try:
        return date.fromisoformat(f"{text}-01") if text else None
    except ValueError as error:
        raise NoSuchMonth from error
