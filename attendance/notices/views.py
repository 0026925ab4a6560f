"""Pages of the privacy notice, for every member, and of the impact assessment, for administrators. Both are printed."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.models import Role
from attendance.notices.facts import facts_of


@require_GET
def privacy(request: SchoolRequest, institution: str) -> HttpResponse:
    """The school's privacy notice."""
    context = {"facts": facts_of(request.institution), "today": timezone.localdate()}
    return render(request, "attendance/notices/privacy.html", context)


@require_GET
def dpia(request: SchoolRequest, institution: str) -> HttpResponse:
    """The starter of the school's data protection impact assessment."""
    require_role(request, Role.ADMIN)
    context = {"facts": facts_of(request.institution), "today": timezone.localdate()}
    return render(request, "attendance/notices/dpia.html", context)
