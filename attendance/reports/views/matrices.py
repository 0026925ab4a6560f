"""The pages of a course's and of a form group's attendance, and the correction of a mark from its cell."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import require_staff
from accounts.http import SchoolRequest
from attendance.history.correcting import correction_form, mark_correct_as_typed, may_correct
from attendance.history.forms import CorrectionForm
from attendance.history.story import mark_history_of
from attendance.lessons.access import get_expected_student_or_404, get_session_or_404
from attendance.rates.periods import Period, chosen, periods_of
from attendance.register.edit_window import window_ends
from attendance.register.status_codes import statuses_of
from attendance.reports.access import students_open
from attendance.reports.courses import course_matrix
from attendance.reports.groups import group_matrix
from attendance.reports.matrix import ORDERS, Matrix, in_order
from enrollment.access import Act, access_record
from enrollment.readiness import courses_with_readiness, groups_with_readiness

ANY_SESSION, ANY_STUDENT = UUID("11111111-1111-4111-8111-111111111111"), UUID("22222222-2222-4222-8222-222222222222")
ANY_DAY = date(2000, 1, 1)


@require_GET
def course_attendance(request: SchoolRequest, institution: str, course_id: UUID) -> HttpResponse:
    """A course's lessons by student, with rates and who is below the school's threshold."""
    course: Any = get_object_or_404(courses_with_readiness(require_staff(request)), pk=course_id)
    course.institution = request.institution
    periods = periods_of(request.institution)
    matrix = course_matrix(course, chosen(periods, request.GET.get("period")))
    access_record(Act.REGISTER_SEEN, institution=request.institution, by=request.user, course=course.pk)
    context = _context(request, matrix, periods)
    return render(
        request,
        "attendance/reports/course.html",
        context
        | {"course": course, "ready": course, "cell_url": _address(request, "mark_cell", ANY_SESSION, ANY_STUDENT)},
    )


@require_GET
def group_attendance(request: SchoolRequest, institution: str, group_id: UUID) -> HttpResponse:
    """A form group's days by student, over all courses."""
    group: Any = get_object_or_404(groups_with_readiness(require_staff(request)), pk=group_id)
    group.institution = request.institution
    periods = periods_of(request.institution)
    matrix = group_matrix(group, chosen(periods, request.GET.get("period")))
    access_record(Act.REGISTER_SEEN, institution=request.institution, by=request.user, group=group.pk)
    context = _context(request, matrix, periods)
    context["cell_url"] = _address(request, "student_day", ANY_STUDENT, ANY_DAY)
    return render(request, "attendance/reports/group.html", context | {"group": group})


@require_http_methods(["GET", "POST"])
def mark_cell(request: SchoolRequest, institution: str, session_id: UUID, student_id: UUID) -> HttpResponse:
    """The sheet over a cell: the mark and the form that corrects it; posted, the correction, answered with 204."""
    session = get_session_or_404(request, session_id)
    student = get_expected_student_or_404(request, session, student_id)
    form = CorrectionForm(request.POST, codes=statuses_of(session.institution)) if request.method == "POST" else None
    if form and mark_correct_as_typed(form, session=session, student=student, by=request.user):
        return HttpResponse(status=204)
    history = mark_history_of(session, student.pk)
    form = form or correction_form(session, history)
    context = {
        "session": session,
        "student": student,
        "story": history,
        "form": form if may_correct(session, request.membership) else None,
        "window_ends": window_ends(session),
    }
    return render(request, "attendance/reports/_cell.html", context, status=400 if form.errors else 200)


def _address(request: SchoolRequest, name: str, *places: object) -> str:
    """The address of a cell's sheet; the page's script puts those of the cell in the places of these."""
    return reverse(name, args=[request.institution.slug, *places])


def _context(request: SchoolRequest, matrix: Matrix, periods: Sequence[Period]) -> dict[str, object]:
    """The context that both pages share."""
    order = request.GET.get("order", "")
    shown = {row.student.pk for row in matrix.rows}
    return {
        "linked": students_open(request.membership, shown),
        "matrix": matrix,
        "rows": in_order(matrix.rows, order),
        "others": in_order(matrix.others, order),
        "periods": periods,
        "orders": ORDERS,
        "order": order,
        "only_low": bool(request.GET.get("low")),
        "today": _("Today"),
        "term": f"{date_format(matrix.period.first, 'j M Y')} – {date_format(matrix.period.last, 'j M Y')}",
    }
