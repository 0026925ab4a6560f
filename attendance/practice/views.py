"""The page of the practice class: prepare it, open its lesson, remove it. For administrators."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.models import Role
from attendance.practice.trying import (
    is_possible,
    practice_lesson,
    practice_of,
    practice_prepare,
    practice_remove,
    preparation_of,
)


@require_http_methods(["GET", "POST"])
def practice(request: SchoolRequest, institution: str) -> HttpResponse:
    """The practice class explained, with the acts that are possible now. POST prepares it."""
    _admin_of_a_real_school(request)
    if request.method == "POST":
        job = practice_prepare(institution=request.institution, by=request.user)
        return redirect("job", institution, job.pk)
    context = {
        "practice": practice_of(request.institution),
        "preparation": preparation_of(request.institution),
        "is_possible": is_possible(),
    }
    return render(request, "attendance/practice/page.html", context)


@require_POST
def practice_open(request: SchoolRequest, institution: str) -> HttpResponse:
    """Open the practice class's lesson."""
    _admin_of_a_real_school(request)
    found = practice_of(request.institution)
    lesson = practice_lesson(found, by=request.user) if found and not found.closing_at else None
    if found is None or lesson is None:
        messages.error(request, _("The practice class is not ready yet."))
        return redirect("practice", institution)
    return redirect("session", found.slug, lesson.pk)


@require_POST
def practice_end(request: SchoolRequest, institution: str) -> HttpResponse:
    """Remove the practice class with everything that was tried in it."""
    _admin_of_a_real_school(request)
    practice_remove(institution=request.institution, by=request.user)
    messages.success(request, _("The practice class is removed. Your school's own data were never part of it."))
    return redirect("setup" if request.institution.setup_done_at is None else "practice", institution)


def _admin_of_a_real_school(request: SchoolRequest) -> None:
    """Raises PermissionDenied for other roles; Http404 within a practice school, which has none of its own."""
    require_role(request, Role.ADMIN)
    if request.institution.practice_of_id:
        raise Http404
