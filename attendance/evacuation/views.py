"""The evacuation list, its ticks from several devices, its report; visitors."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import require_role, require_staff
from accounts.http import SchoolRequest
from accounts.models import Role
from attendance.errors import AttendanceError
from attendance.evacuation.errors import KeyTaken
from attendance.evacuation.forms import EndForm, StartForm, TickForm, VisitorForm
from attendance.evacuation.listing import ListedPerson, list_of, listed, read_evacuations, ticks_since
from attendance.evacuation.running import (
    evacuation_end,
    evacuation_of,
    evacuation_start,
    person_tick,
)
from attendance.evacuation.visitors import visitor_enter, visitor_leave
from attendance.evacuation.whereabouts import people_at, visitors_at
from attendance.models import Evacuation, Visitor
from enrollment.access import Act, access_record

A_YEAR = timedelta(days=365)  # further away no device asks for what has changed


@require_GET
def evacuation(request: SchoolRequest, institution: str) -> HttpResponse:
    """Everybody by room: as it is now, or the list of the evacuation that runs, with its ticks."""
    require_staff(request)
    return _page(request, VisitorForm())


def _page(request: SchoolRequest, form: VisitorForm, status: int = 200) -> HttpResponse:
    running, reports = read_evacuations(request.institution)
    now = timezone.now()
    visitors = visitors_at(request.institution, now)
    if running:
        people = listed(running)
    else:
        people = [ListedPerson(each) for each in people_at(request.institution, at=now, visitors=visitors)]
    access_record(Act.EVACUATION_SEEN, institution=request.institution, by=request.user)
    context: dict[str, Any] = {
        "running": running,
        "list": list_of(people),
        "at": timezone.localtime(now, request.institution.zone),
        "visitors": visitors,
        "form": form,
        "end_form": EndForm(prefix="end"),
        "reports": reports,
    }
    return render(request, "attendance/evacuation/page.html", context, status=status)


@require_POST
def start(request: SchoolRequest, institution: str) -> HttpResponse:
    """Begin an evacuation, or a drill; a device may say so later."""
    require_staff(request)
    form = StartForm(request.POST)
    if not form.is_valid():
        return _refused(_("The list could not be begun. Reload the page and try again."))
    try:
        begun = evacuation_start(
            institution=request.institution,
            key=form.cleaned_data["key"],
            is_drill=form.cleaned_data["is_drill"],
            by=request.user,
            claimed=form.cleaned_data["at"],
        )
    except KeyTaken as error:
        return _refused(str(error), code=error.code)
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"id": str(begun.pk)})
    return redirect("evacuation", institution)


@never_cache
@require_http_methods(["GET", "POST"])
def ticks(request: SchoolRequest, institution: str, evacuation_id: UUID) -> HttpResponse:
    """The words since an instant (`since`), as JSON; POST says one."""
    require_staff(request)
    found = _evacuation_or_404(request, evacuation_id)
    if request.method == "POST":
        form = TickForm(request.POST)
        if not form.is_valid():
            return _refused(_("This tick could not be read. Reload the page and try again."))
        said = form.cleaned_data
        try:
            person_tick(
                evacuation=found, subject=said["subject"], is_here=said["is_here"], by=request.user, claimed=said["at"]
            )
        except AttendanceError as error:
            return _refused(str(error), code=error.code)
    return JsonResponse(
        {
            "ticks": ticks_since(found, _instant(request.GET.get("since", ""))),
            "now": timezone.now().isoformat(),
            "ended": bool(found.ended_at),
        }
    )


@require_POST
def end(request: SchoolRequest, institution: str, evacuation_id: UUID) -> HttpResponse:
    """End an evacuation; its report is kept."""
    require_staff(request)
    found = _evacuation_or_404(request, evacuation_id)
    form = EndForm(request.POST, prefix="end")
    if not form.is_valid():
        messages.error(request, _("The note is too long: 2,000 letters at most."))
        return redirect("evacuation", institution)
    evacuation_end(
        evacuation=found, assembly=form.cleaned_data["assembly"], note=form.cleaned_data["note"], by=request.user
    )
    return redirect("evacuation_report", institution, found.pk)


@require_GET
def report(request: SchoolRequest, institution: str, evacuation_id: UUID) -> HttpResponse:
    """The report of an evacuation: who was missing, who was seen when and by whom."""
    require_role(request, Role.ADMIN, Role.TEACHER, Role.PRINCIPAL)
    found = _evacuation_or_404(request, evacuation_id)
    access_record(Act.EVACUATION_SEEN, institution=request.institution, by=request.user, evacuation=found.pk)
    context = {"evacuation": found, "list": list_of(listed(found))}
    return render(request, "attendance/evacuation/report.html", context)


@require_POST
def visitor_new(request: SchoolRequest, institution: str) -> HttpResponse:
    """Sign a visitor in."""
    require_staff(request)
    form = VisitorForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=400)
    visitor_enter(institution=request.institution, by=request.user, **form.cleaned_data)
    return redirect("evacuation", institution)


@require_POST
def visitor_out(request: SchoolRequest, institution: str, visitor_id: UUID) -> HttpResponse:
    """Sign a visitor out."""
    require_staff(request)
    visitors = Visitor.objects.for_institution(request.institution).select_related("institution")
    visitor_leave(visitor=get_object_or_404(visitors, pk=visitor_id))
    return redirect("evacuation", institution)


def _evacuation_or_404(request: SchoolRequest, key: UUID) -> Evacuation:
    found = evacuation_of(request.institution, key)
    if found is None:
        raise Http404
    return found


def _refused(sentence: str, *, code: str = "invalid") -> JsonResponse:
    return JsonResponse({"code": code, "detail": sentence}, status=400)


def _instant(text: str) -> datetime | None:
    """The instant that a text names; None for any other, and for one at which there was no evacuation."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    if found is None or timezone.is_naive(found):
        return None
    return found if abs(found - timezone.now()) < A_YEAR else None
