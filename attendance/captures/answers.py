"""attendance/captures/answers.py: to be described."""

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
from enrollment.models import Student
from enrollment.pictures import PictureError


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
