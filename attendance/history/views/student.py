"""The students' page: their own attendance."""

from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.http import SchoolRequest
from attendance.history.student import read_history, read_overview
from attendance.lessons.access import get_own_student_or_404
from attendance.repositories.base import BadCursor


@require_GET
def my_attendance(request: SchoolRequest, institution: str) -> HttpResponse:
    """The student's own rates, term and lessons; with HTMX the next page of lessons alone."""
    student = get_own_student_or_404(request)
    try:
        history = read_history(student, cursor=request.GET.get("cursor"))
    except BadCursor:
        return HttpResponseBadRequest()
    if request.htmx:
        return render(request, "attendance/history/_history.html", {"history": history})
    context = {"student": student, "history": history, "overview": read_overview(student)}
    return render(request, "attendance/history/my_attendance.html", context)
