"""The students' page, their own attendance; and the same for their guardians, who read it."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.models import Role
from attendance.history.choosing import choice_of
from attendance.history.student import read_history, read_page
from attendance.lessons.access import get_child_or_404, get_own_student_or_404
from attendance.repositories.base import BadCursor
from enrollment.access import Act, access_record
from enrollment.guardians.selectors import children_of


@require_GET
def my_attendance(request: SchoolRequest, institution: str) -> HttpResponse:
    """The student's own rates, term and lessons; with HTMX the next page of lessons alone."""
    student = get_own_student_or_404(request)
    choice = choice_of(request.institution, request.GET)
    return _answer(request, "attendance/history/my_attendance.html", {"student": student, "choice": choice})


@require_GET
def children(request: SchoolRequest, institution: str) -> HttpResponse:
    """Leads a guardian to their first child; says so where the school shows them none."""
    found = children_of(request.user, request.institution)
    first = found.first()
    if first is None:
        require_role(request, Role.GUARDIAN)
        return render(request, "attendance/history/no_child.html")
    return redirect("child", institution, first.pk)


@require_GET
def child(request: SchoolRequest, institution: str, student_id: UUID) -> HttpResponse:
    """A child's rates, term and lessons for their guardian; with HTMX the next page of lessons alone."""
    student = get_child_or_404(request, student_id)
    choice = choice_of(request.institution, request.GET)
    answer = _answer(request, "attendance/history/child.html", {"child": student, "student": student, "choice": choice})
    if answer.status_code == 200 and not request.htmx:
        access_record(Act.STUDENT_SEEN, institution=request.institution, by=request.user, subject=student.pk)
    return answer


def _answer(request: SchoolRequest, page: str, context: dict[str, Any]) -> HttpResponse:
    """The whole page; with HTMX the next page of lessons alone."""
    student, cursor, choice = context["student"], request.GET.get("cursor"), context["choice"]
    try:
        if request.htmx:
            history = read_history(student, cursor=cursor, choice=choice)
            return render(request, "attendance/history/_history.html", {**context, "history": history})
        history, overview = read_page(student, cursor=cursor, choice=choice)
    except BadCursor:
        return HttpResponseBadRequest()
    return render(request, page, {**context, "history": history, "overview": overview})
