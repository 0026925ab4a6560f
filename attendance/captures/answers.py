"""JSON responses to the pages that send pictures of a camera."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from attendance.captures.forms import PictureForm
from attendance.captures.recognition import Recognition
from attendance.domain.decision import Outcome
from attendance.errors import AttendanceError
from attendance.models import Capture, ClassSession, DetectedFace
from attendance.register.labels import capture_words, status_word
from attendance.register.page import read_headcount
from attendance.repositories.base import StoreUnavailable
from enrollment.domain.faces import before_turning
from enrollment.errors import PictureError
from enrollment.models import Student


def picture_answer(request: HttpRequest, take: Callable[..., dict[str, Any]]) -> JsonResponse:
    """The response to a picture: the result of `take`, or one sentence with the error's code.

    take: called with `upload` and `nonce`.
    """
    form = PictureForm(request.POST, request.FILES)
    if not form.is_valid():
        return JsonResponse({"code": "invalid", "detail": _("The camera sent no picture.")}, status=400)
    return problem_answer(lambda: take(upload=form.upload(), nonce=form.cleaned_data["nonce"]))


def problem_answer(take: Callable[[], dict[str, Any]]) -> JsonResponse:
    """The result of `take`, or one sentence with the error's code."""
    try:
        return JsonResponse(take())
    except PictureError as error:
        return JsonResponse({"code": error.code, "detail": str(error)}, status=400)
    except (AttendanceError, StoreUnavailable) as error:
        status = 503 if error.retryable else 409  # as the API does
        return JsonResponse({"code": error.code, "detail": str(error)}, status=status)


def frame_answer(session: ClassSession, seen: Recognition) -> dict[str, Any]:
    """Data that a page draws over a camera's picture: boxes in pixels of the frame as it was sent, names, number of
    students here."""
    headcount, capture = read_headcount(session), seen.capture
    students = headcount.students
    width, height = (capture.height, capture.width) if capture.turns % 2 else (capture.width, capture.height)
    return {
        "width": width,
        "height": height,
        "faces": [_face(detected_face, capture, students) for detected_face in seen.detected_faces],
        "marked": [{"name": students[mark.student_id].name, "status": status_word(mark.status)} for mark in seen.marks],
        "here": headcount.here,
        "expected": len(students),
        "detail": "" if capture.state == Capture.State.DONE else capture_words(capture),
    }


def _face(detected_face: DetectedFace, capture: Capture, students: dict[UUID, Student]) -> dict[str, Any]:
    student = students.get(detected_face.student_id) if detected_face.student_id else None
    box = before_turning(detected_face.box, capture.turns, (capture.width, capture.height))
    return {
        "box": [box.left, box.top, box.width, box.height],
        "outcome": detected_face.outcome,
        "name": student.name if student and detected_face.outcome == Outcome.MARK else "",
    }
