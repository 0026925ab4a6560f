"""Pages of school years: all of them, and one with its terms."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.models import Role
from enrollment.errors import EnrollmentError
from enrollment.models import SchoolYear
from enrollment.structure.forms import TermFormSet, YearForm
from enrollment.structure.years import year_delete, year_save

SUMMER = 6  # from this month on a new year is the one that begins


@require_GET
def years(request: SchoolRequest, institution: str) -> HttpResponse:
    """All school years with their terms; the form of the first one where there is none."""
    require_role(request, Role.ADMIN)
    found = list(SchoolYear.objects.for_institution(request.institution).prefetch_related("terms", "groups"))
    if not found:
        return redirect("year_new", institution)
    return render(request, "enrollment/structure/years.html", {"years": found})


@require_http_methods(["GET", "POST"])
def year_new(request: SchoolRequest, institution: str) -> HttpResponse:
    """The form that makes a year with its terms in one go."""
    require_role(request, Role.ADMIN)
    return _edit(request, None, _suggested(request), [])


@require_http_methods(["GET", "POST"])
def year(request: SchoolRequest, institution: str, year_id: UUID) -> HttpResponse:
    """A year and its terms, to be changed."""
    found = _own(request, year_id)
    initial = {"name": found.name, "starts_on": found.starts_on, "ends_on": found.ends_on}
    columns = ("id", "name", "starts_on", "ends_on")
    terms = [dict(zip(columns, row, strict=True)) for row in found.terms.values_list(*columns)]
    return _edit(request, found, initial, terms)


@require_POST
def year_remove(request: SchoolRequest, institution: str, year_id: UUID) -> HttpResponse:
    """Delete a year that has no groups."""
    try:
        year_delete(year=_own(request, year_id))
    except EnrollmentError as error:
        messages.error(request, str(error))
    return redirect("years", institution)


def _own(request: SchoolRequest, year_id: UUID) -> SchoolYear:
    require_role(request, Role.ADMIN)
    return get_object_or_404(SchoolYear.objects.for_institution(request.institution), pk=year_id)


def _suggested(request: SchoolRequest) -> dict[str, Any]:
    """The name of the year that begins next, or is on."""
    today = timezone.localdate()
    first = today.year if today.month >= SUMMER else today.year - 1
    return {"name": f"{first}/{(first + 1) % 100:02}"}


def _edit(
    request: SchoolRequest, found: SchoolYear | None, initial: dict[str, Any], terms: list[dict[str, Any]]
) -> HttpResponse:
    form = YearForm(request.POST or None, initial=initial)
    rows = TermFormSet(request.POST or None, initial=terms, prefix="terms")
    for row in rows.forms:
        row.empty_permitted, row.use_required_attribute = True, False
    if request.method == "POST" and form.is_valid() and rows.is_valid() and rows.check_within(form.cleaned_data):
        try:
            year_save(institution=request.institution, year=found, terms=rows.terms(), **form.cleaned_data)
        except EnrollmentError as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, _("Saved."))
            goal = "years" if request.institution.setup_done_at else "setup"  # where its administrators came from
            return redirect(goal, request.institution.slug)
    context = {"form": form, "rows": rows, "year": found}
    return render(request, "enrollment/structure/year.html", context)
