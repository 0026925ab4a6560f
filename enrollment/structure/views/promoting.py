"""The page of the change of year: what would move is shown, then done, and can be undone."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.models import Role
from enrollment.errors import EnrollmentError
from enrollment.models import Course, Group, SchoolYear, YearChange
from enrollment.structure.forms import YearChangeForm
from enrollment.structure.promoting import (
    built_on,
    change_to_show,
    next_name,
    year_change_run,
    year_change_undo,
    year_promote,
)


@require_http_methods(["GET", "POST"])
def year_change(request: SchoolRequest, institution: str) -> HttpResponse:
    """The groups of a year with their names in the next; posted, they are moved."""
    require_role(request, Role.ADMIN)
    years = list(SchoolYear.objects.for_institution(request.institution).order_by("starts_on"))
    form = YearChangeForm(request.POST or request.GET or None, institution=request.institution)
    if len(years) > 1 and not form.is_bound:
        form = YearChangeForm({"source": years[-2].pk, "target": years[-1].pk}, institution=request.institution)
    groups = _groups(request, form.cleaned_data["source"]) if form.is_valid() else []
    if request.method == "POST" and form.is_valid() and _promote(request, form, groups):
        return redirect("year_change", institution)
    last = change_to_show(request.institution)
    context = {
        "form": form,
        "has_years": len(years) > 1,
        "groups": groups,
        "courses": _courses(request, form),
        "last": last,
        "may_undo": bool(last) and not built_on(last) if last else False,
    }
    return render(request, "enrollment/structure/change.html", context)


def _groups(request: SchoolRequest, source: SchoolYear) -> list[Any]:
    """The groups of a year, each with `size` and its `later` name: as posted, else as suggested."""
    rows = Group.objects.for_institution(request.institution).filter(year=source, is_active=True)
    found = list(rows.annotate(size=Count("places", filter=Q(places__student__is_active=True))))
    for group in found:
        group.later = request.POST.get(f"name-{group.pk}", next_name(group.name)).strip()[:40]  # type: ignore[attr-defined]
    return found


def _courses(request: SchoolRequest, form: YearChangeForm) -> int:
    if not form.is_valid():
        return 0
    courses = Course.objects.for_institution(request.institution)
    return courses.filter(year=form.cleaned_data["source"], is_active=True).count()


def _promote(request: SchoolRequest, form: YearChangeForm, groups: list[Any]) -> bool:
    try:
        year_promote(
            institution=request.institution,
            source=form.cleaned_data["source"],
            target=form.cleaned_data["target"],
            names={group.pk: group.later for group in groups if group.later},
            by=request.user,
        )
    except EnrollmentError as error:
        form.add_error(None, str(error))
        return False
    messages.success(request, _("The groups are in the new year."))
    return True


def _own(request: SchoolRequest, change_id: UUID) -> YearChange:
    require_role(request, Role.ADMIN)
    return get_object_or_404(YearChange.objects.for_institution(request.institution), pk=change_id)


@require_POST
def year_change_go_on(request: SchoolRequest, institution: str, change_id: UUID) -> HttpResponse:
    """Continue a change of year that was interrupted."""
    year_change_run(change=_own(request, change_id))
    return redirect("year_change", institution)


@require_POST
def year_change_back(request: SchoolRequest, institution: str, change_id: UUID) -> HttpResponse:
    """Undo a change of year on which nothing was built."""
    try:
        year_change_undo(change=_own(request, change_id))
    except EnrollmentError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Undone: the groups are as they were."))
    return redirect("year_change", institution)
