"""The page "Manage", for the school's administrators."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.models import Role


@require_GET
def manage(request: SchoolRequest, institution: str) -> HttpResponse:
    """Links to the pages of people, photos, data and settings."""
    require_role(request, Role.ADMIN)
    return render(request, "attendance/manage/page.html")
