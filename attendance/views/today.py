"""The day of a member of staff, and their courses."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import require_staff
from accounts.http import SchoolRequest
from accounts.models import Institution, Role
from attendance.access import get_course_or_404
from attendance.errors import AttendanceError
from attendance.forms import AdhocForm
from attendance.selectors import current_session, sessions_left_open, sessions_of_day, sessions_visible_to
from attendance.services.sessions import session_start_adhoc
from attendance.services.timetable import sessions_plan
from enrollment.readiness import courses_with_readiness, roster_with_readiness, without_consent, without_photo
from enrollment.selectors import courses_of


@require_GET
def institution(request: SchoolRequest, institution: str) -> HttpResponse:
    """Each role's own start."""
    return redirect("my_attendance" if request.membership.role == Role.STUDENT else "today", institution)


@require_GET
def today(request: SchoolRequest, institution: str) -> HttpResponse:
    """The lesson of now, the rest of the day, what was left open, and for an administrator what is missing."""
    membership = require_staff(request)
    day = timezone.localdate()
    sessions_plan(institution=request.institution, day=day)
    sessions = list(sessions_of_day(membership, day))
    now = current_session(sessions)
    context = {
        "now": now,
        "sessions": [session for session in sessions if session != now],
        "left_open": sessions_left_open(membership, before=day)[:10],
        "courses": list(courses_of(membership)),
        "gaps": _gaps(request.institution) if membership.role == Role.ADMIN else None,
        "clock": timezone.localtime(),
    }
    return render(request, "attendance/today.html", context)


def _gaps(institution: Institution) -> dict[str, int]:
    """How many students still cannot be recognised, and why."""
    return {
        "without_consent": without_consent(institution).count(),
        "without_photo": without_photo(institution).count(),
    }


@require_POST
def adhoc(request: SchoolRequest, institution: str) -> HttpResponse:
    """Begin a lesson that is not in the timetable."""
    membership = require_staff(request)
    form = AdhocForm(request.POST, courses=courses_of(membership))
    if not form.is_valid():
        messages.error(request, str(form.errors["course"][0]))
        return redirect("today", institution)
    try:
        session = session_start_adhoc(course=form.cleaned_data["course"], by=request.user)
    except AttendanceError as error:
        messages.error(request, str(error))
        return redirect("today", institution)
    return redirect("session", institution, session.pk)


@require_GET
def courses(request: SchoolRequest, institution: str) -> HttpResponse:
    """The visitor's courses, with how many pupils are ready to be recognised."""
    membership = require_staff(request)
    return render(request, "attendance/courses.html", {"courses": courses_with_readiness(membership)})


@require_GET
def course(request: SchoolRequest, institution: str, course_id: UUID) -> HttpResponse:
    """A course: its roster with readiness, and its sessions, latest first."""
    found = get_course_or_404(request, course_id)
    sessions = sessions_visible_to(request.membership).filter(course=found, local_date__lte=timezone.localdate())
    context = {
        "course": found,
        "students": roster_with_readiness(found),
        "sessions": sessions.order_by("-starts_at")[:30],
    }
    return render(request, "attendance/course.html", context)
