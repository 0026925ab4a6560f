"""The page that adds a course with its teacher, groups and weekly lessons."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import require_role
from accounts.errors import AccountError
from accounts.http import SchoolRequest
from accounts.models import Role
from attendance.setup.courses import course_add
from attendance.setup.forms import BaseHourFormSet, CourseForm, HourFormSet
from attendance.setup.selectors import current_year
from enrollment.errors import EnrollmentError
from enrollment.models import Course, Room


@require_http_methods(["GET", "POST"])
def course_new(request: SchoolRequest, institution: str) -> HttpResponse:
    """Add a course; "and another" opens the form again."""
    require_role(request, Role.ADMIN)
    form = CourseForm(
        request.POST or None, institution=request.institution, initial={"year": current_year(request.institution)}
    )
    hours = HourFormSet(request.POST or None, prefix="hours")
    for row in hours.forms:
        row.empty_permitted, row.use_required_attribute = True, False
    is_valid = request.method == "POST" and form.is_valid()
    if is_valid and hours.is_valid() and (course := _add(request, form, hours)):
        messages.success(request, _("%s is added.") % course)
        if "another" in request.POST:
            return redirect("course_new", institution)
        if request.institution.setup_done_at is None:
            return redirect("setup", institution)
        return redirect("course", institution, course.pk)
    rooms = Room.objects.for_institution(request.institution)
    return render(request, "attendance/setup/course.html", {"form": form, "rows": hours, "rooms": rooms})


def _add(request: SchoolRequest, form: CourseForm, hours: BaseHourFormSet) -> Course | None:
    """Add what was typed. Returns None if it was refused: the form says why."""
    data = form.cleaned_data
    try:
        return course_add(
            institution=request.institution,
            name=data["name"],
            code=data["code"],
            year=data["year"],
            room=data["room"],
            groups=data.get("groups", []),
            teacher=form.teacher_input,
            hours=hours.hours(),
            by=request.user,
            addresses=request,
        )
    except EnrollmentError as error:
        form.add_error("code", str(error))
    except AccountError as error:
        form.add_error("new_email", str(error))
    return None
