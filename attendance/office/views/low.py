"""Low attendance beside the office's day, and letters to print."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.models import Role
from attendance.office.low import STREAK, letter_lines, read_low
from enrollment.access import Act, access_record, accesses_record

_SHOWN = 6
_MOST_LETTERS = 200


@require_GET
def low(request: SchoolRequest, institution: str) -> HttpResponse:
    """Low attendance and absences in a row: a part of the office's page, or a page of its own with everybody."""
    require_role(request, Role.ADMIN)
    found = read_low(request.institution)
    access_record(Act.CHRONIC_SEEN, institution=request.institution, by=request.user, students=len(found.low))
    context = {"found": found, "streak": STREAK, "shown": f":{_SHOWN}"}
    template = "attendance/office/_low.html" if request.htmx else "attendance/office/low.html"
    return render(request, template, context)


@require_GET
def letters(request: SchoolRequest, institution: str) -> HttpResponse:
    """Letters about the attendance of chosen students, a page each, to be printed."""
    require_role(request, Role.ADMIN)
    wanted = [key for text in request.GET.getlist("student")[:_MOST_LETTERS] if (key := _key(text))]
    period, lines = letter_lines(request.institution, wanted)
    subjects = [line.student.pk for line in lines]
    accesses_record(Act.EXPORTED, institution=request.institution, by=request.user, subjects=subjects, kind="letters")
    context = {"lines": lines, "period": period, "today": timezone.localdate(timezone=request.institution.zone)}
    return render(request, "attendance/office/letters.html", context)


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
