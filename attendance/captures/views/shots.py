"""The class photo in several shots: a page with a camera, and the response to each shot."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts.http import SchoolRequest
from attendance.captures.answers import picture_answer
from attendance.captures.progress import read_progress
from attendance.captures.recognition import Recognition
from attendance.captures.taking import capture_take
from attendance.costs.budget import past_cap
from attendance.domain.decision import NOBODY, Outcome
from attendance.lessons.access import get_session_or_404
from attendance.models import Capture, ClassSession
from attendance.register.labels import capture_words
from attendance.register.page import is_shown_elsewhere


@require_http_methods(["GET", "POST"])
def shots(request: SchoolRequest, institution: str, session_id: UUID) -> HttpResponse:
    """GET: the camera and the students still missing. POST: one shot, a photo of the class like any other."""
    found = get_session_or_404(request, session_id)
    if request.method == "POST":
        return _shot(request, found)
    context = {"session": found, "progress": read_progress(found), "past_cap": past_cap(found.institution)}
    return render(request, "attendance/captures/shots.html", context)


def _shot(request: SchoolRequest, session: ClassSession) -> JsonResponse:
    def take(**sent: Any) -> dict[str, Any]:
        return _shot_answer(session, capture_take(session=session, kind=Capture.Kind.PHOTO, by=request.user, **sent))

    return picture_answer(request, take)


def _shot_answer(session: ClassSession, seen: Recognition) -> dict[str, Any]:
    new = [detected_face for detected_face in seen.detected_faces if not is_shown_elsewhere(detected_face)]
    return {
        "faces": len(seen.detected_faces),
        "marked": len(seen.marks),
        "unknown": sum(detected_face.outcome in NOBODY for detected_face in new),
        "doubts": sum(detected_face.outcome == Outcome.ASK for detected_face in new),
        "detail": "" if seen.capture.state == Capture.State.DONE else capture_words(seen.capture),
        **asdict(read_progress(session)),
    }
