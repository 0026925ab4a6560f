"""The page of costs, for the school's administrators."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.models import Role
from attendance.costs.report import read_costs


@require_GET
def costs(request: SchoolRequest, institution: str) -> HttpResponse:
    """This month by operation, the cap, and the last twelve months."""
    require_role(request, Role.ADMIN)
    return render(request, "attendance/costs/costs.html", {"costs": read_costs(request.institution)})
