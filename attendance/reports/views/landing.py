"""The page to which "Reports" leads: what there is to read, by course, form group and school."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.models import Role
from enrollment.selectors import courses_of, groups_of

COURSES = 100  # on a page


@require_GET
def reports(request: SchoolRequest, institution: str) -> HttpResponse:
    """The visitor's courses and form groups, for the office the school's lists too; for a principal the trends."""
    membership = require_role(request, Role.TEACHER, Role.ADMIN, Role.PRINCIPAL)
    if membership.role == Role.PRINCIPAL:
        return redirect("trends", institution)
    courses = courses_of(membership).order_by("name_key", "pk")
    context = {
        "page": Paginator(courses, COURSES).get_page(request.GET.get("page")),
        "groups": groups_of(membership).filter(is_active=True),
    }
    return render(request, "attendance/reports/landing.html", context)
