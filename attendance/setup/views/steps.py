"""The set-up page, and the decision on face recognition."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import require_role
from accounts.face_law import NOTES, note_of
from accounts.http import SchoolRequest
from accounts.models import FaceLaw, Role
from accounts.schools.deciding import faces_decide, setup_finish, setup_steps_skip
from attendance.domain.setup import MINUTES, minutes_left, next_step, steps_of
from attendance.setup.forms import FacesForm
from attendance.setup.guide import guide_of
from attendance.setup.lines import step_lines
from attendance.setup.selectors import nearest_course, read_counts


@require_GET
def setup(request: SchoolRequest, institution: str) -> HttpResponse:
    """The steps with their states, what is next, and the class that can start sooner."""
    require_role(request, Role.ADMIN)
    school = request.institution
    counts = read_counts(school)
    steps = steps_of(counts, school.setup_skipped)
    current = next_step(steps)
    context = {
        "lines": step_lines(school, counts, steps),
        "counts": counts,
        "current": current,
        "settled": sum(step.is_settled for step in steps),
        "minutes": minutes_left(steps),
        "nearest": nearest_course(school) if counts.takes_faces and current else None,
        "today": timezone.localdate(),
    }
    return render(request, "attendance/setup/setup.html", context)


@require_GET
def setup_guide(request: SchoolRequest, institution: str) -> HttpResponse:
    """The steps on paper: what to have ready, what to do, where, and what follows from it."""
    require_role(request, Role.ADMIN)
    counts = read_counts(request.institution)
    steps = steps_of(counts, request.institution.setup_skipped)
    lines = [(line, guide_of(line.step.key)) for line in step_lines(request.institution, counts, steps)]
    context = {"lines": lines, "minutes": sum(step.minutes for step in steps), "today": timezone.localdate()}
    return render(request, "attendance/setup/guide.html", context)


@require_POST
def setup_skip(request: SchoolRequest, institution: str, step: str) -> HttpResponse:
    """Put a step aside, or take it up again (`back` in the form)."""
    require_role(request, Role.ADMIN)
    if step not in MINUTES:
        raise Http404
    kept = {*request.institution.setup_skipped} - {step}
    setup_steps_skip(school=request.institution, steps=kept if "back" in request.POST else kept | {step})
    return redirect("setup", institution)


@require_POST
def setup_end(request: SchoolRequest, institution: str) -> HttpResponse:
    """End the set-up: the office's day is the start page from now on."""
    require_role(request, Role.ADMIN)
    setup_finish(school=request.institution)
    messages.success(request, _("Set-up is finished. You'll find it under Manage."))
    return redirect("institution", institution)


@require_http_methods(["GET", "POST"])
def setup_faces(request: SchoolRequest, institution: str) -> HttpResponse:
    """The decision on face recognition, with the legal note of the school's place."""
    require_role(request, Role.ADMIN)
    school = request.institution
    form = FacesForm(request.POST or None, school=school)
    if request.method == "POST" and form.is_valid():
        faces_decide(school=school, **form.cleaned_data)
        others = {*school.setup_skipped} - {"faces"}  # having decided against it settles the step too
        setup_steps_skip(school=school, steps=others if school.faces_enabled else others | {"faces"})
        messages.success(request, _("Saved."))
        return redirect("setup", institution)
    notes = [(FaceLaw(law).label, note) for law, note in NOTES.items()]
    context = {"form": form, "note": note_of(school.law), "notes": notes}
    return render(request, "attendance/setup/faces.html", context)
