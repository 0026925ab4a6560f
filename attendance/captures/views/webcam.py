"""The webcam: a page that sends frames, and the response to each."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from accounts.http import SchoolRequest
from attendance.captures.answers import frame_answer, picture_answer
from attendance.captures.frames import frame_take
from attendance.costs.budget import past_cap
from attendance.lessons.access import get_session_or_404
from attendance.register.page import read_headcount


@require_GET
def webcam(request: SchoolRequest, institution: str, session_id: UUID) -> HttpResponse:
    """The full-screen camera of an open register."""
    found = get_session_or_404(request, session_id)
    context = {"session": found, "headcount": read_headcount(found), "past_cap": past_cap(found.institution)}
    return render(request, "attendance/captures/webcam.html", context)


@require_POST
def frame(request: SchoolRequest, institution: str, session_id: UUID) -> JsonResponse:
    """One frame, answered with its faces, the students it marked, and the number of those here now."""
    found = get_session_or_404(request, session_id)

    def take(**sent: Any) -> dict[str, Any]:
        return frame_answer(found, frame_take(session=found, by=request.user, **sent))

    return picture_answer(request, take)
