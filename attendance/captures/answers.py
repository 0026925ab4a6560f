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
    """Data that a page draws over a camera's picture: boxes in the frame's pixels, names, number of students here."""
    headcount, capture = read_headcount(session), seen.capture
    students = headcount.students
    return {
        "width": capture.width,
        "height": capture.height,
        "faces": [_face(detected_face, students) for detected_face in seen.detected_faces],
        "marked": [{"name": students[mark.student_id].name, "status": status_word(mark.status)} for mark in seen.marks],
        "here": headcount.here,
        "expected": len(students),
        "detail": "" if capture.state == Capture.State.DONE else capture_words(capture),
    }


def _face(detected_face: DetectedFace, students: dict[UUID, Student]) -> dict[str, Any]:
    student = students.get(detected_face.student_id) if detected_face.student_id else None
    return {
        "box": [detected_face.left, detected_face.top, detected_face.width, detected_face.height],
        "outcome": detected_face.outcome,
        "name": student.name if student and detected_face.outcome == Outcome.MARK else "",
    }
