"""Pages of a member of staff's day, and of their courses."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import require_role, require_staff
from accounts.counting import numbers_of
from accounts.http import SchoolRequest
from accounts.models import Membership, Role
from attendance.disputes.selectors import rows_to_decide
from attendance.errors import AttendanceError
from attendance.lessons.access import get_course_or_404
from attendance.lessons.coming import lessons_between
from attendance.lessons.forms import GiveCourseForm
from attendance.lessons.selectors import courses_on_page, sessions_visible_to
from attendance.lessons.substitutes import possible_substitutes, substitutions_given
from attendance.lessons.timetable import sessions_plan
from attendance.lessons.undo import undo_take
from attendance.register.sessions import session_start_adhoc
from attendance.today.agenda import read_agenda
from attendance.today.forms import AdhocForm
from attendance.today.office import read_day
from enrollment.models import Student, Teaching
from enrollment.readiness import courses_with_readiness, roster_with_readiness, without_consent, without_photo
from enrollment.selectors import courses_of, groups_of

COURSES = 100  # on a page
WEEKS, MORE_WEEKS = 2, 16  # of coming lessons on a course's page
START = {
    Role.STUDENT: "my_attendance", Role.GUARDIAN: "children", Role.PRINCIPAL: "figures", Role.ADMIN: "office",
}  # fmt: skip


@require_GET
def institution(request: SchoolRequest, institution: str) -> HttpResponse:
    """The start page of the visitor's role; for an administrator the set-up, until it is finished."""
    role = request.membership.role
    if role == Role.ADMIN and request.institution.setup_done_at is None:
        return redirect("setup", institution)
    return redirect(START.get(Role(role), "today"), institution)


@require_GET
def today(request: SchoolRequest, institution: str) -> HttpResponse:
    """The current lesson, the rest of the day, registers left open, and for an administrator the missing photos."""
    membership = require_staff(request)
    day = timezone.localdate()
    # The worker plans the whole school's days; this is for the minute before it comes round, or where there is none.
    sessions_plan(institution=request.institution, day=day, courses=courses_on_page(membership))
    taught = Teaching.objects.filter(course=OuterRef("pk"), teacher=membership)
    courses: list[Any] = list(courses_of(membership).annotate(is_taught=Exists(taught)))
    context = {
        "agenda": read_agenda(membership, day, [course for course in courses if course.is_taught]),
        "courses": courses,
        **_numbers(membership),
        "clock": timezone.localtime(),
    }
    return render(request, "attendance/today/today.html", context)


@require_GET
def figures(request: SchoolRequest, institution: str) -> HttpResponse:
    """The school's day in numbers, without a name: the principal's start page."""
    require_role(request, Role.PRINCIPAL, Role.ADMIN)
    context = {"day": read_day(request.institution), "clock": timezone.localtime()}
    return render(request, "attendance/today/figures.html", context)


def _numbers(membership: Membership) -> dict[str, Any]:
    """Counts of decisions that wait; for an administrator also who cannot be recognised yet, by reason. One query."""
    school = membership.institution
    gaps: dict[str, QuerySet[Student]] = {}
    if membership.role == Role.ADMIN:
        gaps = {"without_consent": without_consent(school), "without_photo": without_photo(school)}
    waiting = rows_to_decide(membership)
    numbers = numbers_of(school, **waiting, **gaps)
    return {
        "to_decide": sum(numbers[name] for name in waiting),
        "gaps": {name: numbers[name] for name in gaps} or None,
    }


@require_POST
def adhoc(request: SchoolRequest, institution: str) -> HttpResponse:
    """Begin a lesson that is not in the timetable."""
    membership = require_staff(request)
    form = AdhocForm(request.POST, rows={"course": courses_of(membership)})
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
    """The visitor's courses, each with the number of students who can be recognised, page by page."""
    member = require_staff(request)
    page = Paginator(courses_of(member).order_by("name_key", "pk"), COURSES).get_page(request.GET.get("page"))
    counted = courses_with_readiness(member).filter(pk__in=[each.pk for each in page.object_list])
    page.object_list = counted.order_by("name_key", "pk")  # counted for the page alone
    groups = groups_of(member).filter(is_active=True)
    return render(request, "attendance/today/courses.html", {"page": page, "groups": groups})


@require_GET
def course(request: SchoolRequest, institution: str, course_id: UUID) -> HttpResponse:
    """A course: its coming lessons, substitutes, past lessons, and its roster with readiness."""
    found = get_course_or_404(request, course_id)
    today = timezone.localdate()
    teachers = possible_substitutes(found)
    weeks = MORE_WEEKS if request.GET.get("weeks") == str(MORE_WEEKS) else WEEKS
    past = sessions_visible_to(request.membership).filter(course=found, local_date__lt=today)
    context = {
        "course": found,
        "students": roster_with_readiness(found),
        "coming": lessons_between(request.institution, [found], today, today + timedelta(weeks=weeks)),
        "more_weeks": MORE_WEEKS if weeks == WEEKS else None,
        "sessions": past.order_by("-starts_at")[:30],
        "given": substitutions_given(found),
        "give_form": GiveCourseForm(rows={"teacher": teachers}, initial={"first_day": today, "last_day": today}),
        "undo": undo_take(request, found),
        "clock": timezone.localtime(),
    }
    return render(request, "attendance/today/course.html", context)
