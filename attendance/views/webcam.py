"""The webcam: a page that sends frames, and the answer to each."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.http import SchoolRequest
from attendance.access import get_session_or_404
from attendance.budget import past_cap
from attendance.decision import Outcome
from attendance.errors import AttendanceError
from attendance.forms import PictureForm
from attendance.labels import capture_words, status_word
from attendance.models import Capture, ClassSession, Sighting
from attendance.register import read_headcount
from attendance.repositories.base import StoreUnavailable
from attendance.services.captures import Recognition
from attendance.services.webcam import frame_take
from enrollment.models import Student
from enrollment.pictures import PictureError


@require_GET
def webcam(request: SchoolRequest, institution: str, session_id: UUID) -> HttpResponse:
    """The full-screen camera of an open register."""
    found = get_session_or_404(request, session_id)
    context = {"session": found, "headcount": read_headcount(found), "past_cap": past_cap(found.institution)}
    return render(request, "attendance/webcam.html", context)


@require_POST
def frame(request: SchoolRequest, institution: str, session_id: UUID) -> JsonResponse:
    """One frame: the faces in it, whom it marked, and how many are here now."""
    found = get_session_or_404(request, session_id)

    def take(**sent: Any) -> dict[str, Any]:
        return frame_answer(found, frame_take(session=found, by=request.user, **sent))

    return picture_answer(request, take)


def picture_answer(request: HttpRequest, take: Callable[..., dict[str, Any]]) -> JsonResponse:
    """What a camera's page is told of a picture: what `take` says of it, or one sentence with its code.

    take: called with `upload` and `nonce`.
    """
    form = PictureForm(request.POST, request.FILES)
    if not form.is_valid():
        return JsonResponse({"code": "invalid", "detail": _("The camera sent no picture.")}, status=400)
    return problem_answer(lambda: take(upload=form.upload(), nonce=form.cleaned_data["nonce"]))


def problem_answer(take: Callable[[], dict[str, Any]]) -> JsonResponse:
    """What `take` says, or one sentence with the code of what went wrong."""
    try:
        return JsonResponse(take())
    except PictureError as error:
        return JsonResponse({"code": error.code, "detail": str(error)}, status=400)
    except (AttendanceError, StoreUnavailable) as error:
        status = 503 if error.retryable else 409  # as the API says it
        return JsonResponse({"code": error.code, "detail": str(error)}, status=status)


def frame_answer(session: ClassSession, seen: Recognition) -> dict[str, Any]:
    """What a page over a camera's picture draws: boxes in the frame's pixels, names, and how many are here."""
    headcount, capture = read_headcount(session), seen.capture
    students = headcount.students
    return {
        "width": capture.width,
        "height": capture.height,
        "faces": [_face(sighting, students) for sighting in seen.sightings],
        "marked": [{"name": students[mark.student_id].name, "status": status_word(mark.status)} for mark in seen.marks],
        "here": headcount.here,
        "expected": len(students),
        "detail": "" if capture.state == Capture.State.DONE else capture_words(capture),
    }


def _face(sighting: Sighting, students: dict[UUID, Student]) -> dict[str, Any]:
    student = students.get(sighting.student_id) if sighting.student_id else None
    return {
        "box": [sighting.left, sighting.top, sighting.width, sighting.height],
        "outcome": sighting.outcome,
        "name": student.name if student and sighting.outcome == Outcome.MARK else "",
    }
