"""The office's page of people."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.models import Role
from attendance.people.listing import students_listed

A_PAGE, LONGEST = 60, 80


@require_GET
def people(request: SchoolRequest, institution: str) -> HttpResponse:
    """The students by name, those alone who match `q`, page by page; and links to everyone else."""
    require_role(request, Role.ADMIN)
    text = request.GET.get("q", "").strip()[:LONGEST]
    page = Paginator(students_listed(request.institution, text), A_PAGE).get_page(request.GET.get("page"))
    return render(request, "attendance/people/page.html", {"page": page, "q": text})
