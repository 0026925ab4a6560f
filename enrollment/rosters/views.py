"""The page of a course's roster, for the school's administrators."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.models import Role
from enrollment.models import Course
from enrollment.rosters.changing import RosterChange, roster_change
from enrollment.rosters.forms import RosterForm
from enrollment.rosters.selectors import read_choices


@require_http_methods(["GET", "POST"])
def roster(request: SchoolRequest, institution: str, course_id: UUID) -> HttpResponse:
    """Students with a box each, of a large school those found by `q`; posted, the roster becomes what was chosen."""
    require_role(request, Role.ADMIN)
    course = get_object_or_404(Course.objects.for_institution(request.institution), pk=course_id)
    form = RosterForm(request.POST if request.method == "POST" else None, institution=request.institution)
    if request.method == "POST" and form.is_valid():
        messages.success(request, _sentence(roster_change(course=course, add=form.added, remove=form.removed)))
        return redirect("course", institution, course_id)
    text = request.GET.get("q", "").strip()
    context = {"course": course, "choices": read_choices(course, text), "form": form, "text": text}
    return render(request, "enrollment/rosters/page.html", context, status=400 if form.errors else 200)


def _sentence(change: RosterChange) -> str:
    if not (change.added or change.removed):
        return _("The roster is as it was.")
    added = ngettext("%d student added", "%d students added", change.added) % change.added
    removed = ngettext("%d student removed", "%d students removed", change.removed) % change.removed
    return _("Roster saved: %(added)s, %(removed)s.") % {"added": added, "removed": removed}
