"""A student's page for staff."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.http import SchoolRequest
from attendance.rates.periods import chosen, periods_of
from attendance.rates.words import definition
from attendance.reports.access import get_student_or_404, sees_all_of
from attendance.reports.students import TIMELINE, contacts_of, student_report
from enrollment.access import Act, access_record
from enrollment.selectors import portraits_of


@require_GET
def student(request: SchoolRequest, institution: str, student_id: UUID) -> HttpResponse:
    """Rates, calendar, patterns and lessons of a student; for tutor and office of all courses, with contacts."""
    found = get_student_or_404(request, student_id)
    sees_all = sees_all_of(request.membership, found)
    periods = periods_of(request.institution)
    report = student_report(
        found,
        by=request.membership,
        sees_all=sees_all,
        periods=periods,
        period=chosen(periods, request.GET.get("period")),
    )
    access_record(Act.STUDENT_SEEN, institution=request.institution, by=request.user, subject=found.pk)
    context = {
        "student": found,
        "portrait": portraits_of(request.institution, [found.pk]).get(found.pk),
        "groups": found.groups.select_related("tutor__user", "year"),
        "periods": periods,
        "report": report,
        "contacts": contacts_of(found) if sees_all else None,
        "definition": definition(report.policy),
        "shown": report.lessons if request.GET.get("lessons") == "all" else report.lessons[:TIMELINE],
    }
    return render(request, "attendance/reports/student.html", context)
