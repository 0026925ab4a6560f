"""Liveness checks at a tablet that nobody watches: a preview, a challenge to turn the head, and its result."""

from typing import Any, BinaryIO
from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from attendance.captures.answers import frame_answer, picture_answer, problem_answer
from attendance.domain.decision import Outcome
from attendance.kiosk.checks import CheckResult, KioskPreview, check_answer, check_begin
from attendance.kiosk.device import kiosk_or_404
from attendance.models import Capture
from attendance.models.kiosk import LivenessAttempt
from attendance.register.labels import capture_words
from enrollment.domain.liveness import Outcome as Checked
from enrollment.domain.liveness import Reason

MOST_FRAMES = 24
MOST_BYTES = 1_500_000  # of one frame: as the page sends it it has some 40,000


@require_POST
def kiosk_check_begin(request: HttpRequest, school: str) -> JsonResponse:
    """A frame in which somebody may be in front of the tablet, answered with a challenge where there is to be one."""
    found = kiosk_or_404(request, school)
    return picture_answer(request, lambda upload, nonce: _preview_answer(check_begin(kiosk=found, upload=upload)))


@require_POST
def kiosk_check(request: HttpRequest, school: str, attempt_id: UUID) -> JsonResponse:
    """The frames of a challenge, answered with its result."""
    found = kiosk_or_404(request, school)
    frames = _frames(request)
    if frames is None:
        return JsonResponse({"code": "invalid", "detail": _("The camera sent no picture.")}, status=400)
    return problem_answer(lambda: _answer(check_answer(kiosk=found, attempt_id=attempt_id, frames=frames)))


def _frames(request: HttpRequest) -> list[tuple[BinaryIO, int]] | None:
    """The frames with their times in milliseconds; an empty list where a service has its own. None: unusable."""
    files, times = request.FILES.getlist("frames"), request.POST.getlist("at")
    if len(files) != len(times) or len(files) > MOST_FRAMES or any((file.size or 0) > MOST_BYTES for file in files):
        return None
    if not all(at.isascii() and at.isdigit() and len(at) < 7 for at in times):
        return None
    return [(file, int(at)) for file, at in zip(files, times, strict=True)]  # type: ignore[misc]


def _preview_answer(seen: KioskPreview) -> dict[str, Any]:
    """Boxes without names, and the challenge: like the answer to a watched camera, but without students."""
    faces = [
        {"box": [face.box.left, face.box.top, face.box.width, face.box.height], "name": "",
         "outcome": "ask" if decision.outcome == Outcome.MARK else decision.outcome}
        for face, decision in seen.faces
    ]  # fmt: skip
    return {
        "width": seen.width,
        "height": seen.height,
        "faces": faces,
        "marked": [],
        "challenge": _challenge(seen.attempt) if seen.attempt else None,
        "done": seen.is_here or seen.is_spent,
        "detail": _("You are on the register already.") if seen.is_here else _ask_teacher() if seen.is_spent else "",
    }


def _challenge(attempt: LivenessAttempt) -> dict[str, Any]:
    steps = [{"pose": pose, "milliseconds": milliseconds} for pose, milliseconds in attempt.steps]
    return {"id": str(attempt.pk), "kind": attempt.kind, "steps": steps, "reference": attempt.reference}


def _answer(answer: CheckResult) -> dict[str, Any]:
    """The result of a challenge; for one who passed together with the answer to a watched camera."""
    if answer.verdict.outcome is not Checked.LIVE:
        return {"passed": False, "detail": _try_again(answer.verdict.reason, answer.tries)}
    if answer.recognition is None:
        return {"passed": False, "detail": _ask_teacher()}
    told = frame_answer(answer.session, answer.recognition)
    if answer.recognition.capture.state != Capture.State.DONE:
        return {"passed": True, **told, "detail": capture_words(answer.recognition.capture)}
    return {"passed": True, **told, "detail": "" if told["marked"] else _ask_teacher()}


def _try_again(reason: Reason, tries: int) -> str:
    """Advice for the next try. It never tells what exposed a photo that was held up to the camera."""
    if not tries:
        return _ask_teacher()
    return {
        Reason.NO_TURN: _("Turn your head further, with the arrow."),
        Reason.WRONG_TURN: _("Follow the arrow: the other way."),
        Reason.NO_FACE: _("Stay in the picture, a little nearer."),
        Reason.MANY_FACES: _("One at a time, please."),
        Reason.NOT_FRONT: _("Begin by looking straight at the camera."),
    }.get(reason, _("That did not work. Look into the camera to try again."))


def _ask_teacher() -> str:
    return _("Please ask your teacher to mark you.")
